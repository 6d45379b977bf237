"""The journal in memory: its budgets, its viewers, its share keys."""

import msgspec
import pytest

from mcp_echo_core.recording import audience, journal
from mcp_echo_core.recording.events import Head
from mcp_echo_core.recording.journal import MemoryJournal
from mcp_echo_core.recording.taken import Taken

EMPTY_HEAD = msgspec.Raw(msgspec.msgpack.encode(Head(())))

TAKEN = Taken(
    1, "instance", 1000.0, 0.001, ("127.0.0.1", 5000), "POST", "/mcp", b"", "1.1", "http", EMPTY_HEAD,
    b"x" * 100, 100,
    200, (), b"", 0, (), "ping", "session", None, None,
)  # fmt: skip


def taken(number: int = 1, **changes: object) -> Taken:
    return msgspec.structs.replace(TAKEN, number=number, **changes)


BUDGET = 10 * (journal.FIXED_BYTES + len(msgspec.msgpack.encode(TAKEN))) + 9


async def sequences(kept: MemoryJournal, subject: str) -> list[int]:
    record = await kept.read(subject)
    return [] if record is None else [entry.sequence for entry in record.entries]


async def nobody(_: str) -> bool:
    return False


async def test_the_record_silent_longest_gives_way_first() -> None:
    kept = MemoryJournal(BUDGET)
    for number in range(6):
        kept.append(["old"], taken(number))
    for number in range(6, 15):
        kept.append(["new"], taken(number))
    assert await sequences(kept, "old") == [6]
    assert await sequences(kept, "new") == list(range(1, 10))


async def test_a_record_tells_how_many_events_it_no_longer_has() -> None:
    kept = MemoryJournal(BUDGET)
    for number in range(25):
        kept.append(["one"], taken(number))
    record = await kept.read("one")
    assert record is not None
    assert (record.dropped, len(record.entries)) == (15, 10)


async def test_an_event_that_is_larger_than_everything_allowed_leaves_nothing_behind() -> None:
    kept = MemoryJournal(100)
    kept.append(["one"], taken())
    assert await sequences(kept, "one") == []


async def test_one_record_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MAX_EVENTS", 3)
    kept = MemoryJournal(BUDGET)
    for number in range(5):
        kept.append(["one"], taken(number))
    assert await sequences(kept, "one") == [3, 4, 5]


async def test_the_number_of_records_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MAX_RECORDS", 2)
    kept = MemoryJournal(BUDGET)
    for subject in ("a", "b", "a", "c"):
        kept.append([subject], taken())
    assert [kept.knows(subject) for subject in "abc"] == [True, False, True]


async def test_a_viewer_gets_what_comes_after_it_came() -> None:
    kept = MemoryJournal(BUDGET)
    kept.append(["one"], taken(1))
    viewer = kept.watch("one")
    kept.append(["one"], taken(2))
    kept.append(["other"], taken(3))
    entry = await viewer.next(1.0)
    assert entry is not None
    assert (entry.sequence, entry.event.number) == (2, 2)
    assert await viewer.next(0.001) is None
    kept.leave("one", viewer)


async def test_a_viewer_that_does_not_keep_up_is_dropped_and_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "BACKLOG", 2)
    kept = MemoryJournal(BUDGET)
    slow, quick = kept.watch("one"), kept.watch("one")
    for number in range(4):
        kept.append(["one"], taken(number))
        assert await quick.next(1.0) is not None
    assert slow.too_slow
    assert not quick.too_slow
    assert [await slow.next(1.0) is not None for _ in range(3)] == [True, True, False]
    assert slow.closed


async def test_viewers_are_told_when_the_record_or_the_process_ends() -> None:
    kept = MemoryJournal(BUDGET)
    kept.append(["one"], taken())
    first, second = kept.watch("one"), kept.watch("two")
    await kept.sweep(1000.0 + 61, 60, nobody)
    assert first.closed
    await kept.close()
    assert second.closed


async def test_records_that_were_silent_are_forgotten_unless_their_session_lives() -> None:
    async def living(subject: str) -> bool:
        return subject == "alive"

    kept = MemoryJournal(BUDGET)
    for subject in ("alive", "dead"):
        kept.append([subject], taken())
    await kept.sweep(1000.0 + 61, 60, living)
    assert (kept.knows("alive"), kept.knows("dead")) == (True, False)
    await kept.sweep(1000.0 + 10, 60, nobody)
    assert kept.knows("alive")


async def test_a_view_key_stands_for_a_record_until_it_is_revoked() -> None:
    kept = MemoryJournal(BUDGET)
    kept.append(["one"], taken())
    key = await kept.share("one")
    assert "one" not in key
    assert await kept.shared(key) == "one"
    assert await kept.revoke(key)
    assert await kept.shared(key) is None
    assert not await kept.revoke(key)


async def test_a_view_key_does_not_outlive_its_record() -> None:
    kept = MemoryJournal(BUDGET)
    kept.append(["one"], taken())
    key = await kept.share("one")
    await kept.sweep(2000.0, 60, nobody)
    assert await kept.shared(key) is None


async def test_a_stream_that_has_ended_is_told_once() -> None:
    kept = MemoryJournal(BUDGET)
    kept.append(["one"], taken(1, seconds=None))
    kept.append(["one"], taken(2))
    kept.append(["one"], taken(1, seconds=5.0))
    assert await sequences(kept, "one") == [2, 3]
