"""``mcp-echo session``: show or forget the sessions that calls have kept."""

import argparse
import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from mcp_echo_core.client.peer import end_session
from mcp_echo_core.client.requests import Requests
from mcp_echo_core.client.session_file import Era, SavedSession, SessionFile, server_key
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.commands.connection import (
    Connection,
    add_connection_options,
    connection_from,
    refuse,
    usable_url,
)
from mcp_echo_core.commands.peers import session_file
from mcp_echo_core.commands.results import ending
from mcp_echo_core.commands.terminal import Terminal
from mcp_echo_core.redaction import session_id as shortened

PROG = "mcp-echo session"


def main(words: Sequence[str]) -> int:
    """Show or forget what is kept.

    Returns:
        0; 1 when nothing is kept of the server; 2 when the words cannot be used.
    """
    options = _parser().parse_args(words)
    terminal = Terminal()
    file = session_file(terminal.warn)
    if file is None:
        return 2
    if options.action == "list":
        return _list(file, terminal, as_json=options.json)
    try:
        key = server_key(usable_url(options.url))
    except ValueError as error:
        refuse(f"{PROG} {options.action}", str(error))
    kept = file.all().get(key, ())
    if not kept:
        terminal.fail(f"No session is kept of {key}.")
        return 1
    if options.action == "show":
        return _show(key, kept, terminal, as_json=options.json)
    return _forget(file, kept, options)


def _list(file: SessionFile, terminal: Terminal, *, as_json: bool) -> int:
    servers = file.all()
    if as_json:
        terminal.json({"file": str(file.path), "servers": [_facts(url, kept) for url, kept in servers.items()]})
        return 0
    for url, kept in servers.items():
        for saved in kept:
            terminal.show(f"{url}  {_identity(saved)}  {saved.version} ({saved.era})  {saved.created}")
    if not servers:
        terminal.tell(f"No session is kept in {file.path}.")
    return 0


def _show(url: str, kept: Sequence[SavedSession], terminal: Terminal, *, as_json: bool) -> int:
    if as_json:
        terminal.json(_facts(url, kept))
        return 0
    terminal.show(f"server:  {url}")
    for saved in kept:
        facts = msgspec.to_builtins(saved)
        terminal.show("\n".join(["", *(f"{name + ':':9}{value}" for name, value in facts.items())]))
    return 0


def _forget(file: SessionFile, kept: Sequence[SavedSession], options: argparse.Namespace) -> int:
    connection = connection_from(options)
    terminal, url = Terminal(connection.secrecy), server_key(connection.url)
    told: dict[Era, str] = {saved.era: "not asked to end anything" for saved in kept}
    if not options.local:
        told = asyncio.run(_ended(connection, kept))
    forgotten = file.forget(connection.url)
    if options.json:
        terminal.json({"url": url, "forgotten": forgotten, "server": told})
    elif forgotten:
        for saved in kept:
            terminal.show(f"Forgotten: {_identity(saved)} of {url}. The server: {told[saved.era]}.")
    return 0 if forgotten else 1


async def _ended(connection: Connection, kept: Sequence[SavedSession]) -> dict[Era, str]:
    requests = Requests(connection.url, connection.headers)
    async with Wire(connection.timeout, verify=connection.verify, secrecy=connection.secrecy) as wire:
        return {saved.era: ending(await end_session(wire, requests, saved)) for saved in kept}


def _facts(url: str, kept: Sequence[SavedSession]) -> dict[str, Any]:
    return {"server": url, "sessions": [msgspec.to_builtins(saved) for saved in kept]}


def _identity(saved: SavedSession) -> str:
    if saved.session is not None:
        return f"session {shortened(saved.session)}"
    return f"state handle {shortened(saved.handle)}" if saved.handle is not None else "no session"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROG, description="Show or forget the sessions that calls have kept.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="all servers of which something is kept")
    show = actions.add_parser("show", help="what is kept of a server")
    show.add_argument("url", metavar="URL", help="the MCP endpoint")
    forget = actions.add_parser("forget", help="end the session at the server and keep nothing of it")
    add_connection_options(forget)
    forget.add_argument("--local", action="store_true", help="do not tell the server")
    for each in (listing, show, forget):
        each.add_argument("--json", action="store_true", help="print JSON")
    return parser
