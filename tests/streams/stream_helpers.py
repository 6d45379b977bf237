"""What the stream tests share: a slow tool in a session, its stream, and what a resumed stream carries."""

from typing import Any

from asgi_bridge import Event, Exchange
from extra_tools import Pace
from harness import Server, rpc

BOTH = "application/json, text/event-stream"


def slow(lane: str = "only", request_id: Any = 1, token: Any = "t") -> dict[str, Any]:
    """A call of ``paced`` that reports progress."""
    return rpc(
        "tools/call", {"name": "paced", "arguments": {"lane": lane}, "_meta": {"progressToken": token}}, request_id
    )


def begin(server: Server, session: str, lane: str = "only", request_id: Any = 1, accept: str = BOTH) -> Exchange:
    """Start a call of ``paced``."""
    return server.open(server.posting(slow(lane, request_id), session, accept=accept))


async def events(stream: Exchange, count: int) -> list[Event]:
    """The next events with a message; keep-alive and priming events are left out."""
    found: list[Event] = []
    while len(found) < count:
        event = await stream.event()
        assert event is not None, f"the stream ended after {found}"
        if event.event == "message":
            found.append(event)
    return found


async def rest(stream: Exchange) -> list[Event]:
    """The events with a message until the end of the stream."""
    found: list[Event] = []
    while (event := await stream.event()) is not None:
        if event.event == "message":
            found.append(event)
    assert (await stream.answer()).status == 200
    return found


def told(found: list[Event]) -> list[str]:
    """What each event says: the text of a progress, or ``result <id>``."""
    return [
        event.message["params"]["message"] if "params" in event.message else f"result {event.message['id']}"
        for event in found
    ]


def ids(found: list[Event]) -> list[str]:
    """The ids of events, all of which have one."""
    assert all(event.id for event in found)
    return [event.id or "" for event in found]


def stream_of(event_id: str | None) -> str:
    """The stream an event id names."""
    return (event_id or "").rpartition("-")[0]


async def started(
    server: Server, session: str, pace: Pace, *texts: str, lane: str = "only", request_id: Any = 1
) -> tuple[Exchange, list[Event]]:
    """A call that runs and has reported."""
    stream = begin(server, session, lane, request_id)
    pace.step(*texts, lane=lane)
    return stream, await events(stream, len(texts))
