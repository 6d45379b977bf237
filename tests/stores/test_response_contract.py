"""stores/base.py: response streams that are continued after a cut, and subscriptions to resources."""

import asyncio

import pytest
from store_fixtures import NOW, QUEUE_SIZE, TIMEOUT, kept

from asgi_bridge import bounded
from mcp_echo_core.messages import encode_notification
from mcp_echo_core.stores.base import SessionStore
from mcp_echo_core.stores.memory import MAX_RESPONSES
from mcp_echo_core.stores.records import Delivery, Effect

SOON = 0.01
LONG = 60.0


async def append(store: SessionStore, stream: str, number: int, *, last: bool = False) -> bool:
    """Keep the message of this number."""
    return await store.append("a", stream, Delivery(number, b"%d" % number), NOW, last=last)


async def numbers(store: SessionStore, stream: str, after: int) -> list[int] | None:
    """What follows on a stream."""
    deliveries = await store.take("a", stream, after, NOW, SOON)
    return None if deliveries is None else [delivery.sequence for delivery in deliveries]


async def test_a_response_is_repeated_from_any_place_until_its_end(store: SessionStore) -> None:
    await kept(store)
    for number in (1, 2, 3):
        await append(store, "p", number, last=number == 3)
    assert await numbers(store, "p", 0) == [1, 2, 3]
    assert await numbers(store, "p", 0) == [1, 2, 3]
    assert await numbers(store, "p", 2) == [3]
    assert await numbers(store, "p", 3) is None


async def test_a_response_that_is_not_complete_is_waited_for(store: SessionStore) -> None:
    await kept(store)
    await append(store, "p", 1)
    assert await numbers(store, "p", 1) == []
    waiting = asyncio.create_task(store.take("a", "p", 1, NOW, LONG))
    await append(store, "p", 2)
    assert await bounded(waiting, "the message") == [Delivery(2, b"2")]


async def test_a_response_may_end_without_a_message(store: SessionStore) -> None:
    await kept(store)
    assert await store.append("a", "p", None, NOW, last=False) is False
    waiting = asyncio.create_task(store.take("a", "p", 0, NOW, LONG))
    await asyncio.sleep(0)
    await store.append("a", "p", None, NOW, last=True)
    assert await bounded(waiting, "the end") is None


async def test_the_sender_learns_that_the_stream_was_continued(store: SessionStore) -> None:
    await kept(store)
    assert await append(store, "p", 1) is False
    assert await append(store, "p", 2) is False
    await numbers(store, "p", 0)
    assert await append(store, "p", 3) is True
    assert await append(store, "q", 1) is False


async def test_a_response_stream_takes_nothing_from_the_outbox(store: SessionStore) -> None:
    await kept(store)
    await append(store, "p", 1)
    await store.apply("a", Effect(message=b"for any stream"), NOW)
    assert await numbers(store, "p", 0) == [1]
    deliveries = await store.take("a", "s", None, NOW, SOON)
    assert [delivery.message for delivery in deliveries or ()] == [b"for any stream"]


async def test_a_long_response_keeps_its_latest_messages(store: SessionStore) -> None:
    await kept(store)
    for number in range(1, QUEUE_SIZE + 3):
        await append(store, "p", number)
    assert await numbers(store, "p", 0) == [*range(3, QUEUE_SIZE + 3)]


async def test_the_oldest_finished_response_makes_room_before_running_ones(store: SessionStore) -> None:
    await kept(store)
    for stream in range(MAX_RESPONSES):
        await append(store, f"p{stream}", 1, last=stream in (2, 3))
    await append(store, "one more", 1)
    assert await numbers(store, "p2", 0) == [], "it is forgotten: this is a stream for the outbox now"
    assert await numbers(store, "p3", 0) == [1]
    await append(store, "yet one more", 1)
    await append(store, "and one more", 1)
    assert await numbers(store, "p3", 0) == []
    assert await numbers(store, "p0", 0) == []
    assert await numbers(store, "p1", 0) == [1]


@pytest.mark.parametrize("when", [NOW, NOW + TIMEOUT])
async def test_nothing_is_kept_for_a_session_that_is_not_there(when: float, store: SessionStore) -> None:
    await kept(store)
    if when == NOW:
        await store.delete("a", NOW)
    assert await store.append("a", "p", Delivery(1, b"1"), when, last=True) is False
    assert await store.take("a", "p", 0, when, SOON) is None


async def test_a_subscribed_session_is_told_of_updates_and_no_other(store: SessionStore) -> None:
    uris = ("echo://é/ü", 'echo://"quoted"/', "echo://plain")
    for name in "ab":
        await kept(store, name)
    for uri in (*uris, uris[0]):
        applied = await store.apply("a", Effect(subscribe=uri), NOW)
    assert applied is not None
    assert applied.subscriptions == uris
    assert await store.get("a", NOW) == applied
    for name in "ab":
        await store.apply(name, Effect(updated=uris[0]), NOW)
        await store.apply(name, Effect(updated="echo://other"), NOW)
    deliveries = await store.take("a", "s", None, NOW, SOON)
    expected = encode_notification("notifications/resources/updated", {"uri": uris[0]})
    assert [delivery.message for delivery in deliveries or ()] == [expected]
    assert await store.take("b", "s", None, NOW, SOON) == []


async def test_a_subscription_ends_when_the_client_says_so(store: SessionStore) -> None:
    await kept(store)
    for uri in ("x:1", "x:2"):
        await store.apply("a", Effect(subscribe=uri), NOW)
    for uri, left in (("x:3", ("x:1", "x:2")), ("x:1", ("x:2",)), ("x:2", ())):
        applied = await store.apply("a", Effect(unsubscribe=uri), NOW)
        assert applied is not None
        assert applied.subscriptions == left
    await store.apply("a", Effect(updated="x:1"), NOW)
    assert await store.take("a", "s", None, NOW, SOON) == []
    assert await store.get("a", NOW) == applied


async def test_an_update_and_a_message_of_one_request_come_in_order(store: SessionStore) -> None:
    await kept(store)
    await store.apply("a", Effect(subscribe="x:1"), NOW)
    await store.apply("a", Effect(updated="x:1", message=b"then this", echo="x", replay=True, requests=1), NOW)
    deliveries = await store.take("a", "s", None, NOW, SOON)
    assert [b"updated" in delivery.message for delivery in deliveries or ()] == [True, False]
    found = await store.get("a", NOW)
    assert found is not None
    assert (found.requests, found.echo_count, found.replay_count, found.queued) == (1, 1, 1, 0)
