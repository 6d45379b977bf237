"""Committed figures, and how a run differs from them. Pure: values in, sentences out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

REFERENCE = "reference"
"""The subject that is no server: work that never changes, which tells builds of Python apart."""

TOLERANCE = 0.02
"""Share by which a figure may differ. The same code differs by 0.1 %, and by 0.6 % where addresses are random."""

SAME_BUILD = 0.02
"""Share by which the reference may differ within one build of Python; memory layout alone makes it 1.3 %."""

ROUGH = 0.10
"""Tolerance between builds, in multiples of the reference: two builds of Python 3.11 differed by 5 %."""

ACCEPT = "scripts/instructions --save"
COMMITTED = "benchmarks/instructions.json"


@dataclass(frozen=True)
class Run:
    """What was counted.

    Attributes:
        build: Implementation and minor version of Python, and the machine's architecture.
        versions: Of Python and of the packages that serve requests.
        counts: Instructions per request by subject; of the reference per round.
    """

    build: str
    versions: Mapping[str, str]
    counts: Mapping[str, float]


@dataclass(frozen=True)
class Comparison:
    """How a run differs from the committed figures.

    Attributes:
        problems: What fails: a subject beyond the tolerance, or without a committed figure.
        reservation: Why less than everything was compared; None if nothing was left out.
    """

    problems: tuple[str, ...] = ()
    reservation: str | None = None


def compare(document: Mapping[str, Any], run: Run) -> Comparison:
    """A run beside the committed figures of the same minor version of Python on the same architecture.

    Args:
        document: The committed file: by build, ``versions`` and ``counts``.
        run: What was counted now.
    """
    saved = document.get(run.build)
    if saved is None:
        known = ", ".join(sorted(document)) or "nothing"
        return Comparison(
            reservation=f"NOT COMPARED: {COMMITTED} has figures of {known}, none of {run.build}; {ACCEPT} adds them"
        )
    committed = saved["counts"]
    scale = run.counts[REFERENCE] / committed[REFERENCE]
    rough = abs(scale - 1) > SAME_BUILD
    problems = [
        _problem(name, committed[name] * (scale if rough else 1), seen, rough) if name in committed else _missing(name)
        for name, seen in run.counts.items()
        if name != REFERENCE
    ]
    told = [problem for problem in problems if problem]
    if told and (changed := _changed(saved["versions"], run.versions)):
        told.append(f"since the figures were saved these changed, too: {changed}")
    return Comparison(tuple(told), _roughly(run.build, scale) if rough else None)


def updated(document: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """The committed file with this run's figures; other builds' and other subjects' stay."""
    before = document.get(run.build, {}).get("counts", {})
    counts = {name: round(count) for name, count in sorted({**before, **run.counts}.items())}
    return {**document, run.build: {"versions": dict(run.versions), "counts": counts}}


def _problem(name: str, committed: float, seen: float, rough: bool) -> str | None:
    change = seen / committed - 1
    tolerance = ROUGH if rough else TOLERANCE
    told = f"{name}: {seen:,.0f} instructions per request, committed are {committed:,.0f}: {change:+.1%}"
    if change > tolerance:
        return f"{told}, at most {tolerance:+.0%} passes; take out what it costs, or accept it with {ACCEPT}"
    if change < -tolerance and not rough:
        return f"{told}; better, and the next loss would hide in it: keep it with {ACCEPT}"
    return None


def _missing(name: str) -> str:
    return f"{name}: no committed figure; {ACCEPT} makes it one"


def _roughly(build: str, scale: float) -> str:
    return (
        f"COMPARED ROUGHLY: {COMMITTED} was made by another build of {build}; fixed work takes {scale - 1:+.1%} "
        f"instructions in this one. The figures are scaled by that, and only a loss of more than {ROUGH:.0%} is told"
    )


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {before.get(name)} → {now[name]}" for name in now if now[name] != before.get(name))
