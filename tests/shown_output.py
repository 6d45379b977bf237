"""Output as documents show it, and as a command prints it now: equal but for what differs from run to run."""

import os
import re
from pathlib import Path

VOLATILE = [
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b", "<uuid>"),
    (r"\b[0-9a-f]{8}\.\.\.", "<uuid>..."),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", "<moment>"),
    (r"\bdate: [^\n]* GMT", "date: <date>"),
    (r"\bcontent-length: \d+", "content-length: <length>"),
    (r"\bcurl/[\d.]+", "curl/<version>"),
    (r"\bnginx/[\d.]+", "nginx/<version>"),
    (r"\bmcp-echo-instance: [0-9a-f]{8}", "mcp-echo-instance: <instance>"),
    (r"\bg[0-9a-f]{8}-", "<stream>-"),
    (r"\b(mcp-echo(?:-[a-z]+)*) \d+\.\d+\.\d+\b", r"\1 <version>"),
    (r'"version": ?"[\d.]+"', '"version": "<version>"'),
]


def masked(output: str, *more: tuple[str, str]) -> str:
    """Output without what differs from run to run, and without blanks at line ends.

    Args:
        output: What was printed.
        more: Further patterns and what takes their place.
    """
    for pattern, mask in (*VOLATILE, *more):
        output = re.sub(pattern, mask, output)
    return "\n".join(line.rstrip() for line in output.strip().splitlines())


def updating() -> bool:
    """Whether the documents take what is printed, instead of being compared with it."""
    return os.environ.get("MCP_ECHO_UPDATE_EXAMPLES") == "1"


def update(page: Path, shown: str, printed: str) -> None:
    """Put what was printed in the place of what a document shows."""
    text = page.read_text(encoding="utf-8")
    lines = "\n".join(line.rstrip() for line in printed.strip().splitlines())
    page.write_text(text.replace(f"\n{shown}```", f"\n{lines}\n```"), encoding="utf-8")
