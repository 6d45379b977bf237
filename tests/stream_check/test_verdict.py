"""From times to a verdict."""

import random
from collections.abc import Sequence

import pytest

from mcp_echo_core.stream_check.verdict import Series, Tick, duration, judge

SKEW = 1_790_000_000.0
"""What the server's clock says when the request is sent."""


def series(
    arrivals: Sequence[float],
    *,
    response: float | None,
    interval: float = 0.1,
    expected: int | None = None,
    **more: float,
) -> Series:
    """Ticks sent one interval after the other, which arrive at these times."""
    ticks = tuple(Tick(number + 1, SKEW + number * interval, at) for number, at in enumerate(arrivals))
    return Series(
        ticks=ticks, expected=expected or len(ticks), interval=interval, response=response, watched=60.0, **more
    )


def every(interval: float, count: int, late: float = 0.001) -> list[float]:
    """Arrivals in time."""
    return [number * interval + late for number in range(count)]


def grouped(sizes: Sequence[int], interval: float = 0.1) -> list[float]:
    """Arrivals of ticks that wait for the last of their group; a millisecond apart."""
    arrivals: list[float] = []
    for size in sizes:
        end = (len(arrivals) + size - 1) * interval + 0.001
        arrivals += [end + 0.0001 * place for place in range(size)]
    return arrivals


@pytest.mark.parametrize(
    ("arrivals", "response", "kind", "groups"),
    [
        (every(0.1, 10), 1.001, "streaming", (1,) * 10),
        (every(0.1, 10, late=5.0), 6.0, "streaming", (1,) * 10),
        (grouped([10]), 0.903, "held to the end", (10,)),
        (grouped([10]), 0.93, "held to the end", (10,)),
        (grouped([10]), 1.001, "batched", (10,)),
        (grouped([5, 5]), 1.001, "batched", (5, 5)),
        (grouped([4, 5, 1]), 1.001, "batched", (4, 5, 1)),
        (grouped([3, 3, 3, 1]), 1.001, "batched", (3, 3, 3, 1)),
        (grouped([4, *[1] * 16]), 2.001, "batched", (4, *[1] * 16)),
        (grouped([2, *[1] * 8]), 1.001, "streaming", (2, *[1] * 8)),
        (grouped([1, 3, *[1] * 6]), 1.001, "streaming", (1, 3, *[1] * 6)),
        (grouped([3]), 0.203, "held to the end", (3,)),
        ([number * 0.3 for number in range(10)], 3.0, "slowed", (1,) * 10),
        ([0.0, 0.1, 0.2, 1.0], 1.1, "streaming", (1,) * 4),
    ],
)
def test_the_arrivals_decide(arrivals: list[float], response: float, kind: str, groups: tuple[int, ...]) -> None:
    verdict = judge(series(arrivals, response=response))
    assert (verdict.kind, verdict.groups) == (kind, groups)


@pytest.mark.parametrize("seed", range(50))
def test_jitter_below_half_an_interval_is_streaming(seed: int) -> None:
    noise = random.Random(seed)
    arrivals = [at + noise.uniform(0, 0.045) for at in every(0.1, 20)]
    assert judge(series(arrivals, response=2.1)).kind == "streaming"


@pytest.mark.parametrize("seed", range(50))
def test_jitter_does_not_hide_a_buffer(seed: int) -> None:
    noise = random.Random(seed)
    arrivals = sorted(at + noise.uniform(0, 0.002) for at in grouped([5, 5, 5, 5]))
    verdict = judge(series(arrivals, response=2.1))
    assert (verdict.kind, verdict.groups) == ("batched", (5, 5, 5, 5))


def test_short_intervals_are_no_reason_to_see_buffers() -> None:
    arrivals = [at + (0.03 if 10 < number < 20 else 0) for number, at in enumerate(every(0.01, 50))]
    assert judge(series(sorted(arrivals), response=0.6, interval=0.01)).kind == "streaming"


def test_what_this_process_slept_through_is_no_evidence() -> None:
    late = grouped([5, *[1] * 5])
    assert judge(series(late, response=1.001, stalled=0.1)).kind == "batched"
    verdict = judge(series(late, response=1.001, stalled=0.4))
    assert verdict.kind == "undecided"
    assert verdict.answer.endswith("but this process itself did not run for 0.40 s; ask again")


def test_a_pause_of_this_process_takes_nothing_from_ticks_in_time() -> None:
    assert judge(series(every(0.1, 10), response=1.001, stalled=0.4)).kind == "streaming"


def test_clocks_that_differ_do_not_matter() -> None:
    fast, slow = (
        Series(
            ticks=tuple(Tick(number, SKEW + skew + number * 0.1, number * 0.1) for number in range(1, 6)),
            expected=5, interval=0.1, response=0.6,
        )
        for skew in (-3600.0, 3600.0)
    )  # fmt: skip
    assert judge(fast) == judge(slow)
    assert judge(fast).kind == "streaming"


def test_the_answer_has_the_figures() -> None:
    assert judge(series([*every(0.1, 9, late=0.0), 0.904], response=1.0)).answer == (
        "10 ticks, each arrived within 4.0 ms of its sending (interval 0.10 s)"
    )
    assert judge(series([*every(0.1, 9, late=0.0), 1.5], response=1.6)).answer == (
        "10 ticks in time but for 1, up to 0.60 s late (interval 0.10 s)"
    )
    assert judge(series(grouped([5, 5]), response=1.001)).answer == (
        "10 ticks arrived in 2 groups of 5, 5, one every 0.50 s on average"
    )
    assert judge(series(grouped([10]), response=0.903)).answer == (
        "10 ticks arrived together with the end, 0.90 s after the first was sent"
    )


def test_a_tick_that_is_missing_is_lost() -> None:
    verdict = judge(series(every(0.1, 9), response=1.0, expected=10))
    assert (verdict.kind, verdict.answer) == ("lost", "9 of 10 ticks arrived, and the response")


def test_a_stream_that_ends_without_its_response_is_cut_off() -> None:
    broken = judge(series(every(0.1, 3), response=None, expected=10, closed=0.35, failure="gone"))  # type: ignore[arg-type]
    closed = judge(series(every(0.1, 3), response=None, expected=10, closed=0.35))
    assert broken.kind == closed.kind == "cut off"
    assert broken.answer == "the connection broke after 0.35 s, when 3 of 10 ticks had arrived and no response"
    assert closed.answer.startswith("the stream was closed after 0.35 s")


def test_a_stream_that_does_not_end_is_unfinished() -> None:
    verdict = judge(series(every(0.1, 3), response=None, expected=10))
    assert (verdict.kind, verdict.answer) == ("unfinished", "after 60.0 s 3 of 10 ticks had arrived, and no response")


def test_without_events_or_with_two_nothing_can_be_told() -> None:
    assert judge(Series(ticks=(), response=1.0)).kind == "undecided"
    assert judge(series(every(0.1, 2), response=1.0)).kind == "undecided"


@pytest.mark.parametrize(
    ("arrivals", "response", "kind"),
    [
        ([0.1, 0.5, 0.9], 1.0, "streaming"),
        ([1.0, 1.0, 1.0], 1.0, "undecided"),
        ([1.0, 1.001, 1.002], 3.0, "undecided"),
        ([0.5, 0.5, 0.5, 1.0, 1.0], 1.0, "undecided"),
    ],
)
def test_of_events_that_do_not_say_when_they_were_sent_only_gaps_count(
    arrivals: list[float], response: float, kind: str
) -> None:
    ticks = tuple(Tick(number + 1, None, at) for number, at in enumerate(arrivals))
    verdict = judge(Series(ticks=ticks, response=response))
    assert verdict.kind == kind
    assert "they do not say" in verdict.answer


def test_the_interval_of_another_tool_is_measured() -> None:
    ticks = tuple(Tick(number, SKEW + number, float(number)) for number in range(1, 6))
    assert judge(Series(ticks=ticks, response=6.0)).answer.endswith("(interval 1.00 s)")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 ms"), (0.0004, "0.4 ms"), (0.0099, "9.9 ms"), (0.00999, "10 ms"), (0.09, "90 ms"), (0.0999, "0.10 s"),
        (1.234, "1.23 s"), (9.999, "10.0 s"), (61, "61.0 s"), (-0.5, "-0.50 s"),
    ],
)  # fmt: skip
def test_durations_have_two_or_three_figures(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("count", "interval"), [(3, 0.01), (3, 0.02), (5, 0.01)])
def test_ticks_too_close_together_to_show_that_they_were_held_are_no_proof_of_streaming(
    count: int, interval: float
) -> None:
    held = judge(series(grouped([count], interval), response=count * interval, interval=interval))
    assert held.kind == "undecided"
    assert "too close to tell why; ask for more, or farther apart" in held.answer
    assert judge(series(every(interval, count), response=count * interval, interval=interval)).kind == "streaming"
