"""Whatever is wrong with the SQLite file is an outage: never a lost session, and whole again afterwards."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_stores import Opener
from store_fixtures import NOW, kept

from asgi_bridge import bounded
from mcp_echo_core.stores.base import StoreUnavailable
from mcp_echo_core.stores.records import Effect
from mcp_echo_core.stores.sqlite import SqliteStore

LONG = 60.0


async def test_a_file_that_is_locked_is_an_outage_and_nothing_is_lost(one: SqliteStore, tmp_path: Path) -> None:
    await kept(one)
    with closing(sqlite3.connect(tmp_path / "sessions.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for operation in (one.apply("a", Effect(), NOW), one.delete("a", NOW), one.take("a", "s", None, NOW, LONG)):
            with pytest.raises(StoreUnavailable, match="locked"):
                await bounded(operation, "the outage")
        assert await one.get("a", NOW) is not None  # readers do not wait for writers
        other.execute("COMMIT")
    assert await one.apply("a", Effect(), NOW) is not None


async def test_a_full_disk_is_an_outage_and_what_was_there_stays(one: SqliteStore) -> None:
    await kept(one)
    (pages,) = await one._thread.run(lambda db: db.execute("PRAGMA page_count").fetchone())
    await one._thread.run(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone())
    with pytest.raises(StoreUnavailable, match="full"):
        await one.apply("a", Effect(echo="x" * 100_000), NOW)
    found = await one.get("a", NOW)
    assert found is not None
    assert found.last_echo is None
    assert await one.apply("a", Effect(requests=1), NOW) is not None


async def test_a_file_that_may_only_be_read_is_an_outage(one: SqliteStore) -> None:
    await kept(one)
    await one._thread.run(lambda db: db.execute("PRAGMA query_only = ON"), writes=False)
    with pytest.raises(StoreUnavailable, match="readonly"):
        await one.apply("a", Effect(), NOW)
    assert await one.get("a", NOW) is not None


async def test_a_damaged_file_is_an_outage(opens: Opener, one: SqliteStore, tmp_path: Path) -> None:
    await kept(one)
    await one.close()
    content = (tmp_path / "sessions.db").read_bytes()
    (tmp_path / "sessions.db").write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        await opens()


async def test_a_damaged_record_is_an_outage_of_its_session_only(one: SqliteStore) -> None:
    for name in "ab":
        await kept(one, name)
    await one._thread.run(lambda db: db.execute("UPDATE sessions SET record = x'ff' WHERE id = 'a'"))
    with pytest.raises(StoreUnavailable, match="a record in the session file cannot be read"):
        await one.apply("a", Effect(), NOW)
    assert await one.apply("b", Effect(), NOW) is not None


async def test_after_the_end_every_operation_is_an_outage(one: SqliteStore) -> None:
    await one.close()
    one.add_busy("a", 1.0)
    for operation in (one.apply("a", Effect(), NOW), one.get("a", NOW), one.ping(), one.statistics(NOW)):
        with pytest.raises(StoreUnavailable):
            await operation
