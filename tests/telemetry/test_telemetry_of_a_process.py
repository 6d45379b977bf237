"""A real server and its collector: what it tells before it ends, and what it does when nobody listens."""

import time
from pathlib import Path

from collector import Collector

from harness import tool_call
from live import free_port, serving, until


def test_a_server_that_is_stopped_delivers_what_it_has_not_yet_delivered(tmp_path: Path, collector: Collector) -> None:
    with serving("stateless", tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as server:
        assert server.post(tool_call("echo", {"message": "hi"})).status == 200
        assert server.stop() == 0
    span = collector.span("tools/call echo")
    assert span.attributes["network.protocol.version"] == "1.1"
    assert time.time() - 60 < span.start < span.end < time.time()
    assert collector.points["mcp.server.operation.duration"][0].count == 1


def test_a_collector_that_is_away_costs_neither_answers_nor_the_end_nor_a_flood_of_lines(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    impatient = {"OTEL_BSP_SCHEDULE_DELAY": "20", "OTEL_METRIC_EXPORT_INTERVAL": "20"}
    with serving("stateless", tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=nobody, **impatient) as server:
        for _ in range(5):
            assert server.post(tool_call("echo", {"message": "hi"})).status == 200
        until(lambda: [line for line in server.lines if "telemetry has a problem" in line], "a complaint")
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 9, "the exporter's own time-out is 10 s, the SDK's 30 s"
    told = [line for line in server.lines if "telemetry" in line]
    assert len(told) == 2, told
    assert "telemetry was not delivered in time and is lost waited_seconds=2.0" in told[1]
