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
        """The header field ``Server-Timing`` (W3C): each phase, the last as far as it came, and their total, in ms."""
        now = self._clock()
        last = next(reversed(self.seconds), None)
        following = PHASES[0 if last is None else PHASES.index(last) + 1 :][:1]
        every = {**self.seconds, **dict.fromkeys(following, now - self._last), "total": now - self._started}
        return b"server-timing", ", ".join(f"{name};dur={span * 1000:.3f}" for name, span in every.items()).encode()
