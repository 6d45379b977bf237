"""A stream that is cut on purpose and continued with ``Last-Event-ID``: what was missed, what came twice.

Source: 2025-11-25 basic/transports, Resumability and Redelivery.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from mcp_echo_core.client.answers import Answer, is_stream, response_in
from mcp_echo_core.client.incoming import Incoming
from mcp_echo_core.probe.streams import last_id, listening, streams
from mcp_echo_core.probe.survey import Session, Survey
from mcp_echo_core.sse import Event

CAUSED = 1.0
"""Seconds within which a call that makes the server send something must have done so."""

QUIET = 0.2
"""Seconds for which a stream is watched on, for what else a call causes and for what should not come any more."""


class Cut(Struct, frozen=True, kw_only=True):
    """A stream that was cut between two calls of ``echo``, each of which makes some servers send a notification.

    Attributes:
        before: Text of the call that was made while the stream was open.
        after: Text of the call that was made while it was not.
        first: The stream until the cut.
        calls: What the calls were answered.
        resumed: The answer to the GET with ``Last-Event-ID``; ``None`` if there was no id to continue from.
    """

    before: str
    after: str
    first: Answer
    calls: tuple[Answer, ...]
    resumed: Answer | None = None

    @property
    def noticed(self) -> bool:
        """Whether the first call made the server send something on the stream."""
        return bool(notices(self.first, self.before))

    @property
    def delivered(self) -> bool:
        """Whether what was sent while the stream was cut came on the continued one."""
        return self.resumed is not None and bool(notices(self.resumed, self.after))

    @property
    def repeated(self) -> int:
        """How many messages of the continued stream had come before: on the first one, or just so on this one."""
        if self.resumed is None:
            return 0
        seen = notices(self.first, self.before)
        known = {event.data for event in seen}
        again = sum(event.data in known for event in notices(self.resumed, self.before))
        missed = [event.data for event in notices(self.resumed, self.after)]
        # A call may well cause several notifications: only what comes more often than before the cut came twice.
        return again + max(min(len(missed) - len(set(missed)), len(missed) - len(seen)), 0)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """All of it, as evidence."""
        return (self.first, *self.calls, *([self.resumed] if self.resumed is not None else []))


async def cut_and_resume(survey: Survey, session: Session) -> Cut:
    """Open a stream, call, cut it, call again, continue it."""
    before, after = (f"mcp-echo {when} {secrets.token_hex(4)}" for when in ("before the cut", "after the cut"))
    async with survey.wire.open(listening(survey, session, purpose="a stream to be cut")) as incoming:
        calls = [await _echo(survey, session, before)]
        if is_stream(incoming.headers):
            await _until(survey, incoming, before, CAUSED)
            await _until(survey, incoming, None, QUIET)
    first = survey.wire.answer(incoming)
    cut = Cut(before=before, after=after, first=first, calls=tuple(calls))
    place = last_id(first.events)
    if place is None or not cut.noticed:
        return cut
    calls.append(await _echo(survey, session, after))
    resumed = await resume(survey, session, place, until=after)
    return Cut(before=before, after=after, first=first, calls=tuple(calls), resumed=resumed)


async def resume(survey: Survey, session: Session, place: str, *, until: str = "") -> Answer:
    """Continue a stream after an event and read it until a text has come and nothing follows, or the time is over."""
    request = listening(survey, session, purpose="the stream, continued", after=place)
    async with survey.wire.open(request) as incoming:
        if is_stream(incoming.headers):
            await _until(survey, incoming, until, CAUSED)
            await _until(survey, incoming, None, QUIET)
        else:
            await incoming.response()
    return survey.wire.answer(incoming)


def notices(answer: Answer, text: str) -> list[Event]:
    """The events that carry a text and are no JSON-RPC response."""
    return [event for event in answer.events if text in event.data and response_in(event.data) is None]


def responses(answer: Answer) -> list[Mapping[str, Any]]:
    """The JSON-RPC responses on a stream."""
    found = [response_in(event.data) for event in answer.events if event.kind == "event"]
    return [response for response in found if response is not None]


def clash(answers: tuple[Answer, ...]) -> str | None:
    """An id that two different messages of a session have had."""
    seen: dict[str, str] = {}
    for event in (event for answer in answers for event in answer.events):
        if event.id and event.data and seen.setdefault(event.id, event.data) != event.data:
            return event.id
    return None


def place_before_response(answer: Answer) -> str | None:
    """An id on a response's stream after which the response itself is still to come."""
    if not streams(answer):
        return None
    earlier: list[Event] = []
    for event in answer.events:
        if response_in(event.data) is not None:
            return last_id(tuple(earlier))
        earlier.append(event)
    return None


async def _echo(survey: Survey, session: Session, text: str) -> Answer:
    call = {"name": "echo", "arguments": {"message": text}}
    return await survey.ask(session, "tools/call", call, purpose="make the server send something")


async def _until(survey: Survey, incoming: Incoming, text: str | None, seconds: float) -> None:
    clock = survey.wire.clock
    until = clock() + seconds
    while (left := until - clock()) > 0:
        event = await incoming.event(left)
        if event is None or (text is not None and event.kind == "event" and event.data and text in event.data):
            return
