"""Where the client's commands speak: results to standard output, everything about them to standard error.

Nothing that a server has said can act on the terminal: callers pass it through ``text``, and markup is off.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from mcp_echo_core.commands.output import to_stdout
from mcp_echo_core.text import block, line

MAX_LINE = 4000
"""Characters of one line about what happens."""


class Terminal:
    """Standard output and standard error of a command."""

    def __init__(self) -> None:
        self._out = _console(sys.stdout)
        self._error = _console(sys.stderr)

    @property
    def is_watched(self) -> bool:
        """Whether somebody sees what happens while it happens."""
        return self._error.is_terminal

    def show(self, text: str, style: str = "") -> None:
        """A part of the result, of several lines."""
        _print(self._out, block(text.replace("\r\n", "\n").expandtabs()), style)

    def json(self, value: Mapping[str, Any]) -> None:
        """The result for programs; ASCII, so that it is harmless on a terminal as well."""
        to_stdout(json.dumps(value, indent=2) + "\n")

    def tell(self, text: str, style: str = "") -> None:
        """A line about what happens."""
        _print(self._error, line(text, MAX_LINE), style)

    def warn(self, text: str) -> None:
        """A line about what the user should know."""
        self.tell(text, "yellow")

    def fail(self, text: str) -> None:
        """A line about what went wrong."""
        self.tell(text, "bold red")


def _console(file: TextIO) -> Console:
    return Console(file=file, markup=False, highlight=False, emoji=False, soft_wrap=True)


def _print(console: Console, text: str, style: str) -> None:
    encoding = console.encoding
    console.print(Text(text.encode(encoding, "backslashreplace").decode(encoding), style=style))
