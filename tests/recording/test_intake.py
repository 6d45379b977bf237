"""How fast one record takes exchanges."""

import pytest

from harness import Server, call, initialize
from mcp_echo_core.recording import intake
from mcp_echo_core.recording.intake import BURST, RATE, Intake


def taken_of(record: Intake, count: int, now: float) -> int:
    return sum(record.takes(now) for _ in range(count))


def test_a_burst_is_taken_whole_and_then_so_many_a_second() -> None:
    record = Intake()
    assert taken_of(record, BURST + 50, 1000.0) == BURST
    assert taken_of(record, 1000, 1001.0) == RATE
    assert taken_of(record, 10_000, 2000.0) == BURST


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    record = Intake()
    taken_of(record, BURST, 1000.0)
    assert not record.takes(900.0)
    assert record.takes(901.0)


async def test_what_comes_too_fast_is_counted_but_refusals_and_handshakes_are_always_kept(
    stateful: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BURST", 3)
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
