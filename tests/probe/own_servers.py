"""Our own servers, with the clock of the machine."""

from mcp_echo_core.app import App, create_app
from mcp_echo_core.settings import Settings
from mcp_echo_core.variants import VARIANTS


def own_server(variant: str, **variables: str) -> App:
    """One of our servers with these environment variables."""
    return create_app(VARIANTS[variant], Settings.from_env(variables, variant), environ=variables)
