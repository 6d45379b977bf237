"""What uvicorn does not have for a request's head: limits on time and size, reasons for refusing, names as written."""

import asyncio
import logging
import re
import select
import sys
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mcp_echo_core.errors import INVALID_REQUEST
from mcp_echo_core.http import WRITTEN_NAMES
from mcp_echo_core.messages import encode

log = logging.getLogger(__name__)

MAX_HEAD_BYTES = 65_536
"""Of a request's head; what has arrived in one piece may be somewhat larger."""

LAST_REQUEST_SECONDS = 0.25
"""How long a stopping process waits for a request that is already on its way."""

WEBSOCKET_TARGET = re.compile(rb"/dashboard/(?:view/)?[A-Za-z0-9_-]+/ws(?:\?.*)?")
"""Where a WebSocket may be asked for; elsewhere a wish to upgrade is ignored (RFC 9110 section 7.8)."""


def websocket_protocol(**options: Any) -> asyncio.Protocol:
    """What takes a connection over that becomes a WebSocket; loaded when the first one does."""
    from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

    protocol = WSProtocol(**options)
    # The engine's own lines name the whole target, and with it the id of a session.
    protocol.logger = logging.getLogger(f"{__name__}.websocket")
    protocol.logger.setLevel(logging.WARNING)
    return protocol


class TimedConfig(uvicorn.Config):
    """The engine's configuration; workers get it pickled.

    Attributes:
        draining: The process is about to end: every answer says that its connection ends with it.

    Args:
        head_timeout: Seconds a request's head may take.
    """

    def __init__(self, app: Any, *, head_timeout: float, **options: Any) -> None:
        super().__init__(app, http=TimedHeads, **options)
        self.head_timeout = head_timeout
        self.draining = False

    def load(self) -> None:
        super().load()
        self.loaded_app.drain.at_begin(self._drain)

    def _drain(self) -> None:
        self.draining = True


class LeftOpen:
    """A connection whose end is announced, and left to the client until the process stops listening.

    Not every gateway heeds the announcement: one that has sent its next request already would lose it.
    """

    def __init__(self, transport: asyncio.Transport, cycle: RequestResponseCycle) -> None:
        self._transport = transport
        self._cycle = cycle

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def close(self) -> None:
        """Only an answer that breaks off ends the connection."""
        if not self._cycle.response_complete:
            self._transport.close()


class TimedHeads(HttpToolsProtocol):
    """The engine's protocol; closes connections whose request head is too large or not complete in time.

    It tells the application how header names were written (``http.WRITTEN_NAMES``).

    A head that arrives whole, as nearly all do, starts no timer but the connection's first. When the process stops, an
    idle connection may bring one more request that was already on its way; it is answered before the connection ends.
    """

    config: TimedConfig
    _timer: asyncio.TimerHandle | None = None
    _incomplete = False
    _stopping = False
    _head_bytes = 0
    _written_names: list[bytes]
    _earlier: list[Any]

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._earlier = []
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        # The engine tells only the last request of a pipeline; a stream before it would never end.
        for cycle in self._earlier:
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        HttpToolsProtocol.data_received(self, data)
        if not self._incomplete:
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(431, b"Request Header Fields Too Large", "The head is too large", f"{MAX_HEAD_BYTES} bytes")
        elif self._timer is None:
            self._watch()

    def on_message_begin(self) -> None:
        self._incomplete = True
        self._head_bytes = 0
        HttpToolsProtocol.on_message_begin(self)  # super() costs more, on every request
        # Each request has a list of its own: a pipelined one is parsed while the one before is still being served.
        scope: Any = self.scope
        scope[WRITTEN_NAMES] = self._written_names = []

    def on_header(self, name: bytes, value: bytes) -> None:
        # What the engine does, and one line more; to call it as well would cost more than it does, on every header.
        self._written_names.append(name)
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def _should_upgrade_to_ws(self) -> bool:
        return self.ws_protocol_class is not None and WEBSOCKET_TARGET.fullmatch(self.url) is not None

    def on_headers_complete(self) -> None:
        self._incomplete = False
        if self._timer is not None:
            self._unwatch()
        before = self.cycle
        HttpToolsProtocol.on_headers_complete(self)
        if len(self.pipeline) > 1:
            self._earlier.append(before)
        elif self.pipeline:
            self._earlier = [before]  # where nothing waited, nothing else is being served
        if self.config.draining and self.cycle is not None:
            if not self._stopping and self.cycle.keep_alive:
                self.cycle.transport = cast("asyncio.Transport", LeftOpen(self.transport, self.cycle))
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        self._stopping = self.config.draining = True  # a worker that is replaced is not told before
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.transport = self.transport
            super().shutdown()
            return
        self._unwatch()
        self._timer = self.loop.call_later(LAST_REQUEST_SECONDS, self._close_unless_asked)

    def send_400_response(self, msg: str) -> None:
        """Say what the parser did not like; the engine says only that it did not."""
        self._refuse(400, b"Bad Request", f"The request is not HTTP/1.1: {sys.exception() or msg}", "RFC 9112")

    def _refuse(self, status: int, reason: bytes, problem: str, rule: str) -> None:
        data = {
            "problem": problem,
            "rule": f"A request's head keeps to {rule}",
            "spec": "RFC 9112 section 2.2; RFC 6585 section 5",
            "fix": "Look at what the last proxy on the way sends.",
        }
        error = {"code": INVALID_REQUEST, "message": reason.decode(), "data": data}
        body = encode({"jsonrpc": "2.0", "error": error})
        log.info("refused", extra={"status": status, "problem": problem, "peer": self.client and self.client[0]})
        self.transport.write(
            b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"
            % (status, reason, len(body), body)
        )
        self._incomplete = False
        self.transport.close()

    def _watch(self) -> None:
        self._timer = self.loop.call_later(self.config.head_timeout, self.transport.close)

    def _close_unless_asked(self) -> None:
        # What has arrived by now is read right after this; closed before, it would be lost.
        self._timer = None
        arrived = select.poll()
        arrived.register(self.transport.get_extra_info("socket"), select.POLLIN)
        if not arrived.poll(0):
            self.transport.close()

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
