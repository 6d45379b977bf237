"""Is a quiet stream kept alive?"""

from mcp_echo_core.probe.check import Check, Finding, noted, untested
from mcp_echo_core.probe.streams import Watched, watched
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.sse import Event

COMMON_CUT = 60.0
"""Seconds of silence after which nginx (``proxy_read_timeout``) and AWS load balancers cut by default."""


async def run(survey: Survey) -> Finding:
    """Measure the time between the keep-alives of the stream."""
    found = await watched(survey)
    answer = found.answer
    if answer is None or found.missing:
        return untested(found.missing or "", found.session.answer if answer is None else answer)
    if not found.beats:
        if found.ended:
            return untested(f"the stream was over after {found.seconds:.1f} s, before any keep-alive", answer)
        if survey.options.idle:
            return noted(
                f"no keep-alive within {found.seconds:.0f} s",
                answer,
                consequence=f"Proxies cut silent streams, nginx and AWS load balancers after {COMMON_CUT:g} s.",
                facts={"interval": None},
            )
        return untested(
            f"no keep-alive within {found.seconds:.0f} s; --idle {COMMON_CUT:g} watches longer",
            answer,
            facts={"interval": None},
        )
    interval = found.interval
    kinds = sorted({_kind(event) for _, event in found.beats})
    return noted(
        f"{_told(found, interval)} ({', '.join(kinds)})",
        answer,
        consequence=_consequence(interval),
        facts={"interval": None if interval is None else round(interval, 6), "kinds": kinds},
    )


def _told(found: Watched, interval: float | None) -> str:
    if interval is None:
        return f"one keep-alive, {found.beats[0][0]:.2g} s after the head"
    return f"a keep-alive every {interval:.2g} s"


def _consequence(interval: float | None) -> str:
    if interval is not None and interval >= COMMON_CUT:
        return (
            f"Too late for nginx and AWS load balancers, which cut a silent stream after {COMMON_CUT:g} s by default."
        )
    return "Proxies and clients that cut silent streams see that this one is alive."


def _kind(event: Event) -> str:
    if event.kind == "comment":
        return "comments"
    return "pings" if event.name == "message" else f"events named {event.name[:40]}"


CHECK = Check(
    id="stream-keep-alive",
    question="Is a quiet stream kept alive?",
    level="note",
    spec=(
        "2026-07-28 basic/transports/streamable-http, Receiving Messages",
        "HTML standard, Server-sent events, notes",
    ),
    run=run,
    in_session=True,
)
