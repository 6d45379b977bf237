"""requestTiming."""

import os
import platform

import pytest
from workbench import Bench, has_lines

from mcp_echo_core import system
from mcp_echo_core.system import Memory

START = 1704110400.123456  # 2024-01-01 12:00:00.123456 UTC


async def test_the_stateful_request_timing_prints_its_sample(
    stateful_bench: Bench, machine: pytest.MonkeyPatch
) -> None:
    stateful_bench.clock.wall = START - 330
    session = await stateful_bench.open_session()
    for _ in range(4):
        await stateful_bench.runtime.sessions.mint(stateful_bench.clock.wall)
    session.requests, session.busy_seconds = 41, 41 * 0.0187
    stateful_bench.clock.wall = START
    shown = await stateful_bench.use("requestTiming", seconds=0.02345)
    assert (
        shown.text
        == """⏱️ Request Timing Analysis

📊 Performance Metrics:
- Request Start: 2024-01-01 12:00:00.123 UTC
- Processing Time: 23.45ms
- Performance: 🟢 Excellent

🖥️ System Resources:
- CPU Usage: 12.5%
- Memory Usage: 256MB / 1024MB (25%)
- Active Sessions: 5
- Message Queue Size: 0

📈 Session Statistics:
- Session Age: 5m 30s
- Requests in Session: 42
- Average Response Time: 18.7ms"""
    )


async def test_the_stateless_request_timing_prints_its_sample(
    stateless_bench: Bench, machine: pytest.MonkeyPatch
) -> None:
    stateless_bench.clock.wall = START + 5025 - 3600
    runtime_start = stateless_bench.runtime.started_at
    stateless_bench.clock.wall = runtime_start + 5025 - 0.02222
    machine.setattr(os, "getpid", lambda: 1234)
    machine.setattr(platform, "python_version", lambda: "3.11.0")
    shown = await stateless_bench.use("requestTiming", seconds=0.02222)
    assert (
        shown.text
        == """⏱️ Request Timing Analysis

📊 Performance Metrics:
  Request Started: 2024-01-01 12:29:14.977780 UTC
  Current Time: 2024-01-01 12:29:15.000000 UTC
  Processing Duration: 22.22ms
  Performance Rating: 🟢 Excellent (<50ms)

💻 System Resources:
  CPU Usage: 12.5% (2 cores)
  Memory: 256MB / 1024MB (25.0%)
  Python Version: 3.11.0
  Platform: Linux-5.15.0-x86_64

🌡️ Process Stats:
  Process ID: 1234
  Thread Count: 4
  Open Files: 42
  Uptime: 1h 23m 45s

📈 Load Average:
  1 min: 0.15
  5 min: 0.20
  15 min: 0.18"""
    )


@pytest.mark.parametrize(
    ("seconds", "rating"),
    [
        (0.0499, "🟢 Excellent (<50ms)"),
        (0.051, "🟡 Good (<200ms)"),
        (0.201, "🟠 Slow (<1000ms)"),
        (1.001, "🔴 Critical (≥1000ms)"),
    ],
)
async def test_the_rating_follows_from_the_processing_time(
    stateless_bench: Bench, machine: pytest.MonkeyPatch, seconds: float, rating: str
) -> None:
    shown = await stateless_bench.use("requestTiming", seconds=seconds)
    has_lines(shown.text, f"  Performance Rating: {rating}")


async def test_figures_that_cannot_be_had_are_not_invented(bench: Bench, machine: pytest.MonkeyPatch) -> None:
    for name in ("cpu_share", "threads", "open_files", "load_average"):
        machine.setattr(system, name, lambda: None)
    machine.setattr(system, "memory", lambda: Memory(None, None))
    shown = await bench.use("requestTiming")
    assert "CPU Usage: not available" in shown.text
    assert "not available / not available (not available)" in shown.text


async def test_without_a_session_its_figures_are_not_available(
    stateful_bench: Bench, machine: pytest.MonkeyPatch
) -> None:
    shown = await stateful_bench.use("requestTiming")
    has_lines(
        shown.text,
        "- Session Age: not available\n- Requests in Session: not available\n- Average Response Time: not available",
    )


async def test_the_first_request_of_a_session_has_no_average(
    stateful_bench: Bench, machine: pytest.MonkeyPatch
) -> None:
    await stateful_bench.open_session()
    has_lines((await stateful_bench.use("requestTiming")).text, "- Average Response Time: not available")


async def test_one_core_is_singular_and_a_quota_may_be_a_fraction(
    stateless_bench: Bench, machine: pytest.MonkeyPatch
) -> None:
    for cores, words in ((1.0, "(1 core)"), (0.5, "(0.5 cores)")):
        machine.setattr(system, "cores", lambda cores=cores: cores)
        assert words in (await stateless_bench.use("requestTiming")).text


async def test_real_figures_can_be_had_on_this_machine(bench: Bench) -> None:
    shown = await bench.use("requestTiming")
    assert shown.data["memory"]["usedBytes"] > 0
    assert 0 <= shown.data["cpuShare"] <= 1
