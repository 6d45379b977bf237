"""What is found out about a record, worked out beside everything else and at most once per change."""

import asyncio
from collections.abc import Callable

import msgspec

from mcp_echo_core.client_report.judging import Judgement, judge
from mcp_echo_core.client_report.report import WEIGHTS, Finding, Weight
from mcp_echo_core.pace import Pace, beside
from mcp_echo_core.recording.events import Record


class Verdict(Judgement, frozen=True, kw_only=True):
    """What is found out about a record, and where it shows.

    Attributes:
        rules: Ids of the findings that an exchange is evidence of, by its number.
        levels: How the worst of them counts.
    """

    rules: dict[int, tuple[str, ...]]
    levels: dict[int, Weight]

    def findings_of(self, sequence: int) -> tuple[Finding, ...]:
        """The findings that an exchange is evidence of."""
        return tuple(finding for finding in self.report.findings if sequence in finding.evidence)


def verdict_on(record: Record) -> Verdict:
    """Work everything out."""
    judgement = judge(record)
    rules: dict[int, list[str]] = {}
    levels: dict[int, Weight] = {}
    for finding in judgement.report.findings:
        for number in finding.evidence:
            rules.setdefault(number, []).append(finding.rule)
            levels[number] = min(levels.get(number, finding.weight), finding.weight, key=WEIGHTS.index)
    by_number = {number: tuple(dict.fromkeys(found)) for number, found in rules.items()}
    return Verdict(**msgspec.structs.asdict(judgement), rules=by_number, levels=levels)


PATIENCE = 0.25
"""Seconds that a page waits for a newer verdict than the one there is."""


class Judge:
    """Keeps the last verdict.

    Attributes:
        last: The last verdict, if there was one.

    Args:
        record: The record as it is now; a change shows in its events.
        pace: Leaves time for everything else.
    """

    def __init__(self, record: Callable[[], Record], pace: Pace) -> None:
        self.last: Verdict | None = None
        self._record = record
        self._pace = pace
        self._lock = asyncio.Lock()
        self._mark: tuple[int, int] | None = None

    async def verdict(self) -> Verdict:
        """The verdict on the record as it is now."""
        async with self._lock:
            record = self._record()
            mark = _mark(record)
            if self.last is None or mark != self._mark:
                async with self._pace:
                    self.last, self._mark = await beside(verdict_on, record), mark
            return self.last

    async def recent(self) -> Verdict:
        """The same, or the one before where that takes longer than a page should wait; the feed tells the newer one."""
        return await self.verdict() if self.last is None or self._pace.rests <= PATIENCE else self.last


def _mark(record: Record) -> tuple[int, int]:
    """Differs when the record does."""
    return (record.entries[-1].sequence if record.entries else 0, record.dropped)
