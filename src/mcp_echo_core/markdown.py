"""Foreign text inside Markdown (CommonMark with tables): as text, or as code that nothing in it can end."""

import re
from collections.abc import Iterable, Iterator, Sequence

from mcp_echo_core.text import line as safe

_SPECIAL = re.compile(r"[\\`*\[\]<>|~&$!#]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")
_BACKTICKS = re.compile(r"`+")
_LINK = re.compile(r"(?i)(https?|ftp|mailto|javascript|data|vbscript):|www\.")


def plain(value: str, limit: int = 2000) -> str:
    """A foreign text on one line, as text."""
    shown = _SPECIAL.sub(r"\\\g<0>", safe(value, limit))
    # Some readers make links of bare addresses; a colon or dot that is escaped stays text.
    return _LINK.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", shown)


def code(value: str, limit: int = 2000) -> str:
    """A foreign text on one line, as code; fit for tables too."""
    shown = safe(value, limit).replace("|", "\\|")
    fence = "`" * (_longest_run(shown) + 1)
    gap = " " if "`" in shown or not shown else ""
    return f"{fence}{gap}{shown}{gap}{fence}"


def fenced(lines: Sequence[str], language: str = "") -> list[str]:
    """Safe lines as a code block that nothing in them can end."""
    fence = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    return [f"{fence}{language}", *lines, fence, ""]


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table of cells that are Markdown already."""
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _longest_run(value: str) -> int:
    return max(map(len, _BACKTICKS.findall(value)), default=0)
