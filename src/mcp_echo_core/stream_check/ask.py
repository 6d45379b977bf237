"""Asks a tool for ticks and notes when each arrives."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from mcp_echo_core.client.answers import Answer, object_in, response_in
from mcp_echo_core.client.arguments import arguments_of
from mcp_echo_core.client.incoming import Incoming
from mcp_echo_core.client.tool_calls import named
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.sse import Event
from mcp_echo_core.stream_check.talk import Talk
from mcp_echo_core.stream_check.verdict import Series, Tick

ECHO = "echo"
"""The tool of our servers that sends ticks."""

STEPS = "progressSteps"
"""Its argument by which it is known."""

TOKEN = "mcp-echo-stream"  # noqa: S105 - names a progress, protects nothing
"""Under which progress is asked for."""

PULSE_SECONDS = 0.01
"""How often it is looked whether this process runs."""

_SENT = re.compile(r"\bsent at (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z)")


class Wanted(Struct, frozen=True, kw_only=True):
    """What to ask for.

    Attributes:
        tool: Its name.
        words: Its arguments as ``key=value``, typed by its schema.
        steps: Ticks that the tool sends; ``None`` when nobody knows.
        interval: Seconds between them; 0 when nobody knows.
        seconds: How long the whole answer may take.
    """

    tool: str
    words: tuple[str, ...]
    steps: int | None
    interval: float
    seconds: float

    @classmethod
    def ticks(cls, steps: int, interval: float, timeout: float) -> "Wanted":
        """Ticks of our own servers' echo.

        Args:
            steps: How many.
            interval: Seconds between them.
            timeout: Seconds that the answer may take beyond that.
        """
        words = ("message=stream check", f"{STEPS}={steps}", f"progressInterval={interval}")
        return cls(tool=ECHO, words=words, steps=steps, interval=interval, seconds=timeout + 2 * steps * interval)


class Asked(Struct, frozen=True, kw_only=True):
    """What came of one request for ticks.

    Attributes:
        answer: The answer, as far as it arrived.
        series: The times.
        offset: Arrival of the first tick by this clock less its sending by the server's: latency and clock difference.
    """

    answer: Answer
    series: Series
    offset: float | None = None


async def ask(wire: Wire, talk: Talk, wanted: Wanted, encoding: str) -> Asked:
    """Call the tool once, on a connection of its own, and watch the answer arrive.

    Args:
        wire: Where the request goes.
        talk: With whom.
        wanted: What to ask for.
        encoding: Value of ``Accept-Encoding``.
    """
    purpose = f"ticks with Accept-Encoding: {encoding}"
    arguments = arguments_of(wanted.words, named(wanted.tool, talk.tools)).values
    extra = [("Accept-Encoding", encoding)]
    request = talk.call(wanted.tool, arguments, purpose=purpose, token=TOKEN, extra=extra)
    pulse = Pulse()
    wall = time.time() - wire.clock()
    # A gateway may hold even the head until the end.
    async with pulse.beating(), wire.open(request, seconds=wanted.seconds) as incoming:
        await _until_closed(incoming, wire)
        watched, ended = wire.clock() - incoming.started, incoming.ended
    ticks = _ticks(incoming, any_notification=wanted.steps is None)
    series = Series(
        ticks=ticks,
        expected=wanted.steps,
        interval=wanted.interval,
        response=_response_at(incoming),
        closed=watched if ended else None,
        watched=watched,
        failure=incoming.failure,
        stalled=pulse.longest,
    )
    first = ticks[0] if ticks else None
    offset = None if first is None or first.sent is None else wall + incoming.started + first.arrived - first.sent
    return Asked(answer=wire.answer(incoming), series=series, offset=offset)


class Pulse:
    """Measures for how long this process does not run, so that its own pauses are not taken for a gateway's.

    Attributes:
        longest: Seconds of the longest pause.
    """

    def __init__(self) -> None:
        self.longest = 0.0

    @contextlib.asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """Measure until the block ends."""
        task = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])  # unlike awaiting it, this lets an interrupt through

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + PULSE_SECONDS
            await asyncio.sleep(PULSE_SECONDS)
            self.longest = max(self.longest, loop.time() - due)


async def _until_closed(incoming: Incoming, wire: Wire) -> None:
    deadline = incoming.started + incoming.timeout
    while not incoming.ended and (left := deadline - wire.clock()) > 0:
        event = await incoming.event(left)
        if event is not None and response_in(event.data) is not None:
            return


def _ticks(incoming: Incoming, *, any_notification: bool) -> tuple[Tick, ...]:
    ticks: list[Tick] = []
    for event in incoming.events:
        params = _notified(event, any_notification=any_notification)
        if params is not None:
            arrived = event.at - incoming.started
            ticks.append(Tick(len(ticks) + 1, sent_at(str(params.get("message", ""))), arrived))
    return tuple(ticks)


def _notified(event: Event, *, any_notification: bool) -> Mapping[str, Any] | None:
    message = object_in(event.data)
    if message is None or "method" not in message or "id" in message:
        return None
    params = message.get("params")
    params = params if isinstance(params, dict) else {}
    ours = message["method"] == "notifications/progress" and params.get("progressToken") == TOKEN
    return params if ours or any_notification else None


def sent_at(text: str) -> float | None:
    """Seconds since 1970 of the time that a tick's text tells; ``None`` when it tells none."""
    found = _SENT.search(text)
    try:
        return datetime.fromisoformat(found[1]).timestamp() if found else None
    except ValueError:
        return None


def _response_at(incoming: Incoming) -> float | None:
    times = [event.at for event in incoming.events if response_in(event.data) is not None]
    return times[0] - incoming.started if times else None
