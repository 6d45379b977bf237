"""What the commands that use a server have in common: options, the kept session, the fate of faults."""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mcp_echo_core.client.faults import PeerFault
from mcp_echo_core.client.peer import Peer
from mcp_echo_core.client.requests import Requests
from mcp_echo_core.client.session_file import SavedSession, SessionFile, Tell, default_path
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.commands.connection import Connection, add_connection_options, connection_from
from mcp_echo_core.commands.results import fault_code, fault_facts, show_fault
from mcp_echo_core.commands.terminal import Terminal
from mcp_echo_core.probe.reports import evidence
from mcp_echo_core.redaction import session_id as shortened

TIMEOUT = 30.0
"""Seconds that an answer may take: tools work."""

INTERRUPTED = 130
"""Exit code after SIGINT."""

Act = Callable[[Peer, Terminal], Awaitable[int]]


def add_peer_options(parser: argparse.ArgumentParser) -> None:
    """Add URL, connection, era, session and output options to a command."""
    add_connection_options(parser, timeout=TIMEOUT)
    parser.add_argument(
        "--era", choices=("auto", "modern", "legacy"), default="auto",
        help="modern is 2026-07-28, legacy what begins with initialize; auto finds out, and is the default",
    )  # fmt: skip
    parser.add_argument("--no-session", action="store_true", help="use no kept session and keep none")
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
    connection = connection_from(options)
    try:
        return asyncio.run(_run(connection, options, act))
    except KeyboardInterrupt:
        return INTERRUPTED


async def _run(connection: Connection, options: argparse.Namespace, act: Act) -> int:
    terminal = Terminal()
    file = None if options.no_session else session_file(terminal.warn)
    saved = file.load(connection.url) if file is not None else None
    async with Wire(connection.timeout, verify=connection.verify) as wire:
        peer = Peer(
            wire,
            Requests(connection.url, connection.headers),
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
            show_fault(fault, terminal)
            if options.json:
                terminal.json({**spoken(peer.state), "error": fault_facts(fault)})
        if peer.state is not None and not options.json:
            terminal.tell(_summary(peer.state, saved, is_kept=file is not None), "dim")
        if options.verbose:
            _show_evidence(wire, terminal)
    return code


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


def _summary(state: SavedSession, saved: SavedSession | None, *, is_kept: bool) -> str:
    name = "state handle" if state.handle is not None else "session"
    value = state.handle or state.session
    earlier = (saved.handle or saved.session) if saved is not None else None
    fate = "not kept" if not is_kept else f"kept since {state.created}" if value == earlier else "new, kept"
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
    for number in sorted(wire.exchanges):
        exchange = wire.exchanges[number]
        terminal.tell(evidence.title(exchange), "bold")
        for mark, lines in (("> ", evidence.request(exchange, MAX_BODY)), ("< ", evidence.answer(exchange, MAX_BODY))):
            for each in lines:
                terminal.tell(mark + each, "dim")


MAX_BODY = 2000
"""Characters of a body that ``--verbose`` shows."""
