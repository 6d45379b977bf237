"""The file of the SQLite journal: beside the sessions, its owner's only, of a version that is known."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from journal_fixtures import NOW, nobody, record_in, sqlite, taken

from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.recording import sqlite_record
from mcp_echo_core.recording.journal import MemoryJournal
from mcp_echo_core.recording.journals import open_journal
from mcp_echo_core.recording.redis_journal import RedisRecords
from mcp_echo_core.recording.shared_journal import SharedJournal
from mcp_echo_core.recording.sqlite_journal import SqliteRecords
from mcp_echo_core.settings import Settings


def settings(store: str, **variables: str) -> Settings:
    return Settings.from_env({"MCP_SESSION_STORE": store, **variables}, "stateful")


@pytest.mark.parametrize(
    ("store", "kind"),
    [("sqlite:///tmp/x.db", SqliteRecords), ("redis://localhost", RedisRecords), ("rediss://localhost", RedisRecords)],
)
def test_records_are_where_the_sessions_are(store: str, kind: type) -> None:
    journal = open_journal(settings(store))
    assert isinstance(journal, SharedJournal)
    assert isinstance(journal._back, kind)
    assert open_journal(settings(store, MCP_JOURNAL_MAX_BYTES="0")) is None


@pytest.mark.parametrize("store", ["memory://", "noop://", "others://x"])
def test_records_are_in_memory_otherwise(store: str) -> None:
    assert isinstance(open_journal(settings(store)), MemoryJournal)


async def test_the_file_is_beside_that_of_the_sessions_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    journal = open_journal(settings(f"sqlite://{tmp_path}/sessions.db"))
    assert journal is not None
    await journal.open()
    journal.append(["one"], taken())
    await record_in(journal, "one")
    for name in ("sessions.db.journal", "sessions.db.journal-wal"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    await journal.close()
    assert open_journal(settings(f"sqlite://{tmp_path}/sessions.db")) is not None


def spoilt(path: Path, statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(statements)


@pytest.mark.parametrize(
    ("statements", "problem"),
    [
        ("CREATE TABLE other (x)", "another program's database"),
        (
            f"CREATE TABLE x (y); PRAGMA application_id = {sqlite_record.APPLICATION_ID}; PRAGMA user_version = 2",
            "a newer version wrote the file",
        ),
    ],
)
def test_a_file_that_is_not_ours_stops_the_start_and_is_left_alone(
    tmp_path: Path, statements: str, problem: str
) -> None:
    path = tmp_path / "sessions.db.journal"
    spoilt(path, statements)
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match=problem) as caught:
        open_journal(settings(f"sqlite://{tmp_path}/sessions.db"))
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "sessions.db.journal").write_text("hello " * 1000)
    with pytest.raises(ConfigurationError, match="damaged or no SQLite database"):
        open_journal(settings(f"sqlite://{tmp_path}/sessions.db"))


async def test_what_another_version_wrote_and_this_one_cannot_read_counts_as_dropped(tmp_path: Path) -> None:
    journal = await sqlite(tmp_path, 1 << 20)
    for number in range(2):
        journal.append(["one"], taken(number))
    await record_in(journal, "one")
    spoilt(tmp_path / "sessions.db.journal", "UPDATE events SET event = x'c1' WHERE sequence = 1")
    record = await record_in(journal, "one")
    assert (record.dropped, [entry.sequence for entry in record.entries]) == (1, [2])
    await journal.close()


async def test_what_was_shared_and_never_used_is_forgotten_in_time(tmp_path: Path) -> None:
    journal = await sqlite(tmp_path, 1 << 20)
    key = await journal.share("b:unused")
    await journal.sweep(NOW, NOW, nobody)
    assert await journal.shared(key) == "b:unused"
    await journal.sweep(2 * NOW, 60, nobody)
    assert await journal.shared(key) is None
    await journal.close()


async def test_the_budget_holds_for_all_records_together(tmp_path: Path) -> None:
    journal = await sqlite(tmp_path, 50_000)
    for number in range(200):
        journal.append([f"s{number % 7}"], taken(number, at=NOW + number, body=b"x" * 500))
    await record_in(journal, "s0")
    with closing(sqlite3.connect(tmp_path / "sessions.db.journal")) as db:
        (held,) = db.execute("SELECT sum(length(event)) + 100 * count(*) FROM events").fetchone()
        (told,) = db.execute("SELECT sum(bytes) FROM records").fetchone()
        (counted,) = db.execute("SELECT value FROM facts WHERE name = 'bytes'").fetchone()
    assert held == told == counted
    assert 45_000 < held <= 50_000
    await journal.close()
