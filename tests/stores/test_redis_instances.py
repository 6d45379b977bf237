"""Several instances on one Redis are one store: nothing is delivered twice, nothing is lost, all figures are exact."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis_instances import instance
from store_fixtures import NOW, TIMEOUT, kept, session

from asgi_bridge import bounded
from mcp_echo_core.stores import redis_listener
from mcp_echo_core.stores.base import StoreFull
from mcp_echo_core.stores.memory import MAX_RESPONSES
from mcp_echo_core.stores.records import Delivery, Effect, Rate, RateExceeded
from mcp_echo_core.stores.redis import RedisStore
from redis_process import shared_redis

LONG = 60.0
MANY = 500
Pair = tuple[RedisStore, RedisStore]


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """Two instances on an empty database, with outboxes that hold everything these tests put there."""
    server = shared_redis()
    server.ask("FLUSHDB")
    stores = await instance(server, queue_size=2 * MANY), await instance(server, queue_size=2 * MANY)
    yield stores
    for store in stores:
        await store.close()


async def test_what_one_instance_does_the_other_sees_at_once(pair: Pair) -> None:
    here, there = pair
    await kept(here, "a")
    applied = await here.apply("a", Effect(requests=1, echo="hi"), NOW + 1)
    assert await there.get("a", NOW + 1) == applied
    assert await there.delete("a", NOW + 2) is True
    assert await here.apply("a", Effect(), NOW + 2) is None
    assert await here.delete("a", NOW + 2) is False


async def test_counters_are_exact_under_concurrent_requests_to_both(pair: Pair) -> None:
    await kept(pair[0], "a")
    effects = [Effect(requests=1, echo=str(number), message=b"%d" % number) for number in range(MANY)]
    done = await asyncio.gather(*(pair[n % 2].apply("a", effect, NOW + n / MANY) for n, effect in enumerate(effects)))
    assert sorted(found.echo_count for found in done if found is not None) == [*range(1, MANY + 1)]
    found = await pair[1].get("a", NOW + 1)
    assert found is not None
    assert (found.requests, found.echo_count, found.last_echo_number, found.queued) == (MANY, MANY, MANY, MANY)
    assert found.last_activity == NOW + (MANY - 1) / MANY, "time does not run backwards, whoever comes last"


async def test_the_last_use_is_the_latest_and_not_the_one_that_arrives_last(pair: Pair) -> None:
    here, there = pair
    await kept(here, "a")
    await here.apply("a", Effect(), NOW + 10)
    late = await there.apply("a", Effect(requests=1), NOW + 5)
    assert late is not None
    assert late.last_activity == NOW + 10
    assert await here.get("a", NOW + 10) == late


async def test_no_message_goes_to_two_streams_and_none_is_lost(pair: Pair) -> None:
    here, there = pair
    await kept(here, "a")
    got: list[bytes] = []
    all_arrived = asyncio.Event()

    async def read(store: RedisStore, stream: str) -> None:
        while (deliveries := await store.take("a", stream, None, NOW, LONG)) is not None:
            got.extend(delivery.message for delivery in deliveries)
            if len(got) >= MANY:
                all_arrived.set()

    readers = [asyncio.create_task(read(store, f"{n}x{m}")) for m, store in enumerate(pair) for n in range(5)]
    sent = [b"%d" % number for number in range(MANY)]
    await asyncio.gather(*(pair[n % 2].apply("a", Effect(message=text), NOW) for n, text in enumerate(sent)))
    await bounded(all_arrived.wait(), "the arrival of all messages")
    await there.delete("a", NOW)
    await bounded(asyncio.gather(*readers), "the end of the streams")
    assert sorted(got, key=int) == sent


async def test_a_stream_on_one_instance_gets_what_another_puts_there(pair: Pair) -> None:
    here, there = pair
    await kept(here, "a")
    waiting = asyncio.create_task(here.take("a", "s", None, NOW, LONG))
    await there.apply("a", Effect(message=b"from there"), NOW)
    deliveries = await bounded(waiting, "the message")
    assert [delivery.message for delivery in deliveries or ()] == [b"from there"]


async def test_a_stream_cut_on_one_instance_is_resumed_on_the_other(pair: Pair) -> None:
    here, there = pair
    await kept(here, "a")
    for text in (b"1", b"2", b"3"):
        await here.apply("a", Effect(message=text), NOW)
    first = await here.take("a", "s", None, NOW, 0.01)
    assert first is not None
    await here.apply("a", Effect(message=b"4"), NOW)
    resumed = await there.take("a", "s", first[0].sequence, NOW, 0.01)
    assert resumed is not None
    assert [delivery.message for delivery in resumed] == [b"2", b"3", b"4"]
    assert resumed[:2] == first[1:]


async def test_a_response_begun_on_one_instance_is_continued_on_the_other_to_its_end(pair: Pair) -> None:
    here, there = pair
    await kept(here, "a")
    assert await here.append("a", "p", Delivery(1, b"one"), NOW, last=False) is False
    assert await there.take("a", "p", 0, NOW, 0.01) == [Delivery(1, b"one")]
    waiting = asyncio.create_task(there.take("a", "p", 1, NOW, LONG))
    assert await here.append("a", "p", Delivery(2, b"two"), NOW, last=True) is True
    assert await bounded(waiting, "the rest") == [Delivery(2, b"two")]
    assert await there.take("a", "p", 2, NOW, LONG) is None


async def test_the_end_of_a_session_ends_the_streams_of_all_instances(pair: Pair) -> None:
    await kept(pair[0], "a")
    streams = [asyncio.create_task(store.take("a", "s", None, NOW, LONG)) for store in pair for _ in range(3)]
    await pair[1].delete("a", NOW)
    assert await bounded(asyncio.gather(*streams), "the end of the streams") == [None] * 6


@pytest.mark.parametrize("turns", range(0, 40, 3))
async def test_what_a_cancelled_stream_was_about_to_get_goes_to_another_in_order(turns: int, pair: Pair) -> None:
    here, there = pair
    await kept(here, "a")
    await here.take("a", "s", None, NOW, 0.01)
    for text in (b"1", b"2"):
        await here.apply("a", Effect(message=text), NOW)
    leaving = asyncio.create_task(here.take("a", "s", None, NOW, LONG))
    for _ in range(turns):
        await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait([leaving])
    if leaving.cancelled():
        left = await bounded(there.take("a", "t", None, NOW, LONG), "the messages that nobody has got")
    else:
        left = leaving.result()
    assert [delivery.message for delivery in left or ()] == [b"1", b"2"]


async def test_the_cap_and_the_figures_count_the_sessions_of_all_instances() -> None:
    server = shared_redis()
    server.ask("FLUSHDB")
    pair = await instance(server, max_sessions=3), await instance(server, max_sessions=3)
    for number, store in enumerate((*pair, pair[0])):
        await kept(store, str(number), NOW + number, explicit=number != 1)
    await kept(pair[1], "3", NOW + 3)
    assert await pair[0].get("1", NOW + 3) is None, "nobody asked for it"
    for store in pair:
        with pytest.raises(StoreFull):
            await store.create(session("4", NOW + 4), NOW + 4)
    await pair[0].delete("0", NOW + 10)
    assert await pair[1].sweep(NOW + 2 + TIMEOUT) == 1
    for store in pair:
        figures = await store.statistics(NOW + 2 + TIMEOUT)
        assert (figures.active, figures.created, figures.ended) == (1, 4, 3)
        assert figures.reasons == {"delete": 1, "idle": 1, "cap": 1, "drain": 0}
        assert {reason: lived.count for reason, lived in figures.durations.items()} == figures.reasons
        assert figures.lifetime_seconds == pytest.approx(10 + TIMEOUT + 2)
        await store.close()


async def test_many_instances_admit_exactly_as_many_sessions_as_may_live() -> None:
    server = shared_redis()
    server.ask("FLUSHDB")
    stores = [await instance(server, max_sessions=20) for _ in range(3)]
    attempts = [stores[n % 3].create(session(str(n)), NOW) for n in range(100)]
    refused = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(result, StoreFull) for result in refused) == 80
    found = [await stores[0].get(str(number), NOW) for number in range(100)]
    assert sum(each is not None for each in found) == 20
    for store in stores:
        await store.close()


async def test_a_session_that_only_the_books_believe_expired_lives_on(pair: Pair) -> None:
    here, there = pair
    await kept(here, "a")
    await here.apply("a", Effect(requests=1), NOW + 90)  # the books do not know yet
    assert await there.sweep(NOW + TIMEOUT) == 0
    assert await there.get("a", NOW + TIMEOUT) is not None
    assert await there.sweep(NOW + 90 + TIMEOUT) == 1


async def test_an_expired_session_is_counted_once_however_many_sweep(pair: Pair) -> None:
    for number in range(50):
        await kept(pair[0], str(number))
    freed = await asyncio.gather(*(store.sweep(NOW + TIMEOUT) for store in pair for _ in range(4)))
    assert sum(freed) == 50
    figures = await pair[1].statistics(NOW + TIMEOUT)
    assert (figures.active, figures.expired, figures.lifetime_seconds) == (0, 50, 50 * TIMEOUT)


async def test_a_rate_limit_counts_the_requests_to_all_instances() -> None:
    server = shared_redis()
    server.ask("FLUSHDB")
    pair = [await instance(server, rate=Rate(10, 5.0)) for _ in range(2)]
    await kept(pair[0], "a")
    attempts = (pair[n % 2].apply("a", Effect(requests=1), NOW) for n in range(30))
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(result, RateExceeded) for result in results) == 20
    for store in pair:
        await store.close()


async def test_a_thousand_streams_wait_on_two_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_listener, "TIMEOUT", 10.0)  # a thousand at once take a busy machine more than a second
    server = shared_redis()
    server.ask("FLUSHDB")
    store = await instance(server)
    for number in range(1000):
        await kept(store, str(number))
    streams = [asyncio.create_task(store.take(str(n), "s", None, NOW, LONG)) for n in range(1000)]
    for number in range(1000):
        await store.apply(str(number), Effect(message=b"%d" % number), NOW)
    for number, deliveries in enumerate(await bounded(asyncio.gather(*streams), "all messages")):
        assert [delivery.message for delivery in deliveries or ()] == [b"%d" % number]
    clients = server.ask("CLIENT", "LIST").decode().count("name=mcp-echo")
    await store.close()
    assert clients == 2


async def test_a_session_nobody_listens_to_any_more_is_not_subscribed_to(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_listener, "LINGER_SECONDS", 0.0)
    here, there = pair
    for name in "ab":
        await kept(here, name)
    waiting = asyncio.create_task(here.take("b", "s", None, NOW, LONG))
    for _ in range(2):  # and again after it was left
        await here.take("a", "s", None, NOW, 0.01)
        await here._flush()
        replies = await here._link.command("PUBSUB", "CHANNELS", "mcpecho:*")
        while b"mcpecho:v1:{a}:record" in replies:
            replies = await here._link.command("PUBSUB", "CHANNELS", "mcpecho:*")
        assert replies == [b"mcpecho:v1:{b}:record"]
    await there.apply("b", Effect(message=b"still heard"), NOW)
    deliveries = await bounded(waiting, "the message")
    assert [delivery.message for delivery in deliveries or ()] == [b"still heard"]


async def test_who_waits_for_a_response_that_makes_room_for_another_waits_no_more(pair: Pair) -> None:
    here, there = pair
    await kept(here, "a")
    await here.append("a", "p", Delivery(1, b"1"), NOW, last=False)
    waiting = asyncio.create_task(there.take("a", "p", 1, NOW, LONG))
    await asyncio.wait([waiting], timeout=0.1)
    assert not waiting.done()
    for number in range(MAX_RESPONSES):
        await here.append("a", f"q{number}", Delivery(1, b"1"), NOW, last=False)
    assert await bounded(waiting, "the end") is None


async def test_a_use_that_is_noted_after_the_end_brings_nothing_back(pair: Pair) -> None:
    here, there = pair
    await kept(here, "a")
    await here.apply("a", Effect(requests=1), NOW)
    here.add_busy("a", 1.0)
    await there.delete("a", NOW)
    await here._flush()
    figures = await there.statistics(NOW)
    assert (figures.active, figures.ended) == (0, 1)
    assert await here.get("a", NOW) is None
    assert shared_redis().ask("EXISTS", "mcpecho:v1:{a}:record") == b":0\r\n"
