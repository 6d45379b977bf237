"""Framing of server-sent events, written and read (HTML standard, Server-sent events)."""

import re
from typing import Literal

from msgspec import Struct

HEADERS = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
)
"""Headers of every event stream; the last keeps nginx from holding it back."""

KEEP_ALIVE = b'event: keep-alive\ndata: {"type":"ping"}\n\n'

COMMENT = b":\n\n"
"""Keeps a stream from looking dead, without being an event."""

RETRY_MILLISECONDS = 1000
"""What a primed stream tells the client to wait before it reconnects."""


def message(data: bytes, event_id: str | None = None) -> bytes:
    """An event that carries one encoded JSON-RPC message."""
    identity = b"" if event_id is None else b"id: %s\n" % event_id.encode()
    return b"event: message\n%sdata: %s\n\n" % (identity, data)


def priming(event_id: str) -> bytes:
    """The empty first event of a stream that can be resumed (2025-11-25 basic/transports, Sending Messages 6)."""
    return b"id: %s\nretry: %d\ndata:\n\n" % (event_id.encode(), RETRY_MILLISECONDS)


_MILLISECONDS = re.compile(r"[0-9]{1,15}")
"""A ``retry`` field that is a time; more digits are no time, and may be too many to be a number."""


class Event(Struct, frozen=True):
    """Something that arrived on an event stream.

    Attributes:
        kind: ``event``, or ``comment`` for a line that only keeps the stream alive.
        at: When its last byte arrived, in seconds of the reader's clock.
        data: The data lines joined, or the comment's text.
        name: The ``event`` field.
        id: The ``id`` field; ``None`` when the event has none.
        retry: Milliseconds of the ``retry`` field.
    """

    kind: Literal["event", "comment"]
    at: float
    data: str
    name: str = "message"
    id: str | None = None
    retry: int | None = None


class EventReader:
    """Reads an event stream piece by piece, comments included, because they show who keeps it alive."""

    def __init__(self) -> None:
        self._rest = b""
        self._fields: list[tuple[str, str]] = []

    def feed(self, data: bytes, at: float) -> list[Event]:
        """The events and comments that these bytes complete, as arrived at a time."""
        *lines, self._rest = re.split(rb"\r\n|\n|\r(?!$)", self._rest + data)
        return [event for line in lines if (event := self._line(line.decode("utf-8", "replace"), at)) is not None]

    def _line(self, line: str, at: float) -> Event | None:
        if line.startswith(":"):
            return Event("comment", at, line[1:].strip())
        if line:
            name, _, value = line.partition(":")
            self._fields.append((name, value.removeprefix(" ")))
            return None
        fields, self._fields = self._fields, []
        return _event(fields, at) if fields else None


def _event(fields: list[tuple[str, str]], at: float) -> Event:
    last = dict(fields)
    retry = last.get("retry", "")
    return Event(
        "event",
        at,
        data="\n".join(value for name, value in fields if name == "data"),
        name=last.get("event") or "message",
        id=last.get("id"),
        retry=int(retry) if _MILLISECONDS.fullmatch(retry) else None,
    )
