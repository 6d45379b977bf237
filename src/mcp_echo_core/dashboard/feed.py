"""What happens, told to everybody who watches: rendered once per subject, and never waiting for anybody.

Exchanges are told in batches, the state at most as often as working it out allows. A listener that does not keep up is
dropped, and told so.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property

from mcp_echo_core.dashboard.board import Board
from mcp_echo_core.dashboard.encoding import as_json
from mcp_echo_core.dashboard.overview import with_rules
from mcp_echo_core.dashboard.summary import Summary

BATCH_SECONDS = 0.05
"""How long exchanges wait for others to be told with."""

STATE_SECONDS = 0.5
"""The least time between two tellings of the state."""

STATE_SILENCE = 10.0
"""The most time between them."""

BACKLOG = 256
"""Messages that may wait for a listener."""

log = logging.getLogger(__name__)


class Told:
    """One message of the feed.

    Attributes:
        event: Its name.
        data: Encoded JSON.
        id: By which a listener can resume; ``None`` where there is nothing to resume.
    """

    def __init__(self, event: str, data: bytes, sequence: int | None = None) -> None:
        self.event = event
        self.data = data
        self.id = sequence

    @cached_property
    def as_event(self) -> bytes:
        """As a server-sent event."""
        identity = b"" if self.id is None else b"id: %d\n" % self.id
        return b"event: %s\n%sdata: %s\n\n" % (self.event.encode(), identity, self.data)

    @cached_property
    def as_message(self) -> str:
        """As a message of a WebSocket."""
        identity = "null" if self.id is None else str(self.id)
        return f'{{"event":"{self.event}","data":{self.data.decode()},"id":{identity}}}'


TOO_SLOW = Told("too-slow", b'{"fix":"Load the record again, then follow it from there."}')
GONE = Told("gone", b"{}")


class Listener:
    """One who watches.

    Attributes:
        ended_with: The last message, once there is one.

    Args:
        view: The key under which it views the record, if it does.
    """

    def __init__(self, view: str | None) -> None:
        self.view = view
        self.ended_with: Told | None = None
        self._waiting: deque[Told] = deque()
        self._arrived = asyncio.Event()
        self._room = BACKLOG

    async def next(self, seconds: float) -> list[Told]:
        """What has come; nothing when that takes too long, or after the end."""
        if not self._waiting and self.ended_with is None:
            self._arrived.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._arrived.wait()
            except TimeoutError:
                return []
        told = list(self._waiting)
        self._waiting.clear()
        self._room = BACKLOG
        return told

    @property
    def over(self) -> bool:
        """Nothing more will come."""
        return self.ended_with is not None and not self._waiting

    def offer(self, messages: Sequence[Told]) -> None:
        """Hand messages over."""
        if self.ended_with is not None:
            return
        if len(self._waiting) + len(messages) > self._room:
            self._waiting.clear()
            self.end(TOO_SLOW)
            return
        self._waiting.extend(messages)
        self._arrived.set()

    def catch_up(self, messages: Sequence[Told]) -> None:
        """Hand over what it has missed, however much."""
        self._waiting.extend(messages)
        self._room += len(messages)
        self._arrived.set()

    def end(self, last: Told) -> None:
        """Nothing comes after this."""
        if self.ended_with is None:
            self.ended_with = last
            self._waiting.append(last)
            self._arrived.set()


class Feed:
    """What is told of one board.

    Args:
        board: The record.
        state: Renders what ``state`` messages carry.
    """

    def __init__(self, board: Board, state: Callable[[], Awaitable[bytes]]) -> None:
        self.listeners: set[Listener] = set()
        self._board = board
        self._state = state
        self._fresh: list[Told] = []
        self._changed = asyncio.Event()
        self._telling: asyncio.Task[None] | None = None
        board.on_summary = self._add
        board.on_gone = self._end

    def join(self, view: str | None, after: int | None) -> Listener:
        """Somebody begins to watch.

        Args:
            view: The key under which it views the record, if it does.
            after: Number of the last event it knows; ``None`` if it wants nothing of the past.
        """
        self._flush()
        listener = Listener(view)
        if after is not None:
            # A number that was never reached is of another life of this record.
            known = after if after <= self._board.last else 0
            listener.catch_up([self._told(each) for each in self._board.summaries if each.sequence > known])
        if self._board.gone:
            listener.end(GONE)
        self.listeners.add(listener)
        self._changed.set()
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_state())
        return listener

    def leave(self, listener: Listener) -> None:
        """Somebody watches no longer."""
        self.listeners.discard(listener)
        if not self.listeners and self._telling is not None:
            self._telling.cancel()
            self._telling = None

    def revoke(self, view: str) -> None:
        """A view key counts no longer."""
        for listener in self.listeners:
            if listener.view == view:
                listener.end(GONE)

    def _add(self, summary: Summary) -> None:
        if self.listeners:
            if not self._fresh:
                asyncio.get_running_loop().call_later(BATCH_SECONDS, self._flush)
            self._fresh.append(self._told(summary))
            self._changed.set()

    def _told(self, summary: Summary) -> Told:
        return Told("exchange", as_json(with_rules(summary, self._board.judge.last)), summary.sequence)

    def _flush(self) -> None:
        fresh, self._fresh = self._fresh, []
        if fresh:
            self._offer(fresh)

    def _offer(self, messages: Sequence[Told]) -> None:
        for listener in self.listeners:
            listener.offer(messages)

    def _end(self) -> None:
        self._flush()
        for listener in self.listeners:
            listener.end(GONE)

    async def _tell_state(self) -> None:
        while True:
            self._changed.clear()
            try:
                state = Told("state", await self._state())
            except Exception:
                log.exception("the state of a record could not be told")
            else:
                self._flush()
                self._offer([state])
            await asyncio.sleep(STATE_SECONDS)
            try:
                async with asyncio.timeout(STATE_SILENCE - STATE_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                continue
