"""What the SQLite store does inside its transactions; synchronous, on the thread that owns the connection."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

import msgspec

from mcp_echo_core.stores import sqlite_durations as durations
from mcp_echo_core.stores import sqlite_responses as responses
from mcp_echo_core.stores.base import REASONS, Statistics, StoreFull
from mcp_echo_core.stores.memory import SIZE_SAMPLE, SWEEP_SLICE
from mcp_echo_core.stores.records import Delivery, Effect, Rate, Session, apply_effect
from mcp_echo_core.stores.sqlite_thread import News

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Session).decode


class Kind(Enum):
    """What a stream carries: any of its session's messages, or one request's response."""

    OUTBOX = "outbox"
    RESPONSE = "response"


class Tables:
    """Records, outboxes and response streams in tables; every method runs inside a transaction.

    Args:
        timeout: Seconds without activity after which a session is gone.
        max_sessions: Living sessions that may be kept.
        queue_size: Messages an outbox holds.
        rate: How often a session may make requests.
    """

    def __init__(self, timeout: float, max_sessions: int, queue_size: int, rate: Rate | None) -> None:
        self._timeout = timeout
        self._max_sessions = max_sessions
        self._queue_size = queue_size
        self._rate = rate
        self._news: list[tuple[str, bool]] = []

    def take_news(self) -> News:
        """What has happened to sessions since the last call."""
        news, self._news = self._news, []
        return news

    def create(self, db: sqlite3.Connection, session: Session, now: float) -> None:
        """As ``SessionStore.create``."""
        self.expire(db, now)
        totals = _totals(db)
        if _active(totals) >= self._max_sessions:
            row = db.execute("SELECT key FROM sessions WHERE explicit = 0 ORDER BY key LIMIT 1").fetchone()
            if row is None:
                raise StoreFull
            self._end(db, "cap", now, "key = ?", *row)
        db.execute(
            "INSERT INTO sessions (id, created_at, last_activity, explicit, record) VALUES (?, ?, ?, ?, ?)",
            (session.id, session.created_at, session.last_activity, session.explicit, _encode(session)),
        )
        _add(db, "created", 1)

    def apply(
        self, db: sqlite3.Connection, session_id: str, effect: Effect, now: float, busy: float = 0.0
    ) -> Session | None:
        """As ``SessionStore.apply``, and add time spent on earlier requests."""
        key, session = self._alive(db, session_id, now)
        if session is None:
            return None
        if self._rate is not None and effect.requests:
            self._rate.admit(session, now)
        session.last_activity = now
        session.busy_seconds += busy
        for message in apply_effect(session, effect):
            self._push(db, key, session, message)
        _save(db, key, session)
        return session

    def find(self, db: sqlite3.Connection, session_id: str) -> Session | None:
        """The record, though it may be expired; changes nothing."""
        return _find(db, session_id)[1]

    def is_alive(self, session: Session, now: float) -> bool:
        """Whether a session has not expired."""
        return now - session.last_activity < self._timeout

    def get(self, db: sqlite3.Connection, session_id: str, now: float) -> Session | None:
        """As ``SessionStore.get``; if the session has expired, it ends here."""
        return self._alive(db, session_id, now)[1]

    def delete(self, db: sqlite3.Connection, session_id: str, now: float) -> bool:
        """As ``SessionStore.delete``."""
        key, session = self._alive(db, session_id, now)
        return session is not None and self._end(db, "delete", now, "key = ?", key) > 0

    def hand_over(
        self, db: sqlite3.Connection, session_id: str, stream: str, after: int | None, now: float, *, was: Kind | None
    ) -> tuple[Kind, list[Delivery] | None]:
        """What ``SessionStore.take`` gives without waiting; only the first look, when ``was`` is ``None``, repeats."""
        first = was is None
        key, session = self._alive(db, session_id, now)
        if session is None:
            return Kind.OUTBOX, None
        if first:
            session.last_activity = now
        response = responses.find(db, key, stream)
        if response is not None:
            if first:
                _save(db, key, session)
            return Kind.RESPONSE, responses.hand_over(db, response, after or 0)
        if was is Kind.RESPONSE:  # it made room for another
            return was, None
        repeated = self._repeated(db, key, stream, after) if first and after is not None else []
        fresh = responses.deliveries(
            db, "SELECT sequence, message FROM messages WHERE session = ? AND stream IS NULL ORDER BY sequence", key
        )
        if fresh:
            session.queued = 0
            db.execute("UPDATE messages SET stream = ? WHERE session = ? AND stream IS NULL", (stream, key))
            self._forget_delivered(db, key)
        if first or fresh:
            _save(db, key, session)
        return Kind.OUTBOX, repeated + fresh

    def give_back(
        self, db: sqlite3.Connection, session_id: str, stream: str, deliveries: Sequence[Delivery], now: float
    ) -> None:
        """Put messages back into the outbox that were taken for a stream which is no more."""
        key, session = self._alive(db, session_id, now)
        if session is None or not deliveries:
            return
        for delivery in deliveries:
            session.queued += db.execute(
                "UPDATE messages SET stream = NULL WHERE session = ? AND stream = ? AND sequence = ?",
                (key, stream, delivery.sequence),
            ).rowcount
        _save(db, key, session)
        self._news.append((session_id, False))

    def append(
        self, db: sqlite3.Connection, session_id: str, stream: str, delivery: Delivery | None, now: float, *, last: bool
    ) -> bool:
        """As ``SessionStore.append``."""
        key, session = self._alive(db, session_id, now)
        if session is None:
            return False
        resumed = responses.keep(db, key, stream, delivery, self._queue_size, last=last)
        self._news.append((session_id, False))
        return resumed

    def add_busy(self, db: sqlite3.Connection, seconds: Mapping[str, float]) -> None:
        """Add time spent to the sessions that are still there."""
        for session_id, share in seconds.items():
            key, session = _find(db, session_id)
            if session is not None:
                session.busy_seconds += share
                _save(db, key, session)

    def expire(self, db: sqlite3.Connection, now: float) -> int:
        """Free expired sessions, at most a slice; how many that were."""
        which = f"key IN (SELECT key FROM sessions WHERE last_activity <= ? ORDER BY last_activity LIMIT {SWEEP_SLICE})"  # noqa: S608 - a constant
        return self._end(db, "idle", None, which, now - self._timeout)

    def swept(self, db: sqlite3.Connection, now: float) -> None:
        """Count a sweep."""
        _add(db, "sweeps", 1)
        db.execute("INSERT OR REPLACE INTO totals VALUES ('last_sweep', ?)", (now,))

    def changed(self, db: sqlite3.Connection, session_ids: Iterable[str]) -> list[str]:
        """The sessions that a waiting stream should look at: gone, with messages, or with response streams."""
        query = """SELECT EXISTS (SELECT 1 FROM messages WHERE session = key AND stream IS NULL)
            OR EXISTS (SELECT 1 FROM responses WHERE session = key) FROM sessions WHERE id = ?"""
        return [name for name in session_ids if db.execute(query, (name,)).fetchone() != (0,)]

    def statistics(self, db: sqlite3.Connection) -> Statistics:
        """As ``SessionStore.statistics``, when nothing is expired."""
        totals = _totals(db)
        active = _active(totals)
        (size,) = db.execute(
            "SELECT coalesce(avg(length(record)), 0) FROM (SELECT record FROM sessions LIMIT ?)", (SIZE_SAMPLE,)
        ).fetchone()
        queued, queue_bytes = db.execute(
            "SELECT count(*), total(length(message)) FROM messages WHERE stream IS NULL"
        ).fetchone()
        reasons = {reason: int(totals[reason]) for reason in REASONS}
        return Statistics(
            active=active,
            created=int(totals["created"]),
            expired=reasons["idle"],
            ended=sum(reasons.values()),
            lifetime_seconds=totals["lifetime"],
            queued=queued,
            sweeps=int(totals["sweeps"]),
            last_sweep=totals.get("last_sweep"),
            session_bytes=int(active * size),
            queue_bytes=int(queue_bytes),
            reasons=reasons,
            durations=durations.read(db),
        )

    def _alive(self, db: sqlite3.Connection, session_id: str, now: float) -> tuple[int, Session | None]:
        key, session = _find(db, session_id)
        if session is not None and not self.is_alive(session, now):
            self._end(db, "idle", None, "key = ?", key)
            return key, None
        return key, session

    def _end(self, db: sqlite3.Connection, reason: str, when: float | None, which: str, *parameters: float) -> int:
        """End sessions; without ``when`` each ended at its own time-out."""
        rows = db.execute(
            f"DELETE FROM sessions WHERE {which} RETURNING id, created_at, last_activity", parameters  # noqa: S608 - conditions are ours
        ).fetchall()  # fmt: skip
        if rows:
            ends = (active + self._timeout if when is None else when for _, _, active in rows)
            lifetimes = [max(0.0, end - created) for end, (_, created, _) in zip(ends, rows, strict=True)]
            durations.keep(db, reason, lifetimes)
            _add(db, "lifetime", sum(lifetimes))
            _add(db, reason, len(rows))
            self._news += [(session_id, True) for session_id, _, _ in rows]
        return len(rows)

    def _push(self, db: sqlite3.Connection, key: int, session: Session, message: bytes) -> None:
        db.execute(
            "INSERT INTO messages (session, sequence, message) "
            "SELECT ?1, coalesce(max(sequence), 0) + 1, ?2 FROM messages WHERE session = ?1",
            (key, message),
        )
        session.queued += 1
        if session.queued > self._queue_size:
            db.execute(
                "DELETE FROM messages WHERE session = ?1 AND sequence = "
                "(SELECT min(sequence) FROM messages WHERE session = ?1 AND stream IS NULL)",
                (key,),
            )
            session.queued -= 1
            session.dropped += 1
        self._news.append((session.id, False))

    @staticmethod
    def _repeated(db: sqlite3.Connection, key: int, stream: str, after: int) -> list[Delivery]:
        query = "SELECT sequence, message FROM messages WHERE session = ? AND stream = ? AND sequence > ?"
        return responses.deliveries(db, f"{query} ORDER BY sequence", key, stream, after)

    def _forget_delivered(self, db: sqlite3.Connection, key: int) -> None:
        db.execute(
            "DELETE FROM messages WHERE session = ?1 AND stream IS NOT NULL AND sequence <= (SELECT sequence FROM "
            "messages WHERE session = ?1 AND stream IS NOT NULL ORDER BY sequence DESC LIMIT 1 OFFSET ?2)",
            (key, self._queue_size),
        )


def _find(db: sqlite3.Connection, session_id: str) -> tuple[int, Session | None]:
    row = db.execute("SELECT key, record FROM sessions WHERE id = ?", (session_id,)).fetchone()
    return (0, None) if row is None else (row[0], _decode(row[1]))


def _save(db: sqlite3.Connection, key: int, session: Session) -> None:
    row = (session.last_activity, _encode(session), key)
    db.execute("UPDATE sessions SET last_activity = ?, record = ? WHERE key = ?", row)


def _totals(db: sqlite3.Connection) -> dict[str, float]:
    return dict(db.execute("SELECT name, value FROM totals").fetchall())


def _active(totals: Mapping[str, float]) -> int:
    return int(totals["created"] - sum(totals[reason] for reason in REASONS))


def _add(db: sqlite3.Connection, name: str, value: float) -> None:
    db.execute("UPDATE totals SET value = value + ? WHERE name = ?", (value, name))
