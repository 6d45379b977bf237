"""From the times of an idle stream to what became of it."""

import pytest

from mcp_echo_core.stream_check.idle import IDLE_FINDINGS, Watch, judge_idle

BROKEN = "the connection broke"


def watch(arrivals: tuple[float, ...], closed: float | None, failure: str | None = None) -> Watch:
    return Watch(opened=0.0, arrivals=arrivals, closed=closed, watched=closed or 30.0, failure=failure)


@pytest.mark.parametrize(
    ("seen", "kind", "told"),
    [
        (watch((), None), "alive", "still open after 30.0 s; nothing was sent to keep it alive"),
        (watch((0.001,), None), "alive", "nothing was sent to keep it alive"),
        (watch((15.0,), None), "alive", "the longest silence it survived is 15.0 s"),
        (watch((), 5.0, BROKEN), "cut when idle", "cut after 5.00 s without traffic; nothing was sent"),
        (watch((0.001, 1.0, 2.0), 7.0, BROKEN), "cut when idle", "cut after 5.00 s without traffic; the longest"),
        (watch((1.0, 2.0), 7.0), "cut when idle", "cut after 5.00 s"),
        (watch((1.0, 2.0, 3.0), 3.5, BROKEN), "cut", "cut after 3.50 s, 0.50 s after the last traffic"),
        (watch((1.0, 2.0, 3.0), 4.05, BROKEN), "cut", "1.05 s after the last traffic"),
        (watch((1.0, 2.0, 3.0), 3.5), "ended", "ended without a fault after 3.50 s"),
        (watch((), 5.0), "ended", "ended without a fault after 5.00 s"),
    ],
)
def test_the_silence_before_the_end_decides(seen: Watch, kind: str, told: str) -> None:
    found, answer = judge_idle(seen)
    assert found == kind
    assert told in answer


def test_only_what_the_way_does_is_a_finding() -> None:
    assert {"cut when idle", "cut", "held back"} == IDLE_FINDINGS
