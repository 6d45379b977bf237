"""``mcp-echo watch``: the feed of a dashboard in a terminal, or in continuous integration."""

import argparse
import asyncio
import os
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from mcp_echo_core.commands.connection import Connection, Range, connection_from, option_number, refuse, usable_url
from mcp_echo_core.commands.peers import session_file
from mcp_echo_core.commands.terminal import Terminal
from mcp_echo_core.redaction import text as redacted
from mcp_echo_core.watching import lines
from mcp_echo_core.watching.findings import Findings, Threshold
from mcp_echo_core.watching.follow import CONNECT_SECONDS, SILENCE_SECONDS, Follower, Happening, NotShown
from mcp_echo_core.watching.place import Place, place_of

PROG = "mcp-echo watch"
SERVER = "http://127.0.0.1:3000"
TOKEN_VARIABLE = "MCP_ECHO_DASHBOARD_TOKEN"  # noqa: S105 - the name of a variable
MAX_SECONDS = 86_400.0
"""The longest ``--for``."""

MAX_PAST = 20
"""Exchanges of the past that are shown at the beginning."""

MAX_STREAMS = 1000
"""Open streams that are remembered."""

FOUND, NOT_RUN = 1, 2

_TOKEN = re.compile(r"[\x21-\x7e]*")


def main(words: Sequence[str]) -> int:
    """Show what the words name, as it happens.

    Returns:
        0; 1 when something was found that counts; 2 when there is nothing to watch.
    """
    options = _parser().parse_args(words)
    seconds = _seconds(options.seconds)
    place = _place(options)
    connection = _connection(options, place)
    watcher = Watcher(Terminal(connection.secrecy), as_json=options.json, threshold=options.exit_on)
    try:
        return asyncio.run(_watch(watcher, connection, seconds))
    except NotShown as problem:
        refuse(PROG, f"{redacted(connection.url)}: {problem}")


async def _watch(watcher: "Watcher", connection: Connection, seconds: float | None) -> int:
    timeout = httpx.Timeout(CONNECT_SECONDS, read=SILENCE_SECONDS)
    async with httpx.AsyncClient(
        headers=connection.headers, timeout=timeout, verify=connection.verify, follow_redirects=False
    ) as client:
        reason = "found"
        try:
            async with asyncio.timeout(None) as limit:
                follower = Follower(client, connection.url)
                async for happening in follower.happenings():
                    if happening.event == "record" and seconds is not None:
                        limit.reschedule(asyncio.get_running_loop().time() + seconds)
                    watcher.tell(happening)
                    if watcher.decided:
                        break
                else:
                    reason = "gone"
        except TimeoutError:
            reason = "time"
    return watcher.end(reason)


class Watcher:
    """Prints happenings and keeps what decides about the exit code.

    Args:
        terminal: Where lines go.
        as_json: Print an object per happening.
        threshold: From which level on a finding ends the watch; ``None`` to let it go on.
    """

    def __init__(self, terminal: Terminal, *, as_json: bool, threshold: Threshold | None) -> None:
        self._terminal = terminal
        self._as_json = as_json
        self._threshold = threshold
        self._findings = Findings()
        self._streams: OrderedDict[str, None] = OrderedDict()
        self._state: Mapping[str, Any] = {}
        self._over = False

    @property
    def decided(self) -> bool:
        """Whether a finding ends the watch."""
        return self._threshold is not None and self._findings.reached(self._threshold)

    def tell(self, happening: Happening) -> None:
        """Print a happening."""
        event, told = happening.event, happening.data
        changed = self._findings.take(told)
        if self._as_json:
            if event != "state" or _lasting(told) != self._state:
                self._terminal.json_line({"event": event, "data": told})
            self._state = _lasting(told) if event == "state" else self._state
            return
        match event:
            case "record":
                self._begin(told)
            case "exchange":
                self._terminal.row(lines.exchange(told, known=self._is_known(told)))
            case "state":
                self._report(told, changed=changed)
            case "lost":
                self._terminal.warn(f"The feed broke off: {told.get('reason')}. Trying again ...")
            case "again":
                after = told.get("after")
                since = f"after exchange {after}" if after else "since the record has begun anew"
                self._terminal.warn(f"Connected again; what came {since} follows.")
            case "too-slow":
                self._terminal.warn("Too slow: the server dropped this feed; what was missed is asked for again.")
            case "gone":
                self._terminal.warn("The record is gone: it is no longer kept, or its view key was revoked.")

    def end(self, reason: str) -> int:
        """Say why the watch is over; the exit code."""
        code = FOUND if self._findings.reached(self._threshold or "should") else 0
        verdict = str(self._findings.verdict or "no verdict")
        if self._as_json:
            self._terminal.json_line({"event": "end", "data": {"reason": reason, "verdict": verdict, "code": code}})
        else:
            self._terminal.tell(f"Watched until {_ENDS[reason]}: {verdict}.", "bold")
        return code

    def _begin(self, record: Mapping[str, Any]) -> None:
        for parts in lines.heading(record):
            self._terminal.row(parts)
        listed = record.get("exchanges")
        past = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        if len(past) > MAX_PAST:
            self._terminal.row([(f"… {len(past) - MAX_PAST} earlier exchanges", "dim")])
        for each in past[-MAX_PAST:]:
            self._terminal.row(lines.exchange(each, known=self._is_known(each)))
        self._report(record, changed=True)

    def _report(self, told: Mapping[str, Any], *, changed: bool) -> None:
        for each in self._findings.new(told):
            for parts in lines.finding(each):
                self._terminal.row(parts)
        if changed:
            style = "bold red" if self._findings.reached("must") else "bold"
            self._terminal.row([("verdict: ", ""), (str(self._findings.verdict), style)])
        session = told.get("session")
        endings = list(lines.ended(session)) if isinstance(session, dict) else []
        if endings and not self._over and "exchanges" not in told:
            self._terminal.row(endings[0])
        self._over = bool(endings)

    def _is_known(self, told: Mapping[str, Any]) -> bool:
        """Whether this is the end of a stream whose opening has been told."""
        key = str(told.get("key"))[:100]
        if told.get("open") is True:
            self._streams[key] = None
            if len(self._streams) > MAX_STREAMS:
                self._streams.popitem(last=False)
            return False
        return self._streams.pop(key, self) is None


_ENDS = {"found": "the first finding that counts", "gone": "the record was gone", "time": "the time was over"}


def _lasting(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """A state without what changes all the time."""
    session = state.get("session")
    kept = {name: session.get(name) for name in ("alive", "ended")} if isinstance(session, dict) else None
    return {**state, "session": kept}


def _place(options: argparse.Namespace) -> Place:
    try:
        kept = None
        if "://" in options.target:
            file = session_file(lambda _: None)
            saved = file.load(usable_url(options.target)) if file is not None else None
            kept = None if saved is None else saved.session or saved.handle
        return place_of(options.target, usable_url(options.server), kept)
    except ValueError as error:
        refuse(PROG, str(error))


def _connection(options: argparse.Namespace, place: Place) -> Connection:
    token = options.token if options.token is not None else place.token or os.environ.get(TOKEN_VARIABLE, "")
    if not _TOKEN.fullmatch(token):
        refuse(PROG, "the token has characters that no token has")
    if options.token and any(each.lower().startswith("authorization:") for each in options.header):
        refuse(PROG, "--token and --header Authorization exclude each other")
    asked = argparse.Namespace(
        prog=PROG, url=place.page, header=options.header, bearer=None, timeout="10", insecure=options.insecure
    )
    is_view = "/dashboard/view/" in place.page
    return connection_from(asked, {} if is_view else {"MCP_ECHO_BEARER": token})


def _seconds(text: str | None) -> float | None:
    return None if text is None else option_number(PROG, "--for", text, Range(0, MAX_SECONDS, above=True))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROG,
        description="Show who talks to a server of ours, what they say and which rules they break, as it happens.",
        epilog="exit codes: 0 nothing found that counts, 1 something was, 2 there is nothing to watch",
    )
    parser.add_argument(
        "target", metavar="TARGET",
        help="URL of a dashboard, a view of it or an endpoint (/b/NAME/mcp); or a bin's name, or a session's id",
    )  # fmt: skip
    parser.add_argument("--server", default=SERVER, metavar="URL", help="where names and ids are; default: %(default)s")
    parser.add_argument("--token", help=f"what the dashboard asks for [{TOKEN_VARIABLE}]")
    parser.add_argument(
        "--header", action="append", default=[], metavar="'NAME: VALUE'", help="send this header too; may be repeated"
    )
    parser.add_argument("--insecure", action="store_true", help="do not check the server's certificate")
    parser.add_argument("--json", action="store_true", help="print a JSON object per line")
    parser.add_argument(
        "--exit-on", choices=("must", "should"), help="end with exit code 1 at the first finding of this level"
    )
    parser.add_argument(
        "--for", dest="seconds", metavar="SECONDS",
        help="end after this time; exit code 1 when a finding counts (--exit-on, else must and should)",
    )  # fmt: skip
    return parser
