"""What only the memory store promises: the cost of a sweep follows from what expires, not from what lives."""

import asyncio
from typing import Any

import pytest
from store_fixtures import NOW

from mcp_echo_core.stores.base import Statistics
from mcp_echo_core.stores.memory import SWEEP_SLICE, MemoryStore
from mcp_echo_core.stores.records import Effect, Session

LIVING = 2000


class Watched(Session):
    """A session that counts how often somebody asks when it was last used."""

    looks = 0

    def __getattribute__(self, name: str) -> Any:
        if name == "last_activity":
            Watched.looks += 1
        return super().__getattribute__(name)


async def filled(expired: int) -> MemoryStore:
    """A store with many living sessions, some of them older than the others but used since."""
    store = MemoryStore(100.0, 10 * LIVING, 4)
    for number in range(LIVING):
        await store.create(Watched(id=f"living-{number}", created_at=NOW, last_activity=NOW), NOW)
    for number in range(expired):
        await store.create(Watched(id=f"old-{number}", created_at=NOW, last_activity=NOW), NOW)
    for number in range(LIVING):
        await store.apply(f"living-{number}", Effect(), NOW + 50)
    return store


@pytest.mark.parametrize("expired", [0, 1, 20])
async def test_a_sweep_looks_only_at_what_expires(expired: int) -> None:
    store = await filled(expired)
    Watched.looks = 0
    assert await store.sweep(NOW + 100) == expired
    assert Watched.looks <= 4 * (expired + 2)


@pytest.mark.parametrize("expired", [SWEEP_SLICE - 1, SWEEP_SLICE, SWEEP_SLICE + 1, 2 * SWEEP_SLICE + 1])
async def test_a_sweep_frees_more_than_one_slice(expired: int) -> None:
    store = await filled(expired)
    assert await store.sweep(NOW + 100) == expired
    figures: Statistics = await store.statistics(NOW + 100)
    assert (figures.active, figures.expired) == (LIVING, expired)


@pytest.mark.parametrize("what", ["sweep", "statistics"])
@pytest.mark.parametrize("slices", [1, 5])
async def test_others_get_a_turn_after_every_slice(what: str, slices: int) -> None:
    store = await filled(slices * SWEEP_SLICE)
    alive_at_each_turn: list[int] = []

    async def other() -> None:
        while True:
            alive_at_each_turn.append(len(store._sessions))
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await (store.sweep(NOW + 100) if what == "sweep" else store.statistics(NOW + 100))
    task.cancel()
    expected = [LIVING + (slices - done) * SWEEP_SLICE for done in range(1, slices + 1)]
    assert alive_at_each_turn == expected


async def test_closing_the_store_ends_what_lives_for_the_sake_of_the_figures() -> None:
    store = MemoryStore(100.0, 10, 4)
    for name in "abc":
        await store.create(Session(id=name, created_at=NOW, last_activity=NOW), NOW)
    await store.apply("a", Effect(message=b"x"), NOW + 7)
    await store.delete("b", NOW + 10)
    for _ in range(2):
        await store.close()
        figures = await store.statistics(NOW + 20)
        assert figures.reasons == {"delete": 1, "idle": 0, "cap": 0, "drain": 2}
        assert (figures.active, figures.ended, figures.queued, figures.lifetime_seconds) == (0, 3, 0, 17.0)


async def test_the_figures_are_right_even_when_more_has_expired_than_one_slice_frees() -> None:
    store = await filled(2 * SWEEP_SLICE)
    assert (await store.statistics(NOW + 100)).active == LIVING


async def test_nothing_of_an_ended_session_is_kept() -> None:
    store = MemoryStore(100.0, 10, 4)
    for number in range(5):
        name = str(number)
        await store.create(Session(id=name, created_at=NOW, last_activity=NOW, explicit=bool(number % 2)), NOW)
        await store.apply(name, Effect(message=b"x"), NOW)
        await store.take(name, "s", None, NOW, 0.01)
    await store.delete("0", NOW)
    await store.sweep(NOW + 100)
    kept = {name: value for name, value in vars(store).items() if isinstance(value, dict) and value}
    del kept["_ended"]  # counts only
    assert kept == {}


async def test_sessions_that_end_with_their_process_have_lived_until_then() -> None:
    store = MemoryStore(timeout=3600, max_sessions=10, queue_size=10)
    await store.create(Session(id="a", created_at=1000.0, last_activity=1000.0), 1000.0)
    await store.statistics(1600.0)  # as closing sessions begins
    await store.close()
    assert (await store.statistics(1600.0)).durations["drain"].seconds == 600.0
