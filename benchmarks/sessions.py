"""Sessions: how many per second begin and end on each store, and what an idle one takes.

Handshakes come over HTTP from 32 connections, each answer making a session. Ending is what the sweep does to sessions
whose time is over, in a process of its own without HTTP, as are the operations that a request takes on the store.
"""

import argparse
import contextlib
import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

from exchange import open_sessions
from load import measure
from report import Document
from servers import SERVER_CORE, Running, pinned, pinning, redis_server, running
from side_by_side import MANY
from store_rates import CONCURRENT
from subjects import STATEFUL, STATEFUL_REDIS, STATEFUL_SQLITE

STORES = {"memory": STATEFUL, "sqlite": STATEFUL_SQLITE, "redis": STATEFUL_REDIS}
TIMEOUT = 600.0
"""Seconds that one store may take."""


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked for."""
    parser.add_argument("--seconds", type=float, default=5, help="of handshakes per store (default 5)")
    parser.add_argument("--sessions", type=int, default=100_000, help="sessions in a store (default 100000)")
    parser.add_argument("--stores", nargs="+", choices=STORES, default=list(STORES), help="some of the stores")


def measure_all(chosen: argparse.Namespace, folder: Path) -> Document:
    """One store after the other."""
    if chosen.quick:
        chosen.seconds, chosen.sessions = 1.0, 5_000
    settings = {
        "seconds": chosen.seconds, "sessions": chosen.sessions, "connections": MANY, "concurrent": CONCURRENT,
        "pinned": pinning(),
    }  # fmt: skip
    return {"settings": settings, "figures": {name: _one(name, chosen, folder) for name in chosen.stores}}


def faults(document: Document) -> list[str]:
    """What makes figures void."""
    return [
        f"{name}: {row['handshakes']['errors']} errors among the handshakes"
        for name, row in document["figures"].items()
        if row["handshakes"]["errors"]
    ]


def _one(name: str, chosen: argparse.Namespace, folder: Path) -> dict[str, object]:
    print(f"{name}: handshakes, then {chosen.sessions:,} sessions in the store", file=sys.stderr, flush=True)
    with running(STORES[name], folder / "server.log", {"MCP_MAX_SESSIONS": "10000000"}) as server:
        sample = open_sessions(server, MANY)
        if len(set(sample)) < MANY:
            raise RuntimeError(f"{name}: {MANY} handshakes made {len(set(sample))} sessions")
        handshakes = asdict(measure(server, _hello(server, folder), MANY, chosen.seconds))
    return {"handshakes": handshakes, "store": _store(name, chosen.sessions, folder)}


def _hello(server: Running, folder: Path) -> Path:
    file = folder / "requests"
    subject = server.subject
    file.write_bytes(subject.on_the_wire(server.port, subject.hello(), replace(subject, headers={}).head()))
    return file


def _store(name: str, count: int, folder: Path) -> dict[str, float]:
    """The figures of a store alone."""
    with redis_server(folder) if name == "redis" else contextlib.nullcontext("") as redis:
        url = {"memory": "memory://", "sqlite": f"sqlite://{folder / 'alone.db'}", "redis": redis}[name]
        command = [sys.executable, str(Path(__file__).with_name("store_rates.py")), url, str(count)]
        with pinned(SERVER_CORE):
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if done.returncode:
        raise RuntimeError(f"store_rates.py failed on {name}:\n{done.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(done.stdout)
    return figures
