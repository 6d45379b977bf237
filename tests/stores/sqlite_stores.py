"""One SQLite file that is opened several times, as several processes or a restart do."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from store_fixtures import MAX_SESSIONS, QUEUE_SIZE, TIMEOUT

from mcp_echo_core.stores.sqlite import SqliteStore

Opener = Callable[[], Awaitable[SqliteStore]]

BRIEF = 0.05
"""Seconds for which a store waits for locks here."""


async def opened(folder: Path) -> SqliteStore:
    """The file once more."""
    store = SqliteStore(folder / "sessions.db", TIMEOUT, MAX_SESSIONS, QUEUE_SIZE, patience=BRIEF)
    await store.open()
    return store
