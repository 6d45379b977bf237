"""stores/base.py: what holds for every back end, whether it keeps sessions or not."""

import asyncio

import pytest
from store_fixtures import NOW, kept, session

from asgi_bridge import bounded
from mcp_echo_core.stores.base import REASONS, SessionStore
from mcp_echo_core.stores.records import Delivery, Effect

SOON = 0.01
LONG = 60.0


async def test_a_session_can_be_used_once_it_is_created(any_store: SessionStore) -> None:
    await kept(any_store)
    found, applied = await any_store.get("a", NOW), await any_store.apply("a", Effect(), NOW)
    assert found is not None
    assert applied is not None
    assert found.id == applied.id == "a"


async def test_an_effect_shows_in_the_record_that_comes_back(any_store: SessionStore) -> None:
    await kept(any_store)
    applied = await any_store.apply("a", Effect(requests=1, echo="hi", initialized=True, log_level="error"), NOW + 1)
    assert applied is not None
    assert (applied.requests, applied.echo_count, applied.last_echo, applied.last_echo_number) == (1, 1, "hi", 1)
    assert (applied.initialized, applied.log_level, applied.last_activity) == (True, "error", NOW + 1)


async def test_sessions_do_not_share_anything(any_store: SessionStore) -> None:
    for name in "ab":
        await kept(any_store, name)
    await any_store.apply("a", Effect(requests=5, echo="x", message=b"{}"), NOW)
    assert await any_store.get("b", NOW) == session("b")
    assert await any_store.take("b", "s", None, NOW, SOON) == []


async def test_a_stream_for_which_there_is_nothing_gets_nothing_and_may_wait_again(any_store: SessionStore) -> None:
    await kept(any_store)
    for after in (None, 0, 7):
        assert await any_store.take("a", "s", after, NOW, SOON) == []
    assert await any_store.get("a", NOW) is not None


async def test_a_session_can_be_deleted(any_store: SessionStore) -> None:
    await kept(any_store)
    assert await any_store.delete("a", NOW) is True
    assert (await any_store.statistics(NOW)).reasons == {**dict.fromkeys(REASONS, 0), "delete": 1}


async def test_created_sessions_are_counted(any_store: SessionStore) -> None:
    for name in "ab":
        await kept(any_store, name)
    figures = await any_store.statistics(NOW)
    assert (figures.created, figures.ended, figures.expired) == (2, 0, 0)
    assert tuple(figures.reasons) == REASONS


async def test_a_sweep_that_finds_nothing_is_counted(any_store: SessionStore) -> None:
    await kept(any_store)
    assert (await any_store.statistics(NOW)).last_sweep is None
    assert await any_store.sweep(NOW + 1) == 0
    figures = await any_store.statistics(NOW + 1)
    assert (figures.sweeps, figures.last_sweep) == (1, NOW + 1)


async def test_a_response_stream_that_nobody_resumed_is_carried_on_its_own_connection(any_store: SessionStore) -> None:
    await kept(any_store)
    assert await any_store.append("a", "p", Delivery(1, b"{}"), NOW, last=False) is False
    assert await any_store.append("a", "p", None, NOW, last=True) is False


async def test_the_store_answers_a_ping(any_store: SessionStore) -> None:
    await bounded(any_store.ping(), "the answer")


@pytest.mark.parametrize("streams", [0, 1, 3])
async def test_closing_the_store_ends_all_waiting_and_may_be_repeated(streams: int, any_store: SessionStore) -> None:
    await kept(any_store)
    tasks = [asyncio.create_task(any_store.take("a", str(number), None, NOW, LONG)) for number in range(streams)]
    for _ in range(5):
        await asyncio.sleep(0)
    for _ in range(2):
        await bounded(any_store.close(), "the end")
    for task in tasks:
        assert await bounded(task, "the end") is None


async def test_a_stream_may_be_cancelled_while_it_waits(any_store: SessionStore) -> None:
    await kept(any_store)
    task = asyncio.create_task(any_store.take("a", "s", None, NOW, LONG))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert await any_store.take("a", "t", None, NOW, SOON) == []
