"""How each journal is built for the contract suite, and exchanges to put into it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from asgi_bridge import bounded
from mcp_echo_core.recording.audience import Viewer
from mcp_echo_core.recording.events import Entry, Head, Record
from mcp_echo_core.recording.journal import Journal, MemoryJournal
from mcp_echo_core.recording.redis_journal import RedisRecords
from mcp_echo_core.recording.shared_journal import SharedJournal
from mcp_echo_core.recording.sqlite_journal import SqliteRecords
from mcp_echo_core.recording.taken import Taken
from redis_process import RedisProcess, shared_redis

NOW = 1_800_000_000.0
LARGE = 1 << 24
TIMEOUT = 100.0

EMPTY_HEAD = msgspec.Raw(msgspec.msgpack.encode(Head(())))

TAKEN = Taken(
    1, "instance", NOW, 0.001, ("127.0.0.1", 5000), "POST", "/mcp", b"", "1.1", "http", EMPTY_HEAD, b"x" * 100, 100,
    200, (), b"", 0, (), "ping", "session", None, None,
)  # fmt: skip

Opener = Callable[..., Awaitable[Journal]]


def taken(number: int = 1, **changes: object) -> Taken:
    """An exchange."""
    return msgspec.structs.replace(TAKEN, number=number, **changes)


async def memory(_: Path, max_bytes: int) -> Journal:
    """In this process."""
    return MemoryJournal(max_bytes)


async def sqlite(folder: Path, max_bytes: int) -> Journal:
    """In a file; the same folder is the same file."""
    journal = SharedJournal(SqliteRecords(folder / "sessions.db.journal", max_bytes))
    await journal.open()
    return journal


async def on_redis(server: RedisProcess, max_bytes: int = LARGE, timeout: float = TIMEOUT) -> SharedJournal:
    """One more instance on a Redis."""
    journal = SharedJournal(RedisRecords(server.url, timeout, max_bytes))
    await journal.open()
    return journal


async def redis(_: Path, max_bytes: int) -> Journal:
    """In the Redis of all tests."""
    return await on_redis(shared_redis(), max_bytes)


JOURNALS = {"memory": memory, "sqlite": sqlite, "redis": redis}
SHARED = ("sqlite", "redis")


async def record_in(journal: Journal, subject: str) -> Record:
    """A record that must be there."""
    record = await bounded(journal.read(subject), "reading")
    assert record is not None
    return record


async def numbers(journal: Journal, subject: str) -> list[tuple[int, int]]:
    """Of a record's events, the numbers in the record and of the requests."""
    record = await bounded(journal.read(subject), "reading")
    return [] if record is None else [(entry.sequence, entry.event.number) for entry in record.entries]


async def heard(viewer: Viewer, count: int) -> list[Entry]:
    """So many events that a viewer is told."""
    found = [await bounded(viewer.next(5.0), "the next event") for _ in range(count)]
    return [entry for entry in found if entry is not None]


async def eventually(happened: Callable[[], Awaitable[bool]], what: str) -> None:
    """Look until something has happened."""

    async def looking() -> None:
        while True:
            if await happened():
                return
            await asyncio.sleep(0.02)

    await bounded(looking(), what)


async def nobody(_: str) -> bool:
    """No session lives."""
    return False


async def everybody(_: str) -> bool:
    """All sessions live."""
    return True
