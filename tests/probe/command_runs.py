"""``mcp-echo probe`` as it is typed, in a thread beside the server that it asks."""

import asyncio
import contextlib
import io
from typing import NamedTuple

from mcp_echo_core.cli import main


class Ran(NamedTuple):
    code: int
    out: str
    err: str


async def ran(*words: str) -> Ran:
    """What the command prints, and its exit code."""
    return await asyncio.to_thread(_run, words)


def _run(words: tuple[str, ...]) -> Ran:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            code = main(["probe", *words])
        except SystemExit as ended:  # as the interpreter would
            code = int(ended.code or 0)
    return Ran(code, out.getvalue(), err.getvalue())
