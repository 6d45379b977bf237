"""requestTiming: how long this request has taken so far, and what the machine, process and session look like."""

import os
import platform
from typing import Annotated

from msgspec import Meta, Struct

from mcp_echo_core import system, text
from mcp_echo_core.call import Call
from mcp_echo_core.messages import encode
from mcp_echo_core.stores.records import Session
from mcp_echo_core.system import Memory
from mcp_echo_core.timing import PHASES
from mcp_echo_core.tools.base import NoArguments, State, Tool

RATINGS = ((0.050, "🟢 Excellent", "<50ms"), (0.200, "🟡 Good", "<200ms"), (1.0, "🟠 Slow", "<1000ms"))
"""Processing time in seconds below which a rating holds, best first."""

WORST_RATING = ("🔴 Critical", "≥1000ms")


class Phases(Struct, rename={name: f"{name}Seconds" for name in PHASES}):
    """Seconds of each phase of this request; ``tool`` until it measured, ``encode`` of the result as it stood then."""

    read: float
    decode: float
    classify: float
    session: float
    tool: float
    encode: float


class Timing(Struct, rename="camel"):
    """The request: seconds since 1970 at its start and now, and seconds it took until now."""

    started_at: float
    current_time: float
    processing_seconds: float
    rating: str
    bound: str
    phases: Phases | None


class StatefulResult(Struct, rename="camel"):
    """The request, the machine, all sessions, and the caller's own one; seconds and bytes, shares from 0 to 1."""

    timing: Timing
    cpu_share: float | None
    memory: Memory
    active_sessions: int | None
    queued_messages: int | None
    session_age_seconds: float | None
    session_requests: int | None
    session_average_seconds: float | None


class StatelessResult(Struct, rename="camel"):
    """The request, the machine and the process; seconds and bytes, shares from 0 to 1."""

    timing: Timing
    cpu_share: float | None
    cores: float
    memory: Memory
    python_version: str
    platform: str
    process_id: int
    threads: int | None
    open_files: int | None
    uptime_seconds: float
    load_average: Annotated[list[float], Meta(min_length=3, max_length=3)] | None


async def run_stateful(arguments: NoArguments, call: Call) -> StatefulResult:  # noqa: ARG001
    """Read the machine and the session, then measure."""
    now = call.runtime.clock.wall()
    statistics = await call.runtime.sessions.statistics(now)
    session, cpu_share, memory = call.session, system.cpu_share(), system.memory()
    timing = _measure(call)
    result = StatefulResult(
        timing=timing,
        cpu_share=cpu_share,
        memory=memory,
        active_sessions=statistics.active if statistics else None,
        queued_messages=statistics.queued if statistics else None,
        session_age_seconds=max(0.0, now - session.created_at) if session else None,
        session_requests=session.requests if session else None,
        session_average_seconds=_average(session) if session else None,
    )
    if timing.phases is not None:
        timing.phases.encode = _encoding(call, result)
    return result


async def run_stateless(arguments: NoArguments, call: Call) -> StatelessResult:  # noqa: ARG001
    """Read the machine, then measure."""
    load, cpu_share, memory = system.load_average(), system.cpu_share(), system.memory()
    threads, open_files = system.threads(), system.open_files()
    timing = _measure(call)
    result = StatelessResult(
        timing=timing,
        cpu_share=cpu_share,
        cores=system.cores(),
        memory=memory,
        python_version=platform.python_version(),
        platform=system.platform_name(),
        process_id=os.getpid(),
        threads=threads,
        open_files=open_files,
        uptime_seconds=max(0.0, timing.current_time - call.runtime.started_at),
        load_average=None if load is None else list(load),
    )
    if timing.phases is not None:
        timing.phases.encode = _encoding(call, result)
    return result


def _measure(call: Call) -> Timing:
    clock = call.runtime.clock
    until_now = clock.monotonic()
    seconds = max(0.0, until_now - call.http.started)
    laps = call.http.laps
    passed = None if laps is None else Phases(**{**laps.seconds, "tool": laps.running(), "encode": 0.0})
    now = clock.wall()
    named = ((rating, bound) for limit, rating, bound in RATINGS if seconds < limit)
    return Timing(now - seconds, now, seconds, *next(named, WORST_RATING), passed)


def _encoding(call: Call, result: Struct) -> float:
    """Seconds that encoding a result takes."""
    begun = call.runtime.clock.monotonic()
    encode(result)
    return call.runtime.clock.monotonic() - begun


def _average(session: Session) -> float | None:
    answered = session.requests - 1  # this request is counted, but its time is not yet
    return session.busy_seconds / answered if answered > 0 else None


def render_stateful(result: StatefulResult) -> str:
    """Request, machine and session."""
    timing, memory = result.timing, result.memory
    age = result.session_age_seconds
    sections = {
        "📊 Performance Metrics:": {
            "Request Start": text.utc(timing.started_at, 3),
            "Processing Time": text.milliseconds(timing.processing_seconds, 2),
            "Performance": timing.rating,
        },
        "🖥️ System Resources:": {
            "CPU Usage": text.percent(result.cpu_share),
            "Memory Usage": _memory(memory, 0),
            "Active Sessions": text.figure(result.active_sessions),
            "Message Queue Size": text.figure(result.queued_messages),
        },
        "📈 Session Statistics:": {
            "Session Age": text.NOT_AVAILABLE if age is None else text.duration(age),
            "Requests in Session": text.figure(result.session_requests),
            "Average Response Time": text.milliseconds(result.session_average_seconds),
        },
    }
    return "\n\n".join(["⏱️ Request Timing Analysis", *text.sections(sections, "- ")])


def render_stateless(result: StatelessResult) -> str:
    """Request, machine and process."""
    timing, cores, load = result.timing, result.cores, result.load_average
    sections = {
        "📊 Performance Metrics:": {
            "Request Started": text.utc(timing.started_at, 6),
            "Current Time": text.utc(timing.current_time, 6),
            "Processing Duration": text.milliseconds(timing.processing_seconds, 2),
            "Performance Rating": f"{timing.rating} ({timing.bound})",
        },
        "💻 System Resources:": {
            "CPU Usage": f"{text.percent(result.cpu_share)} ({cores:g} {'core' if cores == 1 else 'cores'})",
            "Memory": _memory(result.memory, 1),
            "Python Version": result.python_version,
            "Platform": result.platform,
        },
        "🌡️ Process Stats:": {
            "Process ID": str(result.process_id),
            "Thread Count": text.figure(result.threads),
            "Open Files": text.figure(result.open_files),
            "Uptime": text.duration(result.uptime_seconds),
        },
        "📈 Load Average:": {
            f"{minutes} min": text.figure(load[index] if load else None, "{:.2f}")
            for index, minutes in enumerate((1, 5, 15))
        },
    }
    return "\n\n".join(["⏱️ Request Timing Analysis", *text.sections(sections, "  ")])


def _memory(memory: Memory, decimals: int) -> str:
    return f"{text.size(memory.used_bytes)} / {text.size(memory.limit_bytes)} ({text.percent(memory.share, decimals)})"


STATEFUL = Tool(
    name="requestTiming",
    title="Request timing",
    description="Display request performance statistics with session context",
    arguments=NoArguments,
    result=StatefulResult,
    run=run_stateful,
    state=State.USED,
    render=render_stateful,
)

STATELESS = Tool(
    name="requestTiming",
    title="Request timing",
    description="Show performance timing of the request and the resources of the system",
    arguments=NoArguments,
    result=StatelessResult,
    run=run_stateless,
    render=render_stateless,
)
