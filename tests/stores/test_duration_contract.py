"""How long ended sessions lived: for every store that keeps sessions, and beside other versions of the server."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from redis_instances import instance
from sqlite_stores import Opener
from store_fixtures import NOW, TIMEOUT, kept, session

from mcp_echo_core.stores.base import REASONS, SessionStore
from mcp_echo_core.stores.durations import BOUNDS, Durations
from mcp_echo_core.stores.redis import RedisStore
from redis_process import RedisProcess, shared_redis

TOTALS = "mcpecho:v1:{store}:totals"


def filled(durations: Durations) -> dict[float, int]:
    """The buckets that are not empty, by their upper bound."""
    return {bound: count for bound, count in zip((*BOUNDS, "more"), durations.buckets, strict=True) if count}


@pytest.fixture
def server() -> RedisProcess:
    server = shared_redis()
    server.ask("FLUSHDB")
    return server


@pytest.fixture
async def shared(server: RedisProcess) -> AsyncIterator[RedisStore]:
    store = await instance(server)
    yield store
    await store.close()


async def test_each_ended_session_is_in_the_bucket_of_its_reason(store: SessionStore) -> None:
    await kept(store, "a", explicit=False)
    for name in "bc":
        await kept(store, name)
    await store.create(session("d", NOW + 3), NOW + 3)
    await store.delete("b", NOW + 60)
    durations = (await store.statistics(NOW + TIMEOUT + 3)).durations
    assert {reason: filled(durations[reason]) for reason in REASONS} == {
        "delete": {60.0: 1}, "idle": {120.0: 2}, "cap": {5.0: 1}, "drain": {}
    }  # fmt: skip
    assert [durations[reason].seconds for reason in REASONS] == [60, 2 * TIMEOUT, 3, 0]


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(0.0, BOUNDS[0]), (-5.0, BOUNDS[0]), (300.5, 1800.0), (86400.5, "more")]
)
async def test_a_session_of_any_length_has_a_bucket(seconds: float, bucket: float | str, store: SessionStore) -> None:
    await store.create(session("a", NOW - seconds, last_activity=NOW), NOW)
    await store.delete("a", NOW)
    figures = await store.statistics(NOW)
    assert filled(figures.durations["delete"]) == {bucket: 1}
    assert figures.durations["delete"].seconds == figures.lifetime_seconds == max(0.0, seconds)


async def test_the_figures_stay_as_they_were_when_told(store: SessionStore) -> None:
    before = await store.statistics(NOW)
    await kept(store)
    await store.delete("a", NOW)
    assert before.durations["delete"] == Durations()


async def test_a_file_of_a_server_that_did_not_count_this_is_used_on(opens: Opener, tmp_path: Path) -> None:
    earlier = await opens()
    for name in "ab":
        await kept(earlier, name)
    await earlier.delete("a", NOW + 10)
    await earlier.close()
    with closing(sqlite3.connect(tmp_path / "sessions.db")) as db:
        db.execute("DROP TABLE durations")
    later = await opens()
    await later.delete("b", NOW + 20)
    figures = await later.statistics(NOW + 20)
    assert (figures.ended, figures.lifetime_seconds) == (2, 30)
    assert (filled(figures.durations["delete"]), figures.durations["delete"].seconds) == ({30.0: 1}, 20)


async def test_what_a_server_that_does_not_count_this_ends_in_redis_is_no_part_of_it(
    server: RedisProcess, shared: RedisStore
) -> None:
    server.ask("HINCRBY", TOTALS, "delete", "1")
    server.ask("HINCRBYFLOAT", TOTALS, "lifetime", "10.000000")
    await kept(shared)
    await shared.delete("a", NOW + 20)
    figures = await shared.statistics(NOW + 20)
    assert (figures.ended, figures.lifetime_seconds) == (2, 30)
    assert (filled(figures.durations["delete"]), figures.durations["delete"].seconds) == ({30.0: 1}, 20)


async def test_counts_under_bounds_of_another_version_go_to_the_next_bound(
    opens: Opener, tmp_path: Path, server: RedisProcess, shared: RedisStore
) -> None:
    file = await opens()
    with closing(sqlite3.connect(tmp_path / "sessions.db")) as db, db:
        rows = [("idle", 45.0, 2, 80.0), ("idle", 1e9, 1, 5e8), ("of another version", 1.0, 1, 1.0)]
        db.executemany("INSERT INTO durations VALUES (?, ?, ?, ?)", rows)
    counted = {"lifetime:idle:45": "2", "lifetime:idle:1e+09": "1", "lifetime:of another version:1": "1"}
    for name, value in {**counted, "lifetime:idle": "500000080"}.items():
        server.ask("HSET", TOTALS, name, value)
    for store in (file, shared):
        durations = (await store.statistics(NOW)).durations
        assert set(durations) == set(REASONS)
        assert (filled(durations["idle"]), durations["idle"].seconds) == ({60.0: 2, "more": 1}, 500000080)
