"""Sessions in this process's memory: the default store."""

import asyncio
import sys
from collections import OrderedDict
from itertools import islice

from mcp_echo_core.settings import Settings
from mcp_echo_core.stores.base import REASONS, Statistics, StoreFull
from mcp_echo_core.stores.durations import Durations
from mcp_echo_core.stores.outbox import Account, Outbox, ResponseLog
from mcp_echo_core.stores.records import Delivery, Effect, Rate, Session, apply_effect

SWEEP_SLICE = 1000
"""Sessions freed before other tasks get a turn."""

MAX_RESPONSE_BYTES = 2 * 1024 * 1024
"""Bytes of all resumable response streams of one session; older ones are forgotten."""

SIZE_SAMPLE = 100
"""Sessions that are measured to estimate the size of all."""

MAX_RESPONSES = 16
"""Response streams of one session that can be resumed; older ones are forgotten."""


class MemoryStore:
    """Sessions in a dictionary ordered by activity, so that only expired ones are ever swept over.

    Args:
        timeout: Seconds without activity after which a session is gone.
        max_sessions: Living sessions that may be kept.
        queue_size: Messages an outbox holds.
        rate: How often a session may make requests.
    """

    shared = False

    def __init__(self, timeout: float, max_sessions: int, queue_size: int, rate: Rate | None = None) -> None:
        self._timeout = timeout
        self._max_sessions = max_sessions
        self._queue_size = queue_size
        self._rate = rate
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._implicit: OrderedDict[str, None] = OrderedDict()
        self._outboxes: dict[str, Outbox] = {}
        self._queue = Account()
        self._responses: dict[str, OrderedDict[str, ResponseLog]] = {}
        self._created = self._sweeps = 0
        self._ended = {reason: Durations() for reason in REASONS}
        self._last_sweep: float | None = None
        self._asked = 0.0

    @classmethod
    def from_settings(cls, settings: Settings) -> "MemoryStore":
        """The store for ``memory://``."""
        return cls(
            settings.session_timeout, settings.max_sessions, settings.session_queue_size, settings.session_rate_limit
        )

    async def open(self) -> None:
        return None

    async def create(self, session: Session, now: float) -> None:
        self.add(session, now)

    def add(self, session: Session, now: float) -> None:
        """Keep a new session.

        Raises:
            StoreFull: As many sessions live as are allowed, and none may make room.
        """
        self.expire(now, SWEEP_SLICE)
        if len(self._sessions) >= self._max_sessions:
            if not self._implicit:
                raise StoreFull
            self._end(next(iter(self._implicit)), now, "cap")
        self._sessions[session.id] = session
        if not session.explicit:
            self._implicit[session.id] = None
        self._created += 1

    async def apply(self, session_id: str, effect: Effect, now: float) -> Session | None:
        session = self.alive(session_id, now)
        if session is None:
            return None
        if self._rate is not None and effect.requests:
            self._rate.admit(session, now)
        session.last_activity = now
        self._sessions.move_to_end(session_id)
        for message in apply_effect(session, effect):
            self._push(session, message)
        return session

    async def get(self, session_id: str, now: float) -> Session | None:
        return self.alive(session_id, now)

    async def delete(self, session_id: str, now: float) -> bool:
        if self.alive(session_id, now) is None:
            return False
        self._end(session_id, now, "delete")
        return True

    async def take(
        self, session_id: str, stream: str, after: int | None, now: float, timeout: float
    ) -> list[Delivery] | None:
        session = self.alive(session_id, now)
        if session is None:
            return None
        session.last_activity = now
        self._sessions.move_to_end(session_id)
        logs = self._responses.get(session_id)
        log = logs.get(stream) if logs is not None else None
        if log is not None:
            return await log.take(after or 0, timeout)
        outbox = self._outbox(session_id)
        messages = await outbox.take(stream, after, timeout)
        session.queued = 0
        return messages

    async def append(self, session_id: str, stream: str, delivery: Delivery | None, now: float, *, last: bool) -> bool:
        if self.alive(session_id, now) is None:
            return False
        logs = self._responses.setdefault(session_id, OrderedDict())
        log = logs.get(stream)
        if log is None:
            log = logs[stream] = ResponseLog(self._queue_size)
            if len(logs) > MAX_RESPONSES:
                _evict(logs, stream)
        elsewhere = log.append(delivery, last=last)
        while len(logs) > 1 and sum(kept.size for kept in logs.values()) > MAX_RESPONSE_BYTES:
            _evict(logs, stream)
        return elsewhere

    def _estimated_bytes(self) -> int:
        """Size of all records, from that of the oldest few: the loop has better things to do than to look at all."""
        sample = [_size_of(session) for session in islice(self._sessions.values(), SIZE_SAMPLE)]
        return sum(sample) * len(self._sessions) // len(sample) if sample else 0

    def push(self, session_id: str, message: bytes) -> None:
        """Queue an encoded message for a living session."""
        self._push(self._sessions[session_id], message)

    def _push(self, session: Session, message: bytes) -> None:
        outbox = self._outboxes.get(session.id) or self._outbox(session.id)
        outbox.push(message)
        session.queued = len(outbox.waiting)
        session.dropped = outbox.dropped

    def waiting(self, session_id: str) -> list[bytes]:
        """The encoded messages that wait in a session's outbox."""
        outbox = self._outboxes.get(session_id)
        return [delivery.message for delivery in outbox.waiting] if outbox else []

    def add_busy(self, session_id: str, seconds: float) -> None:
        session = self._sessions.get(session_id)
        if session is not None:
            session.busy_seconds += seconds

    async def sweep(self, now: float) -> int:
        freed = await self._expire_all(now)
        self._sweeps += 1
        self._last_sweep = now
        return freed

    async def statistics(self, now: float) -> Statistics:
        await self._expire_all(now)
        self._asked = now  # whoever closes asks before; closing is not told the time
        reasons = {reason: durations.count for reason, durations in self._ended.items()}
        return Statistics(
            active=len(self._sessions),
            created=self._created,
            expired=reasons["idle"],
            ended=sum(reasons.values()),
            lifetime_seconds=sum(durations.seconds for durations in self._ended.values()),
            queued=self._queue.messages,
            sweeps=self._sweeps,
            last_sweep=self._last_sweep,
            session_bytes=self._estimated_bytes(),
            queue_bytes=self._queue.size,
            reasons=reasons,
            durations={reason: ended.copy() for reason, ended in self._ended.items()},
        )

    async def ping(self) -> None:
        return None

    async def close(self) -> None:
        for session in list(self._sessions.values()):
            self._end(session.id, max(session.last_activity, self._asked), "drain")

    def alive(self, session_id: str, now: float) -> Session | None:
        """A session that is not expired."""
        session = self._sessions.get(session_id)
        if session is not None and now - session.last_activity >= self._timeout:
            self._end(session_id, session.last_activity + self._timeout, "idle")
            return None
        return session

    def expire(self, now: float, limit: int) -> int:
        """Free expired sessions, not more than a limit; how many that were."""
        freed = 0
        latest = now - self._timeout
        while freed < limit and self._sessions:
            session = next(iter(self._sessions.values()))
            if session.last_activity > latest:
                break
            self._end(session.id, session.last_activity + self._timeout, "idle")
            freed += 1
        return freed

    async def _expire_all(self, now: float) -> int:
        freed = 0
        while swept := self.expire(now, SWEEP_SLICE):
            freed += swept
            await asyncio.sleep(0)
        return freed

    def _end(self, session_id: str, when: float, reason: str) -> None:
        session = self._sessions.pop(session_id)
        self._implicit.pop(session_id, None)
        outbox = self._outboxes.pop(session_id, None)
        if outbox is not None:
            outbox.close()
        for log in self._responses.pop(session_id, {}).values():
            log.close()
        self._ended[reason].add(when - session.created_at)

    def _outbox(self, session_id: str) -> Outbox:
        outbox = self._outboxes.get(session_id)
        if outbox is None:
            outbox = self._outboxes[session_id] = Outbox(self._queue_size, self._queue)
        return outbox


def _evict(logs: OrderedDict[str, ResponseLog], spared: str) -> None:
    """Forget the oldest finished response, or else the oldest: what still runs may yet be asked for."""
    others = [name for name in logs if name != spared]
    oldest = next((name for name in others if logs[name].complete), others[0])
    logs.pop(oldest).close()


def _size_of(session: Session) -> int:
    """Bytes of a record: its own and its texts'."""
    return sys.getsizeof(session) + sum(sys.getsizeof(text) for text in (session.id, session.last_echo) if text)
