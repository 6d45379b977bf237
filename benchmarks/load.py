"""One measured pass: wrk, or the fallback in Python, on its own core."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from servers import LOAD_CORE, Running, pinned

HERE = Path(__file__).parent
OVERTIME = 60.0
"""Seconds beyond the measured ones after which a load generator counts as stuck."""


@dataclass(frozen=True)
class Pass:
    """What one pass measured. Latencies are milliseconds; CPU shares are of one core."""

    connections: int
    requests: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    errors: int
    load_cpu: float
    server_cpu: float

    @property
    def void(self) -> bool:
        """A figure with errors in it says nothing about speed."""
        return self.errors > 0 or self.requests_per_second == 0


def generator() -> str:
    """The load generator that this machine offers."""
    return "wrk" if shutil.which("wrk") else "fallback"


def measure(
    server: Running, requests: Path, connections: int, seconds: float, *, threads: int = 1, core: int | None = LOAD_CORE
) -> Pass:
    """Keep ``connections`` connections busy with the prepared requests for that long.

    Args:
        server: Where they go.
        requests: File of prepared requests, as ``wrk.lua`` describes it.
        connections: How many at the same time.
        seconds: How long.
        threads: Of the load generator; the fallback has one.
        core: Where it runs; None is wherever the system likes.

    Raises:
        RuntimeError: The load generator failed; with its output.
    """
    command = _command(server, requests, connections, seconds, threads)
    cpu_before, usage_before = server.cpu_seconds(), _children_cpu()
    with pinned(core):
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + OVERTIME, check=False)
    server_cpu, load_cpu = server.cpu_seconds() - cpu_before, _children_cpu() - usage_before
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if done.returncode != 0 or not lines:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    result = json.loads(lines[-1].removeprefix("RESULT "))
    duration = result["duration_s"]
    return Pass(
        connections=connections,
        requests=result["requests"],
        requests_per_second=result["requests"] / duration,
        p50_ms=result["p50_ms"],
        p99_ms=result["p99_ms"],
        max_ms=result["max_ms"],
        errors=result["status_errors"] + result["socket_errors"] + result["timeouts"],
        load_cpu=load_cpu / duration,
        server_cpu=server_cpu / duration,
    )


def _command(server: Running, requests: Path, connections: int, seconds: float, threads: int) -> list[str]:
    url = f"http://127.0.0.1:{server.port}{server.subject.path}"
    if generator() == "wrk":
        # wrk takes whole seconds only.
        duration = f"{max(1, round(seconds))}s"
        size = [f"-t{threads}", f"-c{connections}", f"-d{duration}", "--timeout", "10s"]
        return ["wrk", *size, "-s", str(HERE / "wrk.lua"), url, "--", str(requests)]
    fallback = str(HERE / "fallback_load.py")
    return [sys.executable, fallback, str(server.port), str(connections), str(seconds), str(requests)]


def _children_cpu() -> float:
    """Processor seconds of ended child processes; the server is still running, so a pass adds its generator only."""
    times = os.times()
    return times.children_user + times.children_system
