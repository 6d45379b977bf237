"""``mcp-echo probe``: ask any MCP server how it treats sessions, streams, versions, origins and tokens."""

import argparse
import asyncio
import json
import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from msgspec.structs import replace

from mcp_echo_core import redaction
from mcp_echo_core.client.secrecy import is_public
from mcp_echo_core.client.urls import without_userinfo
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.commands import output
from mcp_echo_core.commands.connection import (
    BEARER_VARIABLE,
    Range,
    add_connection_options,
    connection_from,
    option_number,
    refuse,
)
from mcp_echo_core.probe import baseline, progress
from mcp_echo_core.probe.check import Check
from mcp_echo_core.probe.checks import CHECKS
from mcp_echo_core.probe.reports import DOCUMENTS, summary, text
from mcp_echo_core.probe.runner import Report, Unreachable, probe
from mcp_echo_core.probe.secrecy import secrecy_of, without_credentials
from mcp_echo_core.probe.survey import Options
from mcp_echo_core.text import line as safe

OTHER_BEARER_VARIABLE = "MCP_ECHO_OTHER_BEARER"
"""The environment variable for the token of another caller."""

MAX_IDLE = 86400.0
"""The longest ``--idle``, in seconds."""

COLUMNS, MIN_COLUMNS = 80, 60
"""Width of a text report that is not on a terminal, and of the narrowest that can be read."""

FORMATS = ("text", *DOCUMENTS)
FOUND, INCOMPLETE = 1, 2

VARIED = frozenset(
    {
        "accept", "content-length", "content-type", "host", "last-event-id", "mcp-method", "mcp-name",
        "mcp-protocol-version", "mcp-session-id", "origin", "transfer-encoding",
    }
)  # fmt: skip
"""Headers that the checks vary; a fixed one would make them accuse the server of what was never sent."""


def main(words: Sequence[str]) -> int:
    """Ask the server that the words name, and write what was found.

    Returns:
        0 when no rule is broken; 1 when one is that no baseline names, or a baseline is stale; 2 when the server could
        not be asked, or not all of what was to be asked.
    """
    chosen = parser().parse_args(words)
    options = _options(chosen, os.environ)
    checks = _checks(chosen)
    accepted = _accepted(chosen)
    if chosen.output is not None and (problem := output.problem(chosen.output)):
        refuse(chosen.prog, problem)
    try:
        report = asyncio.run(_asked(options, checks, quiet=chosen.quiet))
        report = baseline.applied(without_credentials(report, options), accepted)
        report = replace(report, command=_command(chosen))
        screen = chosen.output is None and sys.stdout is not None and sys.stdout.isatty()
        _write(chosen, _rendered(chosen, report, terminal=screen))
    except Unreachable as error:
        reason = secrecy_of(options).text(str(error))
        problem = f"no answer from {safe(redaction.text(options.url))}: {safe(reason, 300)}"
        _give_up(chosen, f"{problem}; check host and port, and whether the server runs")
    return _exit_code(report)


def _give_up(chosen: argparse.Namespace, problem: str) -> NoReturn:
    """Say why there is no report; in JSON as well, to whoever wanted that."""
    if chosen.format == "json":
        _write(chosen, json.dumps({"error": {"message": problem}}, indent=2) + "\n")
    refuse(chosen.prog, problem)


def parser() -> argparse.ArgumentParser:
    """The command line of ``mcp-echo probe``."""
    made = argparse.ArgumentParser(
        prog="mcp-echo probe",
        description="Ask any MCP server how it treats sessions, streams, versions, origins and tokens.",
        epilog="Exit code: 0 no rule is broken, 1 findings, 2 not (all) could be asked, 130 interrupted.",
    )
    add_connection_options(made)
    _add_other_caller(made.add_argument_group("another caller, for the checks that need a second one"))
    asked = made.add_argument_group("what is asked")
    asked.add_argument(
        "--only", action="append", default=[], metavar="ID,ID", help="ask these checks and no others; may be repeated"
    )
    asked.add_argument(
        "--idle", default="0", metavar="SECONDS",
        help="leave session and stream alone for so long, to see whether they survive; default: %(default)s",
    )  # fmt: skip
    asked.add_argument("--list", action=_List, help="print the checks and exit")
    told = made.add_argument_group("what is told")
    told.add_argument(
        "--format", choices=FORMATS, default="text", metavar="FORMAT",
        help=f"of the report: {', '.join(FORMATS)}; default: %(default)s",
    )  # fmt: skip
    told.add_argument(
        "--output", type=Path, metavar="FILE", help="write the report there instead of to standard output"
    )
    told.add_argument(
        "--baseline", type=Path, metavar="FILE", help="known failures: an id a line, then # and the reason"
    )
    told.add_argument("--verbose", action="store_true", help="details and evidence of every check in the text report")
    told.add_argument("--quiet", action="store_true", help="show no progress")
    return made


def _add_other_caller(group: Any) -> None:
    group.add_argument(
        "--other-header", action="append", default=[], metavar="'NAME: VALUE'",
        help="a header that the other caller sends in place of the one of the same name; may be repeated",
    )  # fmt: skip
    group.add_argument("--other-bearer", metavar="TOKEN", help=f"the other caller's token [{OTHER_BEARER_VARIABLE}]")


class _List(argparse.Action):
    """Prints the checks, as ``--version`` prints the version."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, nargs=0, default=argparse.SUPPRESS)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        width = max(len(check.id) for check in CHECKS)
        output.to_stdout("".join(f"{check.id:{width}}  {check.level:6}  {check.question}\n" for check in CHECKS))
        parser.exit()


def _options(chosen: argparse.Namespace, environment: Mapping[str, str]) -> Options:
    caller = connection_from(chosen, environment)
    _refuse_varied(chosen.prog, caller.headers)
    return Options(
        url=caller.url,
        headers=caller.headers,
        other_headers=_other_headers(chosen, environment, caller.headers),
        timeout=caller.timeout,
        idle=option_number(chosen.prog, "--idle", chosen.idle, Range(0, MAX_IDLE)),
        verify=caller.verify,
    )


def _other_headers(
    chosen: argparse.Namespace, environment: Mapping[str, str], headers: Sequence[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """What another caller sends: the same headers, with its own in place of those of the same name."""
    theirs = argparse.Namespace(**vars(chosen))
    theirs.url, theirs.header, theirs.bearer = without_userinfo(chosen.url), chosen.other_header, chosen.other_bearer
    theirs.prog = f"{chosen.prog}: the other caller"
    other = connection_from(theirs, {BEARER_VARIABLE: environment.get(OTHER_BEARER_VARIABLE, "")}).headers
    if not other:
        return ()
    _refuse_varied(theirs.prog, other)
    if set(other) <= set(headers):
        refuse(theirs.prog, "it has the credentials of the first; give --other-bearer or --other-header another value")
    names = {name.lower() for name, _ in other}
    return (*((name, value) for name, value in headers if name.lower() not in names), *other)


def _refuse_varied(prog: str, headers: Sequence[tuple[str, str]]) -> None:
    for name, _ in headers:
        if name.lower() in VARIED:
            refuse(prog, f"--header {name} cannot be given: the checks vary it themselves; leave it out")


def _checks(chosen: argparse.Namespace) -> list[Check]:
    if not chosen.only:
        return list(CHECKS)
    wanted = {check_id.strip() for words in chosen.only for check_id in words.split(",") if check_id.strip()}
    known = [check.id for check in CHECKS]
    if not wanted or not wanted <= set(known):
        unknown = ", ".join(sorted(wanted - set(known))) or "nothing"
        refuse(chosen.prog, f"--only names {unknown!r}, which is no check; there are: {', '.join(known)}")
    return [check for check in CHECKS if check.id in wanted]


def _accepted(chosen: argparse.Namespace) -> Mapping[str, str]:
    if chosen.baseline is None:
        return {}
    try:
        return baseline.read(chosen.baseline, {check.id for check in CHECKS})
    except baseline.BadBaseline as error:
        refuse(chosen.prog, str(error))


async def _asked(options: Options, checks: Sequence[Check], *, quiet: bool) -> Report:
    with progress.shown(sys.stderr, quiet=quiet or sys.stderr is None) as watch:
        async with Wire(options.timeout, verify=options.verify, secrecy=secrecy_of(options)) as wire:
            return await probe(options, checks, watch, wire, output.to_stderr)


def _write(chosen: argparse.Namespace, document: str) -> None:
    if chosen.output is None:
        output.to_stdout(document)
        return
    try:
        output.to_file(chosen.output, document)
    except OSError as error:
        problem = f"--output {str(chosen.output)!r} cannot be written: {error.strerror}"
        refuse(chosen.prog, f"{problem}; make room, or name another file")


def _rendered(chosen: argparse.Namespace, report: Report, *, terminal: bool) -> str:
    if chosen.format != "text":
        return DOCUMENTS[chosen.format](report)
    colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    width = shutil.get_terminal_size().columns if terminal else COLUMNS
    return text.render(report, verbose=chosen.verbose, colour=colour, width=max(width, MIN_COLUMNS))


def _command(chosen: argparse.Namespace) -> str:
    """The command line that asks the same, without credentials."""
    words = ["mcp-echo", "probe", redaction.text(chosen.url)]
    for flag, headers in (("--header", chosen.header), ("--other-header", chosen.other_header)):
        for name, _, value in (header.partition(":") for header in headers):
            shown = redaction.text(value.strip()) if is_public(name) else "..."
            words += [flag, f"{name}: {shown}"]
    for flag, given, variable, headers in (
        ("--bearer", chosen.bearer, BEARER_VARIABLE, chosen.header),
        ("--other-bearer", chosen.other_bearer, OTHER_BEARER_VARIABLE, chosen.other_header),
    ):
        explicit = any(header.lower().startswith("authorization:") for header in headers)
        words += [flag, "..."] if given or (os.environ.get(variable) and not explicit) else []
    for flag, value, default in (("--timeout", chosen.timeout, "10"), ("--idle", chosen.idle, "0")):
        words += [flag, value] if value != default else []
    words += ["--insecure"] if chosen.insecure else []
    words += ["--only", ",".join(chosen.only)] if chosen.only else []
    return shlex.join(words)


def _exit_code(report: Report) -> int:
    if not summary.whole(report):
        return INCOMPLETE
    return FOUND if summary.broken(report) or report.stale else 0
