"""Follows a dashboard's feed for as long as there is one, across breaks.

What was missed during a break is asked for by ``Last-Event-ID``. What comes is foreign: it is bounded here, and only
objects are passed on.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any

import httpx
from msgspec import Struct

from mcp_echo_core.redaction import text as redacted
from mcp_echo_core.sse import Event, EventReader

CONNECT_SECONDS = 10.0
"""How long a connection, and the head of an answer, may take."""

SILENCE_SECONDS = 45.0
"""How long nothing may come before the feed counts as broken: three times what the server lets pass."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 15.0
"""Seconds before the next attempt to connect, unless the server names others; they double."""

MAX_BYTES = 32 * 1024 * 1024
"""Of a record, and of one event."""

TOLD = frozenset({"exchange", "state", "too-slow", "gone"})
"""The events of the feed."""

_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE,
                   HTTPStatus.GATEWAY_TIMEOUT})  # fmt: skip


class Happening(Struct, frozen=True):
    """Something that is told.

    Attributes:
        event: ``record`` first, then those of the feed, ``lost`` and ``again`` around a break.
        data: What is told of it.
    """

    event: str
    data: Mapping[str, Any]


class NotShown(Exception):
    """There is nothing to follow; tells why."""


class _NoRecord(NotShown):
    """There is no such record."""


class _Busy(Exception):
    """The server, or what stands before it, has no answer now."""


class Follower:
    """Follows one record.

    Args:
        client: Sends the requests, with what they all carry.
        page: URL of the record's page.
    """

    def __init__(self, client: httpx.AsyncClient, page: str) -> None:
        self._client = client
        self._page = page
        self._first_pause = FIRST_PAUSE
        self._pause = FIRST_PAUSE
        self._after = 0
        self._key: object = None
        self._lost = False

    async def happenings(self) -> AsyncIterator[Happening]:
        """Everything that is told, until the record is gone.

        Raises:
            NotShown: It cannot be followed, now or any more.
        """
        try:
            record = await self._record()
        except (httpx.HTTPError, _Busy) as error:
            raise NotShown(f"no answer: {_explained(error)}") from None
        for each in _objects(record.get("exchanges")):
            self._note(each)
        yield Happening("record", record)
        while True:
            reason, last = "the server ended the feed", ""
            try:
                async for happening in self._connected():
                    last = happening.event
                    yield happening
                    if last in ("gone", "too-slow"):
                        break
            except (httpx.HTTPError, httpx.StreamError, _Busy) as error:
                reason = _explained(error)
            except _NoRecord:
                last = "gone"
                yield Happening("gone", {})
            if last == "gone":
                return
            if last != "too-slow" and not self._lost:
                self._lost = True
                yield Happening("lost", {"reason": reason})
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)

    async def _connected(self) -> AsyncIterator[Happening]:
        if self._lost:
            self._recognise(await self._record())
        headers = {"accept": "text/event-stream", "last-event-id": str(self._after)}
        async with self._client.stream("GET", f"{self._page}/events", headers=headers) as response:
            _check(response, "text/event-stream")
            if self._lost:
                self._lost = False
                yield Happening("again", {"after": self._after})
            async for event in _events(response):
                if event.retry is not None:
                    self._first_pause = min(event.retry / 1000, LONGEST_PAUSE)
                data = _decoded(event.data) if event.name in TOLD else None
                if data is None:
                    continue
                self._pause = self._first_pause
                if event.name == "exchange":
                    self._note(data)
                yield Happening(event.name, data)

    async def _record(self) -> Mapping[str, Any]:
        async with self._client.stream("GET", f"{self._page}/record.json") as response:
            _check(response, "application/json")
            body = b""
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MAX_BYTES:
                    raise NotShown(f"the record has more than {MAX_BYTES} bytes")
        return _decoded(body) or {}

    def _note(self, exchange: Mapping[str, Any]) -> None:
        if type(number := exchange.get("sequence")) is int:
            self._after, self._key = number, exchange.get("key")

    def _recognise(self, record: Mapping[str, Any]) -> None:
        """Begin anew if the record has begun anew, as in memory after a restart: numbers tell no difference."""
        listed = _objects(record.get("exchanges"))
        if any(each.get("sequence") == self._after and each.get("key") != self._key for each in listed):
            self._after = 0


async def _events(response: httpx.Response) -> AsyncIterator[Event]:
    reader, size = EventReader(), 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        for event in reader.feed(piece, 0.0):
            size = 0
            if event.kind == "event":
                yield event
        if size > MAX_BYTES:
            raise NotShown(f"an event has more than {MAX_BYTES} bytes")


def _check(response: httpx.Response, content_type: str) -> None:
    """See that an answer is the dashboard's.

    Raises:
        NotShown: It is not.
        _Busy: That cannot be told now.
    """
    status, found = response.status_code, response.headers.get("content-type", "").partition(";")[0]
    if status in _BUSY:
        raise _Busy(f"HTTP {status}")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise NotShown(f"no access (HTTP {status}): give --token or MCP_ECHO_DASHBOARD_TOKEN")
    if status == HTTPStatus.NOT_FOUND:
        raise _NoRecord("no such record (HTTP 404): not there, no longer there, or the dashboard is off")
    if status != HTTPStatus.OK or found != content_type:
        raise NotShown(f"what answers is no dashboard: HTTP {status}, {found or 'no content type'}")


def _decoded(text: str | bytes) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


_WORDS: Mapping[type[Exception], str] = {
    httpx.ConnectError: "no connection",
    httpx.ConnectTimeout: "no connection in time",
    httpx.ReadTimeout: "nothing came for too long",
    httpx.RemoteProtocolError: "the connection was cut",
    httpx.ReadError: "the connection broke",
}


def _explained(error: Exception) -> str:
    told = redacted(str(error))
    word = _WORDS.get(type(error))
    return told or type(error).__name__ if word is None else word + (f" ({told})" if told else "")
