"""Where the client's commands speak: results to standard output, everything about them to standard error.

Nothing that a server has said can act on the terminal: callers pass it through ``text``, and markup is off.
"""

import io
import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from mcp_echo_core.client.secrecy import NOTHING_SECRET, Secrecy
from mcp_echo_core.commands.output import to_stderr, to_stdout
from mcp_echo_core.text import block, line

MAX_LINE = 4000
"""Characters of one line about what happens."""


class Terminal:
    """Standard output and standard error of a command.

    Args:
        secrecy: Masks what the user has given.
    """

    def __init__(self, secrecy: Secrecy = NOTHING_SECRET) -> None:
        self._secrecy = secrecy
        self._out = _console(sys.stdout)
        self._error = _console(sys.stderr)

    @property
    def is_watched(self) -> bool:
        """Whether somebody sees what happens while it happens."""
        return self._error.is_terminal

    def show(self, text: str, style: str = "") -> None:
        """A part of the result, of several lines."""
        plain = block(self._secrecy.text(text).replace("\r\n", "\n").expandtabs())
        to_stdout(_printed(self._out, [(plain, style)]))

    def row(self, parts: Iterable[tuple[str, str]]) -> None:
        """A line of the result, of texts in different styles."""
        cells = [(line(self._secrecy.text(text), MAX_LINE), style) for text, style in parts]
        to_stdout(_printed(self._out, cells))

    def json(self, value: Mapping[str, Any]) -> None:
        """The result for programs; ASCII, so that it is harmless on a terminal as well."""
        to_stdout(json.dumps(self._secrecy.value(value), indent=2) + "\n")

    def json_line(self, value: Mapping[str, Any]) -> None:
        """A part of the result for programs, on a line."""
        to_stdout(json.dumps(self._secrecy.value(value)) + "\n")

    def tell(self, text: str, style: str = "") -> None:
        """A line about what happens."""
        to_stderr(_printed(self._error, [(line(self._secrecy.text(text), MAX_LINE), style)]).removesuffix("\n"))

    def warn(self, text: str) -> None:
        """A line about what the user should know."""
        self.tell(text, "yellow")

    def fail(self, text: str) -> None:
        """A line about what went wrong."""
        self.tell(text, "bold red")


def _console(file: TextIO | None) -> Console:
    """Lays texts out for a file without ever writing to it, since a console cannot tell what went wrong there."""
    is_terminal = file is not None and Console(file=file).is_terminal
    return Console(
        file=io.StringIO(), force_terminal=is_terminal, markup=False, highlight=False, emoji=False, soft_wrap=True
    )


def _printed(console: Console, parts: Iterable[tuple[str, str]]) -> str:
    """What a console makes of texts in different styles: without styles where it is no terminal."""
    whole = Text()
    for text, style in parts:
        whole.append(text, style)
    with console.capture() as screen:
        console.print(whole)
    return screen.get()
