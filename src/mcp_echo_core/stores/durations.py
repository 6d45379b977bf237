"""How long sessions lived, counted in the buckets of a histogram; seconds."""

from bisect import bisect_left

import msgspec
from msgspec import Struct

BOUNDS = (
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0,
    1800.0, 3600.0, 7200.0, 21600.0, 86400.0,
)  # fmt: skip
"""Upper bounds: up to 300 those that OpenTelemetry's conventions advise for ``mcp.server.session.duration``. An idle
session lives at least as long as the session timeout, an hour unless set otherwise, so there are some above it."""

_ALL_BOUNDS = (*BOUNDS, float("inf"))


class Durations(Struct):
    """How long some sessions lived.

    Attributes:
        buckets: How many lived not longer than each of ``BOUNDS`` but longer than the one before; last, the others.
        seconds: The sum.
    """

    buckets: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0

    @property
    def count(self) -> int:
        """How many sessions that are."""
        return sum(self.buckets)

    def add(self, seconds: float) -> None:
        """Count a session; one that ended before it began, by a clock that was set back, lived for no time."""
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        if seconds > 0:
            self.seconds += seconds

    def copy(self) -> "Durations":
        """The same, which no longer counts along."""
        return Durations(list(self.buckets), self.seconds)

    def read(self, bound: float, count: int) -> None:
        """Count what a store kept under a bound, which may be that of another version of the server."""
        self.buckets[bisect_left(BOUNDS, bound)] += count


def bound_of(seconds: float) -> float:
    """The bucket of a session that lived so long: its upper bound, ``inf`` above all ``BOUNDS``."""
    return _ALL_BOUNDS[bisect_left(BOUNDS, seconds)]
