"""Servers with tools that only tests have."""

import pytest

from extra_tools import ASKING, BROKEN, MIRRORED, Pace, with_tools
from harness import FakeClock, Server
from mcp_echo_core.variants import VARIANTS


@pytest.fixture
def pace() -> Pace:
    """Tells the tool ``paced`` what to do."""
    return Pace()


@pytest.fixture
def workshop(variant: str, pace: Pace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Each of the two servers in turn, with the tools ``paced``, ``mirrored``, ``asking`` and ``broken``."""
    tools = (pace.tool(), MIRRORED, ASKING, BROKEN)
    monkeypatch.setitem(VARIANTS, variant, with_tools(VARIANTS[variant], *tools))
    return Server(variant, clock)
