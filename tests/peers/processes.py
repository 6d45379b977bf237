"""Real server and client processes on the loopback interface; every wait is bounded."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

START_TIMEOUT = 20.0
"""Seconds a server may take to answer; generous, since the suite may share its machine."""

STOP_TIMEOUT = 15.0
"""Seconds a server may take to leave after SIGTERM: longer than its own drain."""

POLL_INTERVAL = 0.02
"""Seconds between two looks at a condition."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    variant: str
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Where a client connects."""
        return f"http://127.0.0.1:{self.port}/mcp"


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The test's own environment without the product's variables, so that only ``extra`` configures the server."""
    product = ("MCP_", "ECHO_", "LOG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(product)}
    # The printed commands say "python" and "uvicorn": let them find this environment's.
    kept["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, **extra}


@contextlib.contextmanager
def running(variant: str, folder: Path, extra: Mapping[str, str] | None = None) -> Iterator[Server]:
    """One of our two servers, started as its documents say, until the block ends."""
    port = free_port()
    settings = {"MCP_ECHO_HOST": "127.0.0.1", "MCP_ECHO_PORT": str(port), **(extra or {})}
    command = [sys.executable, "-m", f"mcp_echo_streamablehttp_server_{variant}"]
    with running_command(command, Server(variant, port, folder / f"{variant}-{port}.log"), settings) as server:
        yield server


@contextlib.contextmanager
def running_command(command: Sequence[str], server: Server, extra: Mapping[str, str]) -> Iterator[Server]:
    """Whatever the command starts, in a process group of its own, until the block ends."""
    with server.log.open("wb") as log:
        process = subprocess.Popen(
            command, env=environment(extra), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait_until_it_answers(process, server)
        yield server
    finally:
        _stop(process)


def _wait_until_it_answers(process: subprocess.Popen[bytes], server: Server) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/livez", timeout=2):
                return
        except urllib.error.HTTPError as answered:  # servers of others have no such page, but they are there
            answered.close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(POLL_INTERVAL)
    raise AssertionError(f"{server.variant} does not answer (exit {process.poll()}):\n{server.log.read_text()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the group this test started: a shell's children would outlive the shell."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP_TIMEOUT)
        raise
