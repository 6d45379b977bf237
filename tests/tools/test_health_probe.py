"""healthProbe."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from workbench import Bench, has_lines

from mcp_echo_core import health, system
from mcp_echo_core.stores.base import Statistics, StoreUnavailable
from mcp_echo_core.system import Memory

SAMPLE_SESSIONS = Statistics(
    active=5, created=127, expired=122, ended=122, lifetime_seconds=122 * 750.0, queued=16, sweeps=61,
    last_sweep=None, session_bytes=12 << 10, queue_bytes=8 << 10,
    reasons={"delete": 3, "idle": 122, "cap": 1, "drain": 0},
)  # fmt: skip


def replace_store(bench: Bench, monkeypatch: pytest.MonkeyPatch, statistics: Callable[..., Any]) -> None:
    monkeypatch.setattr(type(bench.runtime.sessions), "statistics", statistics)


async def test_the_stateful_health_probe_prints_its_sample(stateful_bench: Bench, machine: pytest.MonkeyPatch) -> None:
    async def statistics(_: object, now: float) -> None:
        return msgspec.structs.replace(SAMPLE_SESSIONS, last_sweep=now - 45)

    replace_store(stateful_bench, machine, statistics)
    stateful_bench.clock.wall = stateful_bench.runtime.started_at + 127 / 0.5 * 60
    shown = await stateful_bench.use("healthProbe")
    assert (
        shown.text
        == """🏥 System Health Report

✅ Overall Status: HEALTHY

📊 Session Statistics:
- Active Sessions: 5
- Total Sessions Created: 127
- Sessions Expired: 122
- Cleanup Run Count: 61
- Last Cleanup: 45s ago
- Ended: delete 3, idle 122, cap 1, drain 0

💾 Memory Status:
- Process Memory: 256MB
- Session Storage: 12KB
- Message Queues: 8KB

⚡ Performance:
- Average Session Lifetime: 12m 30s
- Session Creation Rate: 0.5/min
- Message Queue Depth: 3.2 avg
- Event Loop Lag: 0.00ms
- Store Round Trip: 0.00ms
- Disk: 45% used"""
    )


async def test_the_stateless_health_probe_prints_its_sample(
    stateless_bench: Bench, machine: pytest.MonkeyPatch
) -> None:
    metrics = stateless_bench.runtime.metrics
    clock = stateless_bench.clock
    metrics.sample(clock.monotonic)
    for _ in range(1000):
        metrics.observe("tools/call", 0.0185)
    metrics.fail(-32602)
    clock.jump(500)
    shown = await stateless_bench.use("healthProbe")
    assert (
        shown.text
        == """🏥 System Health Report

✅ Overall Status: HEALTHY

🔋 Resource Usage:
  CPU: 12.5% (healthy)
  Memory: 256MB / 1024MB (healthy)
  Disk: 45% used (healthy)
  Network: Active connections: 23

🌡️ Service Health:
  HTTP Server: ✅ Running
  Event Loop: ✅ Responsive
  Database: ⚠️ Not configured
  Redis: ⚠️ Not configured

📊 Performance Metrics:
  Average Response Time: 18.5ms
  Request Rate: 120 req/min
  Error Rate: 0.1%
  Uptime: 1h 8m 20s

🔍 Diagnostic Summary:
  All systems operational
  No critical issues detected
  Performance within normal parameters"""
    )


VERDICTS = {
    0.89: "✅ Overall Status: HEALTHY",
    0.9: "⚠️ Overall Status: DEGRADED",
    0.995: "❌ Overall Status: UNHEALTHY",
}


@pytest.mark.parametrize("share", VERDICTS)
@pytest.mark.parametrize("what", ["disk", "memory"])
async def test_disk_and_memory_decide_about_the_overall_status(
    bench: Bench, machine: pytest.MonkeyPatch, what: str, share: float
) -> None:
    if what == "disk":
        machine.setattr(system, "disk_share", lambda: share)
    else:
        machine.setattr(system, "memory", lambda: Memory(int(share * 10000), 10000))
    shown = await bench.use("healthProbe")
    has_lines(shown.text, VERDICTS[share])
    assert (f"{what.title()} is " in shown.text) == (share >= health.DISK_SHARE.degraded)


@pytest.mark.parametrize(("lag", "level"), [(0.05, "healthy"), (0.15, "degraded"), (1.5, "unhealthy")])
async def test_an_event_loop_that_lags_decides_too(
    bench: Bench, machine: pytest.MonkeyPatch, lag: float, level: str
) -> None:
    async def late(_: object) -> None:
        bench.clock.jump(lag)

    machine.setattr(asyncio, "sleep", late)
    shown = await bench.use("healthProbe")
    assert shown.data["health"]["overall"] == level
    assert shown.data["health"]["loopLag"] == pytest.approx(lag)


async def test_a_slow_event_loop_is_named_in_the_summary(stateless_bench: Bench, machine: pytest.MonkeyPatch) -> None:
    async def late(_: object) -> None:
        stateless_bench.clock.jump(2.0)

    machine.setattr(asyncio, "sleep", late)
    shown = await stateless_bench.use("healthProbe")
    has_lines(
        shown.text,
        "  Event Loop: ❌ Slow (2000.0ms)\n  Event loop is unhealthy\n  Critical issues: Event loop",
    )


@pytest.mark.parametrize(("seconds", "level"), [(0.05, "healthy"), (0.5, "degraded"), (1.5, "unhealthy")])
async def test_a_slow_store_decides_too(
    stateful_bench: Bench, machine: pytest.MonkeyPatch, seconds: float, level: str
) -> None:
    async def slow(_: object, now: float) -> None:
        stateful_bench.clock.jump(seconds)
        return SAMPLE_SESSIONS

    replace_store(stateful_bench, machine, slow)
    shown = await stateful_bench.use("healthProbe")
    assert shown.data["health"]["overall"] == level


async def test_a_store_that_fails_is_a_finding_and_no_failure(
    stateful_bench: Bench, machine: pytest.MonkeyPatch
) -> None:
    async def broken(_: object, now: float) -> None:
        raise ConnectionError

    replace_store(stateful_bench, machine, broken)
    shown = await stateful_bench.use("healthProbe")
    has_lines(
        shown.text,
        """❌ Overall Status: UNHEALTHY
- Active Sessions: not available
- Last Cleanup: not available
- Ended: not available
- Session Storage: not available
- Average Session Lifetime: not available
- Store Round Trip: not available
🔍 Findings:
- Session store is unhealthy""",
    )


async def test_an_outage_is_told_with_its_reason(stateful_bench: Bench, machine: pytest.MonkeyPatch) -> None:
    async def broken(_: object, now: float) -> None:
        raise StoreUnavailable("connection refused")

    replace_store(stateful_bench, machine, broken)
    shown = await stateful_bench.use("healthProbe")
    has_lines(shown.text, "❌ Overall Status: UNHEALTHY\n- Session store is unhealthy: connection refused")
    health_data = shown.data["health"]
    assert (health_data["storeReachable"], health_data["storeProblem"]) == (False, "connection refused")


async def test_the_reasons_of_ending_are_told(stateful_bench: Bench, machine: pytest.MonkeyPatch) -> None:
    sessions = stateful_bench.runtime.sessions
    ended, _ = await sessions.mint(stateful_bench.clock.wall), await sessions.mint(stateful_bench.clock.wall)
    assert ended is not None
    await sessions.end(ended.id, stateful_bench.clock.wall)
    stateful_bench.clock.jump(3600)
    shown = await stateful_bench.use("healthProbe")
    has_lines(shown.text, "- Ended: delete 1, idle 1, cap 0, drain 0")
    assert shown.data["sessions"]["reasons"] == {"delete": 1, "idle": 1, "cap": 0, "drain": 0}


async def test_a_store_that_hangs_is_given_up(stateful_bench: Bench, machine: pytest.MonkeyPatch) -> None:
    async def hanging(_: object, now: float) -> None:
        await asyncio.get_running_loop().create_future()

    machine.setattr(health, "STORE_TIMEOUT", 0.01)
    replace_store(stateful_bench, machine, hanging)
    assert (await stateful_bench.use("healthProbe")).data["health"]["storeReachable"] is False


async def test_figures_that_cannot_be_had_are_not_invented(stateless_bench: Bench, machine: pytest.MonkeyPatch) -> None:
    async def unknown() -> None:
        return None

    machine.setattr(system, "connections", unknown)
    machine.setattr(system, "cpu_share", lambda: None)
    machine.setattr(system, "disk_share", lambda: None)
    machine.setattr(system, "memory", lambda: Memory(1 << 20, None))
    shown = await stateless_bench.use("healthProbe")
    has_lines(
        shown.text,
        """✅ Overall Status: HEALTHY
  CPU: not available
  Memory: 1MB / not available
  Disk: not available
  Network: Active connections: not available
  Average Response Time: not available
  Request Rate: not available
  Error Rate: not available""",
    )


async def test_slow_answers_and_errors_show_in_the_summary(stateless_bench: Bench, machine: pytest.MonkeyPatch) -> None:
    stateless_bench.runtime.metrics.observe("tools/call", 0.5)
    has_lines((await stateless_bench.use("healthProbe")).text, "  Performance outside normal parameters")


async def test_a_fresh_server_has_nothing_to_average(stateful_bench: Bench, machine: pytest.MonkeyPatch) -> None:
    shown = await stateful_bench.use("healthProbe")
    has_lines(
        shown.text,
        "- Last Cleanup: not yet\n- Average Session Lifetime: not available\n- Session Creation Rate: 0.0/min\n"
        "- Message Queue Depth: not available",
    )


async def test_the_real_machine_can_be_probed(bench: Bench) -> None:
    shown = await bench.use("healthProbe")
    assert shown.data["health"]["memory"]["usedBytes"] > 0
