"""Servers that offer the conformance toolset."""

from collections.abc import Callable

import pytest
from fixture_calls import BOTH

from harness import Server
from mcp_echo_core.toolsets.conformance import running


@pytest.fixture
def offering(variant: str, make_app: Callable[..., Server]) -> Server:
    """Each of the two servers in turn, with the toolset."""
    return make_app(variant, MCP_ECHO_TOOLSETS=BOTH)


@pytest.fixture
def stateful_offering(make_app: Callable[..., Server]) -> Server:
    """The server with sessions, with the toolset."""
    return make_app("stateful", MCP_ECHO_TOOLSETS=BOTH)


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tools that work for a while work at once."""
    monkeypatch.setattr(running, "PAUSE", 0.0)
