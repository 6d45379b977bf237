"""How each back end is built for the contract suite; another one is one more entry in ``BACK_ENDS``."""

from collections.abc import Awaitable, Callable

from mcp_echo_core.stores.base import SessionStore
from mcp_echo_core.stores.memory import MemoryStore
from mcp_echo_core.stores.records import Session

TIMEOUT = 100.0
MAX_SESSIONS = 3
QUEUE_SIZE = 4
NOW = 1_800_000_000.0

Builder = Callable[[], Awaitable[SessionStore]]


async def memory() -> SessionStore:
    """The default store."""
    return MemoryStore(TIMEOUT, MAX_SESSIONS, QUEUE_SIZE)


BACK_ENDS: dict[str, Builder] = {"memory": memory}


def session(name: str = "a", now: float = NOW, **facts: object) -> Session:
    """A new session."""
    return Session(id=name, created_at=now, last_activity=now, **facts)  # type: ignore[arg-type]


async def kept(store: SessionStore, name: str = "a", now: float = NOW, **facts: object) -> str:
    """A session that the store keeps; its id."""
    await store.create(session(name, now, **facts), now)
    return name
