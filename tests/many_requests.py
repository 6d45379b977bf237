"""A client that is fast enough to load two servers: kept connections, raw bytes, one coroutine per connection."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness import introduction, rpc, tool_call

CONNECTIONS = 32
ANSWER_SECONDS = 15.0
"""Seconds that one answer may take; generous, since the suite may share its machine."""

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_SESSION = re.compile(rb"\r\nmcp-session-id: ([^\r]+)", re.IGNORECASE)
_INSTANCE = re.compile(rb"\r\nmcp-echo-instance: ([^\r]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """An answer; status 0 when the connection ended instead."""

    status: int
    body: bytes = b""
    session: str = ""
    instance: str = ""

    @property
    def result(self) -> Any:
        return json.loads(self.body)["result"]


class Connection:
    """One kept connection; opened again when it ends.

    Args:
        port: Where to.
        headers: Sent with every request; ``Host`` is localhost where they have none.
    """

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self._port = port
        self._headers = "".join(
            f"{name}: {value}\r\n" for name, value in {"Host": "localhost", **(headers or {})}.items()
        )
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, message: Any, session: str | None = None) -> Answer:
        """Send a message and read the answer."""
        body = json.dumps(message).encode()
        name = f"Mcp-Session-Id: {session}\r\n" if session else ""
        head = (
            f"POST /mcp HTTP/1.1\r\n{self._headers}Content-Type: application/json\r\nAccept: application/json\r\n"
            f"Mcp-Protocol-Version: 2025-11-25\r\n{name}Content-Length: {len(body)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._exchange(head.encode() + body)
        except (OSError, EOFError):
            self.close()
            return Answer(0)

    def close(self) -> None:
        """End the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, request: bytes) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        found = [match[1].decode() if match else "" for match in (_SESSION.search(head), _INSTANCE.search(head))]
        if b"\r\nconnection: close" in head.lower():
            self.close()
        return Answer(int(head[9:12]), body, *found)


@dataclass
class Load:
    """What came of many echoes.

    Attributes:
        statuses: How often each status came, 0 for a connection that ended.
        by_instance: Who answered with 200, how often.
        done: Echoes that were answered with 200, per session.
        last: Text of the last one of each session.
        tried: Echoes that were sent, per session.
        awaited: What somebody waits for: looked at after each answer.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    by_instance: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    last: dict[str, str] = field(default_factory=dict)
    tried: Counter[str] = field(default_factory=Counter)
    awaited: list[tuple[Callable[[], bool], asyncio.Event]] = field(default_factory=list)

    async def until(self, happened: Callable[[], bool]) -> None:
        """Return after the first answer with which something has happened."""
        event = asyncio.Event()
        self.awaited.append((happened, event))
        await event.wait()

    async def echo(self, connection: Connection, session: str, text: str) -> Answer:
        """One echo, and what it was answered is noted."""
        self.tried[session] += 1
        answer = await connection.post(tool_call("echo", {"message": text}, text), session)
        self.statuses[answer.status] += 1
        if answer.status == 200:
            assert text.encode() in answer.body, answer
            self.by_instance[answer.instance] += 1
            self.done[session] += 1
            self.last[session] = text
        for happened, event in self.awaited:
            if happened():
                event.set()
        return answer


Headers = Mapping[str, str] | None


async def shared_out(
    port: int, items: Iterable[Any], work: Callable[[Connection, Any], Awaitable[None]], headers: Headers = None
) -> None:
    """Do something with each item, on several connections at once, which send these headers, too."""
    remaining = iter(items)

    async def one() -> None:
        connection = Connection(port, headers)
        for item in remaining:
            await work(connection, item)
        connection.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))


async def open_sessions(port: int, count: int, headers: Headers = None) -> list[str]:
    """That many new sessions."""
    sessions: list[str] = []

    async def begin(connection: Connection, number: int) -> None:
        answer = await connection.post(rpc("initialize", introduction(), number))
        assert answer.status == 200, answer
        sessions.append(answer.session)

    await shared_out(port, range(count), begin, headers)
    return sessions


async def replayed(port: int, sessions: Iterable[str], headers: Headers = None) -> dict[str, str]:
    """What ``replayLastEcho`` says in each session."""
    texts: dict[str, str] = {}

    async def ask(connection: Connection, session: str) -> None:
        answer = await connection.post(tool_call("replayLastEcho", {}), session)
        assert answer.status == 200, answer
        texts[session] = answer.result["content"][0]["text"]

    await shared_out(port, sessions, ask, headers)
    return texts
