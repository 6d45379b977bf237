"""A real Redis (or Valkey) process on a free port; tests may stop it, kill it and start it again."""

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from live import STOP, free_port, until

BINARY = shutil.which("redis-server") or shutil.which("valkey-server")


class RedisProcess:
    """One server with a folder of its own.

    Args:
        folder: Where it keeps its log, and its data if it keeps them.
        keep: It keeps its data when it ends.
    """

    def __init__(self, folder: Path, *, keep: bool = False) -> None:
        self.port = free_port()
        self._folder = folder
        self._options = ["--save", "", "--appendonly", "yes" if keep else "no", "--dir", str(folder)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait for its first answer."""
        assert BINARY is not None
        command = [BINARY, "--port", str(self.port), "--bind", "127.0.0.1", *self._options]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        until(self._answers, "the first answer of Redis")

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it by a signal."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.send_signal(signal.SIGCONT)
            self._process.wait(STOP)
            self._process = None

    def pause(self) -> None:
        """Let it neither answer nor refuse."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def ask(self, *words: str) -> bytes:
        """The first bytes of the reply to a command, as they came."""
        command = f"*{len(words)}\r\n" + "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as plain:
            plain.sendall(command.encode())
            return plain.recv(1 << 20)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _answers(self) -> bool:
        try:
            return self.ask("PING") == b"+PONG\r\n"
        except OSError:
            return False


def require() -> None:
    """Skip where there is no Redis; fail where all peers are required."""
    if BINARY is None:
        reason = "neither redis-server nor valkey-server is installed"
        if os.environ.get("MCP_ECHO_REQUIRE_PEERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@contextlib.contextmanager
def running_redis(folder: Path, *, keep: bool = False) -> Iterator[RedisProcess]:
    """A server until the block ends."""
    require()
    server = RedisProcess(folder, keep=keep)
    server.start()
    try:
        yield server
    finally:
        server.stop(signal.SIGKILL)


@cache
def shared_redis() -> RedisProcess:
    """One server for all tests that do nothing to it; it ends with this process."""
    require()
    folder = Path(tempfile.mkdtemp(prefix="mcp-echo-redis-"))
    server = RedisProcess(folder)
    server.start()
    atexit.register(lambda: (server.stop(signal.SIGKILL), shutil.rmtree(folder, ignore_errors=True)))
    return server
