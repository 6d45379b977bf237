"""The stateless diagnostic MCP server, that keeps nothing between requests, with 9 tools.

``app`` is its ASGI application, built from the environment variables when it is first asked for, so that
``uvicorn mcp_echo_streamablehttp_server_stateless:app`` works and importing this package builds nothing.
"""

from typing import TYPE_CHECKING, Any

from mcp_echo_core import __version__

if TYPE_CHECKING:
    from mcp_echo_core.app import App

    app: App

__all__ = ["__version__", "app"]


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mcp_echo_core.app import app_from_environment  # importing the package stays cheap

    globals()["app"] = app_from_environment("stateless")
    return globals()["app"]
