"""Ending without losing anything: SIGTERM first turns ``/readyz`` to 503 and ends streams, then lets the engine stop.

Works under any engine that stops on a signal handler of its own, such as uvicorn: the handler is wrapped, and called
after the drain delay. The engine then takes no new work, and ends when what is in flight is answered. It must not be
called as late as that: under steady load something is in flight at any time.

A worker whose parent was killed tells itself to stop: nobody else would, and it would keep the port.
"""

import asyncio
import logging
import multiprocessing
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from mcp_echo_core.body import ClientDisconnected
from mcp_echo_core.settings import Settings

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Drain:
    """Knows whether the process is about to end, and ends its streams.

    Attributes:
        draining: The process is about to end.

    Args:
        settings: ``drain_delay`` and ``drain_timeout``.
        in_flight: Counts the requests being served, for the log.
    """

    def __init__(self, settings: Settings, in_flight: Callable[[], int]) -> None:
        self.draining = False
        self._settings = settings
        self._in_flight = in_flight
        self._streams: set[asyncio.Task[None]] = set()
        self._beginning: list[Callable[[], None]] = []
        self._waiting: list[Callable[[], None]] = []

    def at_begin(self, take_note: Callable[[], None]) -> None:
        """Have something called when draining begins, such as what lets connections end after their next answer."""
        self._beginning.append(take_note)

    def at_deadline(self, end_waiting: Callable[[], None]) -> None:
        """Have something called when the time to drain is over, such as what ends waits for slow clients."""
        self._waiting.append(end_waiting)

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wrap the engine's signal handlers, if it has set any in this thread, and watch for the parent of a worker."""
        for number in SIGNALS:
            stop = signal.getsignal(number)
            if callable(stop) and stop is not signal.default_int_handler:
                signal.signal(number, self._wrapped(loop, stop))
        parent = multiprocessing.parent_process()
        if parent is not None and sys.platform != "win32":
            loop.add_reader(parent.sentinel, _without_parent, loop, parent.sentinel)

    def begin(self, stop: Callable[[], object]) -> None:
        """Start draining; ``stop``, which lets what is in flight end, is called after the drain delay."""
        if self.draining:
            stop()
            return
        self.draining = True
        log.info("draining", extra={"in_flight": self._in_flight(), "streams": len(self._streams)})
        for take_note in self._beginning:
            take_note()
        for stream in self._streams:
            stream.cancel()
        loop = asyncio.get_running_loop()
        delay = self._settings.drain_delay
        loop.call_later(delay, stop)
        loop.call_later(max(delay, self._settings.drain_timeout), self._end_waits)

    async def run_stream(self, pump: asyncio.Task[None], disconnected: asyncio.Task[None]) -> bool:
        """Let a stream run until its pump ends, its client goes away or the process drains.

        Returns:
            Whether the client is still there.
        """
        self._streams.add(pump)
        if self.draining:
            pump.cancel()
        try:
            await asyncio.wait((pump, disconnected), return_when=asyncio.FIRST_COMPLETED)
            return not disconnected.done()
        finally:
            self._streams.discard(pump)
            for task in (pump, disconnected):
                task.cancel()
            pumped, _ = await asyncio.gather(pump, disconnected, return_exceptions=True)
            if isinstance(pumped, Exception) and not isinstance(pumped, ClientDisconnected):
                log.error("a stream failed", exc_info=pumped)

    def _wrapped(self, loop: asyncio.AbstractEventLoop, stop: Callable[[int, FrameType | None], Any]) -> Any:
        def on_signal(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.begin, lambda: stop(number, frame))

        return on_signal

    def _end_waits(self) -> None:
        for end_waiting in self._waiting:
            end_waiting()


def _without_parent(loop: asyncio.AbstractEventLoop, sentinel: int) -> None:
    loop.remove_reader(sentinel)
    log.error("the process that started this worker is gone")
    signal.raise_signal(signal.SIGTERM)
