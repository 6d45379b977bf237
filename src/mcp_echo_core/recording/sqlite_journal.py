"""Records in an SQLite file beside that of the sessions, so that writing them never makes a session wait for a lock.

``sqlite_record.py`` says what happens in the file; here is the thread that does it.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.recording import sqlite_record
from mcp_echo_core.recording.back_end import Kept
from mcp_echo_core.recording.events import Entry, Record
from mcp_echo_core.recording.pending import Batch
from mcp_echo_core.recording.shared_journal import SharedJournal
from mcp_echo_core.settings import Settings
from mcp_echo_core.stores.base import StoreUnavailable
from mcp_echo_core.stores.sqlite_file import Unusable, path_of, use_wal

SUFFIX = ".journal"
"""What the file's name has after that of the sessions."""

PATIENCE = 1.0
"""Seconds to wait for other processes that write."""

T = TypeVar("T")


class SqliteRecords:
    """Meets ``back_end.BackEnd``.

    Args:
        path: The file; made if it is not there.
        max_bytes: Of all records.
    """

    busy = False

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._db: sqlite3.Connection | None = None
        # One thread: what is asked for is done in that order, and the connection is never used twice at once.
        self._thread = ThreadPoolExecutor(1, "sqlite-journal")
        self._watched: set[str] = set()
        self._version: int | None = None
        self._changed = False

    async def open(self) -> Kept:
        return await self._on_thread(self._open)

    async def write(self, batches: Sequence[Batch]) -> None:
        await self._run(partial(sqlite_record.write, batches=batches, max_bytes=self._max_bytes), writes=True)
        self._changed = True

    async def read(self, subject: str) -> tuple[Record | None, bool]:
        # As a writer, since it may have to number.
        return await self._run(partial(sqlite_record.read, subject=subject), writes=True)

    async def positions(self, subjects: Sequence[str]) -> Mapping[str, int]:
        found = await self._run(partial(sqlite_record.positions, subjects=subjects))
        self._changed = True
        return found

    async def news(self, cursors: Mapping[str, int]) -> Mapping[str, Sequence[Entry] | None]:
        version = await self._run(_version)
        if version == self._version and not self._changed:
            return {}
        found, waiting = await self._run(partial(sqlite_record.news, cursors=dict(cursors)), writes=True)
        self._version, self._changed = version, waiting
        return found

    def ignore(self, subject: str) -> None:
        pass

    async def share(self, subject: str, view_key: str) -> None:
        await self._run(partial(sqlite_record.share, subject=subject, view_key=view_key), writes=True)

    async def shared(self, view_key: str) -> str | None:
        return await self._run(partial(sqlite_record.shared, view_key=view_key))

    async def revoke(self, view_key: str) -> bool:
        return await self._run(partial(sqlite_record.revoke, view_key=view_key), writes=True)

    async def silent(self, before: float) -> Sequence[str]:
        return await self._run(partial(sqlite_record.silent, before=before))

    async def touch(self, subjects: Sequence[str]) -> None:
        pass  # nothing goes by itself here

    async def forget(self, subjects: Sequence[str], before: float) -> Sequence[str]:
        return await self._run(partial(sqlite_record.forget, subjects=subjects, before=before), writes=True)

    async def close(self) -> None:
        if self._db is not None:
            db, self._db = self._db, None
            await self._on_thread(db.close)
        self._thread.shutdown(wait=False)

    def _open(self) -> Kept:
        if self._db is not None:
            self._db.close()
            self._db = None
        self._db = connect(self._path)
        return sqlite_record.kept(self._db)

    async def _run(self, work: Callable[[sqlite3.Connection], T], *, writes: bool = False) -> T:
        db = self._db
        if db is None:
            raise StoreUnavailable("the file with the record of exchanges is not open")
        return await self._on_thread(partial(_transact, db, work, writes=writes))

    async def _on_thread(self, work: Callable[[], T]) -> T:
        try:
            # It goes on when nobody waits for it any more; what comes next comes after it.
            return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, work))
        except (sqlite3.Error, OSError, Unusable) as error:
            raise StoreUnavailable(f"the file with the record of exchanges cannot be used: {error}") from error


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, and make it if it is not there.

    Raises:
        Unusable: It is not ours.
        sqlite3.Error: It cannot be opened now.
        OSError: The same.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its other files the same mode
    db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        use_wal(db, time.monotonic() + PATIENCE)
        db.execute("PRAGMA synchronous = NORMAL")
        _transact(db, sqlite_record.prepare, writes=True)
    except BaseException:
        db.close()
        raise
    return db


def open_journal(settings: Settings) -> SharedJournal:
    """The journal beside the session file.

    Raises:
        ConfigurationError: There is another file in its place.
    """
    sessions = path_of(settings.session_store)
    path = sessions.with_name(sessions.name + SUFFIX)
    try:
        if path.exists() and path.stat().st_size:
            with closing(sqlite3.connect(path.as_uri() + "?mode=ro", uri=True, timeout=PATIENCE)) as db:
                sqlite_record.check(db)
    except Unusable as error:
        problem = f"{error}: move away {path}, where exchanges are to be recorded"
        raise ConfigurationError("MCP_SESSION_STORE", settings.session_store, problem) from None
    except sqlite3.Error as error:
        if not isinstance(error, sqlite3.OperationalError):  # those may pass: locked, for example
            problem = f"{path}, where exchanges are to be recorded, is damaged or no SQLite database ({error})"
            raise ConfigurationError("MCP_SESSION_STORE", settings.session_store, problem) from None
    return SharedJournal(SqliteRecords(path, settings.journal_max_bytes))


def _transact(db: sqlite3.Connection, work: Callable[[sqlite3.Connection], T], *, writes: bool) -> T:
    db.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    try:
        result = work(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return result


def _version(db: sqlite3.Connection) -> int:
    """A number that changes when another connection has written."""
    (version,) = db.execute("PRAGMA data_version").fetchone()
    return int(version)
