"""Telemetry that is broken touches no answer."""

import logging

import pytest
from collector import Collector, Telling

from harness import rpc
from mcp_echo_core.telemetry import facts


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says of telemetry, at level ERROR."""
    return [line.getMessage() for line in caplog.records if line.levelno == logging.ERROR and "telem" in line.name]


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pytest hear the server's log, whatever a test before has done to it."""
    monkeypatch.setattr(logging.getLogger("mcp_echo_core"), "propagate", True)


async def test_a_defect_is_logged_once_and_no_answer_is_the_worse_for_it(
    telling: Telling, collector: Collector, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(facts, "labels")
    async with telling("stateless") as server:
        assert [(await server.post(rpc("ping"))).status for _ in range(3)] == [200, 200, 200]
    assert told(caplog) == ["telemetry failed; this is told once"]
    assert collector.spans == []


async def test_a_server_whose_telemetry_cannot_be_started_serves_without(
    telling: Telling, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    too_small = {"OTEL_BSP_MAX_QUEUE_SIZE": "8", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "16"}
    async with telling("stateless", **too_small) as server:
        assert (await server.post(rpc("ping"))).status == 200
    assert told(caplog) == ["telemetry could not be started; the server goes on without"]
    assert collector.spans == []
