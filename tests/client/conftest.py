"""Servers to call, and a state folder of the test's own."""

import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.types import ASGIApp

sys.path.append(str(Path(__file__).resolve().parents[1] / "probe"))

from client_runs import Serve

from in_loop import served


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves apps until the test ends."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(app: ASGIApp) -> str:
            return await stack.enter_async_context(served(app))

        yield start


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands keep their sessions; no token of whoever runs the tests is sent."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("MCP_ECHO_BEARER", raising=False)
    return tmp_path / "state" / "mcp-echo" / "sessions.json"
