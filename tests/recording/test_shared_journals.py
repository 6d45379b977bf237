"""Records that outlive their process and are written by several."""

import asyncio
import time

import pytest
from journal_fixtures import NOW, Opener, eventually, everybody, heard, numbers, record_in, taken

from asgi_bridge import bounded
from mcp_echo_core.recording import intake, redis_journal, shared_journal, sqlite_record
from mcp_echo_core.recording.journal import Journal
from mcp_echo_core.recording.shared_journal import SharedJournal
from mcp_echo_core.stores.base import StoreUnavailable


async def test_a_record_survives_its_process_with_everything_that_was_appended(instances: Opener) -> None:
    first = await instances()
    for number in range(5):
        first.append(["one"], taken(number))
    first.end("one", NOW + 1, "delete")
    key = await first.share("one")
    await bounded(first.close(), "closing")
    second = await instances()
    assert second.knows("one")
    assert second.key == first.key
    assert await second.shared(key) == "one"
    record = await record_in(second, "one")
    assert [entry.event.number for entry in record.entries] == list(range(5))
    assert record.ended == (NOW + 1, "delete")
    second.append(["one"], taken(5))
    assert (await numbers(second, "one"))[-1] == (6, 5)


async def test_exchanges_with_two_instances_are_in_one_record_in_the_order_in_which_they_were_complete(
    instances: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (shared_journal, sqlite_record, redis_journal):  # a busy machine may write later than usual
        monkeypatch.setattr(module, "SETTLE_SECONDS", 2.0)
    both = [await instances(), await instances()]
    for number in range(20):
        both[number % 2].append(["one"], taken(number, at=NOW + number / 1000, instance=f"i{number % 2}"))
    await asyncio.gather(*(record_in(journal, "one") for journal in both))
    for journal in both:
        assert await numbers(journal, "one") == [(number + 1, number) for number in range(20)]


async def test_a_viewer_at_one_instance_hears_within_a_second_of_what_another_has_served(instances: Opener) -> None:
    one, two = await instances(), await instances()
    one.append(["a"], taken(1))
    await record_in(one, "a")
    viewer = one.watch("a")
    await record_in(one, "a")
    begun = time.monotonic()
    two.append(["a"], taken(2, instance="two"))
    two.append(["b"], taken(3, instance="two"))
    one.append(["a"], taken(4, at=NOW + 1))
    told = await heard(viewer, 2)
    assert time.monotonic() - begun < 1.0
    # In which order is another test's: a busy machine may write the second before the first.
    assert [entry.sequence for entry in told] == [2, 3]
    assert {entry.event.number for entry in told} == {2, 4}
    one.leave("a", viewer)


async def test_a_viewer_hears_when_another_instance_forgets_the_record(instances: Opener) -> None:
    one, two = await instances(), await instances()
    one.append(["a"], taken(1))
    await record_in(one, "a")
    viewer = one.watch("a")
    await record_in(one, "a")

    async def nobody(_: str) -> bool:
        return False

    async def told() -> bool:
        await two.sweep(NOW + 100, 60, nobody)
        return viewer.closed

    await eventually(told, "the end of the record")


async def test_what_is_dropped_before_it_is_written_is_counted_in_the_record(
    instances: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = await instances()
    assert isinstance(journal, SharedJournal)
    journal._pending._max_bytes = 10 * taken().size
    for number in range(100):
        journal.append(["one"], taken(number))
    record = await record_in(journal, "one")
    assert record.dropped == 90
    assert [(entry.sequence, entry.event.number) for entry in record.entries] == [
        (90 + i, 89 + i) for i in range(1, 11)
    ]


async def test_exchanges_that_come_faster_than_they_may_be_written_are_counted_and_the_last_ones_kept(
    instances: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_journal, "BEHIND", 10)
    journal = await instances()
    assert isinstance(journal, SharedJournal)
    journal._allowance._left = -1e9
    for number in range(100):
        journal.append(["one"], taken(number))

    async def shed() -> bool:
        return len(journal._pending) <= 10

    await eventually(shed, "falling behind")
    record = await record_in(journal, "one")
    assert record.dropped == 90
    assert record.entries[-1].event.number == 99


async def test_an_exchange_that_cannot_be_written_does_not_take_others_with_it(
    instances: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    journal = await instances()
    journal.append(["one"], taken(1, path="/\ud800"))
    journal.append(["one"], taken(2))
    record = await record_in(journal, "one")
    await eventually(lambda: _dropped(journal, 1), "counting it")
    assert [entry.event.number for entry in record.entries] == [2]
    assert caplog.text.count("an exchange could not be recorded") == 1


async def _dropped(journal: Journal, count: int) -> bool:
    return (await record_in(journal, "one")).dropped == count


async def test_a_journal_that_is_not_open_takes_exchanges_and_says_that_it_cannot_be_read(instances: Opener) -> None:
    opened = await instances()
    assert isinstance(opened, SharedJournal)
    await opened.close()
    opened.append(["one"], taken())
    with pytest.raises(StoreUnavailable):
        await bounded(opened.read("one"), "the refusal")
    await bounded(opened.sweep(NOW, 60, everybody), "a sweep")


async def test_a_back_end_that_fails_otherwise_is_told_and_the_next_exchanges_are_recorded(
    instances: Opener, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    journal = await instances()
    assert isinstance(journal, SharedJournal)
    write = journal._back.write

    async def fails(_: object) -> None:
        monkeypatch.setattr(journal._back, "write", write)
        raise KeyError("oops")

    monkeypatch.setattr(journal._back, "write", fails)
    journal.append(["one"], taken(1))
    with pytest.raises(StoreUnavailable, match="KeyError"):
        await bounded(journal.read("one"), "the refusal")
    journal.append(["one"], taken(2))
    assert [number for _, number in await numbers(journal, "one")] == [2]
    assert caplog.text.count("exchanges could not be recorded") == 1


async def test_as_many_records_are_known_as_there_may_be(instances: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_journal, "MAX_RECORDS", 2)
    journal = await instances()
    for subject in "abc":
        journal.append([subject], taken())
    assert [journal.knows(subject) for subject in "abc"] == [False, True, True]
    assert await journal.read("a") is not None
    assert journal.knows("a")


async def test_what_was_not_taken_of_a_flood_is_counted_when_somebody_asks(
    instances: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BURST", 2)
    monkeypatch.setattr(intake, "COMMON_BURST", 0)
    journal = await instances()
    journal.append(["one"], taken(0))
    assert [journal.admits("one", NOW) for _ in range(5)] == [True, True, False, False, False]
    assert (await record_in(journal, "one")).dropped == 3
    assert not journal.admits("one", NOW)
    journal.append(["one"], taken(1))
    assert (await record_in(journal, "one")).dropped == 4
