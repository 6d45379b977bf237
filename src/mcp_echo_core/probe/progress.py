"""What a run shows of itself while it lasts: a bar on a terminal, plain lines elsewhere, nothing if nobody wants it."""

import contextlib
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mcp_echo_core.probe.check import Check
from mcp_echo_core.probe.runner import Watcher


@contextlib.contextmanager
def shown(stream: TextIO, *, quiet: bool) -> Iterator[Watcher]:
    """Show the progress of a run on a stream until the block ends."""
    console = Console(file=stream, highlight=False)
    if quiet:
        yield lambda *_: None
    elif console.is_terminal and not console.is_dumb_terminal:
        with _bar(console) as watch:
            yield watch
    else:
        yield lambda done, total, check: print(f"{done + 1}/{total} {check.id}", file=stream, flush=True)


@contextlib.contextmanager
def _bar(console: Console) -> Iterator[Watcher]:
    columns = BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)

        def watch(done: int, total: int, check: Check) -> None:
            progress.update(task, completed=done, total=total, description=check.id)

        yield watch
