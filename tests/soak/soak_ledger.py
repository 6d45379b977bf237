"""What came of the requests of a soak: counts, latencies, and errors, each expected or not.

Pure: times are passed in, seconds on one clock that never jumps.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

MINUTE = 60.0
EXAMPLES = 3
"""Unexpected errors of a kind that are kept whole."""


@dataclass
class Window:
    """A time in which some errors of one site are the fault's and not the server's.

    Attributes:
        fault: What is done.
        site: Whose errors.
        tolerated: Which.
        begin: When it begins.
        end: When it is over; never, until that is known.
    """

    fault: str
    site: str
    tolerated: frozenset[str]
    begin: float
    end: float = math.inf

    def covers(self, site: str, what: str, sent: float, seen: float) -> bool:
        """Whether an error of a request, under way between two times, is tolerated."""
        return site == self.site and what in self.tolerated and sent <= self.end and seen >= self.begin


@dataclass
class Ledger:
    """Everything that is counted.

    Attributes:
        begin: When the load began.
        requests: How often each kind of request was answered as it should be, by site and kind.
        tolerated: Errors that a fault explains, by fault, site, kind and error.
        unexpected: All other errors, by site, kind and error.
        examples: The first of those, whole.
        facts: Whatever else is worth a number.
    """

    begin: float
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    tolerated: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    unexpected: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    facts: Counter[str] = field(default_factory=Counter)
    windows: list[Window] = field(default_factory=list)
    _latencies: dict[tuple[int, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    def answered(self, site: str, kind: str, sent: float, seen: float, *, timed: bool = True) -> None:
        """An answer as it should be; how long streams last says nothing, they are not timed."""
        self.requests[site, kind] += 1
        if timed:
            self._latencies[int((sent - self.begin) // MINUTE), site].append(seen - sent)

    def failed(self, site: str, kind: str, what: str, *, sent: float, seen: float, detail: str = "") -> None:
        """An answer as it should not be, or none."""
        for window in self.windows:
            if window.covers(site, what, sent, seen):
                self.tolerated[window.fault, site, kind, what] += 1
                return
        self.unexpected[site, kind, what] += 1
        if self.unexpected[site, kind, what] <= EXAMPLES:
            at = f"{seen - self.begin:.2f} s, sent {seen - sent:.2f} s before"
            self.examples.append(f"{site}, {kind}: {what} at {at}: {detail[:250]}")

    def latencies(self) -> list[dict[str, Any]]:
        """A row for each minute and site, in milliseconds."""
        return [
            {
                "minute": minute + 1,
                "site": site,
                "requests": len(values),
                "p50_ms": round(percentile(values, 50) * 1000, 2),
                "p99_ms": round(percentile(values, 99) * 1000, 2),
                "max_ms": round(max(values) * 1000, 2),
            }
            for (minute, site), values in sorted(self._latencies.items())
        ]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def rows(counts: Counter[Any], names: Iterable[str]) -> list[dict[str, Any]]:
    """Counts as rows with named columns, in order."""
    return [{**dict(zip(names, key, strict=True)), "count": count} for key, count in sorted(counts.items())]
