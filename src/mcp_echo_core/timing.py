"""The phases that a request goes through, and the header that tells how long each took."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

PHASES = ("read", "decode", "classify", "session", "tool", "encode")
"""In order; a request that is refused ends in one of them, and one without session or tool passes these at once."""

CONCERNED = b"requestTiming"
"""A body in which this stands is timed in any case: the clock is not read for nobody."""


class Laps:
    """How far a request has come, and when.

    Args:
        clock: Monotonic seconds.
        started: Its start.
    """

    __slots__ = ("_clock", "_marks")

    def __init__(self, clock: Callable[[], float], started: float) -> None:
        self._clock = clock
        self._marks = [started]

    def lap(self) -> None:
        """The next of ``PHASES`` is over."""
        self._marks.append(self._clock())

    def over(self) -> Iterator[tuple[str, float]]:
        """The phases that are over, and how many seconds each took."""
        return _durations(self._marks)

    def so_far(self) -> Iterator[tuple[str, float]]:
        """The same, and the phase that is not over yet."""
        return _durations([*self._marks, self._clock()])

    def header(self) -> tuple[bytes, bytes]:
        """The header field ``Server-Timing``: phases that are over, and the time so far, in ms (W3C Server Timing)."""
        every = [*self.over(), ("total", self._clock() - self._marks[0])]
        return b"server-timing", ", ".join(f"{name};dur={seconds * 1000:.3f}" for name, seconds in every).encode()


def _durations(marks: Sequence[float]) -> Iterator[tuple[str, float]]:
    return zip(PHASES, (end - start for start, end in pairwise(marks)), strict=False)
