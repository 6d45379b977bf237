"""What the feed says is wrong, and what of that is new."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct

Threshold = Literal["must", "should"]

LEVELS: Mapping[str, frozenset[str]] = {"must": frozenset({"must"}), "should": frozenset({"must", "should"})}
"""Which findings count from a level on."""

MAX_KNOWN = 10_000
"""Findings that are remembered; there are far fewer rules."""


class Verdict(Struct, frozen=True):
    """How many rules of each level are broken."""

    must: int = 0
    should: int = 0
    notes: int = 0

    def __str__(self) -> str:
        if not self.must + self.should + self.notes:
            return "no findings"
        return f"{self.must} MUST, {self.should} SHOULD, {self.notes} notes"


class Findings:
    """Keeps what is known.

    Attributes:
        verdict: The last one; ``None`` before there is one.
    """

    def __init__(self) -> None:
        self.verdict: Verdict | None = None
        self._known: set[tuple[str, ...]] = set()
        self._levels: set[str] = set()

    def take(self, told: Mapping[str, Any]) -> bool:
        """Take in a record or a state; whether the verdict is another one."""
        report = told.get("report")
        if not isinstance(report, dict):
            return False
        counts = [value if type(value := report.get(name)) is int else 0 for name in ("must", "should", "notes")]
        verdict = Verdict(*counts)
        self._levels = {str(each.get("level")) for each in _objects(report.get("findings"))}
        changed, self.verdict = verdict != self.verdict, verdict
        return changed

    def new(self, told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """The findings, and the observations of gateways, that were not there before."""
        report = told.get("report")
        findings = _objects(report.get("findings")) if isinstance(report, dict) else []
        for each in (*findings, *_objects(told.get("gateway"))):
            key = tuple(str(each.get(name))[:200] for name in ("rule", "id", "revision", "level"))
            if key not in self._known and len(self._known) < MAX_KNOWN:
                self._known.add(key)
                yield each

    def reached(self, threshold: Threshold) -> bool:
        """Whether a finding counts from this level on."""
        return not self._levels.isdisjoint(LEVELS[threshold])


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
