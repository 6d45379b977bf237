"""Sessions in a file (``sqlite:///path``): they survive a restart, and several processes on one machine share them.

``sqlite_tables.py`` says what happens in the file, ``sqlite_thread.py`` on which thread; here is what waits for it.
"""

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path

from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.settings import Settings
from mcp_echo_core.stores.base import Statistics, StoreUnavailable
from mcp_echo_core.stores.outbox import Wakeup
from mcp_echo_core.stores.records import Delivery, Effect, Rate, Session
from mcp_echo_core.stores.sqlite_file import Unusable, connect, inspect, path_of
from mcp_echo_core.stores.sqlite_tables import Kind, Tables
from mcp_echo_core.stores.sqlite_thread import News, SqliteThread, Work

PATIENCE = 1.0
"""Seconds to wait for other processes that write."""

POLL_INTERVAL = 0.25
"""Seconds between looks whether other processes have written, while streams wait."""


class Bell(Wakeup):
    """Wakes the streams of one session.

    Attributes:
        rings: How often it rang, for those who were looking and not listening just then.
        users: Streams that look or listen.
    """

    __slots__ = ("rings", "users")

    def __init__(self) -> None:
        super().__init__()
        self.rings = 0
        self.users = 0

    def ring(self) -> None:
        """There may be something for one of the streams: each has to look for itself."""
        self.rings += 1
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(None)


class SqliteStore:
    """Sessions in an SQLite file.

    Args:
        path: The file; made if it is not there.
        timeout: Seconds without activity after which a session is gone.
        max_sessions: Living sessions that may be kept.
        queue_size: Messages an outbox holds.
        rate: How often a session may make requests.
        patience: Seconds to wait for other processes that write.
    """

    shared = True

    def __init__(
        self,
        path: Path,
        timeout: float,
        max_sessions: int,
        queue_size: int,
        rate: Rate | None = None,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._tables = Tables(timeout, max_sessions, queue_size, rate)
        self._thread = SqliteThread(lambda: connect(path, patience), self._tables.take_news, self._told)
        self._bells: dict[str, Bell] = {}
        self._busy: dict[str, float] = {}
        self._poller: asyncio.Task[None] | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> "SqliteStore":
        """The store for ``sqlite:///path``.

        Raises:
            ConfigurationError: The file cannot be a session store.
        """
        try:
            path = path_of(settings.session_store)
            inspect(path)
        except (Unusable, OSError) as error:
            raise ConfigurationError("MCP_SESSION_STORE", settings.session_store, str(error)) from None
        return cls(
            path,
            settings.session_timeout,
            settings.max_sessions,
            settings.session_queue_size,
            settings.session_rate_limit,
        )

    async def open(self) -> None:
        await self._thread.start()

    async def create(self, session: Session, now: float) -> None:
        await self._thread.run(lambda db: self._tables.create(db, session, now))

    async def apply(self, session_id: str, effect: Effect, now: float) -> Session | None:
        busy = self._busy.pop(session_id, 0.0)
        return await self._thread.run(lambda db: self._tables.apply(db, session_id, effect, now, busy))

    async def get(self, session_id: str, now: float) -> Session | None:
        session = await self._thread.run(lambda db: self._tables.find(db, session_id), writes=False)
        if session is None or self._tables.is_alive(session, now):
            return session
        return await self._thread.run(lambda db: self._tables.get(db, session_id, now))

    async def delete(self, session_id: str, now: float) -> bool:
        return await self._thread.run(lambda db: self._tables.delete(db, session_id, now))

    async def take(
        self, session_id: str, stream: str, after: int | None, now: float, timeout: float
    ) -> list[Delivery] | None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        bell = self._bells.setdefault(session_id, Bell())
        bell.users += 1
        self._poll()
        try:
            rings = bell.rings
            kind, found = await self._hand_over(session_id, stream, after, now, None)
            while found == [] and not bell.closed and loop.time() < deadline:
                if bell.rings == rings:
                    await bell.wait(deadline - loop.time())
                if bell.rings > rings:
                    rings = bell.rings
                    _, found = await self._hand_over(session_id, stream, after, now, kind)
            return found or (None if bell.closed else found)
        finally:
            bell.users -= 1
            if not bell.users and self._bells.get(session_id) is bell:
                del self._bells[session_id]

    async def append(self, session_id: str, stream: str, delivery: Delivery | None, now: float, *, last: bool) -> bool:
        return await self._thread.run(lambda db: self._tables.append(db, session_id, stream, delivery, now, last=last))

    def add_busy(self, session_id: str, seconds: float) -> None:
        # Written with the session's next request, or the next sweep: nothing is worth a transaction less.
        self._busy[session_id] = self._busy.get(session_id, 0.0) + seconds

    async def sweep(self, now: float) -> int:
        await self._keep_busy()
        freed = await self._expire(now)
        await self._thread.run(lambda db: self._tables.swept(db, now))
        return freed

    async def statistics(self, now: float) -> Statistics:
        await self._expire(now)
        return await self._thread.run(self._tables.statistics, writes=False)

    async def ping(self) -> None:
        # As a writer: a file that can only be read is of no use.
        await self._thread.run(lambda db: db.execute("INSERT OR REPLACE INTO totals VALUES ('probe', 1)"))

    async def close(self) -> None:
        with suppress(StoreUnavailable):
            await self._keep_busy()
        if self._poller is not None:
            self._poller.cancel()
        bells, self._bells = self._bells, {}
        for bell in bells.values():
            bell.close()
        await self._thread.stop()

    async def _expire(self, now: float) -> int:
        freed = 0
        while swept := await self._thread.run(lambda db: self._tables.expire(db, now)):
            freed += swept
        return freed

    async def _keep_busy(self) -> None:
        busy, self._busy = self._busy, {}
        if busy:
            await self._thread.run(lambda db: self._tables.add_busy(db, busy))

    async def _hand_over(
        self, session_id: str, stream: str, after: int | None, now: float, was: Kind | None
    ) -> tuple[Kind, list[Delivery] | None]:
        def undo(result: tuple[Kind, list[Delivery] | None]) -> Work[None]:
            kind, found = result
            # What a resumed stream repeats was its own already; its client can ask for it again.
            lost = found if found and kind is Kind.OUTBOX and (after is None or was) else []
            return lambda db: self._tables.give_back(db, session_id, stream, lost, now)

        return await self._thread.run(
            lambda db: self._tables.hand_over(db, session_id, stream, after, now, was=was), undo=undo
        )

    def _told(self, news: News) -> None:
        for session_id, ended in news:
            if ended:
                self._busy.pop(session_id, None)
                if (bell := self._bells.pop(session_id, None)) is not None:
                    bell.close()
            elif (bell := self._bells.get(session_id)) is not None:
                bell.ring()

    def _poll(self) -> None:
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll_while_streams_wait())

    async def _poll_while_streams_wait(self) -> None:
        """Ring for what other processes have written."""
        seen: int | None = None
        while self._bells:
            with suppress(StoreUnavailable):  # the streams' own next look tells them
                version = await self._thread.run(_version, writes=False)
                if version != seen:
                    self._told([(name, False) for name in await self._changed(list(self._bells))])
                seen = version
            await asyncio.sleep(POLL_INTERVAL)

    async def _changed(self, session_ids: list[str]) -> list[str]:
        return await self._thread.run(lambda db: self._tables.changed(db, session_ids), writes=False)


def _version(db: sqlite3.Connection) -> int:
    """A number that changes when another connection has written."""
    (version,) = db.execute("PRAGMA data_version").fetchone()
    return int(version)
