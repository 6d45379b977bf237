"""Measures our servers beside a bare ASGI app on the same engine, in interleaved rounds on a core of their own.

Figures of different runs or machines do not compare; the ratio to the ceiling of the same run does. Nothing here
asserts a figure: it prints them. A figure whose run had an error or a wrong answer is printed as VOID.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import report
from exchange import SAMPLE, open_sessions, verify
from load import SATURATED, generator, measure
from servers import Running, pinning, running
from subjects import CEILING, SUBJECTS, Subject

MANY, ONE = 32, 1
"""Connections of the two passes."""

UNDISTURBED = 0.95
"""Share of its core that a server under full load gets when nothing else runs there."""

IDLE_SESSIONS = 5_000
"""Sessions whose memory is divided among them."""

WARM_UP_SESSIONS = 500
"""Sessions opened before memory is read first, so that pools and buffers have grown."""


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for and print it."""
    options = parse(arguments)
    subjects = [subject for subject in SUBJECTS if not options.only or subject.name in options.only]
    print(preamble(options), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        size = answer_size(subjects, Path(folder))
        rounds: dict[str, list[report.Round]] = {subject.name: [] for subject in subjects}
        for number in range(options.rounds):
            # Every other round runs backwards, so that a machine that slowly speeds up or down favours nobody.
            for subject in subjects[:: -1 if number % 2 else 1]:
                rounds[subject.name].append(one_round(subject, Path(folder), options.seconds, size))
            print(f"round {number + 1} of {options.rounds} done", file=sys.stderr, flush=True)
        summaries = {name: report.summarize(mine, rounds.get(CEILING.name, [])) for name, mine in rounds.items()}
        for subject in subjects:
            if subject.sessions and not summaries[subject.name]["fault"]:
                summaries[subject.name]["session_bytes"] = bytes_per_session(subject, Path(folder))
    print(report.table(summaries))
    notes = closing(summaries)
    print(notes)
    if options.save:
        settings = {"rounds": options.rounds, "seconds": options.seconds, "load_generator": generator()}
        document = {"machine": report.machine(), "versions": report.versions(), "settings": settings}
        print(
            "written:",
            report.save({**document, "notes": notes.splitlines(), "summaries": summaries, "rounds": rounds}).name,
        )
    return 1 if any(summary["fault"] for summary in summaries.values()) else 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    names = [subject.name for subject in SUBJECTS]
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=float, default=3, help="seconds per pass and round (default 3)")
    parser.add_argument("--quick", action="store_true", help="2 rounds of 1 second: a look, not a figure")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"some of: {', '.join(names)}")
    stores = ("memory", "sqlite", "redis")
    parser.add_argument("--store", choices=stores, help="the stateful server on this store, beside memory and ceiling")
    parser.add_argument("--save", action="store_true", help="write benchmarks/results/latest.json")
    options = parser.parse_args(arguments)
    if options.store:
        beside = [] if options.store == "memory" else [f"stateful-{options.store}"]
        options.only = ["ceiling", "stateful", *beside]
    if options.quick:
        options.rounds, options.seconds = 2, 1.0
    return options


def preamble(options: argparse.Namespace) -> str:
    """What is about to be measured, and with what."""
    where = report.machine()
    plan = f"{options.rounds} rounds of {options.seconds:g} s at {MANY} and at {ONE} connection(s)"
    lines = [
        f"{where['cpu']}, {where['cores']} cores, {where['system']}, load {os.getloadavg()[0]:.2f}",
        ", ".join(f"{name} {version}" for name, version in report.versions().items()),
        f"{plan}; {SAMPLE} answers checked before each pass",
    ]
    if not pinning():
        lines.append("NOT PINNED: fewer than two cores or no affinity calls; server and load generator share cores")
    if generator() == "fallback":
        lines.append("FALLBACK load generator in Python (wrk is not installed): figures are lower bounds")
    return "\n".join(lines)


def closing(summaries: dict[str, dict[str, Any]]) -> str:
    """Whether anything but the servers limited a figure."""
    sound = {name: row for name, row in summaries.items() if not row["fault"]}
    busy = [name for name, row in sound.items() if row["many_load_cpu"] > SATURATED]
    starved = [name for name, row in sound.items() if row["many_server_cpu"] < UNDISTURBED and name not in busy]
    lines = [f"The load generator never used more than {SATURATED:.0%} of its core: the servers were the limit."]
    if busy:
        lines = [f"The load generator used more than {SATURATED:.0%} of its core for {', '.join(busy)}: lower bounds."]
    if starved:
        lines.append(f"DISTURBED: {', '.join(starved)} got less than {UNDISTURBED:.0%} of a core; something else ran.")
    return "\n".join(lines)


def one_round(subject: Subject, folder: Path, seconds: float, size: int) -> report.Round:
    """A fresh process: its start, its memory, a checked sample, the two passes. What breaks is named, not raised."""
    entry: report.Round = {"fault": None}
    try:
        with running(subject, folder / "server.log", {"BENCH_BODY_BYTES": str(size)}) as server:
            entry |= {"start_ms": server.start_ms, "rss_idle": server.rss()}
            sessions = open_sessions(server, subject.sessions)
            requests = prepared(server, sessions, folder)
            for key, connections in (("many", MANY), ("one", ONE)):
                verdict = verify(server, sessions)
                passed = measure(server, requests, connections, seconds)
                entry[key] = asdict(passed)
                errors = f"{passed.errors} errors at {connections} connection(s)" if passed.void else None
                entry["fault"] = entry["fault"] or verdict.fault or errors
            entry["rss_loaded"] = server.rss()
    except RuntimeError as error:
        entry["fault"] = str(error)
    return entry


def prepared(server: Running, sessions: Sequence[str], folder: Path) -> Path:
    """The file of requests that the load generator sends in turn, one per session."""
    file = folder / "requests"
    each: Sequence[str | None] = sessions or [None]
    file.write_bytes(b"\0".join(server.subject.request(server.port, session) for session in each))
    return file


def answer_size(subjects: Sequence[Subject], folder: Path) -> int:
    """Bytes of the first echoing subject's answer, for the ceiling to answer as much."""
    for subject in subjects:
        if subject.echoes:
            with running(subject, folder / "server.log") as server:
                return verify(server, open_sessions(server, subject.sessions), 1).answer_bytes
    return 200


def bytes_per_session(subject: Subject, folder: Path) -> float:
    """Resident bytes that each idle session adds."""
    with running(subject, folder / "server.log") as server:
        open_sessions(server, WARM_UP_SESSIONS)
        before = server.rss()
        open_sessions(server, IDLE_SESSIONS)
        return (server.rss() - before) / IDLE_SESSIONS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
