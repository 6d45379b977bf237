"""Opening the file of the SQLite store: its path from the URL, its schema, and why it cannot be used."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

from mcp_echo_core.stores import sqlite_durations as durations
from mcp_echo_core.stores.base import REASONS

SCHEME = "sqlite://"
SCHEMA_VERSION = 1
"""``PRAGMA user_version`` of the files this version writes; a later version of the server may write higher ones."""

APPLICATION_ID = 0x4D435045
"""``PRAGMA application_id``: tells our files from those of other programs."""

OLDEST_SQLITE = (3, 35, 0)
"""The first with ``RETURNING``."""

WAL_RETRY_SECONDS = 0.02
"""SQLite does not wait by itself for other processes when it switches the journal."""

SCHEMA = """
CREATE TABLE sessions (
    key INTEGER PRIMARY KEY,       -- ascending in order of creation
    id TEXT NOT NULL UNIQUE,
    created_at REAL NOT NULL,
    last_activity REAL NOT NULL,
    explicit INTEGER NOT NULL,
    record BLOB NOT NULL           -- the whole Session as JSON
);
CREATE INDEX sessions_by_activity ON sessions (last_activity);
CREATE INDEX implicit_sessions ON sessions (key) WHERE explicit = 0;
CREATE TABLE messages (            -- outboxes: what waits, and what was delivered lately
    session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    stream TEXT,                   -- which stream it was given to; NULL while it waits
    message BLOB NOT NULL,
    PRIMARY KEY (session, sequence)
);
CREATE INDEX waiting_messages ON messages (session, sequence) WHERE stream IS NULL;
CREATE TABLE responses (           -- response streams that can be resumed
    key INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    stream TEXT NOT NULL,
    complete INTEGER NOT NULL DEFAULT 0,
    resumed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (session, stream)
);
CREATE TABLE response_messages (
    response INTEGER NOT NULL REFERENCES responses ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    message BLOB NOT NULL,
    PRIMARY KEY (response, sequence)
);
CREATE TABLE totals (name TEXT PRIMARY KEY, value REAL NOT NULL)
"""

TOTALS = ("created", "lifetime", "sweeps", *REASONS)


class Unusable(Exception):
    """A file that cannot be a session store, and why, in words for the operator."""


def path_of(url: str) -> Path:
    """The file a URL names: absolute after three slashes, relative after two or when it begins with a dot.

    Raises:
        Unusable: It names none.
    """
    text = unquote(url.removeprefix(SCHEME))
    if text.startswith(("/./", "/../")):
        text = text[1:]
    elif text.startswith("//"):  # as some other libraries write absolute paths
        text = f"/{text.lstrip('/')}"
    if text.strip("/") in ("", ":memory:"):
        raise Unusable(
            "allowed is the path of a file, as in sqlite:///var/lib/mcp-echo/sessions.db or sqlite://sessions.db; "
            "for sessions in memory there is memory://"
        )
    if "?" in text or "\0" in text or text.endswith("/"):
        raise Unusable("allowed is the path of a file and nothing else: no parameters, no folder")
    return Path(os.path.abspath(text))  # noqa: PTH100 - links stay as they are


def inspect(path: Path) -> None:
    """Look at a file without changing anything.

    Raises:
        Unusable: It cannot be a session store.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise Unusable(f"SQLite {sqlite3.sqlite_version} is too old: at least 3.35 is needed")
    if not path.parent.is_dir():
        raise Unusable(f"there is no folder {path.parent}")
    if path.is_dir():
        raise Unusable("this is a folder; allowed is the path of a file")
    if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.R_OK | os.W_OK)):
        raise Unusable("this process may not write there; SQLite writes the file and two more beside it")
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
            check(db)
    except sqlite3.DatabaseError as error:
        if not isinstance(error, sqlite3.OperationalError):  # those may pass: locked, for example
            raise Unusable(f"the file is damaged or no SQLite database ({error})") from None


def connect(path: Path, patience: float) -> sqlite3.Connection:
    """Open the file, and make it if it is not there.

    Args:
        path: The file.
        patience: Seconds to wait for locks of other processes.

    Raises:
        Unusable: It cannot be a session store.
        sqlite3.Error: It cannot be opened now.
        OSError: The same.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its other files the same mode
    db = sqlite3.connect(path, timeout=patience, isolation_level=None)
    try:
        use_wal(db, time.monotonic() + patience)
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA foreign_keys = ON")
        _prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def check(db: sqlite3.Connection) -> bool:
    """Whether a database has our schema; an empty one has none yet.

    Raises:
        Unusable: It is another program's, or a newer version's.
    """
    return has_schema(db, APPLICATION_ID, SCHEMA_VERSION)


def has_schema(db: sqlite3.Connection, application_id: int, newest: int) -> bool:
    """Whether a database was made by this application and has tables; an empty one has none yet.

    Args:
        db: The database.
        application_id: Its ``PRAGMA application_id``.
        newest: The last ``PRAGMA user_version`` that can be read.

    Raises:
        Unusable: It is another program's, or a newer version's.
    """
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not tables:
        return False
    if application != application_id:
        raise Unusable("the file is another program's database")
    if version > newest:
        raise Unusable(f"a newer version wrote the file (schema {version}, this one knows {newest})")
    return True


def use_wal(db: sqlite3.Connection, deadline: float) -> None:
    """Switch to a write-ahead log.

    Args:
        db: The connection.
        deadline: Monotonic seconds until which it is tried while others hold locks.

    Raises:
        Unusable: The file system does not allow it.
        sqlite3.OperationalError: It was not possible in time.
    """
    while True:
        try:
            (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(WAL_RETRY_SECONDS)
            continue
        if mode != "wal":
            raise Unusable(f"the file system allows no write-ahead log (journal mode {mode})")
        return


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")  # of several processes that begin at once, one makes the tables
    try:
        if not check(db):
            for statement in SCHEMA.split(";\n"):
                db.execute(statement)
            db.executemany("INSERT INTO totals VALUES (?, 0)", [(name,) for name in TOTALS])
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        db.execute(durations.TABLE)  # a file of an earlier server has none
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
