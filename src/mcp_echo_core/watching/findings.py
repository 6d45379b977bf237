"""What the feed says is wrong, and what of that is new."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct

from mcp_echo_core import text

Threshold = Literal["must", "should"]

COUNTED = ("must", "should", "suspicions", "notes")

LEVELS: Mapping[str, frozenset[str]] = {"must": frozenset({"must"}), "should": frozenset({"must", "should"})}
"""Which findings count from a level on."""

MAX_SENTENCE = 500
"""Characters of what a server says in one sentence."""

MAX_KNOWN = 10_000
"""Findings that are remembered; there are far fewer rules."""


class Verdict(Struct, frozen=True):
    """How many rules of each level are broken, and what that was found in."""

    must: int = 0
    should: int = 0
    suspicions: int = 0
    notes: int = 0
    scope: str = ""
    refused: str = ""

    def __str__(self) -> str:
        if self.refused:
            return self.refused
        if not self.scope:
            return "nothing to judge"
        broken = [f"{count} {level}" for count, level in ((self.must, "MUST"), (self.should, "SHOULD")) if count]
        minor = ((self.suspicions, "suspicion"), (self.notes, "note"))
        told = [f"{count} {name}{'' if count == 1 else 's'}" for count, name in minor if count]
        return f"{', '.join([*(broken or ['no rule broken']), *told])} {self.scope}"

    @property
    def counts(self) -> tuple[int, ...]:
        """What makes a verdict another one."""
        return self.must, self.should, self.suspicions, self.notes


class Findings:
    """Keeps what is known.

    Attributes:
        verdict: The last one; ``None`` before there is one.
    """

    def __init__(self) -> None:
        self.verdict: Verdict | None = None
        self._known: set[tuple[str, ...]] = set()
        self._weights: set[str] = set()

    def take(self, told: Mapping[str, Any]) -> bool:
        """Take in a record or a state; whether the verdict is another one."""
        report = told.get("report")
        if not isinstance(report, dict):
            return False
        must, should, suspicions, notes = (_count(report.get(name)) for name in COUNTED)
        scope, refused = (text.line(str(report.get(name) or ""), MAX_SENTENCE) for name in ("scope", "refused"))
        before, self.verdict = self.verdict, Verdict(must, should, suspicions, notes, scope, refused)
        self._weights = {str(each.get("weight")) for each in _objects(report.get("findings"))}
        return before is None or (before.counts, before.refused) != (self.verdict.counts, refused)

    def new(self, told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """The findings, and the observations of gateways, that were not there before."""
        report = told.get("report")
        findings = _objects(report.get("findings")) if isinstance(report, dict) else []
        for each in (*findings, *_objects(told.get("gateway"))):
            key = tuple(str(each.get(name))[:200] for name in ("rule", "id", "revision", "weight"))
            if key not in self._known and len(self._known) < MAX_KNOWN:
                self._known.add(key)
                yield each

    def reached(self, threshold: Threshold) -> bool:
        """Whether a finding counts from this level on."""
        return not self._weights.isdisjoint(LEVELS[threshold])


def _count(value: Any) -> int:
    return value if type(value) is int else 0


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
