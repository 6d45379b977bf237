"""Starting, watching and ending the servers that are measured. Only processes started here are ever ended."""

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
from subjects import Subject

SERVER_CORE, LOAD_CORE = 0, 1

INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH")
"""All that a measured server sees of the caller's environment, whose other variables might configure it."""
START_TIMEOUT = 30.0
"""Seconds a server may take to answer."""
STOP_TIMEOUT = 15.0
"""Seconds a server may take to leave after SIGTERM."""


class Running:
    """A running subject."""

    def __init__(self, subject: Subject, port: int, pid: int, start_ms: float) -> None:
        self.subject = subject
        self.port = port
        self.start_ms = start_ms
        self._process = psutil.Process(pid)

    def rss(self) -> int:
        """Resident bytes of the process and its children."""
        family = [self._process, *self._process.children(recursive=True)]
        return sum(process.memory_info().rss for process in family)

    def cpu_seconds(self) -> float:
        """Processor time of the process and its children so far."""
        family = [self._process, *self._process.children(recursive=True)]
        return sum(times.user + times.system for times in (process.cpu_times() for process in family))


@contextlib.contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Have the block, and every process started in it, run on one core where the system offers that; None is any."""
    if core is None or not pinning():
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def pinning() -> bool:
    """Whether server and load generator get a core each."""
    return hasattr(os, "sched_setaffinity") and {SERVER_CORE, LOAD_CORE} <= os.sched_getaffinity(0)


@contextlib.contextmanager
def running(
    subject: Subject, log: Path, extra: Mapping[str, str] | None = None, core: int | None = SERVER_CORE
) -> Iterator[Running]:
    """The subject on a free port, from before its first answer to its end.

    Args:
        subject: What to start.
        log: File of its output; its folder takes what it stores.
        extra: More environment.
        core: Where it runs; None is wherever the system likes.

    Raises:
        RuntimeError: It does not answer; with its output.
    """
    with redis_server(log.parent) if subject.redis else contextlib.nullcontext("") as redis:
        yield from _serving(subject, log, {**subject.environment, **(extra or {})}, redis, core)


def _serving(
    subject: Subject, log: Path, settings: Mapping[str, str], redis: str, core: int | None
) -> Iterator[Running]:
    port = _free_port()
    places = {"{redis}": redis, "{folder}": str(log.parent), "{port}": str(port)}
    filled = dict(settings)
    for place, text in places.items():
        filled = {name: value.replace(place, text) for name, value in filled.items()}
    environment = {**{name: os.environ[name] for name in INHERITED if name in os.environ}, **filled}
    command = [word.replace("{port}", str(port)) for word in subject.command]
    with log.open("wb") as output, pinned(core):
        begun = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_until_it_answers(process, subject, port, log)
        yield Running(subject, port, process.pid, (time.perf_counter() - begun) * 1000)
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis that keeps nothing, on the load generator's core; its URL."""
    binary = shutil.which("redis-server") or shutil.which("valkey-server")
    if binary is None:
        raise RuntimeError("neither redis-server nor valkey-server is installed")
    port = _free_port()
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with pinned(LOAD_CORE):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", subject: Subject, port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/livez")
            # Servers of others have no such page, but a refusal shows that they are there.
            if connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.001)
        finally:
            connection.close()
    raise RuntimeError(f"{subject.name} does not answer (exit code {process.poll()}):\n{log.read_text()[-2000:]}")
