"""Tables as values, written for a terminal or for a page."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Table:
    """Figures by name.

    Attributes:
        title: What is shown.
        headings: Of the columns; the first is that of the names.
        rows: Cells; a row may be shorter than the headings.
        notes: What else a reader must know.
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = field(default=())


def text(table: Table) -> str:
    """The table for a terminal: names to the left, figures to the right."""
    lines = [table.headings, *table.rows]
    widths = [max(len(line[at]) for line in lines if at < len(line)) for at in range(len(table.headings))]
    aligned = [
        "  ".join(cell.rjust(widths[at]) if at else cell.ljust(widths[at]) for at, cell in enumerate(line)).rstrip()
        for line in lines
    ]
    return "\n".join([table.title, *aligned, *table.notes, ""])


def markdown(table: Table) -> list[str]:
    """The table for a page, line by line."""
    width = len(table.headings)
    rules = ["---", *(["---:"] * (width - 1))]
    rows = [[*row, *([""] * (width - len(row)))] for row in table.rows]
    lines = [f"| {' | '.join(line)} |" for line in (table.headings, rules, *rows)]
    return [f"**{table.title}**", "", *lines, *(["", *(f"- {note}" for note in table.notes)] if table.notes else [])]
