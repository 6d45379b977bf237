"""A fresh environment with pip, as people have it who install from an index."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

INSTALL_SECONDS = 120
COMMAND_SECONDS = 30
START_SECONDS = 30
STOP_SECONDS = 15
POLL_SECONDS = 0.05
LOOPBACK = "127.0.0.1"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "release", "version": "1"},
    },
}


class Installation:
    """A virtual environment of its own, and commands run in it with nothing but it on the path."""

    def __init__(self, folder: Path) -> None:
        uv = Path(sys.executable).with_name("uv")  # a third of the time that the standard library takes
        subprocess.run(
            [uv, "venv", "--quiet", "--seed", "--python", sys.executable, folder], check=True, timeout=INSTALL_SECONDS
        )
        self._bin = folder / "bin"
        # Run elsewhere than in the source, whose packages would be found first.
        self._folder = folder
        # The project's own settings, and modules beside those installed, would make this no fresh environment.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MCP_", "ECHO_", "PYTHON"))}
        self._environment = {**kept, "PATH": f"{self._bin}{os.pathsep}{os.defpath}"}

    def install(self, *wheels: Path) -> None:
        """Install wheels with what they need."""
        self._pip("install", "--no-compile", *(str(wheel.resolve()) for wheel in wheels))
        self._pip("check")

    def uninstall(self, *names: str) -> None:
        """Take distributions away."""
        self._pip("uninstall", "--yes", *names)

    def output(self, *command: str) -> str:
        """What a command prints, without the space around it."""
        return self._run(*command, seconds=COMMAND_SECONDS).strip()

    def introduction(self, *command: str) -> str:
        """The name that a server gives in its answer to initialize.

        Raises:
            TimeoutError: It did not answer in time.
        """
        port = _free_port()
        words = [*command, "--host", LOOPBACK, "--port", str(port)]
        with self._running(words) as process:
            limit = time.monotonic() + START_SECONDS
            while time.monotonic() < limit and process.poll() is None:
                with contextlib.suppress(OSError):
                    return str(_initialize(port)["result"]["serverInfo"]["name"])
                time.sleep(POLL_SECONDS)
        raise TimeoutError(f"{' '.join(words)}: no answer to initialize within {START_SECONDS} s")

    @contextlib.contextmanager
    def _running(self, words: list[str]) -> Iterator[subprocess.Popen[bytes]]:
        command = [str(self._bin / words[0]), *words[1:]]
        process = subprocess.Popen(
            command, env=self._environment, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_SECONDS)

    def _pip(self, *words: str) -> None:
        self._run("python", "-m", "pip", "-qq", *words, seconds=INSTALL_SECONDS)

    def _run(self, name: str, *words: str, seconds: float) -> str:
        done = subprocess.run(
            [self._bin / name, *words],
            env=self._environment, cwd=self._folder, timeout=seconds, check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return done.stdout


def _initialize(port: int) -> Any:
    request = urllib.request.Request(
        f"http://{LOOPBACK}:{port}/mcp",
        data=json.dumps(INITIALIZE).encode(),
        headers={"Content-Type": "application/json", "Accept": "application/json, text/event-stream"},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=STOP_SECONDS) as answer:
        return json.load(answer)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
