"""The report: the verdict first, then every difference with what it breaks; for people, for terminals, for programs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.gateway_diff.ask import Observation
from mcp_echo_core.gateway_diff.findings import lines
from mcp_echo_core.gateway_diff.meaning import Line

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
    """

    seen: Observation
    lines: Sequence[Line]
    exchanges: Sequence[Exchange]

    @property
    def damage(self) -> list[Line]:
        """What matters."""
        return [line for line in self.lines if line.matters]

    @property
    def notes(self) -> list[Line]:
        """What does not."""
        return [line for line in self.lines if not line.matters]

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


def report_on(seen: Observation, exchanges: Iterable[Exchange]) -> Report:
    """The report on what was seen."""
    return Report(seen, lines(seen), list(exchanges))


def as_text(report: Report) -> str:
    """For people, line by line."""
    parts = [f"{report.seen.url}\n{report.verdict}"]
    parts += ["\n".join(_block(line)) for line in report.damage]
    if report.notes:
        parts.append("\n".join(["notes", *(f"  {_note(line)}" for line in report.notes)]))
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
    for line in some:
        happened = f"{line.name}\n{_happened(line)}"
        told = "\n".join(part for part in (line.meaning, line.fix, line.reference) if part)
        table.add_row(*map(Text, (happened, _values(line.sent), _values(line.arrived), told)))
    return table


def as_json(report: Report) -> bytes:
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
        "requests": [{"sent": asked.fields, "arrived": asked.arrived} for asked in seen.whole],
        "evidence": report.exchanges,
    }
    return msgspec.json.format(msgspec.json.encode(facts))


def _block(line: Line) -> list[str]:
    facts = {
        "sent": _values(line.sent),
        "arrived": _values(line.arrived),
        "breaks": line.meaning,
        "fix": line.fix,
        "see": line.reference,
    }
    return [f"{_happened(line)}  {line.name}", *(f"  {label:8} {fact}" for label, fact in facts.items() if fact)]


def _note(line: Line) -> str:
    values = " → ".join(each for each in (_values(line.sent), _values(line.arrived)) if each)
    if line.change == "passed on":
        values = _values(line.sent)
    return f"{_happened(line)}  {line.name}{f' [{values}]' if values else ''}: {line.meaning}"


def _happened(line: Line) -> str:
    return line.change if line.direction == "request" else f"{line.change} (answer)"


def _values(values: Sequence[str]) -> str:
    shown = [value if len(value) <= MAX_SHOWN else f"{value[:MAX_SHOWN]}…" for value in values[:MAX_VALUES]]
    more = f" | … {len(values)} in all" if len(values) > MAX_VALUES else ""
    return " | ".join(value or "(empty)" for value in shown) + more


def _kinds(some: Sequence[Line]) -> str:
    return ", ".join(f"{count} {change}" for change, count in Counter(line.change for line in some).items())


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
