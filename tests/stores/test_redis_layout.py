"""What ``docs/stores.md`` says of the Redis store: round trips, keys, times to live, memory."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from redis_instances import instance
from store_fixtures import NOW, TIMEOUT, kept, session

from mcp_echo_core.stores import redis as redis_store
from mcp_echo_core.stores.records import ClientInfo, Delivery, Effect
from mcp_echo_core.stores.redis import RedisStore
from redis_process import shared_redis
from redis_proxy import proxied

KEY = re.compile(r"mcpecho:v1:\{(?P<session>[0-9a-z]+)\}:(record|queue|sent|responses|responses:p1)")
BOOK = re.compile(r"mcpecho:v1:\{store\}:(index|implicit|born|totals)")
ECHO = Effect(requests=1, echo="hello", message=b'{"jsonrpc":"2.0"}')


async def add_busy(store: RedisStore) -> None:
    """Count time, as an operation like the others."""
    store.add_busy("a", 1.0)


OPERATIONS: dict[str, tuple[int, Callable[[RedisStore], Awaitable[Any]]]] = {
    "create": (1, lambda store: store.create(session("b"), NOW)),
    "apply": (1, lambda store: store.apply("a", ECHO, NOW)),
    "apply to none": (1, lambda store: store.apply("none", ECHO, NOW)),
    "get": (1, lambda store: store.get("a", NOW)),
    "append": (1, lambda store: store.append("a", "p1", Delivery(1, b"x"), NOW, last=False)),
    "take again": (1, lambda store: store.take("a", "s", None, NOW, 0.0)),
    "delete": (2, lambda store: store.delete("a", NOW)),
    "sweep of nothing": (2, lambda store: store.sweep(NOW)),
    "sweep of one": (5, lambda store: store.sweep(NOW + TIMEOUT)),
    "statistics": (4, lambda store: store.statistics(NOW)),
    "ping": (1, lambda store: store.ping()),
    "an id that cannot be": (0, lambda store: store.apply("a}b", ECHO, NOW)),
    "time spent": (0, add_busy),
}


@pytest.mark.parametrize("name", OPERATIONS)
async def test_an_operation_takes_no_more_round_trips_than_documented(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_store, "FLUSH_SECONDS", 60.0)
    server = shared_redis()
    server.ask("FLUSHDB")
    trips, operation = OPERATIONS[name]
    async with proxied(server.port) as proxy:
        store = RedisStore(f"redis://127.0.0.1:{proxy.port}/0", TIMEOUT, 10, 4)
        await store.open()
        await kept(store, "a")
        await store.take("a", "s", None, NOW, 0.0)
        before = proxy.trips
        await operation(store)
        assert proxy.trips - before == trips
        await store.close()


async def test_scripts_that_redis_has_forgotten_are_sent_again() -> None:
    server = shared_redis()
    server.ask("FLUSHDB")
    store = await instance(server)
    await kept(store, "a")
    server.ask("SCRIPT", "FLUSH")
    applied = await store.apply("a", ECHO, NOW)
    assert applied is not None
    assert applied.echo_count == 1
    server.ask("SCRIPT", "FLUSH")
    deliveries = await store.take("a", "s", None, NOW, 0.01)
    assert [delivery.message for delivery in deliveries or ()] == [ECHO.message]
    server.ask("SCRIPT", "FLUSH")
    await store.delete("a", NOW)
    assert (await store.statistics(NOW)).reasons["delete"] == 1
    await store.close()


def keys() -> list[str]:
    """All keys, from the reply as it comes over the wire."""
    return [line for line in shared_redis().ask("KEYS", "*").decode().split("\r\n") if line[:1] not in ("*", "$", "")]


async def test_every_key_has_the_prefix_and_its_sessions_hash_tag_and_goes_by_itself_some_day() -> None:
    server = shared_redis()
    server.ask("FLUSHDB")
    store = await instance(server)
    for name in ("a1", "b2"):
        await kept(store, name, explicit=False)
        for number in range(2):
            await store.apply(name, ECHO, NOW + number)
            await store.take(name, "s", None, NOW, 0.01)
        await store.apply(name, ECHO, NOW + 90)
        await store.append(name, "p1", Delivery(1, b"x"), NOW + 90, last=False)
    names = keys()
    assert len(names) == 2 * 5 + 4
    books = [name for name in names if BOOK.fullmatch(name)]
    assert len(books) == 4
    for name in set(names) - set(books):
        assert KEY.fullmatch(name), name
        left = int(server.ask("PTTL", name).decode()[1:]) / 1000
        assert 2 * TIMEOUT < left <= 2 * TIMEOUT + 60
    for name in ("a1", "b2"):
        await store.delete(name, NOW + 90)
    assert keys() == ["mcpecho:v1:{store}:totals"], "nothing of an ended session is kept"
    await store.close()


async def test_what_nobody_sweeps_goes_by_itself() -> None:
    server = shared_redis()
    server.ask("FLUSHDB")
    store = await instance(server, timeout=0.05)
    await kept(store, "a")
    assert 0 < int(server.ask("PTTL", "mcpecho:v1:{a}:record").decode()[1:]) <= 60_100
    server.ask("DEL", "mcpecho:v1:{a}:record")  # as if that time had come
    assert (await store.statistics(NOW + 1)).reasons["idle"] == 1
    await store.close()


@pytest.mark.parametrize(("effect", "limit"), [(None, 1400), (Effect(echo="hello"), 1600), (ECHO, 6000)])
async def test_a_session_is_as_small_as_documented(effect: Effect | None, limit: int) -> None:
    server = shared_redis()
    server.ask("FLUSHDB")
    store = await instance(server, max_sessions=100_000)
    before = used_memory()
    for number in range(500):
        name = f"00000000-0000-4000-8000-{number:012}"
        facts: dict[str, Any] = {"client": ClientInfo("a usual client", "1.0"), "capabilities": {"sampling": {}}}
        await kept(store, name, protocol_version="2025-11-25", **facts)
        if effect is not None:
            await store.apply(name, effect, NOW)
    each = (used_memory() - before) / 500
    figures = await store.statistics(NOW)
    await store.close()
    assert each < limit
    assert 0 < (figures.session_bytes or 0) / 500 < limit
    assert figures.queued == (500 if effect is ECHO else 0)


def used_memory() -> int:
    """Bytes that Redis has allocated."""
    found = re.search(r"used_memory:(\d+)", shared_redis().ask("INFO", "memory").decode())
    assert found is not None
    return int(found[1])
