"""The judges of ``scripts/soak`` convict what is wrong and nothing else; its clients know what each server answers."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

import pytest
import soak_streams
from soak_book import Book
from soak_clients import Clients
from soak_faults import PLAN
from soak_ledger import Ledger, Window, percentile
from soak_refusals import MODERN_REFUSALS, REFUSALS, Refusal
from soak_report import Ending, as_text, report
from soak_sessions import Gone, LegacySession, ModernSession, Session
from soak_slopes import LEAST_SECONDS, MIB, Growth, Sample, growth
from soak_streams import Listener, cancelled, finished, listened, resumed
from soak_wire import Door, Failed, Pace, again

from harness import VARIANT_NAMES, FakeClock, Server, rpc
from in_loop import Serve

TIMEOUT = 3600.0


@pytest.fixture
def book() -> Book:
    return Book(TIMEOUT)


@pytest.fixture
async def doors(serve: Serve, make_app: Callable[..., Server]) -> AsyncIterator[dict[str, Door]]:
    """Both servers, as the clients of a soak reach them."""
    found = {}
    for variant in VARIANT_NAMES:
        port = urlsplit(await serve(make_app(variant).app)).port
        assert port is not None
        found[variant] = Door(variant, port, Ledger(0.0), Pace(10_000))
    yield found
    for door in found.values():
        await door.close()


@pytest.fixture
def door(doors: dict[str, Door]) -> Door:
    """The stateful one."""
    return doors["stateful"]


def test_an_error_is_explained_only_by_a_fault_of_its_site_its_kind_and_its_time() -> None:
    ledger = Ledger(0.0)
    ledger.windows.append(Window("Redis restarted", "stateful", frozenset({"503"}), 10.0, 20.0))
    for sent, seen in ((9.0, 10.0), (12.0, 13.0), (20.0, 25.0)):
        ledger.failed("stateful", "echo", "503", sent=sent, seen=seen)
    assert ledger.tolerated == {("Redis restarted", "stateful", "echo", "503"): 3}
    for site, what, sent, seen in (
        ("stateful", "503", 8.0, 9.9), ("stateful", "503", 20.1, 21.0), ("stateful", "502", 12.0, 13.0),
        ("stateless", "503", 12.0, 13.0),
    ):  # fmt: skip
        ledger.failed(site, "echo", what, sent=sent, seen=seen, detail="seen")
    assert ledger.unexpected.total() == len(ledger.examples) == 4


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert (percentile(values, 50), percentile(values, 99), percentile([7.0], 99)) == (50.0, 99.0, 7.0)


def test_latencies_are_told_by_minute_and_site() -> None:
    ledger = Ledger(100.0)
    ledger.answered("stateful", "echo", 101.0, 101.5)
    ledger.answered("stateful", "echo", 161.0, 161.1)
    ledger.answered("stateful", "GET stream", 161.0, 200.0, timed=False)
    assert [(row["minute"], row["requests"], row["p50_ms"]) for row in ledger.latencies()] == [
        (1, 1, 500.0),
        (2, 1, 100.0),
    ]


def test_a_session_may_be_gone_only_when_it_was_ended_or_left_for_its_whole_time(book: Book) -> None:
    session = book.begun("a", sent=0.0, seen=1.0)
    session.used(100.0, 101.0)
    assert not session.may_be_gone(100.0 + TIMEOUT - 0.1, TIMEOUT)
    assert session.may_be_gone(100.0 + TIMEOUT, TIMEOUT)
    session.ended = True
    assert session.may_be_gone(102.0, TIMEOUT)


def test_how_many_sessions_live_is_known_as_exactly_as_clients_can_know_it(book: Book) -> None:
    book.begun("lives", 90.0, 91.0)
    book.begun("was ended, perhaps", 90.0, 91.0).ended = True
    over = book.begun("was ended", 90.0, 91.0)
    over.ended = over.confirmed = True
    book.begun("expires about now", 100.0 - TIMEOUT - 1, 100.0 - TIMEOUT + 1)
    book.begun("has expired", 10.0 - TIMEOUT, 11.0 - TIMEOUT)
    book.doubtful += [95.0, 10.0 - TIMEOUT]
    assert book.expected(100.0, 101.0) == (1, 4)
    assert [each.id for each in book.alive(100.0, margin=60.0)] == ["lives"]


def grown(rss: float, files: float, seconds: float = 600.0) -> Growth:
    """What is said of a process that warms up for half of the time, then grows so much a minute."""
    samples = []
    for at in range(int(seconds)):
        minutes = max(0.0, at - seconds / 2) / 60
        warm = min(1.0, at / (seconds / 2))
        samples.append(Sample(at, int((40 + 20 * warm + rss * minutes) * MIB), round(16 + 20 * warm + files * minutes)))
    return growth("server", samples, seconds / 2)


def test_what_grows_in_the_second_half_is_a_leak_and_warming_up_is_not() -> None:
    assert grown(0.0, 0.0).leaks == []
    assert grown(0.5, 1.0).leaks == []
    (memory,) = grown(1.5, 0.0).leaks
    assert "grows by 1.50 MiB of memory a minute" in memory
    (files,) = grown(0.0, 4.0).leaks
    assert "open files a minute" in files


def test_too_short_a_time_is_not_judged() -> None:
    short = grown(10.0, 10.0, seconds=LEAST_SECONDS)
    assert short.rss_slope == pytest.approx(10.0, rel=0.01)
    assert (short.judged, short.leaks) == (False, [])
    assert growth("server", [Sample(0.0, MIB, 10)], 0.0).rss_slope is None


def told(
    book: Book, ledger: Ledger, ending: Ending, processes: list[Growth], lines: list[str], *, took: float = 1.0
) -> list[str]:
    """The verdict; the text has to have it, too."""
    settings = {"seconds": took, "asked_seconds": 1.0, "load_before": 0.0, "load_after": 0.0, "cpus": 2}
    found = report(settings=settings, ledger=ledger, book=book, ending=ending, processes=processes, faults=[],
                   faulty_lines=lines)  # fmt: skip
    text = as_text(found)
    assert text.endswith("Verdict: " + ("; ".join(found["verdict"]) or "good"))
    verdict: list[str] = found["verdict"]
    return verdict


def test_the_verdict_names_everything_that_is_wrong_and_nothing_else(book: Book) -> None:
    good = Ending(3, 5, 4, 0, 0)
    assert told(book, Ledger(0.0), good, [grown(0.0, 0.0)], []) == []
    failed = Ledger(0.0, unexpected=Counter({("stateful", "echo", "status 502"): 2}))
    tolerated = Ledger(0.0, tolerated=Counter({("roll", "stateful", "echo", "status 502"): 2}))
    assert told(book, tolerated, good, [], []) == []
    assert told(book, failed, good, [], []) == ["2 unexpected errors"]
    assert len(told(book, Ledger(0.0), Ending(3, 5, 6, 0, 0), [], [])) == 1
    assert len(told(book, Ledger(0.0), Ending(3, 5, 2, 0, 1), [], [])) == 2
    assert len(told(book, Ledger(0.0), good, [grown(5.0, 5.0)], [])) == 2
    assert len(told(book, Ledger(0.0), good, [], ["Traceback"])) == 1
    assert told(book, Ledger(0.0), good, [], [], took=0.9) == ["it lasted 0.9 s instead of 1 s"]
    book.lost.append("a: replayLastEcho was answered nothing")
    assert told(book, Ledger(0.0), good, [], []) == ["1 sessions lost"]


def test_everything_fails_in_the_first_half_and_growth_is_judged_in_the_second() -> None:
    times = [fault.at for fault in PLAN]
    assert times == sorted(times)
    assert max(times) < 0.5
    assert {fault.site for fault in PLAN} == {"stateful", "stateless"}


async def test_a_session_that_its_server_forgets_is_lost(door: Door, clock: FakeClock, book: Book) -> None:
    sessions: list[Session] = [
        await LegacySession.begin(door, book), await ModernSession.begin(door, book, "begun"),
    ]  # fmt: skip
    for session in sessions:
        await session.echo("kept")
        await session.replay()
    clock.jump(TIMEOUT + 1)  # for the server alone
    for session in sessions:
        with pytest.raises(Gone):
            await session.replay()
    assert len(book.lost) == door.ledger.unexpected.total() == 2


async def test_a_session_that_says_another_text_is_lost(door: Door, book: Book) -> None:
    session = await LegacySession.begin(door, book)
    with pytest.raises(Gone):
        await session.replay()
    await session.echo("one")
    session.tracked.texts = {"another"}
    with pytest.raises(Gone):
        await session.replay()
    assert len(book.lost) == 2


async def test_a_session_that_its_client_ends_is_not_lost_and_has_to_be_over(door: Door, book: Book) -> None:
    session = await LegacySession.begin(door, book)
    with pytest.raises(Failed):
        await session.is_over()
    assert door.ledger.unexpected.total() == 1
    await session.end()
    await session.is_over()
    with pytest.raises(Gone):
        await session.replay()
    assert not book.lost


@pytest.mark.parametrize("variant", VARIANT_NAMES)
async def test_every_bad_request_is_refused_as_the_table_says(doors: dict[str, Door], variant: str) -> None:
    for refusal in (*REFUSALS[variant], *MODERN_REFUSALS):
        await refusal.provoke(doors[variant])
    assert not doors[variant].ledger.unexpected
    with pytest.raises(Failed):
        await Refusal("no JSON", 400, -32600, b"{nope").provoke(doors[variant])


async def test_streams_are_cut_resumed_and_cancelled_without_an_error(
    door: Door, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak_streams, "INTERVAL", 0.01)
    monkeypatch.setattr(soak_streams, "PAUSE", 0.01)
    monkeypatch.setattr(soak_streams, "CUT_AFTER", (1, 2))
    session = await LegacySession.begin(door, book)
    async with asyncio.timeout(20):
        await listened(session, random.Random(1), asyncio.Event(), 6)
        await finished(door, "POST stream", session.headers)
        await resumed(session)
        await cancelled(session)
    assert not door.ledger.unexpected, door.ledger.examples
    assert door.ledger.facts["messages by GET streams"] == 6
    assert door.ledger.facts["GET streams cut by their client"] > 1
    assert door.ledger.facts["cancelled requests, stopped"] == 1


async def test_a_message_that_never_comes_or_comes_twice_is_told(
    door: Door, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak_streams, "MISSING_SECONDS", 0.0)
    session = await LegacySession.begin(door, book)
    listener = Listener(session, random.Random(1))
    for number in (1, 3, 3):
        listener.take(number, 0.0)
    with pytest.raises(Failed):
        await soak_streams.arrived(session, listener, [1, 2, 3], 0.0)
    assert {what for _, _, what in door.ledger.unexpected} == {"message lost", "message twice or out of order"}


async def test_clients_of_every_kind_find_nothing_wrong_with_servers_that_do_not_fail(
    doors: dict[str, Door], book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak_streams, "INTERVAL", 0.01)
    over = asyncio.Event()
    clients = Clients(doors["stateful"], doors["stateless"], book, over, random.Random(1))
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for turn in (clients.asks_stateless, clients.asks_stateless_modern, clients.waits_for_stateless_progress,
                     clients.waits_for_progress, clients.loses_its_stream, clients.changes_its_mind,
                     clients.comes_and_goes):  # fmt: skip
            group.create_task(turn())
    for door in doors.values():
        assert not door.ledger.unexpected, door.ledger.examples
    assert not book.lost


async def test_an_answer_that_should_be_a_stream_is_wrong_and_not_asked_for_again(door: Door) -> None:
    asked = 0

    async def ask() -> None:
        nonlocal asked
        asked += 1
        async for _ in door.events("POST stream", "POST", rpc("ping")):
            raise AssertionError

    with pytest.raises(Failed):
        await again(ask)
    assert asked == door.ledger.unexpected["stateful", "POST stream", "wrong answer"] == 1
