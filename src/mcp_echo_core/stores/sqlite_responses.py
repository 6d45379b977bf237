"""Response streams in the SQLite store: what one request was answered with, kept for clients that come back for it."""

import sqlite3

from mcp_echo_core.stores.memory import MAX_RESPONSES
from mcp_echo_core.stores.records import Delivery

Found = tuple[int, bool, bool]
"""Key of a response stream, whether it is complete, and whether it has been resumed."""


def find(db: sqlite3.Connection, session: int, stream: str) -> Found | None:
    """The response stream of this name, if it is one."""
    query = "SELECT key, complete, resumed FROM responses WHERE session = ? AND stream = ?"
    row = db.execute(query, (session, stream)).fetchone()
    return None if row is None else (row[0], bool(row[1]), bool(row[2]))


def keep(
    db: sqlite3.Connection, session: int, stream: str, delivery: Delivery | None, size: int, *, last: bool
) -> bool:
    """Keep a message of a stream, at most so many; whether the stream has been resumed."""
    found = find(db, session, stream)
    if found is None:
        insert = "INSERT INTO responses (session, stream) VALUES (?, ?) RETURNING key"
        found = (db.execute(insert, (session, stream)).fetchone()[0], False, False)
        _make_room(db, session)
    key, _, resumed = found
    if delivery is not None:
        kept = (key, delivery.sequence, delivery.message)
        db.execute("INSERT OR REPLACE INTO response_messages VALUES (?, ?, ?)", kept)
        db.execute(
            "DELETE FROM response_messages WHERE response = ?1 AND sequence <= (SELECT sequence FROM "
            "response_messages WHERE response = ?1 ORDER BY sequence DESC LIMIT 1 OFFSET ?2)",
            (key, size),
        )
    db.execute("UPDATE responses SET complete = ? WHERE key = ?", (last, key))
    return resumed


def hand_over(db: sqlite3.Connection, found: Found, after: int) -> list[Delivery] | None:
    """What follows a sequence number; ``None`` when nothing more will come."""
    key, complete, _ = found
    db.execute("UPDATE responses SET resumed = 1 WHERE key = ? AND resumed = 0", (key,))
    query = "SELECT sequence, message FROM response_messages WHERE response = ? AND sequence > ? ORDER BY sequence"
    messages = deliveries(db, query, key, after)
    return None if complete and not messages else messages


def deliveries(db: sqlite3.Connection, query: str, *parameters: object) -> list[Delivery]:
    """The rows of a query for sequence numbers and messages."""
    return [Delivery(*row) for row in db.execute(query, parameters)]


def _make_room(db: sqlite3.Connection, session: int) -> None:
    # A finished one goes first: what still runs may yet be asked for.
    db.execute(
        "DELETE FROM responses WHERE key IN (SELECT key FROM responses WHERE session = ?1 ORDER BY complete DESC, "
        "key LIMIT max(0, (SELECT count(*) FROM responses WHERE session = ?1) - ?2))",
        (session, MAX_RESPONSES),
    )
