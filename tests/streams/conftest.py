"""The server with sessions and a slow tool."""

import pytest

from extra_tools import Pace, with_tools
from harness import FakeClock, Server
from mcp_echo_core.variants import VARIANTS


@pytest.fixture
def pace() -> Pace:
    """Tells the tool ``paced`` what to do."""
    return Pace()


@pytest.fixture
def paced(pace: Pace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The stateful server with the tool ``paced``."""
    monkeypatch.setitem(VARIANTS, "stateful", with_tools(VARIANTS["stateful"], pace.tool()))
    return Server("stateful", clock, MCP_SESSION_TIMEOUT="1000", MCP_SSE_KEEPALIVE_INTERVAL="5")


@pytest.fixture
def unsteady(pace: Pace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The same with a short keep-alive and a drain that waits a moment."""
    monkeypatch.setitem(VARIANTS, "stateful", with_tools(VARIANTS["stateful"], pace.tool()))
    return Server(
        "stateful", clock, MCP_SSE_KEEPALIVE_INTERVAL="0.05", MCP_DRAIN_TIMEOUT="5", MCP_SESSION_TIMEOUT="1000"
    )
