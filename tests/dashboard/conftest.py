"""Fixtures for the dashboard."""

import pytest
from dashboards import Onlooker

from harness import Server, call, initialize


@pytest.fixture
def onlooker(stateful: Server) -> Onlooker:
    """Somebody who looks at the server with sessions."""
    return Onlooker(stateful)


@pytest.fixture
async def session(stateful: Server) -> str:
    """A session with a handshake and an echo on its record: exchanges 1 to 3."""
    session = await initialize(stateful)
    assert session is not None
    await call(stateful, "echo", {"message": "first words"}, session, mcp_protocol_version="2025-11-25")
    return session
