"""Nobody is accused of what a record does not hold: cut bodies and answers, lost exchanges, instances that died.

Records of conforming clients are damaged in each of these ways, and never turn into an accusation.
"""

import itertools
from collections.abc import Awaitable, Callable

import conforming
import msgspec
import pytest
from conforming import MakeApp
from scripted import Client

from harness import FakeClock
from mcp_echo_core.client_report.report import report_on
from mcp_echo_core.recording.events import Entry, ExchangeEvent, Record
from mcp_echo_core.recording.recorder import bin_subject
from mcp_echo_core.recording.taken import MAX_BODY_BYTES
from mcp_echo_core.toolsets.conformance import running

Damage = Callable[[ExchangeEvent], ExchangeEvent]
ALLOWED = {"deprecated-features"}
VISITS: dict[str, Callable[[MakeApp, FakeClock], Awaitable[Client]]] = {
    "brief": lambda make_app, _: conforming.brief(make_app("stateful"), "2025-11-25"),
    "oldest": lambda make_app, _: conforming.brief(make_app("stateful"), "2025-03-26"),
    "modern": lambda make_app, _: conforming.modern(make_app("stateful")),
    "listening": conforming.listening,
    "leaving": conforming.leaving,
    "questioned": lambda make_app, clock: conforming.questioned(make_app, clock, "2025-11-25"),
    "modern-questioned": conforming.modern_questioned,
}


@pytest.fixture(params=VISITS)
async def record(
    request: pytest.FixtureRequest, make_app: MakeApp, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Record:
    """The record of a conforming client."""
    monkeypatch.setattr(running, "PAUSE", 0.0)
    client = await VISITS[request.param](make_app, clock)
    journal = client.server.app.runtime.journal
    assert journal is not None
    kept = await journal.read(bin_subject(client.name))
    assert kept is not None
    return kept


def accused(record: Record, *entries: Entry, dropped: int = 0) -> set[str]:
    """The rules that a client is said to break, notes and suspicions included."""
    made = msgspec.structs.replace(record, entries=entries, dropped=dropped)
    return {finding.rule for finding in report_on(made).findings} - ALLOWED


def body_cut(event: ExchangeEvent) -> ExchangeEvent:
    """Its body was too long to be kept whole."""
    size = MAX_BODY_BYTES + 1000
    return msgspec.structs.replace(event, body=event.body[: len(event.body) // 2], body_bytes=size)


def answer_cut(event: ExchangeEvent) -> ExchangeEvent:
    """Its answer was too long to be kept whole."""
    half = msgspec.structs.replace(
        event, answer=event.answer[: len(event.answer) // 2], pieces=event.pieces[: len(event.pieces) // 2]
    )
    return msgspec.structs.replace(half, answer_bytes=1 << 21)


def died(event: ExchangeEvent) -> ExchangeEvent:
    """Its stream was open when its instance died."""
    changes = {"seconds": None, "ended_by": None, "instance": f"dead-{event.number}"}
    return msgspec.structs.replace(event, **changes) if event.pieces else event


@pytest.mark.parametrize("damage", [body_cut, answer_cut, died])
def test_what_one_exchange_hides_accuses_nobody(record: Record, damage: Damage) -> None:
    for place, entry in enumerate(record.entries):
        if damage is body_cut and not entry.event.body:
            continue
        entries = list(record.entries)
        entries[place] = Entry(entry.sequence, damage(entry.event))
        assert accused(record, *entries) == set(), f"{damage.__name__} of exchange {entry.sequence}"


@pytest.mark.parametrize("damage", [body_cut, answer_cut, died])
def test_what_all_exchanges_hide_accuses_nobody(record: Record, damage: Damage) -> None:
    entries = [
        Entry(entry.sequence, damage(entry.event) if entry.event.body else entry.event) for entry in record.entries
    ]
    assert accused(record, *entries) == set()


def test_the_end_of_a_stream_that_got_lost_accuses_nobody(record: Record) -> None:
    for place, entry in enumerate(record.entries):
        entries = list(record.entries)
        event = msgspec.structs.replace(entry.event, seconds=None, ended_by=None)
        entries[place] = Entry(entry.sequence, event if event.pieces else entry.event)
        assert accused(record, *entries, dropped=1) == set(), f"exchange {entry.sequence}"


def test_what_a_record_has_lost_at_its_beginning_accuses_nobody(record: Record) -> None:
    for count in range(1, len(record.entries)):
        assert accused(record, *record.entries[count:], dropped=count) == set(), f"without the first {count}"


def test_what_a_record_has_not_taken_accuses_nobody(record: Record) -> None:
    """What comes too fast is counted instead of kept."""
    everything = record.entries
    for count in (1, 2):
        for lost in itertools.combinations(range(len(everything)), count):
            kept = [entry for place, entry in enumerate(everything) if place not in lost]
            assert accused(record, *kept, dropped=count) == set(), (
                f"without {[everything[each].sequence for each in lost]}"
            )
