"""What happens in the file of the SQLite journal; every function runs inside a transaction, on the journal's thread."""

import secrets
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from mcp_echo_core.recording import journal
from mcp_echo_core.recording.back_end import EVENT_BYTES, NEWS, SETTLE_SECONDS, Kept, decoded
from mcp_echo_core.recording.events import Entry, Record
from mcp_echo_core.recording.journal import record_of
from mcp_echo_core.recording.pending import Batch
from mcp_echo_core.stores.sqlite_file import has_schema

SCHEMA_VERSION = 1
"""``PRAGMA user_version`` of the files this version writes; a later version of the server may write higher ones."""

APPLICATION_ID = 0x4D43504A
"""``PRAGMA application_id``: tells our files from those of other programs."""

SCHEMA = """
CREATE TABLE records (
    key INTEGER PRIMARY KEY,
    subject TEXT NOT NULL UNIQUE,
    began REAL NOT NULL,
    last REAL NOT NULL,            -- when its last exchange arrived
    sequence INTEGER NOT NULL,     -- the last number that was given
    bytes INTEGER NOT NULL,        -- of its events
    ended_at REAL,
    ended_reason TEXT
);
CREATE INDEX records_by_silence ON records (last, key);
CREATE INDEX records_with_events ON records (last, key) WHERE bytes > 0;
CREATE TABLE events (
    key INTEGER PRIMARY KEY,
    record INTEGER NOT NULL,
    sequence INTEGER,              -- NULL while it waits for its number
    complete REAL NOT NULL,        -- when the exchange was over, by the clock of its process
    written REAL NOT NULL,
    event BLOB NOT NULL            -- without credentials, as MessagePack
);
CREATE INDEX events_by_number ON events (record, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX waiting_events ON events (record, complete, key) WHERE sequence IS NULL;
CREATE TABLE views (view_key TEXT PRIMARY KEY, subject TEXT NOT NULL, made REAL NOT NULL);
CREATE INDEX views_by_subject ON views (subject);
CREATE TABLE facts (name TEXT PRIMARY KEY, value NOT NULL)
"""


ROWS = 200
"""Events in one statement; the oldest SQLite takes 999 values."""


class Row(Struct):
    """A record's row."""

    key: int
    began: float
    last: float
    sequence: int
    bytes: int
    ended_at: float | None
    ended_reason: str | None


def check(db: sqlite3.Connection) -> bool:
    """Whether a database has our schema; an empty one has none yet.

    Raises:
        Unusable: It is another program's, or a newer version's.
    """
    return has_schema(db, APPLICATION_ID, SCHEMA_VERSION)


def prepare(db: sqlite3.Connection) -> None:
    """Make the tables if there are none."""
    if not check(db):
        for statement in SCHEMA.split(";\n"):
            db.execute(statement)
        db.executemany("INSERT INTO facts VALUES (?, ?)", [("key", secrets.token_bytes(32)), ("bytes", 0)])
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def kept(db: sqlite3.Connection) -> Kept:
    """As ``BackEnd.open``."""
    (key,) = db.execute("SELECT value FROM facts WHERE name = 'key'").fetchone()
    query = "SELECT subject FROM records ORDER BY last DESC, key DESC LIMIT ?"
    return Kept(key, [subject for (subject,) in db.execute(query, (journal.MAX_RECORDS,))][::-1])


def write(db: sqlite3.Connection, batches: Sequence[Batch], max_bytes: int) -> None:
    """As ``BackEnd.write``."""
    now = time.time()
    for batch in batches:
        row = _find(db, batch.subject) or _begun(db, batch)
        if row is not None:
            _add(db, row, batch, now)
    (total,) = db.execute("SELECT value FROM facts WHERE name = 'bytes'").fetchone()
    while total > max_bytes:
        query = "SELECT subject FROM records WHERE bytes > 0 ORDER BY last, key LIMIT 1"
        (subject,) = db.execute(query).fetchone()
        row = _found(db, subject)
        _number(db, row, None)
        total -= _cut(db, row, total - max_bytes)
        _save(db, row)


def read(db: sqlite3.Connection, subject: str) -> tuple[Record | None, bool]:
    """As ``BackEnd.read``."""
    row = _find(db, subject)
    if row is None:
        return None, False
    waiting = _settled(db, row)
    entries = _entries(db, row, 0, -1)
    ended = None if row.ended_at is None else (row.ended_at, row.ended_reason or "")
    return record_of(subject, row.began, row.sequence - len(entries), ended, entries), waiting


def positions(db: sqlite3.Connection, subjects: Iterable[str]) -> dict[str, int]:
    """As ``BackEnd.positions``."""
    return {subject: 0 if (row := _find(db, subject)) is None else row.sequence for subject in subjects}


def news(db: sqlite3.Connection, cursors: Mapping[str, int]) -> tuple[dict[str, Sequence[Entry] | None], bool]:
    """As ``BackEnd.news``, and whether there will be more without anything being written."""
    found: dict[str, Sequence[Entry] | None] = {}
    more = False
    for subject, cursor in cursors.items():
        row = _find(db, subject)
        if row is None or row.sequence < cursor:
            if cursor:
                found[subject] = None
            continue
        more |= _settled(db, row)
        if entries := _entries(db, row, cursor, NEWS):
            found[subject] = entries
            more |= len(entries) == NEWS
    return found, more


def share(db: sqlite3.Connection, subject: str, view_key: str) -> None:
    """As ``BackEnd.share``."""
    db.execute("INSERT INTO views VALUES (?, ?, ?)", (view_key, subject, time.time()))


def shared(db: sqlite3.Connection, view_key: str) -> str | None:
    """As ``BackEnd.shared``."""
    row = db.execute("SELECT subject FROM views WHERE view_key = ?", (view_key,)).fetchone()
    return None if row is None else str(row[0])


def revoke(db: sqlite3.Connection, view_key: str) -> bool:
    """As ``BackEnd.revoke``."""
    return db.execute("DELETE FROM views WHERE view_key = ?", (view_key,)).rowcount > 0


def silent(db: sqlite3.Connection, before: float) -> list[str]:
    """As ``BackEnd.silent``; what was shared and never used, too."""
    unused = "SELECT subject FROM views WHERE made <= ?1 AND subject NOT IN (SELECT subject FROM records)"
    query = f"SELECT subject FROM records WHERE last <= ?1 UNION {unused}"  # noqa: S608 - a constant
    return [subject for (subject,) in db.execute(query, (before,))]


def forget(db: sqlite3.Connection, subjects: Iterable[str], before: float) -> list[str]:
    """As ``BackEnd.forget``."""
    gone: list[str] = []
    for subject in subjects:
        row = _find(db, subject)
        if row is None or row.last <= before:
            _forget(db, subject, row)
            gone.append(subject)
    return gone


def _begun(db: sqlite3.Connection, batch: Batch) -> Row | None:
    if batch.began is None:
        return None
    values = (batch.subject, batch.began, batch.last)
    db.execute("INSERT INTO records (subject, began, last, sequence, bytes) VALUES (?, ?, ?, 0, 0)", values)
    (count,) = db.execute("SELECT count(*) FROM records").fetchone()
    if count > journal.MAX_RECORDS:
        query = "SELECT subject FROM records WHERE subject <> ? ORDER BY last, key LIMIT 1"
        (subject,) = db.execute(query, (batch.subject,)).fetchone()
        _forget(db, subject, _find(db, subject))
    return _find(db, batch.subject)


def _add(db: sqlite3.Connection, row: Row, batch: Batch, now: float) -> None:
    row.sequence += batch.lost
    # One statement for many rows: after each statement the threads that serve requests are in the way once.
    for start in range(0, len(batch.events), ROWS):
        values = [(row.key, complete, now, event) for complete, event in batch.events[start : start + ROWS]]
        rows = ", ".join(["(?, ?, ?, ?)"] * len(values))
        insert = f"INSERT INTO events (record, complete, written, event) VALUES {rows}"  # noqa: S608 - placeholders
        db.execute(insert, [value for each in values for value in each])
    added = sum(len(event) + EVENT_BYTES for _, event in batch.events)
    row.bytes += added
    db.execute("UPDATE facts SET value = value + ? WHERE name = 'bytes'", (added,))
    row.last = max(row.last, batch.last)
    if batch.ended is not None and row.ended_at is None:
        row.ended_at, row.ended_reason = batch.ended.at, batch.ended.reason
    _number(db, row, now - SETTLE_SECONDS)
    _bound(db, row)
    _save(db, row)


def _settled(db: sqlite3.Connection, row: Row) -> bool:
    """Give the numbers that are due; whether some are not due yet."""
    if _number(db, row, time.time() - SETTLE_SECONDS):
        _bound(db, row)
        _save(db, row)
    return db.execute("SELECT 1 FROM events WHERE record = ? AND sequence IS NULL", (row.key,)).fetchone() is not None


def _number(db: sqlite3.Connection, row: Row, written_by: float | None) -> int:
    """Give numbers to what was written by then, or to all; how many."""
    count = db.execute(
        "UPDATE events SET sequence = ?1 + due.place "
        "FROM (SELECT key, row_number() OVER (ORDER BY complete, key) AS place FROM events "
        "WHERE record = ?2 AND sequence IS NULL AND (?3 IS NULL OR written <= ?3)) AS due "
        "WHERE events.key = due.key",
        (row.sequence, row.key, written_by),
    ).rowcount
    row.sequence += count
    return count


def _bound(db: sqlite3.Connection, row: Row) -> None:
    """Keep no more events of a record than it may have."""
    oldest = "DELETE FROM events WHERE record = ? AND sequence <= ? RETURNING length(event)"
    gone = db.execute(oldest, (row.key, row.sequence - journal.MAX_EVENTS)).fetchall()
    _freed(db, row, sum(size + EVENT_BYTES for (size,) in gone))


def _cut(db: sqlite3.Connection, row: Row, excess: int) -> int:
    """Take the oldest events from a record until so many bytes are free, or all; how many bytes are."""
    free, last = 0, 0
    for sequence, size in db.execute(
        "SELECT sequence, length(event) FROM events WHERE record = ? AND sequence IS NOT NULL ORDER BY sequence",
        (row.key,),
    ):
        free, last = free + size + EVENT_BYTES, sequence
        if free >= excess:
            break
    db.execute("DELETE FROM events WHERE record = ? AND sequence <= ?", (row.key, last))
    _freed(db, row, free)
    return free


def _freed(db: sqlite3.Connection, row: Row, size: int) -> None:
    if size:
        row.bytes -= size
        db.execute("UPDATE facts SET value = value - ? WHERE name = 'bytes'", (size,))


def _forget(db: sqlite3.Connection, subject: str, row: Row | None) -> None:
    db.execute("DELETE FROM views WHERE subject = ?", (subject,))
    if row is not None:
        db.execute("DELETE FROM events WHERE record = ?", (row.key,))
        _freed(db, row, row.bytes)
        db.execute("DELETE FROM records WHERE key = ?", (row.key,))


def _entries(db: sqlite3.Connection, row: Row, after: int, limit: int) -> list[Entry]:
    query = "SELECT sequence, event FROM events WHERE record = ? AND sequence > ? ORDER BY sequence LIMIT ?"
    return decoded(db.execute(query, (row.key, after, limit)).fetchall())


def _save(db: sqlite3.Connection, row: Row) -> None:
    values = (row.last, row.sequence, row.bytes, row.ended_at, row.ended_reason, row.key)
    query = "UPDATE records SET last = ?, sequence = ?, bytes = ?, ended_at = ?, ended_reason = ? WHERE key = ?"
    db.execute(query, values)


def _find(db: sqlite3.Connection, subject: str) -> Row | None:
    query = "SELECT key, began, last, sequence, bytes, ended_at, ended_reason FROM records WHERE subject = ?"
    found = db.execute(query, (subject,)).fetchone()
    return None if found is None else Row(*found)


def _found(db: sqlite3.Connection, subject: str) -> Row:
    row = _find(db, subject)
    assert row is not None  # noqa: S101 - it was there a statement ago
    return row
