"""``scripts/soak`` lasts as long as it was told to, or says what ended it."""

import asyncio
import random
from typing import Any

import pytest
from soak_book import Book
from soak_clients import Clients
from soak_ledger import Ledger
from soak_wire import Door, Pace

from soak import under_load


@pytest.fixture
def clients() -> Clients:
    """They only wait until it is over; nobody is asked."""
    door = Door("stateful", 1, Ledger(0.0), Pace(1))
    return Clients(door, door, Book(60.0), asyncio.Event(), random.Random(1))


async def nothing_fails() -> list[dict[str, object]]:
    return []


@pytest.mark.parametrize("broken", ["watch", "load", "faults"])
async def test_a_soak_that_cannot_go_on_says_why_at_once(
    broken: str, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: object) -> Any:
        raise OSError(broken)

    async def lasts() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Clients, "run", breaks if broken == "load" else lambda self: self.over.wait())
    watching = breaks() if broken == "watch" else lasts()
    failing = breaks() if broken == "faults" else nothing_fails()
    async with asyncio.timeout(5):
        with pytest.raises(ExceptionGroup) as raised:
            await under_load(clients, watching, failing, 600.0)
    assert [str(each) for each in raised.value.exceptions] == [broken]


async def test_a_soak_lasts_as_long_as_it_should_and_tells_what_failed(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing() -> list[dict[str, object]]:
        await clients.over.wait()
        return [{"fault": "one"}]

    monkeypatch.setattr(Clients, "run", lambda self: self.over.wait())
    watched = asyncio.Event()

    async def watching() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            watched.set()

    assert await under_load(clients, watching(), failing(), 0.05) == [{"fault": "one"}]
    assert watched.is_set()
