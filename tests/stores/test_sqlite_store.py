"""What only the SQLite store promises: it survives a restart, several processes share it, an outage loses nothing."""

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlite_stores import Opener
from store_fixtures import MAX_SESSIONS, NOW, QUEUE_SIZE, TIMEOUT, kept, session

from asgi_bridge import bounded
from mcp_echo_core.stores.base import StoreFull, StoreUnavailable
from mcp_echo_core.stores.memory import MAX_RESPONSES
from mcp_echo_core.stores.records import ClientInfo, Delivery, Effect, Session
from mcp_echo_core.stores.sqlite import SqliteStore

SOON = 0.01
LONG = 60.0


def messages(deliveries: list[Delivery] | None) -> list[bytes]:
    """The messages of deliveries."""
    assert deliveries is not None
    return [delivery.message for delivery in deliveries]


async def hold(store: SqliteStore) -> threading.Event:
    """Keep the store's thread busy until the event is set."""
    begun, release = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work(_: sqlite3.Connection) -> None:
        loop.call_soon_threadsafe(begun.set)
        release.wait(5)

    holding.add(task := asyncio.create_task(store._thread.run(work)))
    task.add_done_callback(holding.discard)
    await bounded(begun.wait(), "the thread's turn")
    return release


holding: set[asyncio.Task[None]] = set()


async def test_everything_survives_a_restart(opens: Opener) -> None:
    first = await opens()
    await kept(first, "a", initialized=True, client=ClientInfo("x", "1"), capabilities={"sampling": {}})
    await kept(first, "b")
    await kept(first, "c")
    for text in ("one", "two", "three"):
        await first.apply("a", Effect(requests=1, echo=text, message=text.encode(), subscribe="u:1"), NOW + 1)
    delivered = await first.take("a", "s", None, NOW + 2, SOON)
    await first.apply("a", Effect(requests=1, message=b"waits"), NOW + 3)
    await first.append("a", "p", Delivery(1, b"r"), NOW + 3, last=True)
    await first.delete("b", NOW + 3)
    await first.sweep(NOW + 3)
    first.add_busy("a", 0.5)
    record, figures = await first.get("a", NOW + 3), await first.statistics(NOW + 3)
    await first.close()
    again = await opens()
    found = await again.get("a", NOW + 3)
    assert found == record_with(record, busy_seconds=0.5)
    assert await again.statistics(NOW + 3) == figures_like(figures, await again.statistics(NOW + 3))
    assert await again.get("b", NOW + 3) is None
    assert await again.take("a", "s", delivered[0].sequence, NOW + 3, SOON) == [
        *delivered[1:],
        Delivery(delivered[-1].sequence + 1, b"waits"),
    ]
    assert await again.take("a", "p", 0, NOW + 3, SOON) == [Delivery(1, b"r")]
    assert await again.take("a", "p", 1, NOW + 3, SOON) is None


def record_with(record: Session, **changes: Any) -> Session:
    """A record with changes."""
    for name, value in changes.items():
        setattr(record, name, value)
    return record


def figures_like(figures: Any, others: Any) -> Any:
    """Figures but for the estimated size, which follows the records'."""
    return type(figures)(
        **{name: getattr(figures, name) for name in figures.__struct_fields__ if name != "session_bytes"},
        session_bytes=others.session_bytes,
    )


async def test_two_processes_see_the_same_sessions(one: SqliteStore, two: SqliteStore) -> None:
    await kept(one, "a")
    await two.apply("a", Effect(requests=1, echo="x"), NOW)
    await one.apply("a", Effect(requests=1, echo="y"), NOW)
    found = await two.get("a", NOW)
    assert found is not None
    assert (found.requests, found.echo_count, found.last_echo) == (2, 2, "y")
    assert await two.delete("a", NOW) is True
    assert await one.get("a", NOW) is None


async def test_two_processes_share_the_limit(one: SqliteStore, two: SqliteStore) -> None:
    for number in range(MAX_SESSIONS):
        await kept((one, two)[number % 2], str(number))
    for store in (one, two):
        with pytest.raises(StoreFull):
            await store.create(session("more"), NOW)
    assert (await one.statistics(NOW)).created == MAX_SESSIONS


async def test_no_count_is_lost_between_two_processes(opens: Opener, tmp_path: Path) -> None:
    stores = [SqliteStore(tmp_path / "sessions.db", TIMEOUT, MAX_SESSIONS, QUEUE_SIZE) for _ in range(2)]
    for store in stores:
        await store.open()
    await kept(stores[0])
    await bounded(
        asyncio.gather(*(store.apply("a", Effect(requests=1), NOW) for _ in range(100) for store in stores)), "the end"
    )
    found = await stores[0].get("a", NOW)
    assert found is not None
    assert found.requests == 200
    for store in stores:
        await store.close()


async def test_a_stream_hears_what_another_process_sends(one: SqliteStore, two: SqliteStore) -> None:
    await kept(one)
    waiting = asyncio.create_task(one.take("a", "s", None, NOW, LONG))
    await two.apply("a", Effect(message=b"x"), NOW)
    assert messages(await bounded(waiting, "the message")) == [b"x"]
    assert await two.take("a", "t", None, NOW, SOON) == []


async def test_a_resumed_response_hears_what_another_process_answers(one: SqliteStore, two: SqliteStore) -> None:
    await kept(one)
    assert await one.append("a", "p", Delivery(1, b"1"), NOW, last=False) is False
    waiting = asyncio.create_task(two.take("a", "p", 1, NOW, LONG))
    while not await one.append("a", "p", None, NOW, last=False):
        assert not waiting.done()
    assert await one.append("a", "p", Delivery(2, b"2"), NOW, last=True) is True
    assert messages(await bounded(waiting, "the answer")) == [b"2"]


@pytest.mark.parametrize("end", ["delete", "sweep"])
async def test_a_stream_ends_with_a_session_that_another_process_ends(
    end: str, one: SqliteStore, two: SqliteStore
) -> None:
    await kept(one)
    waiting = asyncio.create_task(one.take("a", "s", None, NOW, LONG))
    assert await two.get("a", NOW) is not None
    assert not waiting.done()
    await (two.delete("a", NOW) if end == "delete" else two.sweep(NOW + TIMEOUT))
    assert await bounded(waiting, "the end") is None


async def test_who_waits_for_a_response_that_made_room_waits_no_more_and_gets_nothing_else(one: SqliteStore) -> None:
    await kept(one)
    await one.append("a", "p", Delivery(1, b"1"), NOW, last=False)
    waiting = asyncio.create_task(one.take("a", "p", 1, NOW, LONG))
    while not await one.append("a", "p", None, NOW, last=False):
        assert not waiting.done()
    for number in range(MAX_RESPONSES):
        await one.append("a", f"p{number}", None, NOW, last=False)
    assert await bounded(waiting, "the end") is None


@pytest.mark.parametrize("operation", ["get", "apply", "delete"])
async def test_whoever_finds_a_session_expired_ends_its_streams_and_it_never_comes_back(
    operation: str, one: SqliteStore
) -> None:
    await kept(one)
    waiting = asyncio.create_task(one.take("a", "s", None, NOW, LONG))
    assert await one.get("a", NOW) is not None
    arguments = [Effect()] if operation == "apply" else []
    assert not await getattr(one, operation)("a", *arguments, NOW + TIMEOUT)
    assert await bounded(waiting, "the end") is None
    assert await one.get("a", NOW) is None


async def test_a_message_that_a_cancelled_stream_was_given_goes_to_the_next(one: SqliteStore) -> None:
    await kept(one)
    await one.apply("a", Effect(message=b"x"), NOW)
    release = await hold(one)
    lost = asyncio.create_task(one.take("a", "s", None, NOW, LONG))
    await asyncio.sleep(0)
    lost.cancel()
    await asyncio.wait([lost])
    release.set()
    assert messages(await bounded(one.take("a", "t", None, NOW, LONG), "the message")) == [b"x"]
    found = await one.get("a", NOW)
    assert found is not None
    assert found.queued == 0


async def test_what_waits_together_is_written_together(one: SqliteStore) -> None:
    await kept(one)
    statements: list[str] = []
    await one._thread.run(lambda db: db.set_trace_callback(statements.append))
    release = await hold(one)
    waiting = asyncio.gather(*(one.apply("a", Effect(requests=1), NOW) for _ in range(100)))
    await asyncio.sleep(0)
    statements.clear()
    release.set()
    records = await bounded(waiting, "the end")
    assert [record.requests for record in records if record] == list(range(1, 101))
    assert statements.count("BEGIN IMMEDIATE") == 1


async def test_one_operation_that_cannot_be_done_does_not_spoil_the_others(one: SqliteStore) -> None:
    await kept(one)

    def defective(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM sessions")
        raise ZeroDivisionError

    release = await hold(one)
    waiting = asyncio.gather(
        one.apply("a", Effect(requests=1), NOW),
        one._thread.run(defective),
        one.create(session("a"), NOW),
        one.apply("a", Effect(requests=1), NOW),
        return_exceptions=True,
    )
    await asyncio.sleep(0)
    release.set()
    first, defect, twice, last = await bounded(waiting, "the end")
    assert (first.requests, last.requests) == (1, 2)  # type: ignore[union-attr]
    assert isinstance(defect, ZeroDivisionError)
    assert isinstance(twice, StoreUnavailable)


async def test_nothing_of_an_ended_session_stays_in_the_file(one: SqliteStore) -> None:
    for number in range(MAX_SESSIONS):
        name = await kept(one, str(number))
        await one.apply(name, Effect(message=b"x"), NOW)
        await one.append(name, "p", Delivery(1, b"x"), NOW, last=False)
    await one.delete("0", NOW)
    await one.sweep(NOW + TIMEOUT)
    for table in ("sessions", "messages", "responses", "response_messages"):
        query = f"SELECT count(*) FROM {table}"
        assert await one._thread.run(lambda db, query=query: db.execute(query).fetchone()) == (0,), table
    assert not one._bells
    assert not one._busy


async def test_a_sweep_reads_only_what_expires(one: SqliteStore) -> None:
    def plan(db: sqlite3.Connection) -> str:
        return str(db.execute("EXPLAIN QUERY PLAN SELECT key FROM sessions WHERE last_activity <= 1").fetchall())

    assert "USING COVERING INDEX sessions_by_activity" in await one._thread.run(plan)
