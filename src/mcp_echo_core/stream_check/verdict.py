"""From times to a verdict, purely: when ticks were sent, when they arrived, how it ended.

The clocks of the two sides may differ, so only differences between ticks count: a tick's lag is how much longer it
took than the fastest one.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct

Kind = Literal[
    "streaming", "batched", "held to the end", "slowed", "lost", "cut off", "unfinished", "not a stream", "refused",
    "undecided",
]  # fmt: skip

LAG_SECONDS = 0.05
"""Up to this lag a tick is in time, on any machine and however short the interval."""

LAG_SHARE = 0.5
"""Up to this share of the interval a tick is in time."""

TOGETHER_SECONDS = 0.005
"""Events that arrive within this time of each other arrived together."""

TOGETHER_SHARE = 0.25
"""So did ticks whose arrivals lie closer together than this share of the time between their sending."""

NOISE_FACTOR = 2
"""A lag is evidence only above so many times the longest moment in which this process did not run."""

MIN_TICKS = 3
"""With fewer there is nothing to compare."""

MIN_BUNCH = 4
"""So many ticks together are a buffer; two or three may be a moment in which some machine did not run."""


class Tick(Struct, frozen=True):
    """One event of a stream.

    Attributes:
        number: Its place, from 1.
        sent: Seconds since 1970 by the server's clock; ``None`` when the event does not say.
        arrived: Seconds after the request was sent, by the asking side's clock.
    """

    number: int
    sent: float | None
    arrived: float


class Series(Struct, frozen=True, kw_only=True):
    """What was seen of one event stream; all times in seconds after the request was sent.

    Attributes:
        ticks: In the order of their arrival.
        expected: How many were asked for; ``None`` for a tool of which that is not known.
        interval: Seconds between them, as asked for; 0 when not known.
        response: When the response arrived; ``None`` when it did not.
        closed: When the stream ended; ``None`` when it was still open when the watching ended.
        watched: How long it was watched.
        failure: What went wrong on the way.
        stalled: The longest time for which the asking process itself did not run.
    """

    ticks: tuple[Tick, ...]
    expected: int | None = None
    interval: float = 0.0
    response: float | None = None
    closed: float | None = None
    watched: float = 0.0
    failure: str | None = None
    stalled: float = 0.0

    @property
    def stamped(self) -> bool:
        """Whether every tick says when it was sent."""
        return bool(self.ticks) and all(tick.sent is not None for tick in self.ticks)


class Verdict(Struct, frozen=True, kw_only=True):
    """What a series shows.

    Attributes:
        kind: In a word or two.
        answer: The same with figures, without the kind.
        lags: Seconds each tick took longer than the fastest; empty when the ticks do not say when they were sent.
        groups: How many ticks arrived together, group by group.
    """

    kind: Kind
    answer: str
    lags: tuple[float, ...] = ()
    groups: tuple[int, ...] = ()


def judge(series: Series) -> Verdict:
    """The verdict on an event stream."""
    if series.response is None:
        return _unanswered(series)
    if not series.ticks:
        return Verdict(kind="undecided", answer="the response came without any event before it, so nothing was timed")
    if series.expected is not None and len(series.ticks) != series.expected:
        return Verdict(kind="lost", answer=f"{len(series.ticks)} of {series.expected} ticks arrived, and the response")
    if len(series.ticks) < MIN_TICKS:
        return Verdict(kind="undecided", answer=f"{counted(len(series.ticks), 'event')}: too few to compare")
    return _timed(series, series.response) if series.stamped else _untimed(series, series.response)


def lags_of(ticks: Sequence[Tick]) -> tuple[float, ...]:
    """Seconds that each tick took longer than the fastest."""
    took = [tick.arrived - tick.sent for tick in ticks if tick.sent is not None]
    return tuple(each - min(took) for each in took)


def groups_of(ticks: Sequence[Tick]) -> list[list[Tick]]:
    """The ticks that arrived together, group by group."""
    groups = [[ticks[0]]]
    for before, tick in pairwise(ticks):
        if _together(before, tick):
            groups[-1].append(tick)
        else:
            groups.append([tick])
    return groups


def counted(number: int, noun: str) -> str:
    """A number and its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """A short time for people: ``0.4 ms``, ``90 ms``, ``0.90 s``, ``12.0 s``."""
    size = abs(seconds)
    patterns = ((0.00995, 1000, ".1f", "ms"), (0.0995, 1000, ".0f", "ms"), (9.995, 1, ".2f", "s"))
    for below, factor, pattern, unit in patterns:
        if size < below:
            return f"{seconds * factor:{pattern}} {unit}"
    return f"{seconds:.1f} s"


def _together(before: Tick, tick: Tick) -> bool:
    between = tick.arrived - before.arrived
    if before.sent is None or tick.sent is None:
        return between < TOGETHER_SECONDS
    return between < max(TOGETHER_SECONDS, TOGETHER_SHARE * (tick.sent - before.sent))


def _timed(series: Series, response: float) -> Verdict:
    ticks, lags, groups = series.ticks, lags_of(series.ticks), groups_of(series.ticks)
    interval = series.interval or _mean_interval(ticks)
    tolerance = max(LAG_SECONDS, LAG_SHARE * interval)
    late = {tick for tick, lag in zip(ticks, lags, strict=True) if lag > tolerance}
    bunches = [len(group) for group in groups if len(group) > 1 and group[0] in late]
    count, most, told = len(ticks), duration(max(lags)), f"interval {duration(interval)}"
    with_the_end = response - ticks[-1].arrived < max(LAG_SHARE * interval, TOGETHER_SECONDS)
    kind: Kind = "streaming"
    answer = f"{count} ticks, each arrived within {most} of its sending ({told})"
    if bunches == [count] and with_the_end:
        kind = "held to the end"
        answer = f"{count} ticks arrived together with the end, {most} after the first was sent"
    elif bunches and (2 * sum(bunches) >= count or max(bunches) >= MIN_BUNCH):
        kind, sizes = "batched", ", ".join(str(len(group)) for group in groups)
        answer = f"{count} ticks arrived in {counted(len(groups), 'group')} of {sizes}{_period(groups)}"
    elif late and 2 * len(late) < count:
        answer = f"{count} ticks in time but for {len(late)}, up to {most} late ({told})"
    elif late:
        kind, answer = "slowed", f"{count} ticks arrived one by one, but up to {most} late ({told})"
    if kind != "streaming" and max(lags) <= NOISE_FACTOR * series.stalled:
        paused = f"this process itself did not run for {duration(series.stalled)}; ask again"
        kind, answer = "undecided", f"ticks arrived up to {most} late, but {paused}"
    if kind == "streaming" and len(groups) < count and _span(ticks) <= tolerance:
        close = f"were sent within {duration(_span(ticks))}, too close to tell why; ask for more, or farther apart"
        kind, answer = "undecided", f"{count} ticks arrived in {counted(len(groups), 'group')}, but {close}"
    return Verdict(kind=kind, answer=answer, lags=lags, groups=tuple(map(len, groups)))


def _span(ticks: Sequence[Tick]) -> float:
    """Seconds from the sending of the first tick to that of the last."""
    sent = [tick.sent for tick in ticks if tick.sent is not None]
    return max(sent) - min(sent)


def _mean_interval(ticks: Sequence[Tick]) -> float:
    sent = [tick.sent for tick in ticks if tick.sent is not None]
    return (sent[-1] - sent[0]) / (len(sent) - 1)


def _period(groups: Sequence[Sequence[Tick]]) -> str:
    if len(groups) == 1:
        return ""
    between = (groups[-1][0].arrived - groups[0][0].arrived) / (len(groups) - 1)
    return f", one every {duration(between)} on average"


def _untimed(series: Series, response: float) -> Verdict:
    groups = groups_of(series.ticks)
    sizes = tuple(map(len, groups))
    count, seconds = len(series.ticks), series.ticks[-1].arrived - series.ticks[0].arrived
    if len(groups) == 1:
        when = "with the response" if response - series.ticks[-1].arrived < TOGETHER_SECONDS else "before the response"
        answer = f"{count} events arrived together {when}: held on the way, or sent so; they do not say when"
        return Verdict(kind="undecided", answer=answer, groups=sizes)
    if len(groups) < count:
        told = ", ".join(map(str, sizes))
        answer = f"{count} events arrived in groups of {told}: batched on the way, or sent so; they do not say when"
        return Verdict(kind="undecided", answer=answer, groups=sizes)
    gaps = [after.arrived - tick.arrived for tick, after in pairwise(series.ticks)]
    answer = f"{count} events arrived one by one in {duration(seconds)}, {duration(min(gaps))} to {duration(max(gaps))}"
    return Verdict(kind="streaming", answer=f"{answer} apart; how late each was they do not say", groups=sizes)


def _unanswered(series: Series) -> Verdict:
    count = len(series.ticks)
    had = counted(count, "event") if series.expected is None else f"{count} of {counted(series.expected, 'tick')}"
    lags = lags_of(series.ticks) if series.stamped else ()
    if series.closed is None:
        answer = f"after {duration(series.watched)} {had} had arrived, and no response"
        return Verdict(kind="unfinished", answer=answer, lags=lags)
    how = "the connection broke" if series.failure else "the stream was closed"
    answer = f"{how} after {duration(series.closed)}, when {had} had arrived and no response"
    return Verdict(kind="cut off", answer=answer, lags=lags)
