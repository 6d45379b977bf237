"""One HTTP exchange: the request that came and the one answer that goes, as JSON or as an event stream."""

import gzip
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any, Protocol

from mcp_echo_core import sse
from mcp_echo_core.body import ClientDisconnected, Receive
from mcp_echo_core.call import Channel
from mcp_echo_core.errors import ToolFailure
from mcp_echo_core.guard import JSON_ONLY
from mcp_echo_core.http import HttpRequest
from mcp_echo_core.messages import RequestId, encode_notification, encode_result
from mcp_echo_core.metrics import OTHER, UNKNOWN
from mcp_echo_core.stores.records import Session

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

GZIP_FROM = 1024
"""Bytes from which compressing an answer is worth the time."""

OK, TOOL_ERROR, ERROR, CANCELLED = "ok", "tool_error", "error", "cancelled"
"""Outcomes: answered; the tool's result says ``isError``; refused; nobody waits for the answer any more."""

_ZERO_WEIGHT = re.compile(r"q=0(\.0{0,3})?")
_NO_CONTENT = 204  # has no Content-Length (RFC 9110 section 8.6)
_JSON = (b"content-type", b"application/json")


class Stream(Channel, Protocol):
    """A response stream that can be resumed."""

    async def answer(self, message: bytes) -> None:
        """Send the response and end the stream."""

    async def abandon(self) -> None:
        """End the stream without a response."""

    def release(self) -> None:
        """The request is done: nothing is left to cancel."""


class Streams(Protocol):
    """Makes response streams."""

    def open(self, exchange: "Exchange", session: Session) -> Stream:
        """A stream for the answer to one request."""


class Tape(Protocol):
    """Takes down what an event stream carries."""

    closed: bool

    def add(self, data: bytes) -> None:
        """A piece is sent."""


class Recording(Protocol):
    """Takes down exchanges."""

    def record(self, exchange: "Exchange", seconds: float) -> None:
        """The exchange is over; ``seconds`` is how long it took."""

    def stream(self, exchange: "Exchange") -> Tape:
        """The answer has become an event stream."""


class Exchange:
    """A request and its answer; also the channel on which a running request sends notifications.

    Attributes:
        http: The request's head.
        receive: ASGI receive.
        headers: Response headers that every answer to this request carries.
        accepted: What the client can read.
        kind: What metrics count it as: the JSON-RPC method, or the HTTP method where no message is posted.
        target: Name of the tool or prompt it is about, one of the catalog's.
        era: Name of the era that answers it.
        revision: Protocol revision by whose rules it is answered.
        outcome: One of ``OK``, ``TOOL_ERROR``, ``ERROR``, ``CANCELLED``.
        error_code: JSON-RPC error code of its refusal.
        request_id: Id of the request, once it is known.
        session: Session it belongs to, if there is one.
        stream: The stream its answer has become.
        streams: Makes its answer a stream that can be resumed, where its session allows that.
        streaming: An event stream has been opened.
        status: Status of the answer, 0 before there is one.
        body: The request's body.
        assigned: Id of the session that was made for it.
        answered: Header fields of the answer.
        sent: The answer's body, unless it is an event stream.
        recording: Takes it down; ``None`` where nothing is recorded.
        tape: Takes down what its event stream carries.
        tells_timing: The answer has the header ``Server-Timing``.
    """

    accepted = JSON_ONLY
    kind = OTHER
    target = ""
    era = UNKNOWN
    revision = UNKNOWN
    outcome = OK
    error_code: int | None = None
    request_id: RequestId | None = None
    session: Session | None = None
    streams: Streams | None = None
    stream: Stream | None = None
    streaming = False
    status = 0
    body = b""
    assigned: str | None = None
    answered: Sequence[Header] = ()
    sent = b""
    recording: Recording | None = None
    tape: Tape | None = None
    tells_timing = False

    def __init__(
        self, http: HttpRequest, receive: Receive, send: Send, headers: Iterable[Header], compress: bool
    ) -> None:
        self.http = http
        self.receive = receive
        self._send = send
        self._compress = compress
        self.headers = [*headers]

    def assign(self, session_id: str) -> None:
        """Tell the client the id of the session that was made for it."""
        self.assigned = session_id
        self.headers.append((b"mcp-session-id", session_id.encode()))

    def conclude(self, request_id: RequestId, result: Any) -> Awaitable[None]:
        """Send the result of the request that this exchange carries."""
        if type(result) is dict and result.get("isError"):
            self.outcome = TOOL_ERROR
        message = encode_result(request_id, result)
        if self.http.laps is not None:
            self.http.laps.lap("encode")
        return self.answer(message)

    def answer(self, message: bytes) -> Awaitable[None]:
        """Send the one message that ends this exchange, in a form the client can read."""
        if not self.streaming and self.accepted.json:
            return self.reply(200, message)
        return self._end_stream(message)

    async def _end_stream(self, message: bytes) -> None:
        if (stream := self._resumable()) is not None:
            await stream.answer(message)
        else:
            if not self.streaming:
                await self.open_stream()
            await self.write(sse.message(message))
            await self.close()

    async def reply(self, status: int, body: bytes = b"", headers: Iterable[Header] = ()) -> None:
        """Send a whole answer; a body is JSON."""
        fields = [*self.headers, *headers]
        if self.tells_timing and self.http.laps is not None:
            fields.append(self.http.laps.header())
        if body:
            fields.append(_JSON)
            if self._compress:
                body = self._compressed(body, fields)
        if status != _NO_CONTENT:
            fields.append((b"content-length", b"%d" % len(body)))
        self.status = status
        self.answered, self.sent = fields, body
        try:
            await self._send({"type": "http.response.start", "status": status, "headers": fields})
            await self._send({"type": "http.response.body", "body": body})
        except OSError:
            raise ClientDisconnected from None

    async def open_stream(self) -> None:
        """Start an event stream; its status is settled now."""
        self.status = 200
        fields = [*sse.HEADERS, *self.headers]
        if self.tells_timing and self.http.laps is not None:
            fields.append(self.http.laps.header())
        await self._put({"type": "http.response.start", "status": 200, "headers": fields})
        self.streaming = True
        self.answered = fields
        if self.recording is not None:
            self.tape = self.recording.stream(self)

    async def write(self, data: bytes) -> None:
        """Send a piece of the event stream."""
        if self.tape is not None:
            self.tape.add(data)
        await self._put({"type": "http.response.body", "body": data, "more_body": True})

    async def close(self) -> None:
        """End the event stream."""
        if self.tape is not None:
            self.tape.closed = True
        await self._put({"type": "http.response.body", "body": b""})

    async def abandon(self) -> None:
        """End this exchange without a message: the request was cancelled."""
        if self.stream is not None:
            await self.stream.abandon()
        elif self.streaming:
            # Without a session, only its client's going away cancels a request: it has ended the stream, not we.
            await self._put({"type": "http.response.body", "body": b""})
        else:
            await self.reply(204)

    async def notify(self, method: str, params: dict[str, Any]) -> None:
        """Send a notification about this request; the answer becomes an event stream if the client reads those."""
        if not self.accepted.sse:
            return
        if (stream := self._resumable()) is not None:
            await stream.notify(method, params)
            return
        if not self.streaming:
            await self.open_stream()
        await self.write(sse.message(encode_notification(method, params)))

    async def request(self, method: str, params: dict[str, Any]) -> Any:
        """Ask the client and wait for its answer.

        Raises:
            ToolFailure: It cannot be asked, or does not answer: without a session nobody could tell whose answer it is.
        """
        if (stream := self._resumable()) is not None:
            return await stream.request(method, params)
        raise ToolFailure(f"The client cannot be asked for {method} on this request: it needs a session.")

    async def hang_up(self) -> None:
        """Close the connection while the request goes on; without a session, which could resume it, do nothing."""
        if (stream := self._resumable()) is not None:
            await stream.hang_up()

    def release(self) -> None:
        """Let go of the stream, which refers back to this exchange."""
        if self.stream is not None:
            self.stream.release()
            self.stream = None

    async def _put(self, message: MutableMapping[str, Any]) -> None:
        try:
            await self._send(message)
        except OSError:  # what servers may raise when the client has gone (ASGI specification)
            raise ClientDisconnected from None

    def _resumable(self) -> "Stream | None":
        if self.stream is None and self.session is not None and self.streams is not None:
            self.stream = self.streams.open(self, self.session)
        return self.stream

    async def disconnected(self) -> None:
        """Return when the client has gone away; the request's body must have been read."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    def _compressed(self, body: bytes, fields: list[Header]) -> bytes:
        fields.append((b"vary", b"Accept-Encoding"))
        if len(body) < GZIP_FROM or not _accepts_gzip(self.http.header("accept-encoding") or ""):
            return body
        body = gzip.compress(body, compresslevel=5, mtime=0)
        fields.append((b"content-encoding", b"gzip"))
        return body


def _accepts_gzip(header: str) -> bool:
    codings = [part.replace(" ", "").partition(";") for part in header.lower().split(",")]
    return any(
        name in ("gzip", "*") and weight not in ("q=0", "q=0.0", "q=0.00", "q=0.000") for name, _, weight in codings
    )
