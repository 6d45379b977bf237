"""Servers for the probe."""

from collections.abc import Callable

import pytest

from mcp_echo_core.commands import probe
from mcp_echo_core.probe import survey
from mcp_echo_core.probe.check import Check


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway without a server behind it is asked again at once."""
    monkeypatch.setattr(survey, "PAUSE", 0.0)


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the checks that ``mcp-echo probe`` has; no token of whoever runs the tests is sent anywhere."""
    for variable in ("MCP_ECHO_BEARER", "MCP_ECHO_OTHER_BEARER"):
        monkeypatch.delenv(variable, raising=False)

    def set_checks(*checks: Check) -> None:
        monkeypatch.setattr(probe, "CHECKS", checks)

    return set_checks
