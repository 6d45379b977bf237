"""How long the sessions in the SQLite file lived; synchronous, on the thread that owns the connection."""

import sqlite3
from collections.abc import Iterable
from itertools import groupby

from mcp_echo_core.stores.base import REASONS
from mcp_echo_core.stores.durations import Durations, bound_of

TABLE = """
CREATE TABLE IF NOT EXISTS durations (  -- of ended sessions; versions that do not know it leave it alone
    reason TEXT NOT NULL,
    bound REAL NOT NULL,                -- they lived not longer than this
    ended INTEGER NOT NULL,
    seconds REAL NOT NULL,              -- the sum
    PRIMARY KEY (reason, bound)
) WITHOUT ROWID
"""

_ADD = """INSERT INTO durations VALUES (?, ?, ?, ?) ON CONFLICT (reason, bound)
    DO UPDATE SET ended = ended + excluded.ended, seconds = seconds + excluded.seconds"""


def keep(db: sqlite3.Connection, reason: str, lifetimes: Iterable[float]) -> None:
    """Count sessions that ended for a reason; writes a row for each bucket they are in."""
    buckets = ((bound, list(seconds)) for bound, seconds in groupby(sorted(lifetimes), bound_of))
    db.executemany(_ADD, [(reason, bound, len(seconds), sum(seconds)) for bound, seconds in buckets])


def read(db: sqlite3.Connection) -> dict[str, Durations]:
    """How long all ended sessions lived, by reason."""
    found = {reason: Durations() for reason in REASONS}
    for reason, bound, ended, seconds in db.execute("SELECT reason, bound, ended, seconds FROM durations"):
        if reason in found:  # another version may know more
            found[reason].read(bound, ended)
            found[reason].seconds += seconds
    return found
