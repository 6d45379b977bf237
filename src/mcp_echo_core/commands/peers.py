"""What the commands that use a server have in common: options, the kept session, the fate of faults."""

import argparse
import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mcp_echo_core.client import transcript
from mcp_echo_core.client.answers import Answer
from mcp_echo_core.client.evidence import MAX_BODY_CHARACTERS
from mcp_echo_core.client.faults import PeerFault
from mcp_echo_core.client.peer import Peer, end_session
from mcp_echo_core.client.requests import Requests, fresh_id
from mcp_echo_core.client.session_file import SavedSession, SessionFile, Tell, default_path
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.commands.connection import Connection, add_connection_options, add_era_option, connection_from
from mcp_echo_core.commands.dashboards import dashboard
from mcp_echo_core.commands.results import ending, fault_code, fault_facts, show_fault
from mcp_echo_core.commands.terminal import Terminal
from mcp_echo_core.redaction import session_id as shortened

END_SECONDS = 5.0
"""How long a server may take to end a session that is not kept."""

TIMEOUT = 30.0
"""Seconds that an answer may take: tools work."""

Act = Callable[[Peer, Terminal], Awaitable[int]]


def add_peer_options(parser: argparse.ArgumentParser) -> None:
    """Add URL, connection, era, session and output options to a command."""
    add_connection_options(parser, timeout=TIMEOUT)
    add_era_option(parser)
    parser.add_argument("--no-session", action="store_true", help="use no kept session, and end the one that is begun")
    parser.add_argument("--json", action="store_true", help="print the whole result as JSON")
    parser.add_argument("--verbose", action="store_true", help="show every HTTP exchange, credentials redacted")


def run(options: argparse.Namespace, act: Act) -> int:
    """Do something with the server that the options name.

    Args:
        options: Of a parser that ``add_peer_options`` completed.
        act: Does it, and returns the exit code.

    Returns:
        That, or the exit code of the fault that stopped it: 1 when the server refused, 2 when nothing could be asked.
    """
    return asyncio.run(_run(connection_from(options), options, act))


async def _run(connection: Connection, options: argparse.Namespace, act: Act) -> int:
    terminal = Terminal(connection.secrecy)
    file = None if options.no_session else session_file(terminal.warn)
    saved = file.load(connection.url, options.era) if file is not None else None
    requests = Requests(connection.url, connection.headers, first_id=fresh_id())
    async with Wire(connection.timeout, verify=connection.verify, secrecy=connection.secrecy) as wire:
        peer = Peer(
            wire,
            requests,
            saved=saved,
            choice=options.era,
            keep=lambda state: file.save(connection.url, state) if file is not None else None,
            tell=terminal.warn,
            watch=lambda method, params: _watch(terminal, method, params),
        )
        try:
            code = await act(peer, terminal)
        except PeerFault as fault:
            code = fault_code(fault)
            show_fault(fault, terminal, authorized=connection.authorized)
            if options.json:
                terminal.json({**spoken(peer.state), "error": fault_facts(fault)})
        finally:
            ended = await _end(wire, requests, peer.state) if file is None else None
        if peer.state is not None and not options.json:
            terminal.tell(_summary(peer.state, saved, ended, is_kept=file is not None), "dim")
            if (page := await dashboard(wire, connection, peer.state)) is not None:
                terminal.tell(f"dashboard: {page}", "dim")
        if options.verbose:
            _show_evidence(wire, terminal)
    return code


async def _end(wire: Wire, requests: Requests, state: SavedSession | None) -> Answer | None:
    """End a session that nobody will use again; ``None`` when there is none, or the server takes too long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(END_SECONDS):
            return await end_session(wire, requests, state) if state is not None else None
    return None


def session_file(tell: Tell) -> SessionFile | None:
    """The user's session file; ``None``, which is told, when the user has no home to keep it in."""
    try:
        return SessionFile(default_path(os.environ), tell)
    except RuntimeError:
        tell("There is no home folder to keep sessions in; set XDG_STATE_HOME.")
        return None


def spoken(state: SavedSession | None) -> dict[str, Any]:
    """In which era and session a server was spoken to, for programs."""
    if state is None:
        return {"era": None, "version": None, "session": None}
    return {"era": state.era, "version": state.version, "session": state.session or state.handle}


def _summary(state: SavedSession, saved: SavedSession | None, ended: Answer | None, *, is_kept: bool) -> str:
    name = "state handle" if state.handle is not None else "session"
    value = state.handle or state.session
    earlier = (saved.handle or saved.session) if saved is not None else None
    if not is_kept:
        fate = f"not kept: {ending(ended)}" if state.session is not None else "not kept"
    else:
        fate = f"kept since {state.created}" if value == earlier else "new, kept"
    identity = f"{name} {shortened(value)} ({fate})" if value is not None else "no session"
    return f"{identity} · {state.version} ({state.era})"


def _watch(terminal: Terminal, method: str, params: Mapping[str, Any]) -> None:
    if not terminal.is_watched:
        return
    if method == "notifications/progress":
        total = f"/{params['total']}" if "total" in params else ""
        terminal.tell(f"… {params.get('progress')}{total} {params.get('message', '')}".rstrip(), "dim")
    elif method == "notifications/message":
        terminal.tell(f"… {params.get('level')}: {params.get('data')}", "dim")


def _show_evidence(wire: Wire, terminal: Terminal) -> None:
    for exchange in wire.evidence:
        terminal.tell(transcript.title(exchange), "bold")
        for mark, told in (("> ", transcript.request), ("< ", transcript.answer)):
            for each in told(exchange, MAX_BODY_CHARACTERS):
                terminal.tell(mark + each, "dim")
