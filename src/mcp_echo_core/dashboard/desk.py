"""Boards and feeds of one process: opened when somebody looks, put away when nobody has for a while."""

import asyncio
from collections import OrderedDict

from mcp_echo_core.dashboard.board import Board
from mcp_echo_core.dashboard.encoding import as_json
from mcp_echo_core.dashboard.feed import Feed, Listener
from mcp_echo_core.dashboard.overview import state
from mcp_echo_core.dashboard.shelf import Shelf
from mcp_echo_core.dashboard.subjects import Subject
from mcp_echo_core.recording.journal import Journal
from mcp_echo_core.runtime import Runtime

KEPT_SECONDS = 30.0
"""How long a board stays after the last look."""

MAX_IDLE = 16
"""Boards that stay although nobody watches."""

MAX_LISTENERS = 500
"""Feeds that may be open at a time."""

Key = tuple[str, bool]
"""A record, and whether its ids are concealed."""


class Desk:
    """Where records lie open.

    Args:
        runtime: The server.
        journal: Where its records are.
    """

    def __init__(self, runtime: Runtime, journal: Journal) -> None:
        self._runtime = runtime
        self._journal = journal
        self._feeds: OrderedDict[Key, tuple[Board, Feed]] = OrderedDict()
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._listeners = 0
        self._shelf = Shelf(runtime.settings.journal_max_bytes)

    def reserve(self) -> bool:
        """Room for one more feed, to be given back with ``release``; false when there is none."""
        if self._listeners >= MAX_LISTENERS:
            return False
        self._listeners += 1
        return True

    def release(self) -> None:
        """A feed that had room is over."""
        self._listeners -= 1

    async def board(self, subject: Subject, *, whole: bool = False) -> Board:
        """The record, up to date; ``whole`` as for ``Board.open``."""
        board, _ = self._lay_out(subject)
        await board.open(whole=whole)
        return board

    async def join(self, subject: Subject, after: int | None) -> Listener:
        """Watch a record; to be ended with ``leave``."""
        board, feed = self._lay_out(subject)
        await board.open()
        return feed.join(subject.view, after)

    def leave(self, subject: Subject, listener: Listener) -> None:
        """Watch no longer."""
        if (found := self._feeds.get(_key(subject))) is not None:
            found[1].leave(listener)
            self._schedule(_key(subject))

    def revoke(self, subject_key: str, view: str) -> None:
        """A view key counts no longer."""
        if (found := self._feeds.get((subject_key, True))) is not None:
            found[1].revoke(view)

    def _lay_out(self, subject: Subject) -> tuple[Board, Feed]:
        key = _key(subject)
        if key not in self._feeds:
            board = Board(self._journal, subject, self._runtime.clock.wall(), self._shelf)

            async def render() -> bytes:
                return as_json(await state(self._runtime, subject, board))

            self._feeds[key] = board, Feed(board, render)
            self._make_room()
        self._feeds.move_to_end(key)
        self._schedule(key)
        return self._feeds[key]

    def _schedule(self, key: Key) -> None:
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        self._timers[key] = asyncio.get_running_loop().call_later(KEPT_SECONDS, self._put_away, key)

    def _make_room(self) -> None:
        idle = [key for key, (_, feed) in self._feeds.items() if not feed.listeners]
        for key in idle[:-MAX_IDLE]:
            self._put_away(key)

    def _put_away(self, key: Key) -> None:
        board, feed = self._feeds[key]
        if not feed.listeners:
            del self._feeds[key]
            if (timer := self._timers.pop(key, None)) is not None:
                timer.cancel()
            board.close()


def _key(subject: Subject) -> Key:
    return subject.key, subject.view is not None
