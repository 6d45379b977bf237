"""The commands of the client as they are typed, in a thread beside the server that they use."""

import asyncio
import contextlib
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

from mcp_echo_core.cli import main
from mcp_echo_core.client.session_file import SavedSession, SessionFile

CREATED = "2026-01-02T03:04:05+00:00"


class Ran(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


async def ran(*words: str) -> Ran:
    """Run ``mcp-echo`` with these words."""
    return await asyncio.to_thread(_run, words)


def _run(words: tuple[str, ...]) -> Ran:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            code = main(words)
        except SystemExit as ended:  # as the interpreter would
            code = int(ended.code or 0)
    return Ran(code, out.getvalue(), err.getvalue())


def remembered(state: Path, url: str) -> SavedSession | None:
    """What the commands have kept of a server."""
    return SessionFile(state, print).load(url)


def remember(state: Path, url: str, **facts: Any) -> None:
    """Let the commands find this as what an earlier run has kept."""
    SessionFile(state, print).save(url, SavedSession(created=CREATED, **facts))


def content(state: Path) -> str | None:
    """The file as it is; ``None`` when there is none."""
    return state.read_text() if state.exists() else None
