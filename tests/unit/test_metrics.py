"""Counting in one process, and what is computed from the counts."""

from collections.abc import Callable

import pytest
from operations_counted import operation
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from harness import Server, note, rpc
from mcp_echo_core.exposition import RequestFigures, expose
from mcp_echo_core.metrics import BUCKETS, Metrics

NAMES = {
    "mcp_echo_requests": "counter",
    "mcp_echo_request_duration_seconds": "histogram",
    "mcp_server_operation_duration_seconds": "histogram",
    "mcp_echo_errors": "counter",
    "mcp_echo_active_requests": "gauge",
}


def families(metrics: Metrics) -> dict[str, Metric]:
    return {
        family.name: family
        for family in text_string_to_metric_families(expose(RequestFigures(metrics.snapshots())).decode())
    }


def value(metrics: Metrics, sample_name: str, **labels: str) -> float | None:
    for family in families(metrics).values():
        for sample in family.samples:
            if sample.name == sample_name and sample.labels == labels:
                return float(sample.value)
    return None


def test_requests_are_counted_by_kind() -> None:
    metrics = Metrics()
    for kind in ("ping", "ping", "tools/call"):
        metrics.observe(operation(kind), 0.001)
    assert metrics.requests == 3
    assert metrics.requests_of_all_workers() == 3
    assert value(metrics, "mcp_echo_requests_total", method="ping") == 2
    assert value(metrics, "mcp_echo_requests_total", method="tools/call") == 1


def test_a_duration_falls_into_every_bucket_from_its_own_upwards() -> None:
    metrics = Metrics()
    for seconds in (0.0001, 0.00011, 0.7, 11.0):
        metrics.observe(operation("ping"), seconds)
    name = "mcp_echo_request_duration_seconds"
    counts = {bound: value(metrics, f"{name}_bucket", method="ping", le=bound) for bound in ("0.0001", "0.00025")}
    assert counts == {"0.0001": 1, "0.00025": 2}
    assert value(metrics, f"{name}_bucket", method="ping", le="0.5") == 2
    assert value(metrics, f"{name}_bucket", method="ping", le="1.0") == 3
    assert value(metrics, f"{name}_bucket", method="ping", le="10.0") == 3
    assert value(metrics, f"{name}_bucket", method="ping", le="+Inf") == 4
    assert value(metrics, f"{name}_count", method="ping") == 4
    assert value(metrics, f"{name}_sum", method="ping") == pytest.approx(11.70021)


def test_buckets_rise() -> None:
    assert list(BUCKETS) == sorted(set(BUCKETS))


def test_refusals_are_counted_by_code() -> None:
    metrics = Metrics()
    for code in (-32700, -32700, -32601):
        metrics.fail(code)
    assert value(metrics, "mcp_echo_errors_total", code="-32700") == 2
    assert value(metrics, "mcp_echo_errors_total", code="-32601") == 1


def test_the_error_rate_is_the_share_of_refused_requests() -> None:
    metrics = Metrics()
    assert metrics.error_rate is None
    for _ in range(4):
        metrics.observe(operation("ping"), 0.001)
    assert metrics.error_rate == 0
    metrics.fail(-32601)
    assert metrics.error_rate == 0.25


def test_the_average_is_taken_over_all_kinds() -> None:
    metrics = Metrics()
    assert metrics.average_seconds is None
    metrics.observe(operation("ping"), 0.1)
    metrics.observe(operation("tools/call"), 0.3)
    assert metrics.average_seconds == pytest.approx(0.2)


def test_the_rate_is_unknown_before_the_first_sample_and_before_time_has_passed() -> None:
    metrics = Metrics()
    assert metrics.per_minute(0) is None
    metrics.sample(100.0)
    assert metrics.per_minute(100.0) is None
    assert metrics.per_minute(101.0) == 0


def test_the_rate_counts_what_came_since_the_oldest_sample() -> None:
    metrics = Metrics()
    metrics.observe(operation("ping"), 0.001)
    metrics.sample(100.0)
    for _ in range(5):
        metrics.observe(operation("ping"), 0.001)
    assert metrics.per_minute(110.0) == 30


def test_the_rate_forgets_what_is_more_than_a_minute_old() -> None:
    metrics = Metrics()
    for _ in range(1000):
        metrics.observe(operation("ping"), 0.001)
    for second in range(200):
        metrics.sample(float(second))
        if second >= 100:
            metrics.observe(operation("ping"), 0.001)
    assert metrics.per_minute(199.0) == pytest.approx(60, rel=0.05)


async def test_both_servers_expose_the_documented_metrics(server: Server) -> None:
    await server.post(rpc("ping"))
    await server.post(b"{")
    metrics = server.app.runtime.metrics
    assert {name: family.type for name, family in families(metrics).items()} == NAMES
    text = expose(RequestFigures(metrics.snapshots())).decode()
    for line in ("mcp_echo_requests_total{", "mcp_echo_request_duration_seconds_bucket{", "mcp_echo_errors_total{"):
        assert f"\n{line}" in text
    assert "\nmcp_echo_active_requests 0.0" in text


async def test_the_documented_metrics_exist_before_the_first_request(server: Server) -> None:
    assert {name: family.type for name, family in families(server.app.runtime.metrics).items()} == NAMES


@pytest.mark.parametrize("method", ["no/such", "tools/cal", "x" * 500, "ping\n", 'a"} 1'])
async def test_methods_that_do_not_exist_are_counted_together(server: Server, method: str) -> None:
    await server.post(rpc(method))
    assert {operation[0] for operation in server.app.runtime.metrics.series} == {"other"}


async def test_what_is_refused_before_it_is_read_is_counted_as_other(server: Server) -> None:
    await server.post(b"{")
    await server.post(rpc("ping"), host="evil.example")
    assert value(server.app.runtime.metrics, "mcp_echo_requests_total", method="other") == 2
    assert value(server.app.runtime.metrics, "mcp_echo_errors_total", code="-32700") == 1


async def test_notifications_are_counted_as_such(server: Server) -> None:
    await server.post(note("notifications/initialized"))
    assert value(server.app.runtime.metrics, "mcp_echo_requests_total", method="notification") == 1


async def test_an_open_stream_is_an_active_request(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful")
    session = (await server.post(rpc("ping"))).header("mcp-session-id")
    metrics = server.app.runtime.metrics
    assert value(metrics, "mcp_echo_active_requests") == 0
    stream = server.stream(session)
    await stream.head()
    assert value(metrics, "mcp_echo_active_requests") == 1
    await stream.leave()
    assert value(metrics, "mcp_echo_active_requests") == 0
