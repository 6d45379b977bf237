"""Idle event streams on the stateful server: memory and processor time they take, and what an echo takes beside them.

Each stream belongs to a session of its own; the echoes belong to other sessions, and then to those with streams, which
an echo sends a message on. Memory is read before and after they are opened, processor time over a
minute in which nothing happens but keep-alives.
"""

import argparse
import contextlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from exchange import open_sessions, verify
from load import measure
from report import Document
from servers import LOAD_CORE, Running, pinned, pinning, running
from side_by_side import MANY, ONE, prepared
from subjects import STATEFUL

RESERVE = 300
"""Open files that server and client need beside the streams."""

KEEP_ALIVE_SECONDS = 15
"""The servers' default."""

SETTLE_SECONDS = 2.0
"""Seconds after opening that belong to neither figure."""


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked for."""
    parser.add_argument("--streams", type=int, default=10_000, help="streams to open (default 10000)")
    parser.add_argument("--idle", type=float, default=60, help="seconds of watching them (default 60)")
    parser.add_argument("--seconds", type=float, default=5, help="seconds per pass of echoes (default 5)")


def measure_all(chosen: argparse.Namespace, folder: Path) -> Document:
    """Open them, watch them, echo beside them."""
    if chosen.quick:
        chosen.streams, chosen.idle, chosen.seconds = min(chosen.streams, 500), 20.0, 1.0
    wanted = min(chosen.streams, _open_files() - RESERVE)
    extra = {
        "WORKER_CONNECTIONS": str(wanted + RESERVE),
        "MCP_MAX_SESSIONS": str(wanted + RESERVE),
        "MCP_SSE_KEEPALIVE_INTERVAL": str(KEEP_ALIVE_SECONDS),
    }
    with running(STATEFUL, folder / "server.log", extra) as server:
        figures: dict[str, object] = {"asked": chosen.streams, "wanted": wanted, "rss_start": server.rss()}
        echoing, sessions = open_sessions(server, MANY), open_sessions(server, wanted)
        requests = prepared(server, echoing, folder)
        figures["before"] = _passes(server, requests, chosen.seconds)
        figures["rss_sessions"] = server.rss()
        figures["cpu_idle_before"] = _cpu_per_minute(server, chosen.idle / 4)
        cpu_before = server.cpu_seconds()
        with _opened(server, sessions, folder, figures):
            figures["cpu_open"] = server.cpu_seconds() - cpu_before
            time.sleep(SETTLE_SECONDS)
            figures["rss_streams"] = server.rss()
            figures["cpu_idle"] = _cpu_per_minute(server, chosen.idle)
            figures["during"] = _passes(server, requests, chosen.seconds)
            figures["carrying"] = _passes(server, prepared(server, sessions[:MANY], folder), chosen.seconds)
        figures["fault"] = verify(server, echoing).fault
    settings = {
        "idle_seconds": chosen.idle, "seconds": chosen.seconds, "keep_alive_seconds": KEEP_ALIVE_SECONDS,
        "pinned": pinning(),
    }  # fmt: skip
    return {"settings": settings, "figures": figures}


def faults(document: Document) -> list[str]:
    """What makes figures void."""
    figures = document["figures"]
    found = [figures["fault"]] if figures["fault"] else []
    if figures["opened"] < figures["wanted"]:
        found.append(f"only {figures['opened']} of {figures['wanted']} streams could be opened")
    if document["settings"]["idle_seconds"] > KEEP_ALIVE_SECONDS and not figures["received"]:
        found.append("no keep-alive came")
    if figures["lost"]:
        found.append(f"{figures['lost']} streams ended while they were watched")
    passes = [each for when in ("before", "during", "carrying") for each in figures[when].values()]
    return [
        *found,
        *(f"{each['errors']} errors at {each['connections']} connection(s)" for each in passes if each["errors"]),
    ]


def _open_files() -> int:
    """Raise the limit of open files, for the processes started here too, as far as it goes; what it is then."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return sys.maxsize if most == resource.RLIM_INFINITY else most


def _passes(server: Running, requests: Path, seconds: float) -> dict[str, dict[str, float]]:
    return {name: asdict(measure(server, requests, count, seconds)) for name, count in (("many", MANY), ("one", ONE))}


def _cpu_per_minute(server: Running, seconds: float) -> float:
    """Processor seconds of the server per minute, over so many seconds."""
    cpu, begun = server.cpu_seconds(), time.perf_counter()
    time.sleep(seconds)
    return (server.cpu_seconds() - cpu) / (time.perf_counter() - begun) * 60


@contextlib.contextmanager
def _opened(server: Running, sessions: list[str], folder: Path, figures: dict[str, object]) -> Iterator[None]:
    """Have the streams open during the block; what they were goes into the figures."""
    ids = folder / "sessions"
    ids.write_text("\n".join(sessions))
    script = Path(__file__).with_name("idle_streams.py")
    subject = server.subject
    command = [sys.executable, str(script), str(server.port), subject.path, subject.revision, str(ids)]
    with pinned(LOAD_CORE):
        client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert client.stdin is not None
    assert client.stdout is not None
    try:
        figures |= _told(client.stdout.readline())
        yield
        client.stdin.write("\n")
        client.stdin.flush()
        figures |= _told(client.stdout.readline())
    finally:
        client.kill()
        client.wait()


def _told(line: str) -> dict[str, object]:
    if not line:
        raise RuntimeError("the client that holds the streams has ended; its output is above")
    told: dict[str, object] = json.loads(line)
    return told
