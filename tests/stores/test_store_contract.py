"""stores/base.py: what every back end that keeps sessions does with records; time is passed explicitly."""

import pytest
from store_fixtures import NOW, TIMEOUT, kept, session

from mcp_echo_core.stores.base import SessionStore, StoreFull
from mcp_echo_core.stores.records import ClientInfo, Effect

COUNTED = Effect(requests=1)


async def test_a_session_is_found_as_it_was_created(store: SessionStore) -> None:
    facts = {
        "initialized": True,
        "protocol_version": "2025-11-25",
        "client": ClientInfo("tester", "1.0"),
        "capabilities": {"sampling": {}, "é": [1, None]},
        "minted_by": "here",
    }
    await kept(store, "a", explicit=False, **facts)
    found = await store.get("a", NOW)
    assert found == session("a", explicit=False, **facts)


@pytest.mark.parametrize(
    "name", ["", "b", "A", "a ", "é", "*", "a*", "x" * 10_000, "a\x00", "a'; DROP TABLE sessions; --"], ids=ascii
)
async def test_an_unknown_session_is_absent_everywhere(name: str, store: SessionStore) -> None:
    await kept(store, "a")
    name = name[:300]
    assert await store.get(name, NOW) is None
    assert await store.apply(name, COUNTED, NOW) is None
    assert await store.delete(name, NOW) is False
    assert await store.take(name, "s", None, NOW, 0.01) is None
    store.add_busy(name, 1.0)
    assert (await store.statistics(NOW)).active == 1


@pytest.mark.parametrize(
    ("seconds", "there"), [(0, True), (TIMEOUT - 0.01, True), (TIMEOUT, False), (TIMEOUT * 100, False)]
)
async def test_a_session_is_absent_from_the_moment_it_expires(seconds: float, there: bool, store: SessionStore) -> None:
    for name in "abc":
        await kept(store, name)
    now = NOW + seconds
    assert (await store.get("a", now) is not None) == there
    assert (await store.apply("b", COUNTED, now) is not None) == there
    assert await store.delete("c", now) == there


async def test_activity_postpones_expiry_and_looking_does_not(store: SessionStore) -> None:
    for name in "ab":
        await kept(store, name)
    assert await store.get("a", NOW + 60) is not None
    applied = await store.apply("b", Effect(), NOW + 60)
    assert applied is not None
    assert applied.last_activity == NOW + 60
    assert await store.get("a", NOW + TIMEOUT) is None
    assert await store.get("b", NOW + TIMEOUT) is not None
    assert await store.get("b", NOW + 60 + TIMEOUT) is None


async def test_waiting_for_messages_postpones_expiry(store: SessionStore) -> None:
    await kept(store)
    assert await store.take("a", "s", None, NOW + 60, 0.01) == []
    assert await store.get("a", NOW + 60 + TIMEOUT - 1) is not None


async def test_an_effect_is_applied_whole_and_the_result_is_what_is_kept(store: SessionStore) -> None:
    await kept(store)
    applied = await store.apply("a", Effect(requests=1, echo="hi", initialized=True, log_level="error"), NOW + 1)
    assert applied is not None
    facts = (
        applied.requests,
        applied.echo_count,
        applied.last_echo,
        applied.last_echo_number,
        applied.initialized,
        applied.log_level,
    )
    assert facts == (1, 1, "hi", 1, True, "error")
    assert await store.get("a", NOW + 1) == applied


async def test_effects_add_up(store: SessionStore) -> None:
    await kept(store)
    for text in ("one", "two"):
        await store.apply("a", Effect(requests=1, echo=text), NOW)
    await store.apply("a", Effect(requests=2), NOW)
    await store.apply("a", Effect(), NOW)
    found = await store.get("a", NOW)
    assert found is not None
    assert (found.requests, found.echo_count, found.last_echo, found.last_echo_number) == (4, 2, "two", 2)


async def test_an_empty_echo_is_an_echo(store: SessionStore) -> None:
    await kept(store)
    applied = await store.apply("a", Effect(echo=""), NOW)
    assert applied is not None
    assert (applied.last_echo, applied.echo_count) == ("", 1)
    replayed = await store.apply("a", Effect(replay=True), NOW)
    assert replayed is not None
    assert replayed.replay_count == 1


async def test_a_replay_counts_only_when_there_is_something_to_replay(store: SessionStore) -> None:
    await kept(store)
    before = await store.apply("a", Effect(replay=True), NOW)
    assert before is not None
    assert before.replay_count == 0
    await store.apply("a", Effect(echo="x"), NOW)
    after = await store.apply("a", Effect(replay=True), NOW)
    assert after is not None
    assert (after.replay_count, after.echo_count) == (1, 1)


async def test_a_deleted_session_is_absent_and_cannot_be_deleted_again(store: SessionStore) -> None:
    for name in "ab":
        await kept(store, name)
    assert await store.delete("a", NOW) is True
    assert await store.delete("a", NOW) is False
    assert await store.get("a", NOW) is None
    assert await store.get("b", NOW) is not None


async def test_a_full_store_refuses_and_keeps_what_lives(store: SessionStore) -> None:
    for name in "abc":
        await kept(store, name)
    with pytest.raises(StoreFull):
        await store.create(session("d"), NOW)
    assert [await store.get(name, NOW) is not None for name in "abcd"] == [True, True, True, False]
    assert (await store.statistics(NOW)).created == 3


async def test_the_expired_and_the_deleted_make_room(store: SessionStore) -> None:
    await kept(store, "a")
    for name in "bc":
        await kept(store, name, NOW + 50)
    await store.create(session("d", NOW + TIMEOUT), NOW + TIMEOUT)
    await store.delete("b", NOW + TIMEOUT)
    await store.create(session("e", NOW + TIMEOUT), NOW + TIMEOUT)
    assert [await store.get(name, NOW + TIMEOUT) is not None for name in "abcde"] == [False, False, True, True, True]


async def test_implicit_sessions_make_room_oldest_first_and_explicit_ones_never(store: SessionStore) -> None:
    await kept(store, "a", explicit=False)
    await kept(store, "b")
    await kept(store, "c", NOW + 1, explicit=False)
    await store.create(session("d", NOW + 2), NOW + 2)
    await store.create(session("e", NOW + 3, explicit=False), NOW + 3)
    assert [await store.get(name, NOW + 3) is not None for name in "abcde"] == [False, True, False, True, True]


async def test_a_sweep_frees_what_has_expired_and_says_how_many(store: SessionStore) -> None:
    for name in "ab":
        await kept(store, name)
    await kept(store, "c", NOW + 50)
    assert await store.sweep(NOW + TIMEOUT - 1) == 0
    assert await store.sweep(NOW + TIMEOUT) == 2
    assert await store.sweep(NOW + TIMEOUT) == 0
    assert await store.get("c", NOW + TIMEOUT) is not None


async def test_time_spent_is_added_to_its_session(store: SessionStore) -> None:
    await kept(store)
    store.add_busy("a", 0.5)
    store.add_busy("a", 0.25)
    applied = await store.apply("a", Effect(), NOW)
    assert applied is not None
    assert applied.busy_seconds == pytest.approx(0.75)


async def test_the_figures_tell_the_whole_life_of_the_store(store: SessionStore) -> None:
    for name in "abc":
        await kept(store, name)
    await store.delete("a", NOW + 10)
    await store.apply("b", Effect(message=b'{"x":1}'), NOW + 50)
    await store.sweep(NOW + TIMEOUT)
    figures = await store.statistics(NOW + TIMEOUT)
    assert (figures.active, figures.created, figures.expired, figures.ended, figures.queued) == (1, 3, 1, 2, 1)
    assert (figures.sweeps, figures.last_sweep) == (1, NOW + TIMEOUT)
    assert figures.lifetime_seconds == pytest.approx(110)
    assert figures.queue_bytes is None or figures.queue_bytes >= 7


async def test_the_figures_tell_why_sessions_ended(store: SessionStore) -> None:
    await kept(store, "a", explicit=False)
    for name in "bc":
        await kept(store, name)
    await store.create(session("d"), NOW)
    await store.delete("b", NOW)
    figures = await store.statistics(NOW)
    assert figures.reasons == {"delete": 1, "idle": 0, "cap": 1, "drain": 0}
    figures = await store.statistics(NOW + TIMEOUT)
    assert figures.reasons == {"delete": 1, "idle": 2, "cap": 1, "drain": 0}
    assert (figures.ended, figures.expired) == (4, 2)


async def test_numbers_of_any_size_and_deep_capabilities_are_kept(store: SessionStore) -> None:
    capabilities = {"big": 10**17, "small": -1.5e-9, "deep": {"a": [{"b": [None, True, ""]}]}, "": {}}
    await kept(store, capabilities=capabilities)
    found = await store.get("a", NOW)
    assert found is not None
    assert found.capabilities == capabilities


async def test_the_figures_do_not_count_the_expired_as_active(store: SessionStore) -> None:
    await kept(store)
    figures = await store.statistics(NOW + TIMEOUT)
    assert (figures.active, figures.expired) == (0, 1)
