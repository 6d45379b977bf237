"""Thousands of idle connections at once, what they cost, and what they do to an echo: ``scripts/idle --help``."""

import argparse
import json
import resource
import socket
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from harness import rpc
from live import MESSAGE_HEADERS, Live, serving

ASK = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
SPARE = 200
"""File descriptors and connections beside the idle ones."""


def echoes(server: Live, count: int) -> dict[str, float]:
    """Milliseconds that pings took on one connection: median, 99th percentile, longest."""
    took = []
    with server.connection() as connection:
        for number in range(count):
            began = time.perf_counter()
            connection.request("POST", "/mcp", json.dumps(rpc("ping", request_id=number)), MESSAGE_HEADERS)
            assert connection.getresponse().read()
            took.append((time.perf_counter() - began) * 1000)
    cuts = statistics.quantiles(took, n=100)
    return {"p50_ms": round(cuts[49], 2), "p99_ms": round(cuts[98], 2), "max_ms": round(max(took), 2)}


def asked(plain: socket.socket) -> bool:
    """Whether a connection is answered."""
    plain.sendall(ASK)
    told = b""
    while b"alive" not in told:
        if not (part := plain.recv(1000)):
            return False
        told += part
    return True


def opened(server: Live, count: int, stack: ExitStack) -> list[socket.socket]:
    """Connections that have had one answer and say nothing more."""
    idle = []
    for _ in range(count):
        plain = stack.enter_context(server.plain())
        assert asked(plain)
        idle.append(plain)
    return idle


def main() -> int:
    """Print the figures as JSON; exit code 1 if a connection was lost."""
    parser = argparse.ArgumentParser(prog="scripts/idle", description=__doc__)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--echoes", type=int, default=2000)
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(options.connections + SPARE, most), most))
    settings = {"WORKER_CONNECTIONS": str(options.connections + SPARE), "MCP_KEEP_ALIVE_TIMEOUT": "600"}
    with ExitStack() as stack, serving("stateful", Path(tempfile.mkdtemp()), **settings) as server:
        alone, before = echoes(server, options.echoes), server.resident_kb
        idle = opened(server, options.connections, stack)
        beside, after = echoes(server, options.echoes), server.resident_kb
        lost = sum(not asked(plain) for plain in idle)
        figures = {
            "connections": len(idle),
            "kb_each": round((after - before) / len(idle), 2),
            "echo_alone": alone,
            "echo_beside": beside,
            "lost": lost,
        }
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return bool(lost)


if __name__ == "__main__":
    sys.exit(main())
