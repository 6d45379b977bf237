"""How each back end is built for the contract suite; another one is one more entry in ``BACK_ENDS``."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from redis_instances import instance

from mcp_echo_core.stores.base import SessionStore
from mcp_echo_core.stores.memory import MemoryStore
from mcp_echo_core.stores.noop import NoOpStore
from mcp_echo_core.stores.records import Rate, Session
from mcp_echo_core.stores.sqlite import SqliteStore
from redis_process import shared_redis

TIMEOUT = 100.0
MAX_SESSIONS = 3
QUEUE_SIZE = 4
NOW = 1_800_000_000.0
RATE = Rate(10, 5.0)

Builder = Callable[[Path, Rate | None], Awaitable[SessionStore]]
"""Makes an open store; it may use a folder of its own, and the rate limit is none or the given one."""


async def memory(_: Path, rate: Rate | None) -> SessionStore:
    """The default store."""
    return MemoryStore(TIMEOUT, MAX_SESSIONS, QUEUE_SIZE, rate)


async def sqlite(folder: Path, rate: Rate | None) -> SessionStore:
    """A new file."""
    store = SqliteStore(folder / "sessions.db", TIMEOUT, MAX_SESSIONS, QUEUE_SIZE, rate)
    await store.open()
    return store


async def noop(_: Path, __: Rate | None) -> SessionStore:
    """The store that keeps nothing."""
    return NoOpStore()


async def redis(_: Path, rate: Rate | None) -> SessionStore:
    """An empty database of a real Redis."""
    server = shared_redis()
    server.ask("FLUSHDB")
    return await instance(server, timeout=TIMEOUT, max_sessions=MAX_SESSIONS, queue_size=QUEUE_SIZE, rate=rate)


BACK_ENDS: dict[str, Builder] = {"memory": memory, "sqlite": sqlite, "redis": redis, "noop": noop}

KEEPING_NOTHING = frozenset({"noop"})
"""Back ends for which the opposite of what keeping stores promise is asserted, in ``test_noop_store.py``."""

KEEPING = [name for name in BACK_ENDS if name not in KEEPING_NOTHING]


def session(name: str = "a", now: float = NOW, **facts: object) -> Session:
    """A new session."""
    return Session(**{"id": name, "created_at": now, "last_activity": now, **facts})  # type: ignore[arg-type]


async def kept(store: SessionStore, name: str = "a", now: float = NOW, **facts: object) -> str:
    """A session that the store keeps; its id."""
    await store.create(session(name, now, **facts), now)
    return name
