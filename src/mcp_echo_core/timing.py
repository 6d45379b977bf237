"""The phases that a request goes through, and the header that tells how long each took."""

from collections.abc import Callable

PHASES = ("read", "decode", "classify", "session", "tool", "encode")
"""In order. Not every request goes through all: one that is refused ends in one of them, and not every method is a
tool; a batch goes through some of them more than once."""

TIMED_TOOL = b"requestTiming"
"""A body in which this stands is timed in any case: for others, the clock is not read unless it is wanted."""


class Laps:
    """How long a request has been in each of its phases.

    Args:
        clock: Monotonic seconds.
        started: Its start.

    Attributes:
        seconds: Of each phase that is over.
    """

    __slots__ = ("_clock", "_last", "_started", "seconds")

    def __init__(self, clock: Callable[[], float], started: float) -> None:
        self._clock = clock
        self._started = self._last = started
        self.seconds: dict[str, float] = {}

    def lap(self, phase: str) -> None:
        """One of ``PHASES`` is over."""
        now = self._clock()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self._last
        self._last = now

    def running(self) -> float:
        """Seconds since the last phase was over."""
        return self._clock() - self._last

    def header(self) -> tuple[bytes, bytes]:
        """The header field ``Server-Timing``: phases that are over, and the time so far, in ms (W3C Server Timing)."""
        every = [*self.seconds.items(), ("total", self._clock() - self._started)]
        return b"server-timing", ", ".join(f"{name};dur={seconds * 1000:.3f}" for name, seconds in every).encode()
