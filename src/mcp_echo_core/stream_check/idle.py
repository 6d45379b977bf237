"""How long a stream without traffic lives: watches one that the server only keeps alive.

In the era with a handshake it is the session's own stream (GET), in the other one ``subscriptions/listen``.
"""

from http import HTTPStatus
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from mcp_echo_core.client.answers import is_stream
from mcp_echo_core.client.incoming import Incoming
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.stream_check.talk import Talk
from mcp_echo_core.stream_check.verdict import duration

IdleKind = Literal["not tested", "alive", "cut when idle", "cut", "held back", "ended"]

IDLE_FINDINGS = frozenset({"cut when idle", "cut", "held back"})
"""What is wrong with the way, or may be."""

SILENCE_SHARE = 1.1
"""A silence explains an end only if it is so many times as long as the longest that was survived."""

WITH_THE_HEAD = 0.05
"""Seconds within which what arrives is no sign of keeping alive."""

KEEP_ALIVE_SETTING = "MCP_SSE_KEEPALIVE_INTERVAL"
"""What shortens the keep-alives of our servers."""


class Watch(Struct, frozen=True, kw_only=True):
    """What was seen of one idle stream; all times in seconds after it was asked for.

    Attributes:
        opened: When its head arrived.
        arrivals: When events and comments arrived.
        closed: When it ended; ``None`` when it was still open.
        watched: How long it was watched.
        failure: What went wrong on the way; a stream that its server ends has none.
    """

    opened: float
    arrivals: tuple[float, ...]
    closed: float | None
    watched: float
    failure: str | None = None

    @property
    def survived(self) -> float:
        """The longest time between two arrivals; 0 when nothing came but what came with the head."""
        between = (after - before for before, after in pairwise((self.opened, *self.arrivals)))
        return max((each for each in between if each >= WITH_THE_HEAD), default=0.0)


class Idle(Struct, frozen=True, kw_only=True):
    """What became of an idle stream.

    Attributes:
        kind: In a word or two.
        answer: The same with figures.
        stream: Which stream it was.
        watch: The times; ``None`` when nothing was watched.
        evidence: Number of the exchange.
    """

    kind: IdleKind
    answer: str
    stream: str = ""
    watch: Watch | None = None
    evidence: int | None = None


NOT_ASKED = Idle(kind="not tested", answer="not tested: --idle SECONDS tells how long to leave a stream alone")


def judge_idle(watch: Watch) -> tuple[IdleKind, str]:
    """What the times of an idle stream show."""
    kept = f"the longest silence it survived is {duration(watch.survived)}"
    traffic = kept if watch.survived else "nothing was sent to keep it alive"
    if watch.closed is None:
        return "alive", f"still open after {duration(watch.watched)}; {traffic}"
    silence = watch.closed - max((watch.opened, *watch.arrivals))
    # A server that keeps its stream alive does not fall silent before it ends it; something else did that.
    if silence > SILENCE_SHARE * watch.survived and (watch.failure or watch.survived):
        return "cut when idle", f"cut after {duration(silence)} without traffic; {traffic}"
    lived = f"after {duration(watch.closed)}, {duration(silence)} after the last traffic; {traffic}"
    if watch.failure:
        return "cut", f"cut {lived}"
    return "ended", f"ended without a fault {lived}"


async def watch_idle(wire: Wire, talk: Talk, seconds: float) -> Idle:
    """Leave a stream alone and see what becomes of it.

    Args:
        wire: Where the request goes.
        talk: With whom.
        seconds: How long, at most.
    """
    name = "subscriptions/listen" if talk.modern else "the session's stream, by GET"
    request = talk.listen(purpose="a stream to leave alone")
    async with wire.open(request, seconds=max(wire.timeout, seconds)) as incoming:
        while not incoming.ended and (left := incoming.started + seconds - wire.clock()) > 0:
            await incoming.event(left)
        watched, ended = wire.clock() - incoming.started, incoming.ended
    if incoming.head_at is None or not is_stream(incoming.headers):
        return _without_stream(wire, incoming, name, watched)
    watch = Watch(
        opened=incoming.head_at - incoming.started,
        arrivals=tuple(event.at - incoming.started for event in incoming.events),
        closed=watched if ended else None,
        watched=watched,
        failure=incoming.failure,
    )
    kind, answer = judge_idle(watch)
    return Idle(kind=kind, answer=answer, stream=name, watch=watch, evidence=incoming.number)


def _without_stream(wire: Wire, incoming: Incoming, name: str, watched: float) -> Idle:
    told = wire.answer(incoming).told()
    if incoming.status is None and watched >= incoming.timeout:
        answer = f"not even its head had arrived after {duration(watched)}"
        return Idle(kind="held back", answer=answer, stream=name, evidence=incoming.number)
    if incoming.status == HTTPStatus.GATEWAY_TIMEOUT:
        answer = f"answered {told} after {duration(watched)}: a gateway gave up before the stream's first event"
        return Idle(kind="cut when idle", answer=answer, stream=name, evidence=incoming.number)
    answer = f"not tested: {name} was answered {told}; try the other --era"
    return Idle(kind="not tested", answer=answer, stream=name, evidence=incoming.number)
