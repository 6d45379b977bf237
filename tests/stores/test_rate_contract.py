"""stores/records.py, Rate: ten requests in five seconds, at once or evenly; on every back end that keeps sessions."""

import pytest
from store_fixtures import NOW, RATE, TIMEOUT, kept

from mcp_echo_core.stores.base import SessionStore
from mcp_echo_core.stores.records import Effect, RateExceeded

INTERVAL = RATE.seconds / RATE.requests
COUNTED = Effect(requests=1)


async def burst(store: SessionStore, count: int, now: float = NOW, name: str = "a") -> int:
    """Make requests until one is refused; how many were not."""
    for done in range(count):
        try:
            await store.apply(name, COUNTED, now)
        except RateExceeded:
            return done
    return count


async def retry_after(store: SessionStore, now: float) -> float:
    """How long a refused request is told to wait."""
    with pytest.raises(RateExceeded) as refused:
        await store.apply("a", COUNTED, now)
    return refused.value.retry_after


async def test_so_many_requests_are_allowed_at_once_and_no_more(limited_store: SessionStore) -> None:
    await kept(limited_store)
    assert await burst(limited_store, 100) == RATE.requests


async def test_a_refused_request_is_told_when_the_next_is_allowed(limited_store: SessionStore) -> None:
    await kept(limited_store)
    await burst(limited_store, RATE.requests)
    assert await retry_after(limited_store, NOW) == pytest.approx(INTERVAL)
    assert await retry_after(limited_store, NOW + 0.2) == pytest.approx(INTERVAL - 0.2)


@pytest.mark.parametrize(("early", "allowed"), [(0.001, False), (-0.001, True)])
async def test_it_is_allowed_then_and_not_before(early: float, allowed: bool, limited_store: SessionStore) -> None:
    await kept(limited_store)
    await burst(limited_store, RATE.requests)
    moment = NOW + await retry_after(limited_store, NOW) - early
    assert await burst(limited_store, 5, moment) == allowed


@pytest.mark.parametrize(("seconds", "recovered"), [(0.25, 0), (1.01, 2), (2.51, 5), (5.01, 10), (50.0, 10)])
async def test_the_allowance_comes_back_evenly_and_is_never_more_than_a_burst(
    seconds: float, recovered: int, limited_store: SessionStore
) -> None:
    await kept(limited_store)
    await burst(limited_store, RATE.requests)
    assert await burst(limited_store, 100, NOW + seconds) == recovered


async def test_even_requests_at_the_rate_are_never_refused(limited_store: SessionStore) -> None:
    await kept(limited_store)
    for number in range(5 * RATE.requests):
        assert await limited_store.apply("a", COUNTED, NOW + number * INTERVAL) is not None


async def test_nothing_is_done_for_a_refused_request_and_the_session_is_not_lost(limited_store: SessionStore) -> None:
    await kept(limited_store)
    await burst(limited_store, RATE.requests)
    before = await limited_store.statistics(NOW)
    with pytest.raises(RateExceeded):
        await limited_store.apply("a", Effect(requests=1, echo="lost", message=b"lost", log_level="error"), NOW)
    found = await limited_store.get("a", NOW)
    assert found is not None
    assert (found.requests, found.echo_count, found.last_echo, found.log_level) == (RATE.requests, 0, None, "info")
    assert await limited_store.statistics(NOW) == before
    assert await limited_store.take("a", "s", None, NOW, 0.01) == []


async def test_refusals_do_not_prolong_the_waiting(limited_store: SessionStore) -> None:
    await kept(limited_store)
    await burst(limited_store, RATE.requests)
    for _ in range(50):
        assert await retry_after(limited_store, NOW) == pytest.approx(INTERVAL)


async def test_what_is_no_request_is_not_counted(limited_store: SessionStore) -> None:
    await kept(limited_store)
    for _ in range(3 * RATE.requests):
        await limited_store.apply("a", Effect(), NOW)
    assert await burst(limited_store, 100) == RATE.requests
    assert await limited_store.apply("a", Effect(initialized=True), NOW) is not None


async def test_each_session_has_an_allowance_of_its_own(limited_store: SessionStore) -> None:
    for name in "ab":
        await kept(limited_store, name)
    assert await burst(limited_store, 100, name="a") == RATE.requests
    assert await burst(limited_store, 100, name="b") == RATE.requests


async def test_an_ended_session_is_absent_and_not_refused(limited_store: SessionStore) -> None:
    await kept(limited_store)
    await burst(limited_store, RATE.requests)
    assert await limited_store.apply("a", COUNTED, NOW + TIMEOUT) is None


async def test_without_a_limit_there_is_none(store: SessionStore) -> None:
    await kept(store)
    assert await burst(store, 300) == 300
