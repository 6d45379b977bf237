"""Streams of a soak: a session's own, cut and resumed, and those that answer a request in steps."""

import asyncio
import itertools
import random
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from soak_sessions import LegacySession
from soak_wire import ENDED, NO_END, WRONG, Door, Failed, again

from asgi_bridge import Event
from harness import note, tool_call

STEPS, INTERVAL = 6, 0.1
"""Of an answer in steps; seconds from one to the next."""

CUT_AFTER = (2, 8)
"""Messages after which a client cuts its stream, fewest and most."""

PAUSE = 0.3
"""Seconds between two echoes of a client that listens."""

MISSING_SECONDS = 15.0
"""How long a client waits for what it has not got yet."""

MESSAGE_LOST = "message lost"
TWICE = "message twice or out of order"


class Listener:
    """Reads a session's stream, cuts it, and resumes it from the last event.

    Args:
        session: Whose.
        chance: Decides when it is cut.
    """

    def __init__(self, session: LegacySession, chance: random.Random) -> None:
        self.received: list[int] = []
        self._session = session
        self._chance = chance
        self._last_id: str | None = None

    async def run(self) -> None:
        """Read until cancelled."""
        for number in itertools.count():
            kind = "GET stream resumed" if number else "GET stream"
            headers = {**self._session.headers, **({"last-event-id": self._last_id} if self._last_id else {})}
            try:
                await self._read(kind, headers)
            except Failed:
                await asyncio.sleep(PAUSE)

    async def _read(self, kind: str, headers: Mapping[str, str]) -> None:
        door, begun = self._session.door, time.monotonic()
        enough = len(self.received) + self._chance.randint(*CUT_AFTER)
        async with aclosing(_listening(door, kind, headers)) as events:
            async for event in events:
                self._last_id = event.id or self._last_id
                if event.data and event.event == "message":
                    self.take(int(event.message["params"]["data"]), begun)
                if len(self.received) >= enough:
                    door.ledger.facts["GET streams cut by their client"] += 1
                    return
        raise door.failed(kind, ENDED, time.monotonic(), f"after {time.monotonic() - begun:.1f} s")

    def take(self, number: int, begun: float) -> None:
        """A message has come."""
        if self.received and number <= self.received[-1]:
            self._session.door.failed("GET stream", TWICE, begun, f"{number} after {self.received[-3:]}")
        self.received.append(number)


async def listened(session: LegacySession, chance: random.Random, over: asyncio.Event, count: int) -> None:
    """Echo so often, and see that each message arrives, in order, once.

    Raises:
        Failed: It does not.
        Gone: The session is no more.
    """
    listener = Listener(session, chance)
    numbers = itertools.count(1)
    confirmed = []
    reading = asyncio.create_task(listener.run())
    began = time.monotonic()
    try:
        for _ in range(count):

            async def echo() -> int:
                number = next(numbers)
                await session.echo(str(number))
                return number

            confirmed.append(await again(echo))
            await asyncio.sleep(PAUSE)
            if over.is_set():
                break
        await arrived(session, listener, confirmed, began)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def arrived(session: LegacySession, listener: Listener, confirmed: list[int], began: float) -> None:
    """Wait for all messages.

    Raises:
        Failed: Some do not come.
    """
    deadline = time.monotonic() + MISSING_SECONDS
    while missing := set(confirmed) - set(listener.received):
        if time.monotonic() > deadline:
            why = f"{sorted(missing)} of {confirmed}, session {session.tracked.id}"
            raise session.door.failed("GET stream", MESSAGE_LOST, began, why)
        await asyncio.sleep(PAUSE)
    session.door.ledger.facts["messages by GET streams"] += len(confirmed)


async def finished(
    door: Door, kind: str, headers: Mapping[str, str], params: Mapping[str, Any] | None = None, *, leave: bool = False
) -> None:
    """An answer in steps, read to the end or left after the first step.

    Args:
        door: Where to ask.
        kind: What it is filed as.
        headers: Those of the era, and of the session.
        params: As of ``in_steps``.
        leave: Close the stream after the first step.

    Raises:
        Failed: It is not whole.
    """
    sent, steps = time.monotonic(), 0
    async with aclosing(door.events(kind, "POST", in_steps("steps", **(params or {})), headers)) as events:
        async for event in events:
            message = event.message if event.data else {}
            if message.get("id") == "steps":
                if steps == STEPS and "result" in message:
                    return
                raise door.failed(kind, WRONG, sent, f"{message} after {steps} steps")
            steps += message.get("method") == "notifications/progress"
            if leave and steps:
                return
    raise door.failed(kind, NO_END, sent, f"the stream ended after {steps} steps")


async def resumed(session: LegacySession) -> None:
    """An answer in steps that is cut in the middle; the rest is fetched with GET.

    Raises:
        Failed: It does not come.
    """
    door, sent, seen = session.door, time.monotonic(), 0
    last_id = None
    async with aclosing(door.events("POST stream, cut", "POST", in_steps("cut"), session.headers)) as events:
        async for event in events:
            last_id = event.id
            seen += bool(event.data)
            if seen == STEPS // 2:
                break
    try:
        async with asyncio.timeout(MISSING_SECONDS):
            seen += await _rest(session, last_id or "")
    except TimeoutError:
        raise door.failed("POST stream resumed", NO_END, sent, f"within {MISSING_SECONDS:g} s") from None
    if seen != STEPS + 1:
        raise door.failed("POST stream resumed", WRONG, sent, f"{seen} messages instead of {STEPS + 1}")
    door.ledger.facts["answers completed after a cut"] += 1


async def _rest(session: LegacySession, last_id: str) -> int:
    """Resume a response stream until its answer has come; how many messages that took."""
    headers, seen = {**session.headers, "last-event-id": last_id}, 0
    while True:
        async with aclosing(_listening(session.door, "POST stream resumed", headers)) as events:
            async for event in events:
                headers["last-event-id"] = event.id or headers["last-event-id"]
                seen += event.event == "message"
                if event.event == "message" and event.message.get("id") == "cut":
                    return seen
        await asyncio.sleep(PAUSE)


async def cancelled(session: LegacySession) -> None:
    """An answer in steps that is cancelled after the first one.

    Only the instance that works on it can stop it; with another one between, the answer comes all the same.

    Raises:
        Failed: The stream does not end.
    """
    door, told, answered = session.door, False, False
    message = in_steps("cancelled")
    async with aclosing(door.events("POST stream, cancelled", "POST", message, session.headers)) as events:
        async for event in events:
            if event.data and not told:
                told = True
                cancel = note("notifications/cancelled", {"requestId": "cancelled"})
                await session.post("cancelled", cancel, 202)
            answered = answered or bool(event.data and event.message.get("id") == "cancelled")
    ending = "answered all the same" if answered else "stopped"
    door.ledger.facts[f"cancelled requests, {ending}"] += 1


def in_steps(request_id: str, meta: Mapping[str, Any] | None = None, **arguments: str) -> dict[str, Any]:
    """A request that is answered in steps.

    Args:
        request_id: Its id, and its progress token.
        meta: What else ``_meta`` carries.
        arguments: Further arguments of the tool.
    """
    steps = {"message": "in steps", "progressSteps": STEPS, "progressInterval": INTERVAL, **arguments}
    return tool_call("echo", steps, request_id, _meta={**(meta or {}), "progressToken": request_id})


def _listening(door: Door, kind: str, headers: Mapping[str, str]) -> AsyncGenerator[Event, None]:
    return door.events(kind, "GET", headers={**headers, "accept": "text/event-stream"})
