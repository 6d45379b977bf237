"""How soon does a stream show that it is there?"""

from mcp_echo_core.probe.check import Check, Finding, noted, untested
from mcp_echo_core.probe.streams import TRANSPORT, Watched, watched
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.sse import Event

SLOW = 1.0
"""Seconds after which a head that is only now there has been held back by something."""


async def run(survey: Survey) -> Finding:
    """Look at the head and the first event of the stream."""
    found = await watched(survey)
    answer = found.answer
    if answer is None or found.missing:
        return untested(found.missing or "", found.session.answer if answer is None else answer)
    head = answer.exchange.head_seconds or 0.0
    first = found.events[0] if found.events else None
    told = "no event" if first is None else f"{_kind(first[1])} after {first[0]:.3f} s"
    more = "" if first is not None else f" within {found.seconds:.1f} s"
    facts = {
        "head_seconds": head,
        "first_event_seconds": None if first is None else round(first[0], 6),
        "first_event": None if first is None else _kind(first[1]),
        "retry": None if first is None else first[1].retry,
    }
    return noted(
        f"head after {head:.3f} s, {told}{more}",
        answer,
        details=_details(found),
        consequence=_consequence(head),
        facts=facts,
    )


def _details(found: Watched) -> tuple[str, ...]:
    events = [event for _, event in found.events]
    if not events:
        return ("Without a first event nobody on the way can tell a quiet stream from one that is held back.",)
    first = events[0]
    if not primes(first):
        return ()
    wait = "no retry time" if first.retry is None else f"retry after {first.retry} ms"
    return (f"It primes the client: id {first.id}, {wait}.",)


def _consequence(head: float) -> str:
    if head > SLOW:
        return "The head came late, as behind a proxy that buffers: until then clients do not know of their stream."
    return "Clients know at once that they have a stream."


def primes(event: Event) -> bool:
    """Whether an event only gives the client an id to come back with."""
    return event.kind == "event" and event.id is not None and not event.data


def _kind(event: Event) -> str:
    if event.kind == "comment":
        return "a comment"
    return "a priming event" if primes(event) else f"an event ({event.name})"


CHECK = Check(
    id="stream-first-event",
    question="How soon does a stream show that it is there?",
    level="note",
    spec=(f"{TRANSPORT}, Sending Messages to the Server 6",),
    run=run,
    in_session=True,
)
