"""No store at all (``noop://``): ids are minted, any id is accepted, nothing is kept.

For looking at clients: do they send the id they were given, do they invent one, do they start over when nobody ever
says that a session is unknown? And it is what servers without a session store do that put the header on their answers.
"""

from mcp_echo_core.settings import Settings
from mcp_echo_core.stores.base import REASONS, Statistics
from mcp_echo_core.stores.outbox import Wakeup
from mcp_echo_core.stores.records import Delivery, Effect, Session, apply_effect


class NoOpStore:
    """Every session there could be, each as new at every request; nothing expires and no limit is reached."""

    shared = True  # all processes know equally little

    def __init__(self) -> None:
        self._created = self._deleted = self._sweeps = 0
        self._last_sweep: float | None = None
        self._end = Wakeup()

    @classmethod
    def from_settings(cls, settings: Settings) -> "NoOpStore":  # noqa: ARG003 - the contract of factories
        """The store for ``noop://``."""
        return cls()

    async def open(self) -> None:
        return None

    async def create(self, session: Session, now: float) -> None:
        self._created += 1

    async def apply(self, session_id: str, effect: Effect, now: float) -> Session:
        session = _fresh(session_id, now)
        apply_effect(session, effect)
        return session

    async def get(self, session_id: str, now: float) -> Session:
        return _fresh(session_id, now)

    async def delete(self, session_id: str, now: float) -> bool:
        self._deleted += 1
        return True

    async def take(
        self, session_id: str, stream: str, after: int | None, now: float, timeout: float
    ) -> list[Delivery] | None:
        await self._end.wait(timeout)
        return None if self._end.closed else []

    async def append(self, session_id: str, stream: str, delivery: Delivery | None, now: float, *, last: bool) -> bool:
        return False

    def add_busy(self, session_id: str, seconds: float) -> None:
        return None

    async def sweep(self, now: float) -> int:
        self._sweeps += 1
        self._last_sweep = now
        return 0

    async def statistics(self, now: float) -> Statistics:
        return Statistics(
            active=0,
            created=self._created,
            expired=0,
            ended=self._deleted,
            lifetime_seconds=0.0,
            queued=0,
            sweeps=self._sweeps,
            last_sweep=self._last_sweep,
            session_bytes=0,
            queue_bytes=0,
            reasons={**dict.fromkeys(REASONS, 0), "delete": self._deleted},
        )

    async def ping(self) -> None:
        return None

    async def close(self) -> None:
        self._end.close()


def _fresh(session_id: str, now: float) -> Session:
    return Session(id=session_id, created_at=now, last_activity=now)
