"""noop://: the opposite of what keeping stores promise."""

import pytest
from store_fixtures import MAX_SESSIONS, NOW, QUEUE_SIZE, TIMEOUT, kept, session

from mcp_echo_core.stores.noop import NoOpStore
from mcp_echo_core.stores.records import Delivery, Effect

SOON = 0.01
NAMES = ["", "b", "é", "totally-fake-session-12345", "x" * 300, "a'; DROP TABLE sessions; --"]


@pytest.fixture
def noop() -> NoOpStore:
    return NoOpStore()


@pytest.mark.parametrize("name", NAMES)
async def test_an_id_that_was_never_minted_is_as_good_as_any(name: str, noop: NoOpStore) -> None:
    assert await noop.get(name, NOW) == session(name)
    assert (await noop.apply(name, Effect(requests=1), NOW)).requests == 1
    assert await noop.delete(name, NOW) is True
    assert await noop.take(name, "s", None, NOW, SOON) == []


async def test_every_request_finds_a_fresh_record(noop: NoOpStore) -> None:
    await kept(noop, initialized=True, protocol_version="2025-11-25")
    for seconds in range(3):
        applied = await noop.apply("a", Effect(requests=1, echo="x"), NOW + seconds)
        assert (applied.requests, applied.echo_count, applied.created_at) == (1, 1, NOW + seconds)
    assert await noop.get("a", NOW) == session("a")


async def test_nothing_expires(noop: NoOpStore) -> None:
    await kept(noop)
    assert await noop.sweep(NOW + TIMEOUT * 100) == 0
    assert await noop.get("a", NOW + TIMEOUT * 100) is not None
    assert (await noop.statistics(NOW + TIMEOUT * 100)).expired == 0


async def test_there_is_no_limit(noop: NoOpStore) -> None:
    for number in range(2 * MAX_SESSIONS):
        await noop.create(session(str(number)), NOW)
    figures = await noop.statistics(NOW)
    assert (figures.created, figures.active) == (2 * MAX_SESSIONS, 0)


async def test_what_was_deleted_is_there_still_and_can_be_deleted_again(noop: NoOpStore) -> None:
    await kept(noop)
    assert [await noop.delete("a", NOW) for _ in range(2)] == [True, True]
    assert await noop.get("a", NOW) is not None
    figures = await noop.statistics(NOW)
    assert (figures.reasons["delete"], figures.durations) == (2, {}), "nobody knows when it began"


async def test_messages_go_nowhere(noop: NoOpStore) -> None:
    await kept(noop)
    for _ in range(QUEUE_SIZE + 1):
        applied = await noop.apply("a", Effect(message=b"x"), NOW)
        assert (applied.queued, applied.dropped) == (0, 0)
    assert await noop.take("a", "s", 0, NOW, SOON) == []
    assert (await noop.statistics(NOW)).queued == 0


async def test_a_response_stream_cannot_be_resumed(noop: NoOpStore) -> None:
    await noop.append("a", "p", Delivery(1, b"{}"), NOW, last=True)
    assert await noop.take("a", "p", 0, NOW, SOON) == []
