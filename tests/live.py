"""Real server processes on the loopback interface; every wait is bounded."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START = 20.0
"""Seconds a server may take to answer; generous, since the suite may share its machine."""

ANSWER = 15.0
"""Seconds an answer may take: uvicorn looks after its workers every few seconds, and meanwhile nobody may be there."""

WAIT = 5.0
"""Seconds that anything else may take."""

STOP = 15.0
"""Seconds a process may take to leave after a signal: longer than its own drain."""

POLL = 0.02
"""Seconds between two looks at a condition."""

BIN = Path(sys.executable).parent
MESSAGE_HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


@dataclass(frozen=True)
class Reply:
    """A whole HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Live:
    """A running process that serves HTTP on a port."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str) -> Reply:
        return self.send("GET", path)

    def post(self, message: Any, **headers: str) -> Reply:
        return self.send("POST", "/mcp", json.dumps(message).encode(), {**MESSAGE_HEADERS, **headers})

    def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        """One request on a connection of its own."""
        with self.connection() as connection:
            connection.request(method, path, body or None, {**(headers or {}), "connection": "close"})
            return read(connection)

    @contextlib.contextmanager
    def connection(self) -> Iterator[http.client.HTTPConnection]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER)) as connection:
            yield connection

    @contextlib.contextmanager
    def plain(self) -> Iterator[socket.socket]:
        """A plain connection, for requests that no HTTP library would send."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=WAIT) as plain:
            yield plain

    def kill(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal the process; its exit code."""
        if self.process.poll() is None:
            self.kill(number)
        return self.exit_code()

    def exit_code(self) -> int:
        return self.process.wait(STOP)

    @property
    def resident_kb(self) -> int:
        """Memory of the process."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

    @property
    def processor_seconds(self) -> float:
        """What the process has used of the processor, to the hundredth: other processes do not change it."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # proc(5): utime, stime

    @property
    def lines(self) -> list[str]:
        """What the process has written."""
        return self.log.read_text(encoding="utf-8").splitlines()


def read(connection: http.client.HTTPConnection) -> Reply:
    """The answer to the request that was sent on a connection."""
    response = connection.getresponse()
    return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


def until(happened: Callable[[], Any], what: str, seconds: float = WAIT) -> Any:
    """Look again and again until something has happened; what the look returned."""
    deadline = time.monotonic() + seconds
    while not (result := happened()):
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:g} s"
        time.sleep(POLL)
    return result


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with only the given variables of the product."""
    product = ("MCP_", "ECHO_", "LOG_", "WORKER_", "FORWARDED_", "OTEL_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(product)}
    return {**kept, "PATH": f"{BIN}{os.pathsep}{kept.get('PATH', '')}", **variables}


def finished(command: Sequence[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(
        command, env=environment(variables), capture_output=True, text=True, timeout=START, check=False
    )


@contextlib.contextmanager
def running(command: Sequence[str], folder: Path, port: int | None = None, **variables: str) -> Iterator[Live]:
    """A server until the block ends; ``{port}`` in its command is replaced, and MCP_ECHO_PORT is set."""
    port = port or free_port()
    words = [word.replace("{port}", str(port)) for word in command]
    log = folder / f"server-{port}.log"
    settings = {"MCP_ECHO_HOST": "127.0.0.1", "MCP_ECHO_PORT": str(port), **variables}
    with log.open("wb") as output:
        process = subprocess.Popen(words, env=environment(settings), stdout=output, stderr=subprocess.STDOUT)
    live = Live(process, port, log)
    try:
        until(lambda: _answers(live) or process.poll() is not None, "the first answer", START)
        assert process.poll() is None, f"exit code {process.returncode}: {log.read_text()}"
        yield live
    finally:
        _end(live)


def serving(variant: str, folder: Path, *flags: str, **variables: str) -> contextlib.AbstractContextManager[Live]:
    """One of the two servers, by the product's own command."""
    return running([str(BIN / "mcp-echo"), "serve", "--variant", variant, *flags], folder, **variables)


def _answers(live: Live) -> bool:
    try:
        return live.get("/livez").status > 0
    except (OSError, http.client.HTTPException):
        return False


def _end(live: Live) -> None:
    try:
        live.stop()
    except subprocess.TimeoutExpired:
        live.process.kill()
        live.process.wait(STOP)
        raise
