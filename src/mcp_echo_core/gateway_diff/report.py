"""The report: the verdict first, then every difference with what it breaks; for people, for terminals, for programs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.client.secrecy import NOTHING_SECRET, Secrecy
from mcp_echo_core.gateway_diff.ask import Observation
from mcp_echo_core.gateway_diff.compare import Field
from mcp_echo_core.gateway_diff.findings import lines
from mcp_echo_core.gateway_diff.meaning import Line
from mcp_echo_core.redaction import mask
from mcp_echo_core.redaction import text as redacted
from mcp_echo_core.text import line

MAX_KEPT = 10_000
"""Characters of a value that are kept: more than the largest that is sent."""

MAX_SHOWN = 60
"""Characters of a value that are shown."""


MAX_VALUES = 4
"""Values of one line that are shown."""


class Report(Struct, frozen=True):
    """What a run found.

    Attributes:
        seen: What was seen.
        lines: What it means.
        exchanges: The evidence.
        requests: The fields of each request with everything, as they were sent and as they arrived.
    """

    seen: Observation
    lines: Sequence[Line]
    exchanges: Sequence[Exchange]
    requests: Sequence[Mapping[str, Sequence[Field]]] = ()

    @property
    def damage(self) -> list[Line]:
        """What matters."""
        return [each for each in self.lines if each.matters]

    @property
    def notes(self) -> list[Line]:
        """What does not."""
        return [each for each in self.lines if not each.matters]

    @property
    def exit_code(self) -> int:
        """0 when nothing that matters was found, 1 when something was, 2 when nothing could be seen."""
        if self.damage:
            return 1
        return 0 if self.seen.obstacle is None else 2

    @property
    def verdict(self) -> str:
        """The report in one line."""
        if self.damage:
            rest = f"; and {_count(len(self.notes), 'note')}" if self.notes else ""
            whole = "" if self.seen.obstacle is None else "; the rest could not be looked at"
            plural = "s" if len(self.damage) == 1 else ""
            return f"{_count(len(self.damage), 'difference')} that matter{plural}: {_kinds(self.damage)}{rest}{whole}"
        if self.seen.obstacle is not None:
            return f"could not run: {self.seen.obstacle}"
        if self.notes:
            return f"clean: everything that matters arrived as it was sent; {_count(len(self.notes), 'note')}"
        return "clean: the request arrived as it was sent"

    @property
    def unseen(self) -> list[str]:
        """What could not be looked at, and why."""
        if self.seen.obstacle is not None:
            return [self.seen.obstacle] if self.damage else []
        if self.seen.begun is None or self.seen.begun.result is None:
            told = "not asked" if self.seen.begun is None else self.seen.begun.told()
            return [f"sessions and the older era: initialize was answered {told}"]
        if self.seen.session is None:
            return ["Mcp-Session-Id on the way to the server: there was no session"]
        return []


def report_on(seen: Observation, exchanges: Iterable[Exchange], secrecy: Secrecy = NOTHING_SECRET) -> Report:
    """The report on what was seen; nothing in it can act on a terminal or tells a credential."""
    obstacle = None if seen.obstacle is None else _safe(seen.obstacle, secrecy)
    shown = replace(seen, url=_safe(redacted(seen.url), secrecy), obstacle=obstacle)
    requests = [
        {"sent": _safe_fields(asked.fields, secrecy), "arrived": _safe_fields(asked.arrived or [], secrecy)}
        for asked in seen.whole
    ]
    return Report(shown, [_safe_line(each, secrecy) for each in lines(seen)], list(exchanges), requests)


def _safe_line(told: Line, secrecy: Secrecy) -> Line:
    values = {
        side: tuple(_safe_value(told.name, value, secrecy) for value in getattr(told, side))
        for side in ("sent", "arrived")
    }
    texts = {side: _safe(getattr(told, side), secrecy) for side in ("name", "meaning", "fix")}
    return replace(told, **values, **texts)


def _safe_fields(fields: Sequence[Field], secrecy: Secrecy) -> list[Field]:
    return [replace(field, value=_safe_value(field.key, field.value, secrecy)) for field in fields]


def _safe_value(name: str, value: str, secrecy: Secrecy) -> str:
    return mask(value) if secrecy.hides(name) else _safe(value, secrecy)


def _safe(text: str, secrecy: Secrecy) -> str:
    return line(secrecy.text(text), MAX_KEPT)


def as_text(report: Report) -> str:
    """For people, line by line."""
    parts = [f"{report.seen.url}\n{report.verdict}"]
    parts += ["\n".join(_block(each)) for each in report.damage]
    if report.notes:
        parts.append("\n".join(["notes", *(f"  {_note(each)}" for each in report.notes)]))
    if report.unseen:
        parts.append("\n".join(["not looked at", *(f"  {each}" for each in report.unseen)]))
    return "\n\n".join(parts)


def show(report: Report, console: Console) -> None:
    """For a terminal, as a table."""
    colour = {0: "green", 1: "red", 2: "yellow"}[report.exit_code]
    console.print(Text(report.seen.url))
    console.print(Text(report.verdict, style=f"bold {colour}"))
    for some, heading in ((report.damage, "what that breaks, and what helps"), (report.notes, "what to know of it")):
        if some:
            console.print(_table(some, heading))
    for each in report.unseen:
        console.print(Text(f"not looked at: {each}"))


def _table(some: Sequence[Line], heading: str) -> Table:
    table = Table(show_lines=True, expand=True)
    for title, share in (("header", 3), ("sent", 3), ("arrived", 3), (heading, 7)):
        table.add_column(title, overflow="fold", ratio=share)
    for each in some:
        happened = f"{each.name}\n{_happened(each)}"
        told = "\n".join(part for part in (each.meaning, each.fix, each.reference) if part)
        table.add_row(*map(Text, (happened, _values(each.sent), _values(each.arrived), told)))
    return table


def as_json(report: Report) -> dict[str, Any]:
    """For programs: with all fields that were sent and that arrived, in their order."""
    seen = report.seen
    facts: dict[str, Any] = {
        "url": seen.url,
        "run": seen.run,
        "verdict": report.verdict,
        "exitCode": report.exit_code,
        "obstacle": seen.obstacle,
        "differences": report.damage,
        "notes": report.notes,
        "notLookedAt": report.unseen,
        "requests": report.requests,
        "evidence": report.exchanges,
    }
    told: dict[str, Any] = msgspec.to_builtins(facts)
    return told


def _block(told: Line) -> list[str]:
    facts = {
        "sent": _values(told.sent),
        "arrived": _values(told.arrived),
        "breaks": told.meaning,
        "fix": told.fix,
        "see": told.reference,
    }
    return [f"{_happened(told)}  {told.name}", *(f"  {label:8} {fact}" for label, fact in facts.items() if fact)]


def _note(told: Line) -> str:
    values = " → ".join(each for each in (_values(told.sent), _values(told.arrived)) if each)
    if told.change == "passed on":
        values = _values(told.sent)
    return f"{_happened(told)}  {told.name}{f' [{values}]' if values else ''}: {told.meaning}"


def _happened(told: Line) -> str:
    return told.change if told.direction == "request" else f"{told.change} (answer)"


def _values(values: Sequence[str]) -> str:
    shown = [value if len(value) <= MAX_SHOWN else f"{value[:MAX_SHOWN]}…" for value in values[:MAX_VALUES]]
    more = f" | … {len(values)} in all" if len(values) > MAX_VALUES else ""
    return " | ".join(value or "(empty)" for value in shown) + more


def _kinds(some: Sequence[Line]) -> str:
    return ", ".join(f"{count} {change}" for change, count in Counter(each.change for each in some).items())


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
