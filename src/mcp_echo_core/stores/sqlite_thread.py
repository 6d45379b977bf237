"""The thread that owns the SQLite connection: what waits is done together, in one transaction."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from mcp_echo_core.stores.base import StoreFull, StoreUnavailable
from mcp_echo_core.stores.records import RateExceeded
from mcp_echo_core.stores.sqlite_file import Unusable

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
News = Sequence[tuple[str, bool]]
"""Sessions of which there is something new, and whether that is their end."""

MAX_BATCH = 500
"""Operations in one transaction."""

REFUSALS = (StoreFull, RateExceeded)
"""What an operation may raise and still be done: the transaction goes on."""


class Operation(Struct, eq=False):
    """Work for the thread.

    Attributes:
        work: What to do.
        future: Where the result goes.
        writes: Needs the write lock.
        undo: Makes work that takes the result back if nobody is there any more to receive it.
    """

    work: Work[Any]
    future: "asyncio.Future[Any]"
    writes: bool
    undo: Callable[[Any], Work[Any]] | None


class SqliteThread:
    """Runs operations on one connection, in the order in which they came.

    Args:
        connect: Opens the connection.
        news: Takes what the operations of a transaction left to be told.
        told: Called in the event loop with those news, after the commit.
    """

    def __init__(
        self, connect: Callable[[], sqlite3.Connection], news: Callable[[], News], told: Callable[[News], None]
    ) -> None:
        self._connect = connect
        self._take_news = news
        self._told = told
        self._queue: SimpleQueue[Operation | None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Open the connection.

        Raises:
            StoreUnavailable: That is not possible.
        """
        loop = self._loop = asyncio.get_running_loop()
        started: asyncio.Future[None] = loop.create_future()
        self._ended = loop.create_future()
        threading.Thread(target=self._main, args=(loop, started, self._ended), name="sqlite", daemon=True).start()
        try:
            await started
        except StoreUnavailable:
            self._loop = None
            raise

    async def stop(self) -> None:
        """Finish what was begun and close the connection."""
        if self._loop is not None and self._ended is not None:
            self._loop = None
            self._queue.put(None)
            await self._ended

    async def run(self, work: Work[T], *, writes: bool = True, undo: Callable[[T], Work[Any]] | None = None) -> T:
        """Do something in a transaction, maybe together with others.

        Raises:
            StoreUnavailable: It cannot be done; nothing was.
        """
        if self._loop is None:
            raise StoreUnavailable("the session file is not open")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(Operation(work, future, writes, undo))
        return await future

    def _main(
        self, loop: asyncio.AbstractEventLoop, started: "asyncio.Future[None]", ended: "asyncio.Future[None]"
    ) -> None:
        try:
            db = self._connect()
        except (Unusable, sqlite3.Error, OSError) as error:
            problem = StoreUnavailable(f"the session file cannot be opened: {error}")
            _call(loop, _settle, started, problem)
            return
        _call(loop, _settle, started, None)
        try:
            while batch := self._next_batch():
                self._do(db, batch, loop)
        finally:
            with suppress(sqlite3.Error):
                db.close()
            _call(loop, _settle, ended, None)

    def _next_batch(self) -> list[Operation]:
        batch: list[Operation] = []
        operation = self._queue.get()
        with suppress(Empty):
            while operation is not None:
                batch.append(operation)
                if len(batch) == MAX_BATCH:
                    return batch
                operation = self._queue.get_nowait()
        if operation is None and batch:
            self._queue.put(None)  # the end comes after this batch
        return batch

    def _do(self, db: sqlite3.Connection, batch: list[Operation], loop: asyncio.AbstractEventLoop) -> None:
        try:
            results = self._transact(db, batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must know
            self._take_news()
            with suppress(sqlite3.Error):
                db.execute("ROLLBACK")
            if len(batch) > 1 and not isinstance(error, sqlite3.OperationalError):
                for operation in batch:  # one of them is to blame; the others need not suffer
                    self._do(db, [operation], loop)
                return
            results = [_told_kindly(error) for _ in batch]
        _call(loop, self._deliver, batch, results, self._take_news())

    @staticmethod
    def _transact(db: sqlite3.Connection, batch: list[Operation]) -> list[Any]:
        db.execute("BEGIN IMMEDIATE" if any(operation.writes for operation in batch) else "BEGIN")
        results: list[Any] = []
        for operation in batch:
            try:
                results.append(operation.work(db))
            except REFUSALS as refusal:
                results.append(refusal)
        db.execute("COMMIT")
        return results

    def _deliver(self, batch: list[Operation], results: list[Any], news: News) -> None:
        for operation, result in zip(batch, results, strict=True):
            if not operation.future.done():
                _settle(operation.future, result)
            elif operation.undo is not None and self._loop is not None and not isinstance(result, Exception):
                undoing = Operation(operation.undo(result), self._loop.create_future(), writes=True, undo=None)
                undoing.future.add_done_callback(_look_at)
                self._queue.put(undoing)
        self._told(news)


def _settle(future: "asyncio.Future[Any]", result: Any) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)


def _look_at(future: "asyncio.Future[Any]") -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        log.warning("messages of a stream that ended are lost", extra={"problem": error})


def _told_kindly(error: Exception) -> Exception:
    if isinstance(error, sqlite3.Error):
        return StoreUnavailable(f"the session file cannot be used: {error}")
    if isinstance(error, msgspec.MsgspecError):
        return StoreUnavailable(f"a record in the session file cannot be read: {error}")
    return error


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: Any) -> None:
    with suppress(RuntimeError):  # the loop has been closed: nobody waits any more
        loop.call_soon_threadsafe(function, *arguments)
