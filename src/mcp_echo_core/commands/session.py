"""``mcp-echo session``: show or forget the sessions that calls have kept."""

import argparse
import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.client.requests import Requests
from mcp_echo_core.client.session_file import SavedSession, SessionFile, server_key
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.commands.connection import (
    Connection,
    add_connection_options,
    connection_from,
    refuse,
    usable_url,
)
from mcp_echo_core.commands.peers import session_file
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
        saved = file.load(usable_url(options.url))
    except ValueError as error:
        refuse(f"{PROG} {options.action}", str(error))
    if saved is None:
        terminal.fail(f"No session is kept of {server_key(options.url)}.")
        return 1
    if options.action == "show":
        return _show(options.url, saved, terminal, as_json=options.json)
    return _forget(file, saved, terminal, options)


def _list(file: SessionFile, terminal: Terminal, *, as_json: bool) -> int:
    kept = file.all()
    if as_json:
        terminal.json({"file": str(file.path), "servers": [_facts(url, saved) for url, saved in kept.items()]})
        return 0
    for url, saved in kept.items():
        terminal.show(f"{url}  {_identity(saved)}  {saved.version} ({saved.era})  {saved.created}")
    if not kept:
        terminal.tell(f"No session is kept in {file.path}.")
    return 0


def _show(url: str, saved: SavedSession, terminal: Terminal, *, as_json: bool) -> int:
    facts = _facts(server_key(url), saved)
    if as_json:
        terminal.json(facts)
        return 0
    for name, value in facts.items():
        terminal.show(f"{name + ':':9}{value}")
    return 0


def _forget(file: SessionFile, saved: SavedSession, terminal: Terminal, options: argparse.Namespace) -> int:
    connection = connection_from(options)
    if options.local:
        told = "not asked to end anything"
    elif saved.session is None:
        told = "not asked: a client cannot end what a state handle names; it lapses there by itself"
    else:
        told = _outcome(asyncio.run(_end(connection, saved)))
    forgotten = file.forget(connection.url)
    if options.json:
        terminal.json({"url": server_key(connection.url), "forgotten": forgotten, "server": told})
    elif forgotten:
        terminal.show(f"Forgotten: {_identity(saved)} of {server_key(connection.url)}. The server: {told}.")
    return 0 if forgotten else 1


async def _end(connection: Connection, saved: SavedSession) -> Answer:
    request = Requests(connection.url, connection.headers).bare(
        "DELETE",
        purpose="end the session",
        session=saved.session,
        headers=[("MCP-Protocol-Version", saved.version)],
    )
    async with Wire(connection.timeout, verify=connection.verify) as wire:
        return await wire.send(request)


def _outcome(answer: Answer) -> str:
    """What DELETE did (2025-11-25 basic/transports, Session Management 5)."""
    if answer.status is None:
        return f"not reached ({answer.failure}); the session lapses there by itself"
    if answer.ok:
        return "it has ended the session"
    if answer.status == HTTPStatus.NOT_FOUND:
        return "it did not know the session any more (404)"
    if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
        return "it does not let clients end sessions (405); the session lapses there by itself"
    return f"it answered DELETE with {answer.told()}"


def _facts(url: str, saved: SavedSession) -> dict[str, Any]:
    return {"server": url, **msgspec.to_builtins(saved)}


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
