"""A state folder of the test's own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands keep their sessions; no token of whoever runs the tests is sent."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("MCP_ECHO_BEARER", raising=False)
    return tmp_path / "state" / "mcp-echo" / "sessions.json"
