"""healthProbe: whether this server is well, by measuring it, and the figures from which that follows."""

from msgspec import Struct

from mcp_echo_core import health, text
from mcp_echo_core.call import Call
from mcp_echo_core.health import (
    AVERAGE_SECONDS,
    CPU_SHARE,
    DISK_SHARE,
    ERROR_RATE,
    LOOP_LAG,
    MEMORY_SHARE,
    Health,
    Level,
    Threshold,
)
from mcp_echo_core.stores.base import REASONS, Statistics
from mcp_echo_core.system import Memory
from mcp_echo_core.tools.base import NoArguments, Tool

_MARKS: dict[Level, str] = {"healthy": "✅", "degraded": "⚠️", "unhealthy": "❌"}
_NOT_CONFIGURED = "⚠️ Not configured"


class Result(Struct, rename="camel"):
    """What was measured, and the sessions where there are some; ``now`` is seconds since 1970."""

    health: Health
    sessions: Statistics | None
    now: float


async def run(arguments: NoArguments, call: Call) -> Result:  # noqa: ARG001
    """Measure the health of this server."""
    measured, statistics = await health.examine(call.runtime)
    return Result(measured, statistics, call.runtime.clock.wall())


def render_stateful(result: Result) -> str:
    """Verdict, sessions, memory and performance; findings where there are some."""
    measured, sessions = result.health, result.sessions
    sections = {
        "📊 Session Statistics:": {
            "Active Sessions": text.figure(sessions.active if sessions else None),
            "Total Sessions Created": text.figure(sessions.created if sessions else None),
            "Sessions Expired": text.figure(sessions.expired if sessions else None),
            "Cleanup Run Count": text.figure(sessions.sweeps if sessions else None),
            "Last Cleanup": _last_cleanup(result),
            "Ended": _ended(sessions),
        },
        "💾 Memory Status:": {
            "Process Memory": text.size(measured.memory.used_bytes),
            "Session Storage": text.size(sessions.session_bytes if sessions else None),
            "Message Queues": text.size(sessions.queue_bytes if sessions else None),
        },
        "⚡ Performance:": _session_rates(measured, sessions)
        | {
            "Event Loop Lag": text.milliseconds(measured.loop_lag, 2),
            "Store Round Trip": text.milliseconds(measured.store_round_trip, 2),
            "Disk": _disk(measured),
        },
    }
    findings = _findings(measured)
    summary = ["\n".join(["🔍 Findings:", *(f"- {finding}" for finding in findings)])] if findings else []
    return "\n\n".join([*_head(measured), *text.sections(sections, "- "), *summary])


def _last_cleanup(result: Result) -> str:
    if result.sessions is None:
        return text.NOT_AVAILABLE
    last = result.sessions.last_sweep
    return "not yet" if last is None else f"{text.duration(result.now - last)} ago"


def _ended(sessions: Statistics | None) -> str:
    if sessions is None:
        return text.NOT_AVAILABLE
    return ", ".join(f"{reason} {sessions.reasons.get(reason, 0)}" for reason in REASONS)


def _session_rates(measured: Health, sessions: Statistics | None) -> dict[str, str]:
    minutes = measured.uptime_seconds / 60
    lifetime = sessions.lifetime_seconds / sessions.ended if sessions and sessions.ended else None
    rate = sessions.created / minutes if sessions and minutes else None
    depth = sessions.queued / sessions.active if sessions and sessions.active else None
    return {
        "Average Session Lifetime": text.NOT_AVAILABLE if lifetime is None else text.duration(lifetime),
        "Session Creation Rate": text.figure(rate, "{:.1f}/min"),
        "Message Queue Depth": text.figure(depth, "{:.1f} avg"),
    }


def render_stateless(result: Result) -> str:
    """Verdict, resources, services, performance and a summary that follows from them."""
    measured = result.health
    sections = {
        "🔋 Resource Usage:": {
            "CPU": text.percent(measured.cpu_share) + _judged(CPU_SHARE, measured.cpu_share),
            "Memory": _memory(measured.memory) + _judged(MEMORY_SHARE, measured.memory.share),
            "Disk": _disk(measured) + _judged(DISK_SHARE, measured.disk_share),
            "Network": f"Active connections: {text.figure(measured.connections)}",
        },
        "🌡️ Service Health:": {
            "HTTP Server": "✅ Running",
            "Event Loop": _event_loop(measured),
            "Database": _NOT_CONFIGURED,
            "Redis": _NOT_CONFIGURED,
        },
        "📊 Performance Metrics:": {
            "Average Response Time": text.milliseconds(measured.average_seconds),
            "Request Rate": text.figure(measured.requests_per_minute, "{:.0f} req/min"),
            "Error Rate": text.percent(measured.error_rate),
            "Uptime": text.duration(measured.uptime_seconds),
        },
    }
    summary = "\n".join(["🔍 Diagnostic Summary:", *(f"  {row}" for row in _summary(measured))])
    return "\n\n".join([*_head(measured), *text.sections(sections, "  "), summary])


def _head(measured: Health) -> list[str]:
    overall = measured.overall
    return ["🏥 System Health Report", f"{_MARKS[overall]} Overall Status: {overall.upper()}"]


def _memory(memory: Memory) -> str:
    return f"{text.size(memory.used_bytes)} / {text.size(memory.limit_bytes)}"


def _disk(measured: Health) -> str:
    share = measured.disk_share
    return text.NOT_AVAILABLE if share is None else f"{text.percent(share, 0)} used"


def _judged(threshold: Threshold, value: float | None) -> str:
    return "" if value is None else f" ({threshold.judge(value)})"


def _event_loop(measured: Health) -> str:
    level = LOOP_LAG.judge(measured.loop_lag)
    return "✅ Responsive" if level == "healthy" else f"{_MARKS[level]} Slow ({text.milliseconds(measured.loop_lag)})"


def _findings(measured: Health) -> list[str]:
    problems = {"Session store": measured.store_problem}
    return [
        f"{name} is {level}{f': {text.line(problem)}' if (problem := problems.get(name)) else ''}"
        for name, level in measured.levels.items()
        if level != "healthy"
    ]


def _summary(measured: Health) -> list[str]:
    critical = [name for name, level in measured.levels.items() if level == "unhealthy"]
    pace = health.worst(AVERAGE_SECONDS.judge(measured.average_seconds), ERROR_RATE.judge(measured.error_rate))
    return [
        *(_findings(measured) or ["All systems operational"]),
        f"Critical issues: {', '.join(critical)}" if critical else "No critical issues detected",
        "Performance within normal parameters" if pace == "healthy" else "Performance outside normal parameters",
    ]


STATEFUL = Tool(
    name="healthProbe",
    title="Health probe",
    description="Perform a deep health check with session statistics",
    arguments=NoArguments,
    result=Result,
    run=run,
    render=render_stateful,
    diagnoses_store=True,
)

STATELESS = Tool(
    name="healthProbe",
    title="Health probe",
    description="Perform a comprehensive health check with system monitoring",
    arguments=NoArguments,
    result=Result,
    run=run,
    render=render_stateless,
)
