"""Echo round trips: our servers, a bare ASGI app on the same engine and the servers of others, in interleaved rounds.

Each round starts every subject anew on a core of its own, checks a sample of its answers, and measures 32 connections,
then one. Every other round runs backwards.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from exchange import SAMPLE, open_sessions, verify
from load import generator, measure
from report import Document
from servers import Running, pinning, running
from subjects import CEILING, OURS, Subject
from summaries import Round, limits, summarize

import peers

MANY, ONE = 32, 1
"""Connections of the two passes."""

WARM_UP_SESSIONS = 200
"""Sessions opened before memory is read first, so that pools and buffers have grown."""

STORES = ("memory", "sqlite", "redis")


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked for."""
    names = [subject.name for subject in (*OURS, *peers.OTHERS)]
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=float, default=3, help="seconds per pass and round (default 3)")
    parser.add_argument("--ours", action="store_true", help="without the servers of others, which are installed else")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"some of: {', '.join(names)}")
    parser.add_argument("--store", choices=STORES, help="the stateful server on this store, beside memory and ceiling")


def measure_all(chosen: argparse.Namespace, folder: Path) -> Document:
    """Run the rounds."""
    if chosen.quick:
        chosen.rounds, chosen.seconds = 2, 1.0
    subjects, missing = _subjects(chosen)
    size = _answer_size(subjects, folder)
    rounds: dict[str, list[Round]] = {subject.name: [] for subject in subjects}
    for number in range(chosen.rounds):
        # Every other round runs backwards, so that a machine that slowly speeds up or down favours nobody.
        for subject in subjects[:: -1 if number % 2 else 1]:
            rounds[subject.name].append(_one_round(subject, folder, chosen.seconds, size))
            print(f"round {number + 1} of {chosen.rounds}: {subject.name}", file=sys.stderr, flush=True)
    summaries = {name: summarize(mine, rounds.get(CEILING.name, [])) for name, mine in rounds.items()}
    for subject in subjects:
        if subject.sessions and not summaries[subject.name]["fault"]:
            try:
                summaries[subject.name]["session_bytes"] = _bytes_per_session(subject, folder)
            except RuntimeError as error:
                summaries[subject.name]["fault"] = str(error)
    others = dict.fromkeys(subject.peer for subject in subjects if subject.peer)
    return {
        "settings": {
            "rounds": chosen.rounds, "seconds": chosen.seconds, "connections": [MANY, ONE], "sample": SAMPLE,
            "load_generator": generator(), "pinned": pinning(),
        },
        "subjects": {subject.name: {"setup": subject.setup, "peer": subject.peer} for subject in subjects},
        "peers": {peer: peers.versions(peer) for peer in others if peer},
        "missing": missing,
        "limits": limits(summaries),
        "summaries": summaries,
        "rounds": rounds,
    }  # fmt: skip


def faults(document: Document) -> list[str]:
    """What makes figures void."""
    return [f"{name}: {row['fault']}" for name, row in document["summaries"].items() if row["fault"]]


def _subjects(chosen: argparse.Namespace) -> tuple[list[Subject], dict[str, str]]:
    """Those that were asked for and can be had; the others, and why not."""
    only = chosen.only
    if chosen.store:
        only = ["ceiling", "stateful", *([] if chosen.store == "memory" else [f"stateful-{chosen.store}"])]
    known = OURS if chosen.ours else (*OURS, *peers.OTHERS)
    wanted = [subject for subject in known if not only or subject.name in only]
    absent = peers.install(wanted)
    missing = {subject.name: absent[subject.peer] for subject in wanted if subject.peer in absent}
    return [subject for subject in wanted if subject.name not in missing], missing


def _one_round(subject: Subject, folder: Path, seconds: float, size: int) -> Round:
    """A fresh process: its start, its memory, a checked sample, the two passes. What breaks is named, not raised."""
    entry: Round = {"fault": None}
    try:
        with running(subject, folder / "server.log", {"BENCH_BODY_BYTES": str(size)}) as server:
            entry |= {"start_ms": server.start_ms, "rss_idle": server.rss()}
            sessions = open_sessions(server, subject.sessions)
            requests = prepared(server, sessions, folder)
            verdict = verify(server, sessions)
            entry |= {"answer": verdict.answer_type, "fault": verdict.fault}
            for key, connections in (("many", MANY), ("one", ONE)):
                passed = measure(server, requests, connections, seconds)
                entry[key] = asdict(passed)
                errors = f"{passed.errors} errors at {connections} connection(s)" if passed.void else None
                entry["fault"] = entry["fault"] or errors or verify(server, sessions).fault
            entry["rss_loaded"] = server.rss()
    except Exception as error:  # noqa: BLE001 - whatever breaks one subject must not lose the others' rounds
        entry["fault"] = str(error) or type(error).__name__
    return entry


def prepared(server: Running, sessions: Sequence[str], folder: Path) -> Path:
    """The file of requests that the load generator sends in turn, one per session."""
    file = folder / "requests"
    each: Sequence[str | None] = sessions or [None]
    file.write_bytes(b"\0".join(server.subject.request(server.port, session) for session in each))
    return file


def _answer_size(subjects: Sequence[Subject], folder: Path) -> int:
    """Bytes of the first right answer of an echoing subject, for the ceiling to answer as much."""
    for subject in subjects:
        if subject.echoes:
            with running(subject, folder / "server.log") as server:
                verdict = verify(server, open_sessions(server, subject.sessions), 1)
            if verdict.fault is None:
                return verdict.answer_bytes
    return 200


def _bytes_per_session(subject: Subject, folder: Path) -> float:
    """Resident bytes that each idle session adds."""
    with running(subject, folder / "server.log") as server:
        open_sessions(server, WARM_UP_SESSIONS)
        before = server.rss()
        open_sessions(server, subject.idle_sessions)
        return (server.rss() - before) / subject.idle_sessions
