"""The back end of a shared journal is away: requests never feel it, one line tells of it, and little is lost."""

import asyncio
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from journal_fixtures import LARGE, Opener, eventually, nobody, on_redis, record_in, sqlite, taken

from asgi_bridge import bounded
from mcp_echo_core.recording import shared_journal, sqlite_journal
from mcp_echo_core.recording.journal import Journal
from mcp_echo_core.recording.sqlite_journal import SqliteRecords
from mcp_echo_core.stores.base import StoreUnavailable
from redis_process import RedisProcess, running_redis

AWAY = "the record of exchanges cannot be written now"
BACK = "the record of exchanges is written again"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis that keeps its data when it ends, and that a test may treat badly."""
    with running_redis(tmp_path, keep=True) as server:
        yield server


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow each other quickly here."""
    monkeypatch.setattr(shared_journal, "RETRY_SECONDS", 0.1)
    monkeypatch.setattr(sqlite_journal, "PATIENCE", 0.05)


async def written_again(journal: Journal, numbers: list[int]) -> None:
    """What was appended during an outage is there, each once."""

    async def there() -> bool:
        try:
            record = await journal.read("one")
        except StoreUnavailable:
            return False
        return record is not None and [entry.event.number for entry in record.entries] == numbers

    await eventually(there, "writing what was appended meanwhile")


async def told(caplog: pytest.LogCaptureFixture, line: str) -> None:
    async def said() -> bool:
        return line in caplog.text

    await eventually(said, f"the line {line!r}")


async def test_what_is_appended_while_redis_is_away_is_written_when_it_is_back(
    redis: RedisProcess, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    journal = await on_redis(redis)
    viewer = journal.watch("one")
    journal.append(["one"], taken(1))
    await record_in(journal, "one")
    redis.stop(signal.SIGKILL)
    journal.append(["one"], taken(2))
    await told(caplog, AWAY)
    journal.append(["one"], taken(3))
    with pytest.raises(StoreUnavailable):
        await bounded(journal.read("one"), "the refusal")
    await bounded(journal.sweep(0.0, 60, nobody), "a sweep")
    redis.start()
    await written_again(journal, [1, 2, 3])
    await told(caplog, BACK)
    assert caplog.text.count(AWAY) == 1
    assert [(await bounded(viewer.next(5.0), "an event")) is not None for _ in range(3)] == [True] * 3
    await journal.close()


async def test_a_redis_that_is_away_at_the_start_is_found_later(redis: RedisProcess) -> None:
    redis.stop()
    journal = await bounded(on_redis(redis), "the start")
    temporary = journal.key
    journal.append(["one"], taken(1))
    redis.start()
    await written_again(journal, [1])
    assert journal.key != temporary
    other = await on_redis(redis)
    assert other.key == journal.key
    await other.close()
    await journal.close()


async def test_a_journal_ends_in_time_though_redis_hangs(redis: RedisProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_journal, "CLOSING_SECONDS", 0.3)
    journal = await on_redis(redis)
    redis.pause()
    journal.append(["one"], taken(1))
    begun = time.monotonic()
    await bounded(journal.close(), "the end")
    assert time.monotonic() - begun < 3.0
    redis.resume()


async def test_what_is_appended_while_the_file_is_locked_is_written_afterwards(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    journal = await sqlite(tmp_path, LARGE)
    other = sqlite3.connect(tmp_path / "sessions.db.journal", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    journal.append(["one"], taken(1))
    await told(caplog, AWAY)
    journal.append(["one"], taken(2))
    other.execute("ROLLBACK")
    other.close()
    await written_again(journal, [1, 2])
    await told(caplog, BACK)
    assert caplog.text.count(AWAY) == 1
    await journal.close()


async def test_a_file_that_cannot_be_opened_is_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "later"
    journal = await sqlite(folder, LARGE)
    journal.append(["one"], taken(1))
    await told(caplog, AWAY)
    with pytest.raises(StoreUnavailable):
        await journal.share("one")
    folder.mkdir()
    await written_again(journal, [1])
    await journal.close()


async def test_a_write_that_nobody_waits_for_any_more_is_finished(tmp_path: Path) -> None:
    back = SqliteRecords(tmp_path / "file", LARGE)
    await back.open()
    sharing = asyncio.create_task(back.share("one", "key"))
    await asyncio.sleep(0)
    sharing.cancel()
    await asyncio.wait([sharing])
    assert await back.shared("key") == "one"
    await back.close()


async def test_the_journal_is_the_same_for_those_who_open_it_at_once(instances: Opener) -> None:
    one, two = await asyncio.gather(instances(), instances())
    assert one.key == two.key
