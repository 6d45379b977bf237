"""``mcp-echo diff``: show what the way to one of our servers does to a request, and to its answer."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from rich.console import Console

from mcp_echo_core.client.wire import Wire
from mcp_echo_core.commands.connection import Connection, add_connection_options, connection_from
from mcp_echo_core.commands.output import to_stdout
from mcp_echo_core.commands.terminal import Terminal
from mcp_echo_core.gateway_diff.ask import Asker
from mcp_echo_core.gateway_diff.known import Run
from mcp_echo_core.gateway_diff.report import Report, as_json, as_text, report_on, show


def main(words: Sequence[str]) -> int:
    """Send the known request to the server that the words name, and print what became of it.

    Returns:
        0 when everything that matters arrived as it was sent, 1 when not, 2 when nothing could be seen.
    """
    parser = argparse.ArgumentParser(
        prog="mcp-echo diff",
        description="Show what the way to one of our servers does to a request, and what that breaks.",
        epilog="exit codes: 0 clean, 1 something that matters was lost or changed, 2 could not run",
    )
    add_connection_options(parser)
    parser.add_argument("--json", action="store_true", help="print everything for programs, evidence included")
    options = parser.parse_args(words)
    connection = connection_from(options)
    terminal = Terminal(connection.secrecy)
    report = asyncio.run(diff(connection))
    if options.json:
        terminal.json(as_json(report))
    elif sys.stdout is not None and sys.stdout.isatty():
        console = Console()
        with console.capture() as screen:
            show(report, console)
        to_stdout(screen.get())
    else:
        terminal.show(as_text(report))
    return report.exit_code


async def diff(connection: Connection) -> Report:
    """What the way to a server does to the known request."""
    async with Wire(connection.timeout, verify=connection.verify, secrecy=connection.secrecy) as wire:
        seen = await Asker(wire, connection.url, connection.headers, Run.new()).observe()
        return report_on(seen, wire.evidence, connection.secrecy)
