"""``mcp-echo stream``: show whether streams arrive as they are sent."""

import argparse
import asyncio
from collections.abc import Sequence

from mcp_echo_core.client.arguments import arguments_of
from mcp_echo_core.client.faults import PeerFault
from mcp_echo_core.commands.connection import (
    Range,
    add_connection_options,
    add_era_option,
    connection_from,
    option_number,
    refuse,
)
from mcp_echo_core.commands.results import NOT_RUN, fault_facts
from mcp_echo_core.commands.terminal import Terminal
from mcp_echo_core.redaction import text as redacted
from mcp_echo_core.stream_check.ask import Wanted
from mcp_echo_core.stream_check.check import Options, check
from mcp_echo_core.stream_check.report import as_json, as_text
from mcp_echo_core.stream_check.talk import NoTool

PROG = "mcp-echo stream"
MIN_STEPS, MAX_STEPS = 3, 100
MIN_INTERVAL, MAX_INTERVAL = 0.01, 10.0
MAX_SECONDS = 60.0
"""What the tool ``echo`` of our servers allows: ticks, seconds between them, seconds in all."""

MAX_IDLE = 3600.0
"""Seconds for which a stream is left alone at most."""


def main(words: Sequence[str]) -> int:
    """Check the streams of the server that the words name.

    Returns:
        0 when everything streams, 1 when something does not, 2 when that could not be told.
    """
    flags = _parser().parse_args(words)
    connection = connection_from(flags)
    options = Options(
        url=connection.url,
        headers=connection.headers,
        wanted=_wanted(flags, connection.timeout),
        era=flags.era,
        idle=option_number(PROG, "--idle", flags.idle, Range(0, MAX_IDLE, kind="a number")),
        timeout=connection.timeout,
        verify=connection.verify,
    )
    terminal = Terminal(connection.secrecy)
    try:
        report = asyncio.run(check(options))
    except PeerFault as fault:
        if isinstance(fault, NoTool):
            terminal.fail(f"Nothing to measure: {fault}. Give --tool with a tool that reports progress.")
        else:
            terminal.fail(f"The server cannot be asked: {fault}")
        if flags.json:
            terminal.json({"exitCode": NOT_RUN, "url": redacted(connection.url), "error": fault_facts(fault)})
        return NOT_RUN
    if flags.json:
        terminal.json(as_json(report))
    else:
        terminal.show(as_text(report))
    return report.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROG,
        description="Ask for events that say when they were sent, and compare that with when they arrive: "
        "streaming, batched, held to the end, cut off. Exit code 0: everything streams, 1: something does not, "
        "2: could not be told.",
    )
    add_connection_options(parser)
    ticks = parser.add_argument_group("ticks")
    ticks.add_argument("--steps", default="10", metavar="COUNT", help="events to ask for; default: %(default)s")
    ticks.add_argument(
        "--interval", default="0.1", metavar="SECONDS", help="time between two of them; default: %(default)s"
    )
    ticks.add_argument(
        "--tool", default="", help="a long-running tool of any server, instead of echo; only gaps are judged then"
    )
    ticks.add_argument(
        "--argument",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="for that tool, typed by its schema; may be repeated",
    )
    add_era_option(parser)
    parser.add_argument(
        "--idle", default="0", metavar="SECONDS", help="also leave a stream alone for so long and see whether it lives"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _wanted(flags: argparse.Namespace, timeout: float) -> Wanted:
    words = tuple(flags.argument)
    try:
        arguments_of(words, None)
    except ValueError as error:
        refuse(PROG, f"--argument: {error}")
    if not flags.tool.isprintable():
        refuse(PROG, f"--tool: {flags.tool!r} is no tool's name")
    if flags.tool:
        return Wanted(tool=flags.tool, words=words, steps=None, interval=0.0, seconds=timeout)
    if words:
        refuse(PROG, "--argument needs --tool")
    steps = int(option_number(PROG, "--steps", flags.steps, Range(MIN_STEPS, MAX_STEPS, kind="an integer")))
    interval = option_number(PROG, "--interval", flags.interval, Range(MIN_INTERVAL, MAX_INTERVAL, kind="a number"))
    if steps * interval > MAX_SECONDS:
        refuse(PROG, f"--steps times --interval is {steps * interval:g} s: at most {MAX_SECONDS:g} s are possible")
    return Wanted.ticks(steps, interval, timeout)
