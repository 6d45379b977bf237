"""Redis hangs, dies, comes back, or is read-only: that is said promptly, and never that a session is gone."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis_instances import instance
from store_fixtures import NOW, TIMEOUT, kept, session

from asgi_bridge import bounded
from mcp_echo_core.stores import redis as redis_module
from mcp_echo_core.stores.base import StoreUnavailable
from mcp_echo_core.stores.records import Delivery, Effect
from mcp_echo_core.stores.redis import RedisStore
from redis_process import RedisProcess, running_redis
from redis_proxy import proxied

PROMPT = 2.5
"""Seconds within which an outage is told, on a machine with other things to do."""

LONG = 60.0

OPERATIONS: dict[str, Callable[[RedisStore], Awaitable[Any]]] = {
    "create": lambda store: store.create(session("b"), NOW),
    "apply": lambda store: store.apply("a", Effect(requests=1), NOW),
    "get": lambda store: store.get("a", NOW),
    "delete": lambda store: store.delete("a", NOW),
    "take": lambda store: store.take("a", "s", None, NOW, 0.1),
    "append": lambda store: store.append("a", "p", Delivery(1, b"x"), NOW, last=True),
    "sweep": lambda store: store.sweep(NOW),
    "statistics": lambda store: store.statistics(NOW),
    "ping": lambda store: store.ping(),
}


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis that keeps its data when it ends, and that a test may treat badly."""
    with running_redis(tmp_path, keep=True) as server:
        yield server


@pytest.fixture
async def store(redis: RedisProcess) -> AsyncIterator[RedisStore]:
    """An instance with one session."""
    made = await instance(redis)
    await kept(made, "a")
    yield made
    await made.close()


async def works(store: RedisStore) -> None:
    """The session is there and everything about it works."""

    async def tried() -> None:
        while True:
            try:
                assert await store.apply("a", Effect(requests=1, message=b"again"), NOW) is not None
                assert await store.take("a", "fresh", None, NOW, 0.1) is not None
            except StoreUnavailable:
                await asyncio.sleep(0.02)
            else:
                return

    await bounded(tried(), "recovery")


@pytest.mark.parametrize("name", OPERATIONS)
async def test_a_dead_redis_is_unavailable_at_once_and_serves_again_when_it_is_back(
    name: str, redis: RedisProcess, store: RedisStore
) -> None:
    redis.stop(signal.SIGKILL)
    for _ in range(3):
        with pytest.raises(StoreUnavailable) as outage:
            await bounded(OPERATIONS[name](store), "the refusal")
        assert str(outage.value).count(redis.url) == 1
    redis.start()
    await works(store)


@pytest.mark.parametrize("name", OPERATIONS)
async def test_a_redis_that_hangs_is_unavailable_after_a_second(
    name: str, redis: RedisProcess, store: RedisStore
) -> None:
    redis.pause()
    begun = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await bounded(OPERATIONS[name](store), "the refusal")
    assert time.monotonic() - begun < PROMPT
    redis.resume()
    if name == "delete":  # Redis has the command, and does it late
        await bounded(gone(store), "the end of the session")
        await kept(store, "a")
    await works(store)


async def gone(store: RedisStore) -> None:
    """Return when the session is not there any more."""
    while True:
        try:
            if await store.get("a", NOW) is None:
                return
        except StoreUnavailable:
            pass
        await asyncio.sleep(0.02)


async def test_many_requests_to_a_hanging_redis_are_all_refused_together(
    redis: RedisProcess, store: RedisStore
) -> None:
    redis.pause()
    begun = time.monotonic()
    effects = (store.apply("a", Effect(requests=1), NOW) for _ in range(300))
    results = await asyncio.gather(*effects, return_exceptions=True)
    assert {type(result) for result in results} == {StoreUnavailable}
    assert time.monotonic() - begun < PROMPT
    redis.resume()
    await works(store)


async def test_a_waiting_stream_survives_a_short_outage(redis: RedisProcess, store: RedisStore) -> None:
    waiting = asyncio.create_task(store.take("a", "s", None, NOW, LONG))
    await store.take("a", "other", None, NOW, 0.01)
    redis.stop(signal.SIGKILL)
    with pytest.raises(StoreUnavailable):
        await store.get("a", NOW)
    assert not waiting.done()
    redis.start()

    async def told() -> None:
        while not waiting.done():
            try:
                await store.apply("a", Effect(message=b"after"), NOW)
            except StoreUnavailable:
                await asyncio.sleep(0.02)
            await asyncio.wait([waiting], timeout=0.1)

    await bounded(told(), "a message on the stream that waited")
    try:
        deliveries = waiting.result()
    except StoreUnavailable:
        return  # its client reconnects
    assert deliveries is not None
    assert {delivery.message for delivery in deliveries} == {b"after"}


@pytest.mark.parametrize("failure", ["cut", "silence"])
async def test_a_stream_hears_of_what_came_while_its_connection_was_broken(
    failure: str, redis: RedisProcess, store: RedisStore
) -> None:
    async with proxied(redis.port) as proxy:
        far = RedisStore(f"redis://127.0.0.1:{proxy.port}/0", TIMEOUT, 10, 4)
        await far.open()
        waiting = asyncio.create_task(far.take("a", "s", None, NOW, LONG))
        await far.take("a", "t", None, NOW, 0.01)
        proxy.refusing = True
        getattr(proxy, failure)()
        with pytest.raises(StoreUnavailable):  # nothing else would notice a silent network
            await bounded(far.get("a", NOW), "the refusal")
        await store.apply("a", Effect(message=b"meanwhile"), NOW)
        assert not waiting.done()
        proxy.refusing = False
        deliveries = await bounded(waiting, "the message")
        assert [delivery.message for delivery in deliveries or ()] == [b"meanwhile"]
        await far.close()


async def test_connections_that_are_cut_are_made_anew_without_an_error_for_what_comes_later(
    redis: RedisProcess,
) -> None:
    async with proxied(redis.port) as proxy:
        store = RedisStore(f"redis://127.0.0.1:{proxy.port}/0", TIMEOUT, 10, 4)
        await store.open()
        await kept(store, "a")
        for _ in range(3):
            waiting = asyncio.create_task(store.take("a", "s", None, NOW, LONG))
            await store.take("a", "t", None, NOW, 0.01)
            proxy.cut()
            await works(store)
            waiting.cancel()
            await asyncio.wait([waiting])
        await store.close()


async def test_a_read_only_replica_is_an_outage_and_not_a_lost_session(redis: RedisProcess, store: RedisStore) -> None:
    redis.ask("REPLICAOF", "127.0.0.1", "1")
    with pytest.raises(StoreUnavailable, match=r"(?i)read.only"):
        await store.apply("a", Effect(requests=1), NOW)
    redis.ask("REPLICAOF", "NO", "ONE")
    await works(store)


async def test_a_full_redis_is_an_outage_and_not_a_lost_session(redis: RedisProcess, store: RedisStore) -> None:
    redis.ask("CONFIG", "SET", "maxmemory", "1")
    with pytest.raises(StoreUnavailable, match="memory"):
        await store.apply("a", Effect(requests=1, echo="x"), NOW)
    redis.ask("CONFIG", "SET", "maxmemory", "0")
    await works(store)


async def test_the_start_waits_for_a_redis_that_comes_up_meanwhile(tmp_path: Path) -> None:
    with running_redis(tmp_path) as server:
        server.stop()
        store = RedisStore(server.url, TIMEOUT, 10, 4)
        opening = asyncio.create_task(store.open())
        for _ in range(20):
            await asyncio.sleep(0)
        assert not opening.done()
        server.start()
        await bounded(opening, "the start")
        await store.close()


async def test_the_start_gives_up_after_a_while_and_shows_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_module, "OPEN_SECONDS", 0.2)
    with running_redis(tmp_path) as server:
        port = server.port
    store = RedisStore(f"redis://user:top-secret@127.0.0.1:{port}/0", TIMEOUT, 10, 4)
    with pytest.raises(StoreUnavailable, match=rf"127\.0\.0\.1:{port}") as caught:
        await bounded(store.open(), "the end of patience")
    assert "top-secret" not in str(caught.value)
    await store.close()


async def test_time_spent_is_written_after_the_answer_and_lost_without_harm_in_an_outage(
    redis: RedisProcess, store: RedisStore
) -> None:
    store.add_busy("a", 0.5)

    async def written() -> None:
        while True:
            found = await store.get("a", NOW)
            if found is not None and found.busy_seconds == 0.5:
                return
            await asyncio.sleep(0.02)

    await bounded(written(), "the time spent")
    redis.stop(signal.SIGKILL)
    store.add_busy("a", 7.0)
    with pytest.raises(StoreUnavailable):
        await bounded(store._flush(), "the attempt to write it")
    redis.start()
    await works(store)
    found = await store.get("a", NOW)
    assert found is not None
    assert found.busy_seconds == 0.5
