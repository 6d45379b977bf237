"""One of the two servers as clients reach it: every request waits for its turn and is filed, whatever comes of it."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from soak_ledger import Ledger

from asgi_bridge import Event, parse_event

T = TypeVar("T")

ANSWER_SECONDS = 20.0
"""Seconds that an answer, or the next event of a stream, may take; generous, since others may use the machine."""

TRIES, AGAIN = 80, 0.25
"""So often, and after so many seconds, a client tries again what has failed."""

OUTAGE = "503, store unavailable"
OUTAGE_TEXTS = (b"Session store unavailable", b"The record cannot be read now")
GONE = "status 404"
BROKEN = "connection broken"
LATE = "no answer in time"
ENDED = "stream ended"
WRONG = "wrong answer"
NO_END = "answer never came"
FINAL = frozenset({GONE, WRONG})
"""What another try will not change."""

JSON_HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


class Failed(Exception):
    """A request came to nothing; that is filed already."""


@dataclass(frozen=True)
class Answer:
    """A whole answer, and when its request was under way."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent: float
    seen: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Pace:
    """Turns, evenly, for all clients together.

    Args:
        rate: Turns a second.
    """

    def __init__(self, rate: float) -> None:
        self._gap = 1 / rate
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for one."""
        now = time.monotonic()
        self._next = max(self._next + self._gap, now)
        await asyncio.sleep(self._next - now)


class Door:
    """Where clients knock.

    Args:
        site: Name of the server.
        port: Its port, or its gateway's.
        ledger: Where everything is filed.
        pace: Gives turns.
    """

    def __init__(self, site: str, port: int, ledger: Ledger, pace: Pace) -> None:
        self.site = site
        self.ledger = ledger
        self._pace = pace
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
        self._client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=ANSWER_SECONDS, limits=limits, trust_env=False
        )

    async def close(self) -> None:
        """End all connections."""
        await self._client.aclose()

    async def post(
        self, kind: str, message: Any, headers: Mapping[str, str] | None = None, expected: int | tuple[int, ...] = 200
    ) -> Answer:
        """Send a message, or bytes, and read the whole answer.

        Raises:
            Failed: It has another status, or there is none.
        """
        fields = {**JSON_HEADERS, **(headers or {})}
        return await self.send(kind, "POST", "/mcp", message=message, headers=fields, expected=expected)

    async def send(
        self,
        kind: str,
        method: str,
        path: str,
        *,
        message: Any = None,
        headers: Mapping[str, str] | None = None,
        expected: int | tuple[int, ...] = 200,
    ) -> Answer:
        """One request and its whole answer.

        Raises:
            Failed: It has another status, or there is none.
        """
        await self._pace.turn()
        sent = time.monotonic()
        try:
            reply = await self._client.request(method, path, content=_content(message), headers=headers)
        except httpx.HTTPError as error:
            raise self._broken(kind, sent, error) from None
        answer = Answer(reply.status_code, reply.headers, reply.content, sent, time.monotonic())
        if answer.status not in (expected if isinstance(expected, tuple) else (expected,)):
            raise self.failed(kind, _what(answer), sent, f"{answer.body!r} for {message!r}")
        self.ledger.answered(self.site, kind, sent, answer.seen)
        return answer

    async def events(
        self, kind: str, method: str, message: Any = None, headers: Mapping[str, str] | None = None
    ) -> AsyncGenerator[Event, None]:
        """The events of a stream until it ends or the caller closes it.

        Raises:
            Failed: It is no stream, or breaks within an event.
        """
        await self._pace.turn()
        sent = time.monotonic()
        fields = {**JSON_HEADERS, **(headers or {})}
        try:
            async with self._client.stream(method, "/mcp", content=_content(message), headers=fields) as reply:
                if reply.status_code != httpx.codes.OK or reply.headers["content-type"] != "text/event-stream":
                    answer = Answer(reply.status_code, reply.headers, await reply.aread(), sent, time.monotonic())
                    raise self.failed(kind, _what(answer), sent, repr(answer.body))
                self.ledger.answered(self.site, kind, sent, time.monotonic(), timed=False)
                async for event in _events(reply):
                    yield event
        except httpx.HTTPError as error:
            raise self._broken(kind, sent, error) from None

    def failed(self, kind: str, what: str, sent: float, detail: str) -> Failed:
        """File an error; to be raised."""
        self.ledger.failed(self.site, kind, what, sent=sent, seen=time.monotonic(), detail=detail)
        return Failed(what)

    def _broken(self, kind: str, sent: float, error: httpx.HTTPError) -> Failed:
        what = LATE if isinstance(error, httpx.TimeoutException) else BROKEN
        return self.failed(kind, what, sent, repr(error))


async def again(work: Callable[[], Awaitable[T]]) -> T:
    """Do something until it does not fail.

    Raises:
        Failed: It failed too often, or for good.
    """
    for _ in range(TRIES):
        try:
            return await work()
        except Failed as failure:
            if not FINAL.isdisjoint(failure.args):
                raise
            await asyncio.sleep(AGAIN)
    raise Failed("too often")


async def _events(reply: httpx.Response) -> AsyncIterator[Event]:
    lines: list[str] = []
    async for line in reply.aiter_lines():
        if line:
            lines.append(line)
        elif lines:
            yield parse_event("\n".join(lines))
            lines = []
    if lines:
        raise httpx.RemoteProtocolError(f"the stream ended within an event: {lines}")


def _content(message: Any) -> bytes | None:
    return message if message is None or isinstance(message, bytes) else json.dumps(message).encode()


def _what(answer: Answer) -> str:
    if answer.status == httpx.codes.OK:
        return WRONG
    outage = answer.status == httpx.codes.SERVICE_UNAVAILABLE and any(text in answer.body for text in OUTAGE_TEXTS)
    return OUTAGE if outage else f"status {answer.status}"
