"""One request to an ASGI application in this process, and what the application said; every wait is bounded."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from fuzz_requests import Sent

TURNS = 14
"""Turns of the event loop after which an application that says nothing waits for something."""

PATIENCE = 0.03
"""Seconds for what goes on beside the event loop, before the client leaves."""

HANG = 10.0
"""Seconds after its client left in which an exchange must be over."""


class Finding(Exception):
    """Something is wrong with the application."""


@dataclass
class Got:
    """An answer, as far as it came."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    ended: bool = False
    left: bool = False
    accepted: bool = False

    def header(self, name: bytes) -> bytes | None:
        """The value of a header field."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def streams(self) -> bool:
        """It is an event stream."""
        return (self.header(b"content-type") or b"").startswith(b"text/event-stream")


class Conversation:
    """Both ends of one exchange.

    Args:
        sent: The request.
        first: Messages that the application receives; then it waits until the client leaves.
    """

    def __init__(self, sent: Sent, first: list[dict[str, Any]], gone: str) -> None:
        self.got = Got()
        self._sent = sent
        self._incoming = first[::-1]
        self._gone = {"type": gone}
        self._leaving = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        """The next message for the application."""
        if self._incoming and (not self.got.left or self._incoming[-1]["type"] == "websocket.connect"):
            return self._incoming.pop()
        await self._leaving.wait()
        return dict(self._gone)

    async def send(self, message: Any) -> None:
        """A message from the application; what ASGI does not allow is a finding."""
        await asyncio.sleep(0)
        if self.got.left:
            if self._sent.fails:
                raise OSError("the client has left")
            return
        kind: str = message["type"]
        if kind.endswith("http.response.start"):
            self._start(message)
        elif kind.endswith("http.response.body"):
            self._body(message)
        elif kind == "websocket.accept":
            self.got.accepted = True
        elif kind == "websocket.send":
            self.got.body += (message.get("text") or "").encode("utf-8")
        elif kind == "websocket.close":  # before an accept, the server makes a 403 of it
            self.got.accepted = self.got.ended = True
        else:
            raise Finding(f"an unknown message: {kind}")

    def _start(self, message: Any) -> None:
        if self.got.status or self.got.accepted:
            raise Finding("a second start")
        self.got.status, self.got.headers = message["status"], list(message["headers"])

    def _body(self, message: Any) -> None:
        if not self.got.status or self.got.ended:
            raise Finding("a body before the start or after the end")
        self.got.body += message.get("body", b"")
        if not message.get("more_body", False):
            self.got.ended = True
            self._leaving.set()

    def leave(self) -> None:
        """The client goes away."""
        if not self.got.ended:
            self.got.left = True
        self._leaving.set()


def scope_of(sent: Sent, kind: str = "http") -> dict[str, Any]:
    """The connection scope."""
    scope = {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http" if kind == "http" else "ws",
        "path": sent.path,
        "raw_path": sent.path.encode("utf-8", "surrogateescape"),
        "query_string": sent.query.encode(),
        "root_path": "",
        "headers": sent.headers,
        "client": sent.peer,
        "server": ("127.0.0.1", 3000),
        "state": {},
    }
    if kind == "http":
        return {**scope, "method": sent.method}
    return {**scope, "subprotocols": [], "extensions": {"websocket.http.response": {}}}


def _messages(sent: Sent) -> list[dict[str, Any]]:
    last = len(sent.pieces) - 1
    return [
        {"type": "http.request", "body": piece, "more_body": number < last or not sent.whole}
        for number, piece in enumerate(sent.pieces)
    ]


async def exchange(app: Any, sent: Sent) -> Got:
    """Send a request and take what comes; a client whose answer does not end leaves.

    Raises:
        Finding: The application broke ASGI, raised, or goes on after its client left.
    """
    talk = Conversation(sent, _messages(sent), "http.disconnect")
    return await _finished(talk, asyncio.create_task(app(scope_of(sent), talk.receive, talk.send)), sent)


async def websocket(app: Any, sent: Sent) -> Got:
    """Open a WebSocket, say something that nobody asked for, and leave.

    Raises:
        Finding: As ``exchange``.
    """
    first = [{"type": "websocket.connect"}, *({"type": "websocket.receive", "bytes": each} for each in sent.pieces)]
    talk = Conversation(sent, first, "websocket.disconnect")
    scope = scope_of(sent, "websocket")
    return await _finished(talk, asyncio.create_task(app(scope, talk.receive, talk.send)), sent)


async def _finished(talk: Conversation, task: "asyncio.Task[None]", sent: Sent) -> Got:
    got = talk.got
    for _ in range(1 if sent.leaves else TURNS):
        await asyncio.sleep(0)
        if task.done():
            break
    else:
        if sent.whole and not sent.leaves and not got.streams and not got.accepted:
            await asyncio.wait({task}, timeout=PATIENCE)
        talk.leave()
        _, pending = await asyncio.wait({task}, timeout=HANG)
        if pending:
            task.cancel()
            raise Finding(f"the exchange is not over {HANG:g} s after its client left")
    if task.cancelled():
        raise Finding("the application cancelled itself")
    if (error := task.exception()) is not None and not (got.left and isinstance(error, OSError)):
        raise error
    if not got.left and not got.ended:
        raise Finding("the application returned without a whole answer")
    return got
