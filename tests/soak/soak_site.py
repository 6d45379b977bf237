"""What is soaked: a Redis that keeps its data, two stateful instances on it behind nginx, and a stateless server."""

import contextlib
import http.client
import re
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from live import ANSWER, BIN, Live, read, running, until
from nginx_process import round_robin
from redis_process import RedisProcess, running_redis

INSTANCES = ("stateful-1", "stateful-2")
WORKERS = 2

JOURNAL_BYTES = 2 << 20
"""For the record of exchanges: so few that they are used up long before the second half."""

KEEP_ALIVE = 2.0
"""Seconds of silence after which a stream carries a keep-alive event."""

DRAIN_DELAY = 0.4
"""Seconds that an instance goes on answering when it is told to stop."""

AWAY_SECONDS = 1
"""For which nginx leaves an instance alone that did not answer: it is back before the next one is rolled."""

STARTED = 30.0
"""Seconds that a replaced worker may take."""


@dataclass
class Site:
    """Everything that runs.

    Attributes:
        timeout: Seconds without use after which a session is gone.
        gateway: Port of nginx.
        instances: The stateful ones by name.
        faulty_lines: What servers have logged that they should not have.
    """

    folder: Path
    redis: RedisProcess
    timeout: float
    gateway: int = 0
    instances: dict[str, Live] = field(default_factory=dict)
    faulty_lines: list[str] = field(default_factory=list)
    _stacks: dict[str, ExitStack] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start an instance, where it was before if it ran already."""
        port = self.instances[name].port if name in self.instances else None
        stateful = name in INSTANCES
        variant, flags = ("stateful", []) if stateful else ("stateless", ["--workers", str(WORKERS)])
        command = [str(BIN / "mcp-echo"), "serve", "--variant", variant, *flags]
        settings = {
            "MCP_SESSION_TIMEOUT": str(self.timeout),
            "MCP_SESSION_CLEANUP_INTERVAL": str(self.timeout / 4),
            "MCP_SESSION_STORE": self.redis.url,
            "MCP_JOURNAL_MAX_BYTES": str(JOURNAL_BYTES),
            "MCP_ECHO_INSTANCE": name,
        }
        common = {"MCP_SSE_KEEPALIVE_INTERVAL": str(KEEP_ALIVE), "MCP_DRAIN_DELAY": str(DRAIN_DELAY)}
        stack = ExitStack()
        variables = common | (settings if stateful else {})
        self.instances[name] = stack.enter_context(running(command, self.folder, port, **variables))
        self._stacks[name] = stack

    def stop(self, name: str) -> None:
        """Stop an instance as a restart does, and read its log."""
        live = self.instances[name]
        with self._stacks.pop(name):
            if code := live.stop():
                self.faulty_lines.append(f"{name}: exit code {code}")
        faulty = [line for line in live.lines if "Traceback" in line or " ERROR " in line or " CRITICAL " in line]
        self.faulty_lines += [f"{name}: {line[:300]}" for line in faulty]

    def stop_all(self) -> None:
        """Stop what runs."""
        for name in list(self._stacks):
            self.stop(name)

    def roll(self, name: str) -> None:
        """Stop an instance, start it again, and wait until the gateway will ask it again."""
        self.stop(name)
        self.start(name)
        until(lambda: self._answering() == name, "an answer through the gateway", STARTED)

    def kill_worker(self) -> int:
        """End a worker of the stateless server without warning; its process id."""
        victim = min(self.workers())
        psutil.Process(victim).kill()
        return victim

    def replaced(self, victim: int) -> None:
        """Wait for the worker that takes a killed one's place."""
        until(lambda: len(self.workers() - {victim}) == WORKERS, "a new worker", STARTED)

    def restart_redis(self, number: int, seconds: float) -> None:
        """End Redis by a signal and start it again after some seconds."""
        self.redis.stop(signal.Signals(number))
        time.sleep(seconds)
        self.redis.start()

    def records(self) -> int:
        """Sessions whose record is in Redis."""
        reply = self.redis.ask("EVAL", "return #redis.call('KEYS', ARGV[1])", "0", "mcpecho:v1:{*}:record")
        return int(reply[1:])

    def workers(self) -> set[int]:
        """Process ids of the stateless server's workers; multiprocessing's own helper processes do not count."""
        children = psutil.Process(self.instances["stateless"].process.pid).children()
        return {child.pid for child in children if "spawn_main" in " ".join(_words(child))}

    def processes(self) -> dict[str, int]:
        """Process ids of what runs now, by name; Redis is missing while it is away."""
        found = {name: live.process.pid for name, live in self.instances.items() if live.process.poll() is None}
        found |= {f"stateless worker {pid}": pid for pid in self.workers()}
        with contextlib.suppress(OSError):
            if match := re.search(rb"process_id:(\d+)", self.redis.ask("INFO", "server")):
                found["redis"] = int(match[1])
        return found

    def _answering(self) -> str:
        """Who answers the gateway now."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.gateway, timeout=ANSWER)) as connection:
            connection.request("GET", "/livez")
            return read(connection).headers.get("mcp-echo-instance", "")


@contextlib.contextmanager
def serving_all(folder: Path, timeout: float) -> Iterator[Site]:
    """Everything, until the block ends."""
    with ExitStack() as stack:
        redis = stack.enter_context(running_redis(folder, keep=True))
        site = Site(folder, redis, timeout)
        stack.callback(site.stop_all)
        for name in (*INSTANCES, "stateless"):
            site.start(name)
        gateway = folder / "nginx"
        gateway.mkdir()
        ports = [site.instances[name].port for name in INSTANCES]
        site.gateway = stack.enter_context(round_robin(gateway, ports, AWAY_SECONDS))
        yield site


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
