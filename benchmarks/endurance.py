"""Full load for a long time: a minute without an error, and memory after many requests beside that after few.

Each server takes 32 connections without a pause. Its memory is read after about 100,000 requests and again after
about 2 million; latencies and errors are those of the minute between.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from exchange import open_sessions, verify
from load import Pass, generator, measure
from report import Document
from servers import pinning, running
from side_by_side import MANY, prepared
from subjects import STATEFUL, STATELESS, Subject, stateful

SUBJECTS = (
    STATELESS,
    STATEFUL,
    # Its record is full before memory is first read: what grows afterwards is no record.
    stateful("stateful-full-record", "memory, a record of 2 MiB, legacy request", {"MCP_JOURNAL_MAX_BYTES": "2097152"}),
)


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked for."""
    parser.add_argument("--seconds", type=float, default=60, help="of full load at least (default 60)")
    parser.add_argument("--few", type=int, default=100_000, help="requests before memory is first read")
    parser.add_argument("--many", type=int, default=2_000_000, help="requests before memory is last read")
    parser.add_argument("--most", type=float, default=300, help="seconds per server at the most (default 300)")


def measure_all(chosen: argparse.Namespace, folder: Path) -> Document:
    """One server after the other."""
    if chosen.quick:
        chosen.seconds, chosen.few, chosen.many = 3.0, 10_000, 100_000
    settings = {
        "seconds": chosen.seconds, "few": chosen.few, "many": chosen.many, "connections": MANY,
        "load_generator": generator(), "pinned": pinning(),
    }  # fmt: skip
    return {
        "settings": settings,
        "figures": {subject.name: _one(subject, chosen, folder) for subject in SUBJECTS},
    }


def faults(document: Document) -> list[str]:
    """What makes figures void."""
    found = []
    for name, row in document["figures"].items():
        found += [f"{name}: {row['fault']}"] if row["fault"] else []
        found += [f"{name}: {row['errors']} errors"] if row["errors"] else []
        if row["requests_last"] < document["settings"]["many"]:
            found.append(f"{name}: time was up after {row['requests_last']} requests")
    return found


def _one(subject: Subject, chosen: argparse.Namespace, folder: Path) -> dict[str, object]:
    with running(subject, folder / "server.log") as server:
        rss_idle = server.rss()
        sessions = open_sessions(server, subject.sessions)
        requests = prepared(server, sessions, folder)
        deadline = time.monotonic() + chosen.most
        passes: list[Pass] = []

        def run(seconds: float, until: Callable[[], bool]) -> None:
            while time.monotonic() < deadline and not until():
                passes.append(measure(server, requests, MANY, seconds))
                print(f"{subject.name}: {_sum(passes):,} requests", file=sys.stderr, flush=True)

        run(1, lambda: _sum(passes) >= chosen.few)
        requests_first, rss_first = _sum(passes), server.rss()
        long = measure(server, requests, MANY, chosen.seconds)
        passes.append(long)
        run(min(10.0, chosen.seconds), lambda: _sum(passes) >= chosen.many)
        return {
            "rss_idle": rss_idle,
            "requests_first": requests_first,
            "rss_first": rss_first,
            "requests_last": _sum(passes),
            "rss_last": server.rss(),
            "long": asdict(long),
            "errors": sum(each.errors for each in passes),
            "fault": verify(server, sessions).fault,
        }


def _sum(passes: list[Pass]) -> int:
    return sum(each.requests for each in passes)
