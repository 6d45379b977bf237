"""stores/base.py: what every back end that keeps sessions does with messages on their way to streams."""

import asyncio
from typing import Any

import pytest
from store_fixtures import NOW, QUEUE_SIZE, TIMEOUT, kept

from asgi_bridge import bounded
from mcp_echo_core.stores.base import SessionStore
from mcp_echo_core.stores.records import LOG_LEVELS, Delivery, Effect

SOON = 0.01
LONG = 60.0


async def queue(store: SessionStore, *messages: bytes, name: str = "a") -> None:
    """Queue messages."""
    for message in messages:
        await store.apply(name, Effect(message=message), NOW)


async def taken(store: SessionStore, stream: str = "s", after: int | None = None) -> list[Delivery]:
    """What a stream gets now."""
    deliveries = await store.take("a", stream, after, NOW, SOON)
    assert deliveries is not None
    return deliveries


def messages_of(deliveries: list[Delivery]) -> list[bytes]:
    """The messages of deliveries."""
    return [delivery.message for delivery in deliveries]


async def waiting(store: SessionStore, stream: str = "s") -> "asyncio.Task[Any]":
    """A stream that waits for a message."""
    task = asyncio.create_task(store.take("a", stream, None, NOW, LONG))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not task.done()
    return task


async def test_messages_come_in_order_with_rising_numbers_and_only_once(store: SessionStore) -> None:
    await kept(store)
    await queue(store, b"1", b"2", b"3")
    deliveries = await taken(store)
    assert messages_of(deliveries) == [b"1", b"2", b"3"]
    numbers = [delivery.sequence for delivery in deliveries]
    assert numbers == sorted(set(numbers))
    assert await taken(store) == []
    assert await taken(store, "other") == []


async def test_a_waiting_stream_gets_a_message_when_it_comes(store: SessionStore) -> None:
    await kept(store)
    task = await waiting(store)
    await queue(store, b"1")
    assert messages_of(await bounded(task, "the message")) == [b"1"]


async def test_a_message_wakes_one_of_two_streams_and_the_next_the_other(store: SessionStore) -> None:
    await kept(store)
    tasks = [await waiting(store, stream) for stream in "st"]
    for message in (b"1", b"2"):
        await queue(store, message)
        done, _ = await bounded(asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED), "the message")
        (task,) = done
        tasks.remove(task)
        assert messages_of(task.result()) == [message]


async def test_a_message_for_a_stream_that_was_cancelled_goes_to_the_next(store: SessionStore) -> None:
    await kept(store)
    first, second = await waiting(store, "s"), await waiting(store, "t")
    await queue(store, b"1")
    first.cancel()
    await asyncio.wait([first])
    if not first.cancelled():
        assert messages_of(first.result()) == [b"1"]
        second.cancel()
        return
    assert messages_of(await bounded(second, "the message")) == [b"1"]


async def test_a_stream_that_resumes_gets_its_own_later_messages_and_what_waits(store: SessionStore) -> None:
    await kept(store)
    await queue(store, b"1", b"2")
    first = await taken(store, "s")
    await queue(store, b"3")
    await taken(store, "t")
    await queue(store, b"4")
    resumed = await taken(store, "s", first[0].sequence)
    assert messages_of(resumed) == [b"2", b"4"]
    assert resumed[0] == first[1]
    assert messages_of(await taken(store, "t", 0)) == [b"3"]
    assert messages_of(await taken(store, "s", first[0].sequence)) == [b"2", b"4"]


@pytest.mark.parametrize(("stream", "after"), [("nope", 0), ("nope", 10**15), ("s", 10**15)])
async def test_an_unknown_place_repeats_nothing(stream: str, after: int, store: SessionStore) -> None:
    await kept(store)
    await queue(store, b"1")
    await taken(store, "s")
    await queue(store, b"2")
    assert messages_of(await taken(store, stream, after)) == [b"2"]


async def test_the_oldest_message_makes_room_and_is_counted(store: SessionStore) -> None:
    await kept(store)
    sent = [str(number).encode() for number in range(QUEUE_SIZE + 3)]
    await queue(store, *sent)
    found = await store.get("a", NOW)
    assert found is not None
    assert (found.queued, found.dropped) == (QUEUE_SIZE, 3)
    assert messages_of(await taken(store)) == sent[3:]
    found = await store.get("a", NOW)
    assert found is not None
    assert (found.queued, found.dropped) == (0, 3)


@pytest.mark.parametrize("wanted", LOG_LEVELS)
@pytest.mark.parametrize("level", LOG_LEVELS)
async def test_a_message_is_queued_from_the_wanted_level_upwards(wanted: str, level: str, store: SessionStore) -> None:
    await kept(store, log_level=wanted)
    await store.apply("a", Effect(message=b"x", message_level=level), NOW)
    assert bool(await taken(store)) == (LOG_LEVELS.index(level) >= LOG_LEVELS.index(wanted))


async def test_a_level_counts_for_the_message_that_comes_with_it(store: SessionStore) -> None:
    await kept(store, log_level="error")
    await store.apply("a", Effect(message=b"x", log_level="debug"), NOW)
    assert messages_of(await taken(store)) == [b"x"]


@pytest.mark.parametrize("streams", [1, 3])
async def test_the_end_of_a_session_ends_all_waiting(streams: int, store: SessionStore) -> None:
    await kept(store)
    tasks = [await waiting(store, str(number)) for number in range(streams)]
    await store.delete("a", NOW)
    for task in tasks:
        assert await bounded(task, "the end") is None


async def test_the_sweep_of_an_expired_session_ends_its_waiting(store: SessionStore) -> None:
    await kept(store)
    task = await waiting(store)
    await store.sweep(NOW + TIMEOUT)
    assert await bounded(task, "the end") is None


async def test_a_new_session_of_the_same_name_starts_empty(store: SessionStore) -> None:
    await kept(store)
    await queue(store, b"old")
    await store.delete("a", NOW)
    await kept(store)
    assert await taken(store) == []
    assert await taken(store, "s", 0) == []


async def test_a_message_is_kept_byte_for_byte(store: SessionStore) -> None:
    await kept(store)
    message = '{"é":"\\n\x7f😀"}'.encode() * 1000
    await queue(store, message)
    assert messages_of(await taken(store)) == [message]
