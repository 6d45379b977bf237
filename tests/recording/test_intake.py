"""How many exchanges are taken down."""

import pytest

from harness import Server, call, initialize
from mcp_echo_core.recording import intake
from mcp_echo_core.recording.intake import BURST, COMMON_BURST, COMMON_RATE, RATE, Intake, Share, new_share


def taken(journal: Intake, record: Share, count: int, now: float) -> int:
    return sum(journal.admits(record, now) for _ in range(count))


def test_a_burst_is_taken_whole_and_then_so_many_a_second() -> None:
    journal, record = Intake(), new_share()
    assert taken(journal, record, 10_000, 1000.0) == BURST + COMMON_BURST
    assert taken(journal, record, 10_000, 1001.0) == RATE + COMMON_RATE


def test_a_flood_on_one_record_leaves_the_others_what_is_theirs() -> None:
    journal, flooded, quiet = Intake(), new_share(), new_share()
    taken(journal, flooded, 10_000, 1000.0)
    assert taken(journal, quiet, BURST, 1000.0) == BURST
    assert taken(journal, quiet, 1, 1000.0) == 0
    taken(journal, flooded, 10_000, 1001.0)
    assert taken(journal, quiet, 100, 1001.0) == RATE


@pytest.mark.parametrize("later", [900.0, 5000.0])
def test_a_clock_that_is_set_stops_nothing(later: float) -> None:
    journal, record = Intake(), new_share()
    taken(journal, record, 10_000, 1000.0)
    taken(journal, record, 1, later)
    assert taken(journal, record, 1, later + 1.0) == 1


async def test_what_comes_too_fast_is_counted_but_refusals_and_handshakes_are_always_kept(
    stateful: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BURST", 3)
    monkeypatch.setattr(intake, "COMMON_BURST", 0)
    session = await initialize(stateful)
    for number in range(6):
        await call(stateful, "echo", {"message": str(number)}, session)
    await stateful.post(b"no json", session)
    assert stateful.app.runtime.journal is not None
    record = await stateful.app.runtime.journal.read(session or "")
    assert record is not None
    kinds = [(entry.event.kind, entry.event.status) for entry in record.entries]
    assert kinds == [("initialize", 200), ("notification", 202), *[("tools/call", 200)] * 3, ("other", 400)]
    assert record.dropped == 3
