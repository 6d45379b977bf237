"""The report for a terminal or a log: opening, verdict, matrix, all checks, and what is worth reading in full."""

import re
from io import StringIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mcp_echo_core.client import transcript
from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.probe.reports import summary
from mcp_echo_core.probe.runner import Line, Report
from mcp_echo_core.text import line as safe

MAX_EXCHANGES = 2
"""Exchanges that are shown of a failed check; ``verbose`` shows them all."""

MAX_BODY = 400
"""Characters that are shown of a body; ``verbose`` shows what there is."""

ORDER = ("failed", "noted", "untested", "passed")
"""What is told first."""

STYLES = {"failed": "bold red", "noted": "yellow", "untested": "dim", "passed": "green", "known": "magenta"}

_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)


def render(report: Report, *, verbose: bool = False, colour: bool = False, width: int = 80) -> str:
    """The report as text.

    Args:
        report: What was found.
        verbose: Tell of passed checks as much as of the others, and show all evidence.
        colour: Write escape sequences for colours.
        width: Columns of the terminal.
    """
    page = _Page(report, verbose=verbose, colour=colour, width=width)
    page.opening()
    page.matrix()
    page.checks()
    page.findings()
    return page.text()


class _Page:
    def __init__(self, report: Report, *, verbose: bool, colour: bool, width: int) -> None:
        self.report = report
        self.verbose = verbose
        self.colour = colour
        self.console = Console(
            file=StringIO(), width=width, force_terminal=colour, color_system="standard" if colour else None,
            no_color=not colour, markup=False, highlight=False, emoji=False, legacy_windows=False,
        )  # fmt: skip

    def text(self) -> str:
        file = self.console.file
        written = file.getvalue() if isinstance(file, StringIO) else ""
        return written if self.colour else _TRAILING.sub("", written)

    def opening(self) -> None:
        if told := summary.headline(self.report):
            self._prose(safe(told), indent=0, style="bold red")
            self._line()
        for number, statement in enumerate(summary.opening(self.report), 1):
            self._line(f"{number}. {statement.told}: {statement.mark} {statement.answer}")
        self._line()
        good = "bold green" if summary.whole(self.report) else "bold yellow"
        self._line(summary.verdict(self.report), "bold red" if summary.broken(self.report) else good)
        for complaint in summary.complaints(self.report):
            self._prose(complaint, indent=0, style="yellow")
        self._line()
        self._line(f"Asked: {safe(self.report.url)}")
        self._line(f"Answered by: {summary.server(self.report)}")
        self._line(f"Speaks: {summary.era(self.report)}")

    def matrix(self) -> None:
        cells = summary.matrix(self.report)
        if not cells:
            return
        table = _table("session id", "method", folded=("answer", "verdict"))
        for cell in cells:
            table.add_row(Text(cell.condition), Text(cell.method), Text(cell.told), Text(cell.verdict))
        self._titled("Sessions", table)

    def checks(self) -> None:
        table = _table("check", "level", "outcome", folded=("answer",))
        for line in self.report.lines:
            table.add_row(Text(line.id), Text(line.level), _outcome(line), Text(safe(line.finding.answer, 300)))
        self._titled("Checks", table)

    def findings(self) -> None:
        told = [line for line in self.report.lines if self.verbose or line.finding.outcome != "passed"]
        told.sort(key=lambda line: ORDER.index(line.finding.outcome))
        if told:
            self._line()
            self._line("Findings", "bold")
        for line in told:
            self._finding(line)

    def _finding(self, line: Line) -> None:
        self._line()
        self.console.print(Text.assemble(line.id, " ", (f"({line.level}) ", "dim"), _outcome(line)), soft_wrap=True)
        self._prose(line.question)
        self._prose(f"Answer: {safe(line.finding.answer)}")
        for detail in line.finding.details:
            self._item(detail)
        told = {"Clients": line.finding.consequence, "Fix": line.finding.fix, "Accepted": line.reason}
        for name, content in told.items():
            if content:
                self._prose(f"{name}: {safe(content)}")
        self._prose(f"Rule: {'; '.join(line.spec)}")
        if self.verbose or line.finding.outcome == "failed":
            self._evidence(line)

    def _evidence(self, line: Line) -> None:
        exchanges = self.report.evidence(line)
        shown = exchanges if self.verbose else exchanges[:MAX_EXCHANGES]
        for exchange in shown:
            self._exchange(exchange)
        if len(shown) < len(exchanges):
            self._prose(f"… and {len(exchanges) - len(shown)} more exchanges: --verbose shows them.", style="dim")

    def _exchange(self, exchange: Exchange) -> None:
        most = len(exchange.body + exchange.request_body) if self.verbose else MAX_BODY
        self._line(f"  {transcript.title(exchange)}", "dim")
        for text in transcript.request(exchange, most):
            self._line(f"  > {text}", "cyan")
        for text in transcript.answer(exchange, most):
            self._line(f"  < {text}")

    def _titled(self, title: str, table: Table) -> None:
        self._line()
        self._line(title, "bold")
        self.console.print(table)

    def _line(self, text: str = "", style: str = "") -> None:
        """One line, however long: what is searched for stays in one piece."""
        self.console.print(Text(text, style=style), soft_wrap=True)

    def _prose(self, text: str, *, indent: int = 2, style: str = "") -> None:
        self.console.print(Padding(Text(text, style=style), (0, 0, 0, indent), expand=False))

    def _item(self, text: str) -> None:
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_row("  -", Text(safe(text)))
        self.console.print(grid)


def _table(*whole: str, folded: tuple[str, ...]) -> Table:
    """A table whose last columns fold, so that ids stay whole."""
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    for column in whole:
        table.add_column(column, no_wrap=True)
    for column in folded:
        table.add_column(column, overflow="fold")
    return table


def _outcome(line: Line) -> Text:
    told = "known" if line.known else line.finding.outcome
    return Text(told.upper() if told == "failed" else told, style=STYLES[told])
