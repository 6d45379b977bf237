"""What the checks about event streams share: a stream that is opened with GET and left alone for a while."""

from itertools import pairwise
from statistics import median

from msgspec import Struct

from mcp_echo_core.client.answers import Answer, is_stream, object_in, response_in
from mcp_echo_core.client.incoming import Incoming, Outgoing
from mcp_echo_core.probe.survey import Session, Survey, once
from mcp_echo_core.sse import Event

WATCH = 3.0
"""Seconds for which a stream is watched, unless the caller wants to see longer."""

ENOUGH = 3
"""Keep-alives after which a stream need not be watched any more."""

TRANSPORT = "2025-11-25 basic/transports"


class Watched(Struct, frozen=True, kw_only=True):
    """What came of a GET in a session; all times are seconds after the head of the answer.

    Attributes:
        session: The one it was opened in.
        answer: To the GET; ``None`` when there was no session to send it in.
        events: With their times.
        seconds: For how long it was watched.
        ended: The server ended it within that time.
    """

    session: Session
    answer: Answer | None = None
    events: tuple[tuple[float, Event], ...] = ()
    seconds: float = 0.0
    ended: bool = False

    @property
    def missing(self) -> str | None:
        """Why there is no stream to look at; ``None`` when there is one."""
        if self.answer is None:
            return self.session.refused or "there is no session"
        return None if streams(self.answer) else f"no stream: GET was answered {self.answer.told()}"

    @property
    def beats(self) -> tuple[tuple[float, Event], ...]:
        """The keep-alives."""
        return tuple((at, event) for at, event in self.events if is_beat(event))

    @property
    def interval(self) -> float | None:
        """Seconds between two keep-alives; ``None`` when there were not two."""
        times = [at for at, _ in self.beats]
        return median(later - earlier for earlier, later in pairwise(times)) if times[1:] else None


@once
async def watched(survey: Survey) -> Watched:
    """Open a stream and watch it: until its keep-alives are known, or for the idle time that was asked for."""
    session = await survey.begin("a session whose stream is watched")
    if session.refused:
        return Watched(session=session)
    request = listening(survey, session, purpose="does GET open a stream?")
    async with survey.wire.open(request) as incoming:
        began = incoming.head_at or survey.wire.clock()
        if is_stream(incoming.headers):
            await _stay(survey, incoming, began)
        else:
            await incoming.response()
        seconds, ended = survey.wire.clock() - began, incoming.ended
    answer = survey.wire.answer(incoming)
    events = tuple((event.at - began, event) for event in answer.events)
    return Watched(session=session, answer=answer, events=events, seconds=seconds, ended=ended)


def listening(survey: Survey, session: Session, *, purpose: str, after: str | None = None) -> Outgoing:
    """The GET that opens a session's stream, or continues it after an event's id."""
    # In UTF-8, as browsers send it (HTML standard, Server-sent events); the wire has a character for each byte.
    place = [("Last-Event-ID", after.encode().decode("latin-1"))] if after is not None else []
    headers = [("MCP-Protocol-Version", session.version), *place]
    return survey.requests.bare("GET", purpose=purpose, session=session.id, headers=headers)


def streams(answer: Answer) -> bool:
    """Whether an answer is an event stream that a client would read."""
    return answer.ok and answer.is_stream


def last_id(events: tuple[Event, ...]) -> str | None:
    """Where a client continues: the last id that an event had (HTML standard, Server-sent events)."""
    ids = [event.id for event in events if event.id is not None]
    return (ids[-1] or None) if ids else None


def is_beat(event: Event) -> bool:
    """Whether all that it does is to keep the stream alive: a comment, an event without a message, a ping."""
    if event.kind == "comment":
        return True
    if not event.data or response_in(event.data) is not None:
        return False
    message = object_in(event.data)
    return message is None or message.get("method", "ping") == "ping"


async def _stay(survey: Survey, incoming: Incoming, began: float) -> None:
    clock, idle = survey.wire.clock, survey.options.idle
    until, beats = began + max(WATCH, idle), 0
    while (left := until - clock()) > 0 and (idle or beats < ENOUGH):
        event = await incoming.event(left)
        if event is None:
            return
        beats += is_beat(event)
