"""Fixtures for single tools."""

import pytest
from workbench import Bench

from mcp_echo_core import system
from mcp_echo_core.system import Memory

MEBIBYTE = 1 << 20


@pytest.fixture
def stateful_bench() -> Bench:
    """The stateful server's tools, with default settings."""
    return Bench("stateful")


@pytest.fixture
def stateless_bench() -> Bench:
    """The stateless server's tools, with default settings."""
    return Bench("stateless")


@pytest.fixture(params=("stateful", "stateless"))
def bench(request: pytest.FixtureRequest) -> Bench:
    """The tools of each of the two servers in turn."""
    return Bench(request.param)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine with known figures; the patch, to change some."""
    monkeypatch.setattr(system, "cpu_share", lambda: 0.125)
    monkeypatch.setattr(system, "cores", lambda: 2.0)
    monkeypatch.setattr(system, "memory", lambda: Memory(256 * MEBIBYTE, 1024 * MEBIBYTE))
    monkeypatch.setattr(system, "disk_share", lambda: 0.45)
    monkeypatch.setattr(system, "threads", lambda: 4)
    monkeypatch.setattr(system, "open_files", lambda: 42)
    monkeypatch.setattr(system, "load_average", lambda: (0.15, 0.20, 0.18))
    monkeypatch.setattr(system, "platform_name", lambda: "Linux-5.15.0-x86_64")

    async def connections() -> int:
        return 23

    monkeypatch.setattr(system, "connections", connections)
    return monkeypatch
