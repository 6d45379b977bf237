"""What every journal promises, whatever keeps the records."""

import msgspec
import pytest
from journal_fixtures import LARGE, NOW, Opener, eventually, everybody, heard, nobody, numbers, record_in, taken

from asgi_bridge import bounded
from mcp_echo_core.recording import audience
from mcp_echo_core.recording import journal as journal_module
from mcp_echo_core.recording.events import Credential, Head, Piece
from mcp_echo_core.recording.journal import Journal


async def test_what_was_appended_is_read_in_order_with_numbers_from_one(journal: Journal) -> None:
    for number in range(10, 15):
        journal.append(["one"], taken(number))
    assert await numbers(journal, "one") == [(1, 10), (2, 11), (3, 12), (4, 13), (5, 14)]
    record = await record_in(journal, "one")
    assert (record.subject, record.began, record.dropped, record.ended) == ("one", NOW, 0, None)


async def test_an_event_is_read_as_it_was_but_for_its_credentials(journal: Journal) -> None:
    head = Head((("authorization", "Bearer ***"),), ("Authorization",), (Credential("authorization", "Bearer", "f"),))
    exchange = taken(
        1, query=b"token=abcdefghijklmnop", head=msgspec.Raw(msgspec.msgpack.encode(head)),
        body=b"\xff\x00raw", pieces=(Piece(0.5, b"data: x\n\n"),),
        answered=((b"content-type", b"text/event-stream"),), ended_by="client", bin="b",
    )  # fmt: skip
    journal.append(["one"], exchange)
    [entry] = (await record_in(journal, "one")).entries
    assert entry.event == exchange.event()
    assert "abcdefgh" not in entry.event.query


async def test_an_exchange_of_a_session_in_a_bin_is_on_both_records(journal: Journal) -> None:
    journal.append(["session", "b:bin"], taken(7))
    assert await numbers(journal, "session") == await numbers(journal, "b:bin") == [(1, 7)]


async def test_a_record_that_there_is_not_is_none(journal: Journal) -> None:
    assert await journal.read("nothing") is None
    assert await journal.read("no{tag}") is None
    assert not journal.knows("nothing")


async def test_a_record_is_known_at_once(journal: Journal) -> None:
    journal.append(["one"], taken())
    assert journal.knows("one")


async def test_a_stream_that_has_ended_is_told_once(journal: Journal) -> None:
    journal.append(["one"], taken(1, seconds=None))
    journal.append(["one"], taken(2))
    journal.append(["one"], taken(1, seconds=5.0))
    assert await numbers(journal, "one") == [(2, 2), (3, 1)]


async def test_the_end_of_a_session_is_on_its_record_and_the_first_one_counts(journal: Journal) -> None:
    journal.append(["one"], taken())
    journal.end("one", NOW + 1, "delete")
    journal.end("one", NOW + 2, "idle")
    journal.end("unknown", NOW, "delete")
    assert (await record_in(journal, "one")).ended == (NOW + 1, "delete")
    assert await journal.read("unknown") is None


async def test_one_record_is_bounded(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "MAX_EVENTS", 3)
    for number in range(5):
        journal.append(["one"], taken(number))
    assert await numbers(journal, "one") == [(3, 2), (4, 3), (5, 4)]
    assert (await record_in(journal, "one")).dropped == 2


async def test_the_record_silent_longest_gives_way_first(opens: Opener) -> None:
    journal = await opens(20_000)
    for number in range(5):
        journal.append(["old"], taken(number, body=b"x" * 1000))
    for number in range(5, 9):
        journal.append(["new"], taken(number, at=NOW + number, body=b"x" * 1000))
    assert len(await numbers(journal, "old")) == 5
    for number in range(9, 21):
        journal.append(["new"], taken(number, at=NOW + number, body=b"x" * 1000))

    async def cut() -> bool:
        record = await journal.read("old")
        return record is None or record.dropped == 5

    await eventually(cut, "making room")
    old, new = await numbers(journal, "old"), await numbers(journal, "new")
    assert old == []
    assert 8 <= len(new) < 18
    assert new[-1][1] == 20


async def test_an_event_that_is_larger_than_everything_allowed_leaves_nothing_behind(opens: Opener) -> None:
    journal = await opens(500)
    journal.append(["one"], taken(body=b"x" * 1000))

    async def nothing() -> bool:
        return await numbers(journal, "one") == []

    await eventually(nothing, "making room")


async def test_the_number_of_records_is_bounded(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "MAX_RECORDS", 2)
    for place, subject in enumerate("aabac"):
        journal.append([subject], taken(at=NOW + place))

    async def gone() -> bool:
        return await journal.read("b") is None

    await eventually(gone, "making room")
    assert [len(await numbers(journal, subject)) for subject in "ac"] == [1, 1]


async def test_a_viewer_gets_what_comes_after_it_came(journal: Journal) -> None:
    journal.append(["one"], taken(1))
    await record_in(journal, "one")
    viewer = journal.watch("one")
    journal.append(["one"], taken(2))
    journal.append(["other"], taken(3))
    journal.append(["one"], taken(4))
    assert [(entry.sequence, entry.event.number) for entry in await heard(viewer, 2)] == [(2, 2), (3, 4)]
    assert await viewer.next(0.001) is None
    journal.leave("one", viewer)


async def test_a_viewer_of_a_record_that_begins_only_then_gets_all_of_it(journal: Journal) -> None:
    viewer = journal.watch("b:new")
    assert await journal.read("b:new") is None
    journal.append(["b:new"], taken(1))
    assert [entry.sequence for entry in await heard(viewer, 1)] == [1]


async def test_who_watches_and_then_reads_misses_nothing(journal: Journal) -> None:
    found: list[int] = []
    journal.append(["one"], taken(1))
    viewer = journal.watch("one")
    journal.append(["one"], taken(2))
    record = await record_in(journal, "one")
    journal.append(["one"], taken(3))
    found = [entry.sequence for entry in record.entries]
    assert found == [1, 2]
    while found[-1] < 3:
        [entry] = await heard(viewer, 1)
        if entry.sequence > found[-1]:
            found.append(entry.sequence)
    assert found == [1, 2, 3]


async def test_a_viewer_that_does_not_keep_up_is_dropped_and_told_so(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "BACKLOG", 2)
    viewer = journal.watch("one")
    for number in range(4):
        journal.append(["one"], taken(number))

    async def dropped() -> bool:
        return viewer.too_slow

    await eventually(dropped, "dropping the viewer")
    assert len(await heard(viewer, 2)) == 2
    assert await viewer.next(0.001) is None
    assert viewer.closed


async def test_more_events_at_once_than_a_viewer_s_backlog_reach_one_that_listens(journal: Journal) -> None:
    viewer = journal.watch("one")
    await journal.read("one")
    told: list[int] = []
    for number in range(250):
        journal.append(["one"], taken(number))
    while len(told) < 250:
        told += [entry.event.number for entry in await heard(viewer, 1)]
    assert told == list(range(250))


async def test_viewers_are_told_when_the_record_or_the_process_ends(journal: Journal) -> None:
    journal.append(["one"], taken())
    first, second = journal.watch("one"), journal.watch("two")
    await record_in(journal, "one")

    async def told() -> bool:
        await journal.sweep(NOW + 61, 60, nobody)
        await first.next(0.001)
        return first.closed

    await eventually(told, "telling the viewer")
    await journal.close()
    assert second.closed


async def test_records_that_were_silent_are_forgotten_unless_their_session_lives(journal: Journal) -> None:
    async def living(subject: str) -> bool:
        return subject == "alive"

    for subject in ("alive", "dead"):
        journal.append([subject], taken())

    async def swept() -> bool:
        await journal.sweep(NOW + 61, 60, living)
        return not journal.knows("dead")

    await eventually(swept, "forgetting")
    assert journal.knows("alive")
    assert await journal.read("dead") is None
    await journal.sweep(NOW + 10, 60, nobody)
    assert await numbers(journal, "alive") == [(1, 1)]


async def test_a_view_key_stands_for_a_record_until_it_is_revoked(journal: Journal) -> None:
    journal.append(["one"], taken())
    await record_in(journal, "one")
    key, other = await journal.share("one"), await journal.share("one")
    assert "one" not in key
    assert await journal.shared(key) == "one"
    assert await journal.revoke(key)
    assert await journal.shared(key) is None
    assert not await journal.revoke(key)
    assert await journal.shared(other) == "one"


async def test_a_view_key_does_not_outlive_its_record(journal: Journal) -> None:
    journal.append(["one"], taken())
    key = await journal.share("one")
    await journal.sweep(NOW + 10, 60, nobody)
    await journal.sweep(NOW + 500, 60, everybody)
    assert await journal.shared(key) == "one"
    await journal.sweep(NOW + 500, 60, nobody)
    assert await journal.shared(key) is None


async def test_closing_it_twice_does_no_harm(opens: Opener) -> None:
    journal = await opens(LARGE)
    journal.append(["one"], taken())
    await bounded(journal.close(), "closing")
    await bounded(journal.close(), "closing again")
