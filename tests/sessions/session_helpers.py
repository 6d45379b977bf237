"""What the session tests share: echoes, outboxes and streams."""

from typing import Any

from asgi_bridge import Event, Exchange
from harness import Server, call, initialize, rpc

MANY = 1000
"""More events than any test sends."""


async def opened(server: Server, revision: str = "2025-06-18") -> str:
    """A session of a revision whose streams open without a priming event."""
    session = await initialize(server, revision)
    assert session is not None
    return session


async def echo(server: Server, session: str | None, *texts: str) -> None:
    """Echo texts in a session; each leaves one message in its outbox."""
    for text in texts:
        assert (await call(server, "echo", {"message": text}, session))["isError"] is False


async def set_level(server: Server, session: str, level: str) -> None:
    """Ask for log messages from a level upwards."""
    answer = await server.post(rpc("logging/setLevel", {"level": level}), session)
    assert answer.message["result"] == {}


async def listening(server: Server, session: str, **headers: str) -> Exchange:
    """An open stream of a session."""
    stream = server.stream(session, **headers)
    assert (await stream.head()).status == 200
    return stream


async def heard(stream: Exchange, count: int) -> list[Event]:
    """The next messages of a stream, keep-alive events left out."""
    events: list[Event] = []
    while len(events) < count:
        event = await stream.event()
        assert event is not None, f"the stream ended after {len(events)} of {count} messages"
        if event.event == "message":
            events.append(event)
    return events


def texts(events: list[Event]) -> list[str]:
    """The echoed texts that messages carry."""
    return [event.message["params"]["data"] for event in events]


async def rest(stream: Exchange) -> list[Event]:
    """Everything until the end of the stream."""
    events: list[Event] = []
    while (event := await stream.event()) is not None:
        events.append(event)
        assert len(events) < MANY, "the stream does not end"
    answer = await stream.answer()
    assert answer.status == 200
    return events


async def is_gone(server: Server, session: str) -> bool:
    """Whether requests of a session are refused as those of a dead one."""
    answer = await server.post(rpc("ping", request_id=3), session)
    if answer.status == 200:
        return False
    message: Any = answer.message
    assert answer.status == 404
    assert message["id"] == 3
    assert (message["error"]["code"], message["error"]["message"]) == (-32603, "Session not found or expired")
    return True
