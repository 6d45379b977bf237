"""A streaming ASGI client in this process: delivers what the application sends as it is sent, and can leave early.

``httpx.ASGITransport`` returns only when the application has finished; streams need this. Every wait is bounded.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")
Header = tuple[bytes, bytes]

WAIT = 5.0
"""Seconds that anything may take."""

LOOPBACK = ("127.0.0.1", 50000)


async def bounded(awaitable: Awaitable[T], what: str) -> T:
    """Wait for something that has to happen soon."""
    try:
        return await asyncio.wait_for(awaitable, WAIT)
    except TimeoutError:
        raise AssertionError(f"{what} did not happen within {WAIT:g} s") from None


@dataclass(frozen=True)
class Event:
    """One server-sent event; ``None`` for a field that was not sent."""

    event: str | None = None
    data: str | None = None
    id: str | None = None
    retry: str | None = None

    @property
    def message(self) -> Any:
        """The JSON it carries."""
        return json.loads(self.data or "")


def parse_event(block: str) -> Event:
    """One event from its lines (HTML standard, Server-sent events)."""
    fields: dict[str, str] = {}
    for line in block.split("\n"):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data" and "data" in fields:
            value = f"{fields['data']}\n{value}"
        if name:
            fields[name] = value
    unknown = fields.keys() - {"event", "data", "id", "retry"}
    assert not unknown, f"fields that no event has: {unknown}"
    return Event(**fields)


def parse_events(stream: bytes) -> list[Event]:
    """All events of a whole stream."""
    text = stream.decode()
    assert not text or text.endswith("\n\n"), "the stream ends inside an event"
    return [parse_event(block) for block in text.split("\n\n")[:-1]]


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer."""

    status: int
    headers: Sequence[Header]
    body: bytes

    def values(self, name: str) -> list[str]:
        """All values of a header field, in order."""
        return [value.decode("latin-1") for key, value in self.headers if key.lower() == name.lower().encode()]

    def header(self, name: str) -> str | None:
        """The value of a header field that comes at most once."""
        values = self.values(name)
        assert len(values) <= 1, f"{name} was sent {len(values)} times"
        return values[0] if values else None

    @property
    def message(self) -> Any:
        """The JSON body."""
        assert self.header("content-type") == "application/json", self
        return json.loads(self.body)

    @property
    def events(self) -> list[Event]:
        """The body as an event stream."""
        assert self.header("content-type") == "text/event-stream", self
        return parse_events(self.body)

    @property
    def final(self) -> Any:
        """The JSON-RPC message that ended the exchange, in whichever form it came."""
        return self.events[-1].message if self.header("content-type") == "text/event-stream" else self.message


@dataclass
class Request:
    """What is sent; ``body`` comes in one or several chunks and may stay incomplete."""

    method: str = "POST"
    path: str = "/mcp"
    headers: Iterable[Header] = ()
    body: bytes | Sequence[bytes] = b""
    complete: bool = True
    client: tuple[str, int] | None = LOOPBACK
    scheme: str = "http"
    scope: dict[str, Any] = field(default_factory=dict)

    @property
    def chunks(self) -> Sequence[bytes]:
        """The body as it arrives."""
        return [self.body] if isinstance(self.body, bytes) else self.body

    def asgi_scope(self) -> dict[str, Any]:
        """The connection scope as an ASGI server makes it."""
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": self.scheme,
            "path": self.path.partition("?")[0],
            "raw_path": self.path.partition("?")[0].encode(),
            "query_string": self.path.partition("?")[2].encode(),
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in self.headers],
            "client": self.client,
            "server": ("127.0.0.1", 3000),
            "state": {},
            **self.scope,
        }


class Exchange:
    """One request in flight and the answer as it arrives.

    Args:
        app: The ASGI application.
        request: What to send.
        held: Type of message at which the application waits in ``send`` until ``release``, as it does for a client
            that does not read.
        errors: Let ``send`` fail once the client has left, as ASGI 2.4 servers do.
    """

    def __init__(self, app: Any, request: Request, *, held: str = "", errors: bool = False) -> None:
        self.status = 0
        self.headers: Sequence[Header] = ()
        self.left = False
        self.ended = False
        self.waiting = asyncio.Event()
        self._errors = errors
        self._held = held
        self._gate = asyncio.Event()
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outgoing: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._begun = asyncio.Event()
        self._text = ""
        self.feed(*request.chunks, complete=request.complete)
        self.task = asyncio.create_task(self._run(app, request.asgi_scope()))

    def feed(self, *chunks: bytes, complete: bool) -> None:
        """Send more of the body."""
        for index, chunk in enumerate(chunks, 1):
            more = not complete or index < len(chunks)
            self._incoming.put_nowait({"type": "http.request", "body": chunk, "more_body": more})

    def disconnect(self) -> None:
        """Leave."""
        self.left = True
        self._incoming.put_nowait({"type": "http.disconnect"})

    def release(self) -> None:
        """Read on, after ``held``."""
        self._gate.set()

    async def head(self) -> Answer:
        """The answer as far as its head goes."""
        await bounded(self._begun.wait(), "the start of the answer")
        if not self.status:
            await self.task
            raise AssertionError("the application returned without an answer")
        return Answer(self.status, self.headers, b"")

    async def chunk(self) -> bytes | None:
        """The next piece of the body; ``None`` at its end."""
        return None if self.ended and self._outgoing.empty() else await bounded(self._outgoing.get(), "the next chunk")

    async def event(self) -> Event | None:
        """The next server-sent event; ``None`` at the end of the stream."""
        while "\n\n" not in self._text:
            chunk = await self.chunk()
            if chunk is None:
                assert not self._text, f"the stream ends inside an event: {self._text!r}"
                return None
            self._text += chunk.decode()
        block, self._text = self._text.split("\n\n", 1)
        return parse_event(block)

    async def answer(self) -> Answer:
        """The whole answer; whatever the application raises is raised here."""
        await bounded(asyncio.shield(self.task), "the end of the exchange")
        assert self.status, "the application returned without an answer"
        assert self.ended, "the application returned in the middle of its answer"
        body = b""
        while not self._outgoing.empty():
            body += self._outgoing.get_nowait() or b""
        return Answer(self.status, self.headers, body)

    async def leave(self) -> None:
        """Disconnect, and see the application notice it."""
        self.disconnect()
        await bounded(asyncio.shield(self.task), "the application's end after the client left")

    async def _run(self, app: Any, scope: dict[str, Any]) -> None:
        try:
            await app(scope, self._receive, self._send)
        finally:
            self._begun.set()
            self._outgoing.put_nowait(None)

    async def _receive(self) -> dict[str, Any]:
        message = await self._incoming.get()
        if message["type"] == "http.disconnect":
            self._incoming.put_nowait(message)
        return message

    async def _send(self, message: Any) -> None:
        await asyncio.sleep(0)  # an application that sends without end must not keep others from running
        if message["type"] == self._held and not self._gate.is_set():
            self.waiting.set()
            await self._gate.wait()
        if self.left:
            if self._errors:
                raise OSError("the client has left")
            return
        assert not self.ended, f"sent after the end: {message}"
        if message["type"] == "http.response.start":
            assert not self.status, "a second start"
            self.status, self.headers = message["status"], list(message["headers"])
            self._begun.set()
            return
        assert message["type"] == "http.response.body", message
        assert self.status, "a body before the start"
        if message.get("body"):
            self._outgoing.put_nowait(message["body"])
        if not message.get("more_body"):
            self.ended = True
            self._incoming.put_nowait({"type": "http.disconnect"})
            self._outgoing.put_nowait(None)


async def exchange(app: Any, request: Request) -> Answer:
    """Send a request and wait for its whole answer."""
    return await Exchange(app, request).answer()


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Run the application's lifespan around a block."""
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send(message: Any) -> None:
        outgoing.put_nowait(message)

    incoming.put_nowait({"type": "lifespan.startup"})
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    task = asyncio.create_task(app(scope, incoming.get, send))
    started = await bounded(outgoing.get(), "start-up")
    assert started["type"] == "lifespan.startup.complete", started
    try:
        yield
    finally:
        incoming.put_nowait({"type": "lifespan.shutdown"})
        stopped = await bounded(outgoing.get(), "shutdown")
        assert stopped["type"] == "lifespan.shutdown.complete", stopped
        await bounded(task, "the end of the lifespan")
