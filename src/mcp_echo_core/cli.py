"""The command line: ``mcp-echo`` and its commands, of which only the chosen one is loaded.

Exit codes of all commands: 0 done and nothing found, 1 failed, unhealthy or something found, 2 could not run or not
print, 130 interrupted, 141 nobody reads the output any more.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence

from mcp_echo_core import __version__
from mcp_echo_core.commands.output import to_stderr, to_stdout

COMMANDS = {
    "serve": "run a server",
    "healthcheck": "ask a running server whether it is ready",
    "probe": "ask any MCP server how it treats sessions, streams, versions, origins and tokens",
    "call": "call a tool; the session is kept for the next call",
    "tools": "list the tools of a server",
    "session": "show or forget the sessions that calls have kept",
    "diff": "show what the way to one of our servers does to a request",
    "stream": "show whether streams arrive as they are sent",
    "watch": "show live what a client of one of our servers says and which rules it breaks",
}
"""The commands by name, each in a module of that name in ``mcp_echo_core.commands``."""

EXTRA = "probe"
"""The extra that brings the libraries of the commands that talk to other servers."""

INTERRUPTED = 130
"""Exit code after SIGINT, as shells have it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``mcp-echo``.

    Args:
        arguments: Words of the command line; by default the process's own.

    Returns:
        The exit code.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return _run(words)
    except KeyboardInterrupt:  # also while the command's libraries are being loaded
        to_stderr(f"{' '.join(['mcp-echo', *words[:1]])}: interrupted")
        return INTERRUPTED
    finally:
        to_stdout("")  # what is not written yet would fail only when nobody can tell any more


def _run(words: Sequence[str]) -> int:
    if not words or words[0] not in COMMANDS:
        _parser().parse_args(words)
    try:
        command = importlib.import_module(f"mcp_echo_core.commands.{words[0]}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("mcp_echo_core"):
            raise
        print(f"mcp-echo {words[0]} needs the extra {EXTRA} ({error.name} is not installed):", file=sys.stderr)
        print(f"  pip install 'mcp-echo-streamablehttp-server[{EXTRA}]'", file=sys.stderr)
        return 2
    return int(command.main(words[1:]))


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS)) + 2
    commands = "\n".join(f"  {name:{width}}{told}" for name, told in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="mcp-echo",
        description="The diagnostic endpoint of the MCP world.",
        epilog=f"commands:\n{commands}\n\n'mcp-echo COMMAND --help' tells more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.add_argument("command", choices=COMMANDS, metavar="command", help="one of those below")
    return parser
