"""Uses both servers for minutes as many clients at once would, while things fail around them: ``scripts/soak --help``.

Two stateful instances on one Redis behind nginx, and a stateless server with two workers. Sessions begin, are used,
deleted and left; streams are cut and resumed; workers are killed, instances rolled, Redis restarted. Exit code 0 if no
session is lost, no error is unexpected and nothing grows; 1 if not, or if it breaks off; 2 if it cannot be run, or is
stopped.
"""

import argparse
import asyncio
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from soak_book import Book
from soak_clients import Clients
from soak_faults import inflict
from soak_ledger import Ledger
from soak_report import Ending, as_text, report
from soak_sessions import LegacySession
from soak_site import Site, serving_all
from soak_slopes import Growth, Sample, growth, take
from soak_wire import Door, Pace, again

import nginx_process
import redis_process

LEAST_MINUTES, MOST_MINUTES = 0.25, 240.0
LEAST_TIMEOUT, MOST_TIMEOUT = 6.0, 30.0
"""Seconds without use after which a session is gone: a twentieth of the soak within these bounds."""

SAMPLE_SECONDS = 2.0
LEAVING_SECONDS = 60.0
"""How long clients may take to finish when it is over."""

SWEPT_SECONDS = 10.0
"""How long after the last expiry a session may still be somewhere: a sweep, and a busy machine."""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/soak", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--minutes", type=_minutes, default=10.0, help="of load (default %(default)g)")
    parser.add_argument(
        "--rate", type=float, default=200.0, help="requests a second at the most, of all clients (default %(default)g)"
    )
    parser.add_argument("--seed", type=int, default=1, help="decides when streams are cut and sessions end")
    parser.add_argument("--json", type=Path, help="file for the report as JSON")
    parser.add_argument("--logs", type=Path, help="new folder to keep the servers' logs in")
    options = parser.parse_args()
    if options.logs and options.logs.exists():
        parser.error(f"--logs: {options.logs} exists, and Redis would read its data; name a new folder")
    return options


def main() -> int:
    """Soak, print the report; the exit code."""
    options = arguments()
    for name, binary in (("redis-server or valkey-server", redis_process.BINARY), ("nginx", nginx_process.BINARY)):
        if binary is None:
            sys.stderr.write(f"scripts/soak needs {name}: install it with the system's package manager\n")
            return 2
    with tempfile.TemporaryDirectory(prefix="mcp-echo-soak-") as temporary:
        folder = options.logs or Path(temporary)
        folder.mkdir(parents=True, exist_ok=not options.logs)
        try:
            told = asyncio.run(_until_told_to_stop(soak(options, folder)))
        except (KeyboardInterrupt, asyncio.CancelledError):
            sys.stderr.write("stopped; everything that was started has been ended\n")
            return 2
    if options.json:
        options.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(as_text(told) + "\n")
    return bool(told["verdict"])


async def _until_told_to_stop(work: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    task = asyncio.create_task(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


async def soak(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All of it; the report."""
    seconds = options.minutes * 60
    timeout = min(max(seconds / 20, LEAST_TIMEOUT), MOST_TIMEOUT)
    load_before = round(os.getloadavg()[0], 1)
    with serving_all(folder, timeout) as site:
        ledger, book = Ledger(time.monotonic()), Book(timeout)
        series: dict[str, list[Sample]] = {}
        pace = Pace(options.rate)
        stateful = Door("stateful", site.gateway, ledger, pace)
        stateless = Door("stateless", site.instances["stateless"].port, ledger, pace)
        clients = Clients(stateful, stateless, book, asyncio.Event(), random.Random(options.seed))
        begin = ledger.begin
        faults = await under_load(clients, _watch(site, begin, series), inflict(site, ledger, seconds), seconds)
        took = round(time.monotonic() - begin, 1)
        ending = await _ended(stateful, site, book)
        await stateful.close()
        await stateless.close()
    settings = {
        "seconds": took, "asked_seconds": seconds, "rate": options.rate, "seed": options.seed,
        "session_timeout": timeout,
        "cpus": os.cpu_count(), "load_before": load_before, "load_after": round(os.getloadavg()[0], 1),
    }  # fmt: skip
    return report(
        settings=settings, ledger=ledger, book=book, ending=ending, processes=_growths(series, seconds / 2),
        faults=faults, faulty_lines=site.faulty_lines,
    )  # fmt: skip


async def under_load(
    clients: Clients,
    watching: Coroutine[Any, Any, None],
    failing: Coroutine[Any, Any, list[dict[str, object]]],
    seconds: float,
) -> list[dict[str, object]]:
    """Let clients work for so many seconds while things fail and somebody watches; what failed when.

    Raises:
        ExceptionGroup: One of them could not go on, or clients and faults did not end within ``LEAVING_SECONDS``;
            everything has been ended.
    """
    async with asyncio.TaskGroup() as group:
        watch = group.create_task(watching)
        inflicted = group.create_task(failing)
        load = group.create_task(clients.run())
        await asyncio.sleep(seconds)
        clients.over.set()
        async with asyncio.timeout(LEAVING_SECONDS):
            faults = await inflicted
            await load
        watch.cancel()
    return faults


async def _watch(site: Site, begin: float, series: dict[str, list[Sample]]) -> None:
    while True:
        processes = await asyncio.to_thread(site.processes)
        take(processes, time.monotonic() - begin, series)
        await asyncio.sleep(SAMPLE_SECONDS)


async def _ended(door: Door, site: Site, book: Book) -> Ending:
    """Compare what servers and clients know, then see every session to its end."""
    before = time.monotonic()
    told = await _alive(door)
    fewest, most = book.expected(before, time.monotonic())
    for tracked in book.alive(time.monotonic(), margin=book.timeout / 10):
        session = LegacySession(door, book, tracked)
        await again(session.replay)
        await again(session.end)
    deadline = time.monotonic() + book.timeout * 1.25 + SWEPT_SECONDS
    while (left := (await _alive(door), await asyncio.to_thread(site.records))) != (0, 0):
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(1)
    return Ending(fewest, most, told, *left)


async def _alive(door: Door) -> int:
    """Sessions that the server knows, all instances together."""
    answer = await again(lambda: door.send("/metrics", "GET", "/metrics"))
    found = re.search(rb"^mcp_echo_sessions_active (\d+)", answer.body, re.MULTILINE)
    assert found is not None, answer.body[:2000]
    return int(found[1])


def _growths(series: dict[str, list[Sample]], half: float) -> list[Growth]:
    return [growth(name, samples, half, ours=not name.startswith("redis")) for name, samples in sorted(series.items())]


def _minutes(text: str) -> float:
    value = float(text)
    if not LEAST_MINUTES <= value <= MOST_MINUTES:
        raise argparse.ArgumentTypeError(f"{text} is not within {LEAST_MINUTES:g} and {MOST_MINUTES:g}")
    return value


if __name__ == "__main__":
    sys.exit(main())
