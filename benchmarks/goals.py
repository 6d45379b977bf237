"""What the servers shall reach, beside what was measured."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tables import Table

MIB = 1 << 20


@dataclass(frozen=True)
class Goal:
    """One bound.

    Attributes:
        text: What is bounded.
        kind: The measurement that has the figure.
        figure: Finds it in the document; KeyError when the subject was not measured, and None when it is void.
        at_least: The least allowed; None where ``at_most`` bounds.
        at_most: The most allowed.
        digits: Shown after the point.
        unit: Shown after the figure.
    """

    text: str
    kind: str
    figure: Callable[[dict[str, Any]], float | None]
    at_least: float | None = None
    at_most: float | None = None
    digits: int = 2
    unit: str = ""

    def met(self, value: float) -> bool:
        """Whether a figure keeps the bound."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    @property
    def bound(self) -> str:
        """In words."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g}{self.unit}"
        return f"≤ {self.at_most:g}{self.unit}"


def table(documents: Mapping[str, dict[str, Any]]) -> Table:
    """All goals.

    Args:
        documents: What was measured, by kind; some may be missing.
    """
    return Table("Goals", ["", "goal", "measured", "met"], [_row(goal, documents.get(goal.kind)) for goal in GOALS])


def _row(goal: Goal, document: dict[str, Any] | None) -> list[str]:
    try:
        value = goal.figure(document) if document is not None else None
    except KeyError:
        value = None
    if value is None:
        return [goal.text, goal.bound, "–", "not measured"]
    return [goal.text, goal.bound, f"{value:,.{goal.digits}f}{goal.unit}", "yes" if goal.met(value) else "**no**"]


def _echo(name: str, figure: str, unit: float = 1.0) -> Callable[[dict[str, Any]], float | None]:
    def find(document: dict[str, Any]) -> float | None:
        row = document["summaries"][name]
        if row["fault"] or not row[figure]:
            return None
        found = row[figure]
        return float(statistics.median(found) if isinstance(found, list) else found) / unit

    return find


def _growth(name: str) -> Callable[[dict[str, Any]], float]:
    def find(document: dict[str, Any]) -> float:
        row = document["figures"][name]
        return float(row["rss_last"] / row["rss_first"] - 1) * 100

    return find


def _errors(name: str) -> Callable[[dict[str, Any]], float]:
    return lambda document: float(document["figures"][name]["errors"])


def _servers() -> tuple[Goal, ...]:
    goals: list[Goal] = []
    for name, share in (("stateless", 0.60), ("stateless-modern", 0.60), ("stateful", 0.50), ("stateful-modern", 0.50)):
        goals += [
            Goal(f"{name}: requests/s, of the ceiling", "echo", _echo(name, "many_ratios"), at_least=share),
            Goal(f"{name}: p50", "echo", _echo(name, "many_p50_ms"), at_most=1, unit=" ms"),
            Goal(f"{name}: p99", "echo", _echo(name, "many_p99_ms"), at_most=5, unit=" ms"),
            Goal(f"{name}: p99 / p50", "echo", _echo(name, "many_spread"), at_most=2.2),
        ]
    return tuple(goals)


def _sizes() -> tuple[Goal, ...]:
    session = "bytes per idle session"
    return (
        Goal(
            "stateful-redis: requests/s, of the ceiling", "echo", _echo("stateful-redis", "many_ratios"), at_least=0.20
        ),
        *(
            Goal(f"{name}: idle memory", "echo", _echo(name, "rss_idle", MIB), at_most=45, digits=1, unit=" MiB")
            for name in ("stateless", "stateful")
        ),
        *(
            Goal(f"{name}: {session}", "echo", _echo(name, "session_bytes"), at_most=2048, digits=0)
            for name in ("stateful-unrecorded", "stateful")
        ),
        *(
            Goal(f"{name}: start to first answer", "echo", _echo(name, "start_ms"), at_most=250, digits=0, unit=" ms")
            for name in ("stateless", "stateful")
        ),
    )


def _long() -> tuple[Goal, ...]:
    goals: list[Goal] = []
    for name in ("stateless", "stateful", "stateful-full-record"):
        errors, growth = f"{name}: errors at full load for long", f"{name}: growth of memory under it"
        goals += [
            Goal(errors, "endurance", _errors(name), at_most=0, digits=0),
            Goal(growth, "endurance", _growth(name), at_most=2, digits=1, unit=" %"),
        ]
    return (
        *goals,
        Goal("two workers / one, requests/s", "workers", lambda found: found["summary"]["ratio"], at_least=1.7),
        Goal("the same, by processor time", "workers", lambda found: found["summary"]["scaled"], at_least=1.7),
    )


GOALS = (*_servers(), *_sizes(), *_long())
