"""URLs of Redis that cannot be used are refused at the start, in one line."""

import pytest

from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.settings import Settings
from mcp_echo_core.stores.registry import open_store


@pytest.mark.parametrize("query", ["timeout=5", "ssl_cert_reqs=none", "x"])
def test_an_option_that_there_is_not(query: str) -> None:
    settings = Settings.from_env({"MCP_SESSION_STORE": f"redis://127.0.0.1:6379/0?{query}=1"}, "stateful")
    with pytest.raises(ConfigurationError, match="its options are redis-py's"):
        open_store(settings)


def test_options_that_there_are() -> None:
    for url in ("redis://127.0.0.1:6379/0?health_check_interval=5", "rediss://127.0.0.1:6379/0?ssl_cert_reqs=none"):
        open_store(Settings.from_env({"MCP_SESSION_STORE": url}, "stateful"))
