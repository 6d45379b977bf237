"""What the Redis journal keeps in Redis: keys that expire, one budget over all instances, one round trip per write."""

import re
from collections.abc import AsyncIterator

import pytest
from journal_fixtures import NOW, TIMEOUT, eventually, everybody, nobody, on_redis, record_in, taken

from mcp_echo_core.recording import journal as journal_module
from mcp_echo_core.recording.redis_journal import RedisRecords
from mcp_echo_core.recording.shared_journal import SharedJournal
from redis_process import RedisProcess, shared_redis
from redis_proxy import proxied


@pytest.fixture
def server() -> RedisProcess:
    """An empty Redis."""
    redis = shared_redis()
    redis.ask("FLUSHDB")
    return redis


@pytest.fixture
async def journal(server: RedisProcess) -> AsyncIterator[SharedJournal]:
    """An instance."""
    made = await on_redis(server)
    yield made
    await made.close()


def lifetime(server: RedisProcess, name: str) -> int:
    """Milliseconds until a record's keys go."""
    return int(server.ask("PTTL", f"mcpecho:v1:{{{name}}}:journal").strip(b":\r\n"))


async def test_keys_of_a_record_are_in_one_slot_and_expire_after_the_session(
    server: RedisProcess, journal: SharedJournal
) -> None:
    journal.append(["one"], taken())
    await record_in(journal, "one")
    names = re.findall(r"mcpecho:v1:\S+", server.ask("KEYS", "*").decode())
    record = {name for name in names if "{one}" in name}
    assert {name.rpartition(":")[2] for name in record} == {"journal", "events"}
    assert all("{journal}" in name for name in set(names) - record)
    assert TIMEOUT * 1000 < lifetime(server, "one") <= 2000 * TIMEOUT + 60_000


async def test_a_living_session_s_record_is_kept_though_it_is_silent(
    server: RedisProcess, journal: SharedJournal
) -> None:
    journal.append(["one"], taken())
    await record_in(journal, "one")
    server.ask("PEXPIRE", "mcpecho:v1:{one}:journal", "5000")

    async def kept() -> bool:
        await journal.sweep(NOW + 500, 60, everybody)
        return lifetime(server, "one") > 100_000

    await eventually(kept, "keeping it")


async def test_the_books_hold_nothing_of_what_was_forgotten(server: RedisProcess, journal: SharedJournal) -> None:
    for subject in ("a", "b"):
        journal.append([subject], taken())
        await journal.share(subject)

    async def empty() -> bool:
        await journal.sweep(NOW + 500, 60, nobody)
        names = server.ask("KEYS", "*").decode()
        return not re.search(r"index|holding|views|viewed|\{a\}|\{b\}", names)

    await eventually(empty, "forgetting")
    await eventually(lambda: _sum_is(server, 0), "settling the books")


async def _sum_is(server: RedisProcess, expected: int) -> bool:
    reply = server.ask("HGET", "mcpecho:v1:{journal}:sizes", "").split(b"\r\n")
    return int(reply[1]) == expected


async def test_one_budget_holds_over_all_instances(server: RedisProcess) -> None:
    one, two = await on_redis(server, 30_000), await on_redis(server, 30_000)
    for number in range(100):
        subject = f"s{number // 10}"
        (one, two)[number % 2].append([subject], taken(number, at=NOW + number, body=b"x" * 500))

    async def bounded_now() -> bool:
        records = [await one.read(f"s{number}") for number in range(10)]
        held = sum(len(record.entries) for record in records if record is not None)
        newest = records[-1]
        return 20 <= held <= 40 and newest is not None and len(newest.entries) == 10

    await eventually(bounded_now, "making room")
    oldest = await one.read("s0")
    assert oldest is None or not oldest.entries
    await one.close()
    await two.close()


async def test_the_number_of_records_holds_over_all_instances(
    server: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "MAX_RECORDS", 3)
    one, two = await on_redis(server), await on_redis(server)
    for number in range(8):
        (one, two)[number % 2].append([f"s{number}"], taken(number, at=NOW + number))

    async def few() -> bool:
        return server.ask("KEYS", "*:journal").startswith(b"*3\r\n")

    await eventually(few, "making room")
    assert await two.read("s7") is not None
    await one.close()
    await two.close()


async def test_a_write_of_many_exchanges_of_many_records_is_one_round_trip_and_silence_costs_none(
    server: RedisProcess,
) -> None:
    async with proxied(server.port) as proxy:
        back = RedisRecords(f"redis://127.0.0.1:{proxy.port}/0", TIMEOUT, 1 << 20)
        journal = SharedJournal(back)
        await journal.open()
        before = proxy.trips
        for number in range(50):
            journal.append([f"s{number % 5}"], taken(number))

        async def settled() -> bool:
            return not journal._pending and not journal._batches and not back.busy

        await eventually(settled, "writing")
        assert proxy.trips - before <= 2  # the books come with the next write, here the last
        assert back._listener._task is None
        await journal.close()


async def test_the_subscriber_s_connection_is_there_only_once_somebody_watches(
    server: RedisProcess, journal: SharedJournal
) -> None:
    journal.append(["one"], taken())
    await record_in(journal, "one")
    back = journal._back
    assert isinstance(back, RedisRecords)
    assert back._listener._task is None
    viewer = journal.watch("one")
    await record_in(journal, "one")
    assert back._listener._task is not None
    journal.leave("one", viewer)

    async def ignored() -> bool:
        return not back._channels

    await eventually(ignored, "leaving")
