"""The books of all sessions in Redis: who lives, in which order they expire, how many came and went.

They are told after the sessions themselves and may be a moment behind, so nothing is ended on their word alone: the
session's record is asked first.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from redis.exceptions import ResponseError

from mcp_echo_core.stores.base import REASONS, Statistics, StoreUnavailable
from mcp_echo_core.stores.durations import BOUNDS, Durations
from mcp_echo_core.stores.records import Session
from mcp_echo_core.stores.redis_link import Call, Link, script
from mcp_echo_core.stores.redis_wire import Word

_CONSTANTS = f"local BOUNDS = {{{', '.join(map(str, BOUNDS))}}}\n"
ADMIT, SETTLE = (script("books", name, constants=_CONSTANTS) for name in ("admit", "settle"))
BOOKS = (ADMIT, SETTLE)

SLICE = 500
"""Sessions ended in one round trip."""

COUNTED = 1000
"""Sessions whose waiting messages are counted; of more, that many are counted and the rest estimated."""

MEASURED = 20
"""Sessions that are measured to estimate the size of all."""

Finish = Callable[[Iterable[str], float, str], Awaitable[list[Any]]]


class Books:
    """Counts sessions.

    Args:
        link: The Redis.
        prefix: Begins every key.
        timeout: Seconds without activity after which a session is gone.
        max_sessions: Living sessions that may be kept.
        finish: Ends sessions: ids, the time, and which are meant as in ``lua/finish.lua``.
    """

    def __init__(self, link: Link, prefix: str, timeout: float, max_sessions: int, finish: Finish) -> None:
        self._link = link
        self._timeout = timeout
        self._max_sessions = max_sessions
        self._finish = finish
        self._keys = tuple(f"{prefix}{{store}}:{name}" for name in ("index", "implicit", "born", "totals"))
        self._index, _, _, self._totals = self._keys

    async def admit(self, session: Session, now: float, before: Sequence[Sequence[Word]]) -> bool:
        """Count a new session if there is room, or room can be made.

        Args:
            session: The session.
            now: The time.
            before: Commands that are sent first, in the same round trip.

        Returns:
            Whether it may live.

        Raises:
            StoreUnavailable: Redis cannot be reached.
        """
        facts = (session.id, session.created_at, "1" if session.explicit else "")
        admission = Call(ADMIT, self._keys, (now, self._timeout, self._max_sessions, *facts))
        answer, *whom = (await self._link.run_all([*before, admission]))[-1]
        while answer == b"late":
            await self._end_expired(whom, now)
            answer, *whom = await self._link.run(admission)
        if answer == b"admitted" and whom:
            await self._finish([name.decode() for name in whom], now, "cap")
        return bool(answer == b"admitted")

    async def settle(self, reason: str, ended: Sequence[tuple[str, Word]]) -> int:
        """Count sessions that have ended, and when; how many of them nobody had counted yet.

        Raises:
            StoreUnavailable: Redis cannot be reached.
        """
        words = [word for pair in ended for word in pair]
        return int(await self._link.run(Call(SETTLE, self._keys, (reason, self._timeout, *words))))

    def uses(self, used: Mapping[str, Word]) -> list[Sequence[Word]]:
        """The commands that note when sessions were last used; those that have ended stay ended."""
        words = [word for name, when in used.items() for word in (when, name)]
        return [("ZADD", self._index, "XX", "GT", *words)] if words else []

    async def expire(self, now: float) -> int:
        """End what has expired; how many sessions that were.

        Raises:
            StoreUnavailable: Redis cannot be reached.
        """
        freed = 0
        latest = ("-inf", now - self._timeout, "LIMIT", 0, SLICE)
        while late := await self._link.command("ZRANGEBYSCORE", self._index, *latest):
            freed += await self._end_expired(late, now)
        return freed

    async def note_sweep(self, now: float) -> None:
        """Count a sweep.

        Raises:
            StoreUnavailable: Redis cannot be reached.
        """
        await self._link.run_all([("HINCRBY", self._totals, "sweeps", 1), ("HSET", self._totals, "last_sweep", now)])

    async def statistics(self, now: float, keys_of: Callable[[str], Sequence[str]]) -> Statistics:
        """Figures about the sessions of all instances.

        Raises:
            StoreUnavailable: Redis cannot be reached.
        """
        await self.expire(now)
        active, pairs, names = await self._link.run_all(
            [("ZCARD", self._index), ("HGETALL", self._totals), ("ZRANDMEMBER", self._index, COUNTED)]
        )
        totals: dict[bytes, bytes] = dict(zip(pairs[::2], pairs[1::2], strict=True))
        sample = [keys_of(name.decode()) for name in names]
        lengths = await self._link.run_all([("XLEN", keys[1]) for keys in sample])
        session_bytes, queue_bytes = await self._sizes(sample[:MEASURED])
        scale = active / len(sample) if sample else 0
        measured = active / len(sample[:MEASURED]) if sample else 0
        reasons = {reason: int(totals.get(reason.encode(), 0)) for reason in REASONS}
        last_sweep = totals.get(b"last_sweep")
        return Statistics(
            active=active,
            created=int(totals.get(b"created", 0)),
            expired=reasons["idle"],
            ended=sum(reasons.values()),
            lifetime_seconds=float(totals.get(b"lifetime", 0)),
            queued=round(sum(lengths) * scale),
            sweeps=int(totals.get(b"sweeps", 0)),
            last_sweep=float(last_sweep) if last_sweep is not None else None,
            session_bytes=None if session_bytes is None else round(session_bytes * measured),
            queue_bytes=None if queue_bytes is None else round(queue_bytes * measured),
            reasons=reasons,
            durations={reason: _durations(totals, reason) for reason in REASONS},
        )

    async def _sizes(self, sample: Sequence[Sequence[str]]) -> tuple[int | None, int | None]:
        """Bytes of the records and of the messages of some sessions, unless Redis does not tell."""
        try:
            sizes = await self._link.run_all([("MEMORY", "USAGE", key) for keys in sample for key in keys[:3]])
        except (ResponseError, StoreUnavailable):  # the user may lack this right
            return None, None
        records, messages = sizes[::3], [*sizes[1::3], *sizes[2::3]]
        return sum(size or 0 for size in records), sum(size or 0 for size in messages)

    async def _end_expired(self, late: Sequence[bytes], now: float) -> int:
        names = [name.decode() for name in late]
        ended: list[tuple[str, Word]] = []
        used: dict[str, Word] = {}
        for name, (found, *last) in zip(names, await self._finish(names, now, "idle"), strict=True):
            if found == b"living":
                used[name] = last[0]
            else:
                ended.append((name, float(last[0]) + self._timeout if last else ""))
        if used:
            await self._link.run_all(self.uses(used))
        return await self.settle("idle", ended) if ended else 0


def _durations(totals: Mapping[bytes, bytes], reason: str) -> Durations:
    """How long the sessions lived that ended for a reason, as ``lua/books.lua`` counts it."""
    name = f"lifetime:{reason}".encode()
    durations = Durations(seconds=float(totals.get(name, 0)))
    for key, count in totals.items():
        if key.startswith(name + b":"):
            durations.read(float(key.rpartition(b":")[2]), int(count))
    return durations
