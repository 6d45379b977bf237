"""The histograms of OpenTelemetry's semantic conventions for MCP, as a collector gets them."""

from bisect import bisect_left
from typing import Any

import pytest
from collector import Collector, Point, Telling
from hypothesis import given
from hypothesis import strategies as st

from harness import FakeClock, initialize, rpc, tool_call
from mcp_echo_core.stores.durations import BOUNDS, Durations
from mcp_echo_core.telemetry.lifetimes import since

OPERATIONS, SESSIONS = "mcp.server.operation.duration", "mcp.server.session.duration"
ADVISED = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300}
"""The bounds that the conventions advise."""


def only(collector: Collector, name: str, **wanted: str) -> Point:
    """The one point of a histogram with these attributes, dots as double underscores."""
    attributes = {key.replace("__", "."): value for key, value in wanted.items()}
    (found,) = [point for point in collector.points[name] if attributes.items() <= point.attributes.items()]
    return found


async def test_operations_are_counted_by_method_tool_and_outcome(telling: Telling, collector: Collector) -> None:
    async with telling() as server:
        session = await initialize(server)
        for message in ("one", "two"):
            await server.post(tool_call("echo", {"message": message}), session)
        await server.post(tool_call("echo", {"message": 3}), session)
        await server.post(tool_call("nowhere", {}), session)
        await server.post(rpc("tools/cal"), session)
    transport = {"network.transport": "tcp", "network.protocol.name": "http", "network.protocol.version": "1.1"}
    called = {**transport, "mcp.method.name": "tools/call", "gen_ai.operation.name": "execute_tool"}
    unknown = {"error.type": "-32602", "rpc.response.status_code": "-32602", "gen_ai.tool.name": "_OTHER"}
    served = only(
        collector, OPERATIONS, mcp__method__name="tools/call", gen_ai__tool__name="echo", error__type="tool_error"
    )
    assert served.count == 1
    counts = {tuple(sorted(point.attributes.items())): point.count for point in collector.points[OPERATIONS]}
    echo: dict[str, Any] = {**called, "gen_ai.tool.name": "echo", "mcp.protocol.version": "2025-11-25"}
    assert counts[tuple(sorted(echo.items()))] == 2
    assert counts[tuple(sorted({**called, **unknown}.items()))] == 1
    assert only(collector, OPERATIONS, mcp__method__name="_OTHER").attributes["error.type"] == "-32601"


async def test_the_bounds_are_the_advised_ones_and_others(telling: Telling, collector: Collector) -> None:
    async with telling() as server:
        await server.delete(await initialize(server))
    for name in (OPERATIONS, SESSIONS):
        assert set(collector.points[name][0].bounds) >= ADVISED


async def test_what_carries_no_message_is_no_operation(telling: Telling, collector: Collector) -> None:
    async with telling("stateless") as server:
        await server.delete(None)
        await server.post(b"{")
        await server.post(rpc("ping"))
    assert [point.attributes["mcp.method.name"] for point in collector.points[OPERATIONS]] == ["ping"]


async def test_sessions_are_told_with_how_long_they_lived_and_why_they_ended(
    telling: Telling, collector: Collector, clock: FakeClock
) -> None:
    async with telling(MCP_SESSION_TIMEOUT="100") as server:
        deleted = await initialize(server)
        clock.jump(40)
        await server.delete(deleted)
        await initialize(server)
        clock.jump(1000)
        drained = await initialize(server)
        clock.jump(3)
        await server.post(rpc("ping"), drained)
    told = {point.attributes["mcp_echo.session.end"]: point for point in collector.points[SESSIONS]}
    assert {reason: (point.count, point.sum) for reason, point in told.items()} == {
        "delete": (1, pytest.approx(40)),
        "idle": (1, pytest.approx(100)),
        "drain": (1, pytest.approx(3)),
    }
    for point in told.values():
        assert point.buckets[bisect_left(point.bounds, point.sum)] == 1


async def test_sessions_are_told_while_the_server_lives(telling: Telling, collector: Collector) -> None:
    often = {"MCP_SESSION_CLEANUP_INTERVAL": "1", "OTEL_METRIC_EXPORT_INTERVAL": "50"}
    async with telling(**often) as server:
        await server.delete(await initialize(server))
        await collector.heard(SESSIONS)


async def test_sessions_of_a_shared_store_are_left_to_its_own_figures(
    telling: Telling, collector: Collector, tmp_path: Any
) -> None:
    async with telling(MCP_SESSION_STORE=f"sqlite://{tmp_path}/sessions.db") as server:
        await server.delete(await initialize(server))
        await server.app._endpoint._telemetry._tell_sessions()
    assert OPERATIONS in collector.points
    assert SESSIONS not in collector.points


async def test_each_signal_can_be_had_alone(telling: Telling, collector: Collector) -> None:
    async with telling("stateless", OTEL_METRICS_EXPORTER="none") as server:
        await server.post(rpc("ping"))
    assert (len(collector.spans), collector.points) == (1, {})
    async with telling("stateless", OTEL_TRACES_EXPORTER="none", OTEL_METRICS_EXPORTER="otlp") as server:
        await server.post(rpc("ping"))
    assert (len(collector.spans), collector.points[OPERATIONS][0].count) == (1, 1)


LIVES = st.lists(st.floats(0, 1e6), max_size=20)


@given(LIVES, LIVES)
def test_the_values_told_for_sessions_have_their_buckets_and_their_sum(early: list[float], late: list[float]) -> None:
    before, now, told = Durations(), Durations(), Durations()
    for seconds in early:
        before.add(seconds)
    for seconds in (*early, *late):
        now.add(seconds)
    for seconds in since(now, before if early else None):
        told.add(seconds)
    assert told.buckets == [bucket - earlier for bucket, earlier in zip(now.buckets, before.buckets, strict=True)]
    assert told.seconds == pytest.approx(sum(late), rel=1e-6, abs=1e-3)
    assert len(told.buckets) == len(BOUNDS) + 1
