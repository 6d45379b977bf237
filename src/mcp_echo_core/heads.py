"""A limit on how long a request's head may take, which uvicorn does not have (slowloris)."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LAST_REQUEST_SECONDS = 0.25
"""How long a stopping process waits for a request that is already on its way."""


class TimedConfig(uvicorn.Config):
    """The engine's configuration; workers get it pickled.

    Args:
        head_timeout: Seconds a request's head may take.
    """

    def __init__(self, app: Any, *, head_timeout: float, **options: Any) -> None:
        super().__init__(app, http=TimedHeads, **options)
        self.head_timeout = head_timeout


class TimedHeads(HttpToolsProtocol):
    """The engine's protocol; closes connections whose request head is not complete in time.

    A head that arrives whole, as nearly all do, starts no timer but the connection's first. When the process stops, an
    idle connection may bring one more request that was already on its way; it is answered before the connection ends.
    """

    config: TimedConfig
    _timer: asyncio.TimerHandle | None = None
    _incomplete = False
    _stopping = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._incomplete and self._timer is None:
            self._watch()

    def on_message_begin(self) -> None:
        self._incomplete = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._incomplete = False
        self._unwatch()
        super().on_headers_complete()
        if self._stopping and self.cycle is not None:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            super().shutdown()
            return
        self._stopping = True
        self._unwatch()
        self._watch(LAST_REQUEST_SECONDS)

    def _watch(self, seconds: float | None = None) -> None:
        self._timer = self.loop.call_later(seconds or self.config.head_timeout, self.transport.close)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
