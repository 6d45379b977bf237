"""One and two workers of the stateless server, when they and the load generator share all cores as the system likes.

The rates alone tell little where the load generator takes a part of the cores that the workers could use. So processor
time is told with them, and requests per second of the servers' processor time: what a worker loses by having another
beside it shows there, whoever else runs.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from exchange import verify
from load import generator, measure
from report import Document
from servers import running
from side_by_side import MANY, prepared
from subjects import STATELESS
from summaries import scaling

THREADS = 2
"""Of the load generator."""

WORKERS = {"one": 1, "two": 2}


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked for."""
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=float, default=5, help="seconds per pass (default 5)")
    parser.add_argument("--connections", type=int, default=2 * MANY, help=f"at the same time (default {2 * MANY})")


def measure_all(chosen: argparse.Namespace, folder: Path) -> Document:
    """Run the rounds."""
    if chosen.quick:
        chosen.rounds, chosen.seconds = 2, 1.0
    rounds, found = [], []
    for number in range(chosen.rounds):
        entry = {}
        for name, count in list(WORKERS.items())[:: -1 if number % 2 else 1]:
            with running(STATELESS, folder / "server.log", {"ECHO_STATELESS_WORKERS": str(count)}, core=None) as server:
                requests = prepared(server, [], folder)
                fault = verify(server, []).fault
                passed = measure(server, requests, chosen.connections, chosen.seconds, threads=THREADS, core=None)
                entry[name] = {**asdict(passed), "rss": server.rss()}
                found += [fault] if fault else []
        rounds.append(entry)
        print(f"round {number + 1} of {chosen.rounds} done", file=sys.stderr, flush=True)
    settings = {
        "rounds": chosen.rounds, "seconds": chosen.seconds, "connections": chosen.connections,
        "load_threads": THREADS, "load_generator": generator(), "pinned": False,
    }  # fmt: skip
    return {"settings": settings, "rounds": rounds, "summary": scaling(rounds), "faults": found}


def faults(document: Document) -> list[str]:
    """What makes figures void."""
    errors = [
        f"{passed['errors']} errors with {name} worker(s)"
        for entry in document["rounds"]
        for name, passed in entry.items()
        if passed["errors"]
    ]
    return [*document["faults"], *errors]
