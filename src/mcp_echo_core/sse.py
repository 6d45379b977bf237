"""Framing of server-sent events (HTML standard, Server-sent events)."""

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
