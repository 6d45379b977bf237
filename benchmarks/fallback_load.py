"""Load generator for machines without wrk: one process, asyncio protocols on raw sockets.

Python saturates its core long before a good server does, so its figures are lower bounds; the bench says so.
Arguments: port, connections, seconds, file of prepared requests (as for wrk.lua). Prints the same RESULT line.
"""

import asyncio
import itertools
import json
import sys
import time
from pathlib import Path

COUNTER = b"@COUNTER@"


class Load:
    """What all connections share: the requests to send, the latencies seen, whether time is up."""

    def __init__(self, templates: list[bytes]) -> None:
        self.templates = itertools.cycle(templates)
        self.numbers = itertools.count(100_000_001)
        self.latencies: list[float] = []
        self.status_errors = 0
        self.socket_errors = 0
        self.over = False

    def next_request(self) -> bytes:
        """A request that was never sent before."""
        return next(self.templates).replace(COUNTER, b"%d" % next(self.numbers))


class Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last one is complete. Understands Content-Length and chunks."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.buffer = b""
        self.sent = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.send()

    def send(self) -> None:
        assert self.transport is not None
        self.sent = time.perf_counter()
        self.transport.write(self.load.next_request())

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.complete():
            return
        self.load.latencies.append(time.perf_counter() - self.sent)
        if not self.buffer.startswith(b"HTTP/1.1 2"):
            self.load.status_errors += 1
        self.buffer = b""
        if not self.load.over:
            self.send()

    def complete(self) -> bool:
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return False
        lowered = head.lower()
        at = lowered.find(b"content-length:")
        if at < 0:
            return body.endswith(b"0\r\n\r\n")
        return len(body) >= int(lowered[at + 15 :].split(b"\r\n", 1)[0])

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.load.over:
            self.load.socket_errors += 1


async def generate(port: int, connections: int, seconds: float, templates: list[bytes]) -> dict[str, float]:
    """Run the load and sum it up."""
    load = Load(templates)
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    opened = [await loop.create_connection(lambda: Connection(load), "127.0.0.1", port) for _ in range(connections)]
    await asyncio.sleep(seconds)
    load.over = True
    duration = time.perf_counter() - begun
    for transport, _ in opened:
        transport.close()
    latencies = sorted(load.latencies) or [0.0]
    return {
        "requests": len(load.latencies),
        "duration_s": duration,
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[len(latencies) * 99 // 100] * 1000,
        "max_ms": latencies[-1] * 1000,
        "status_errors": load.status_errors,
        "socket_errors": load.socket_errors,
        "timeouts": 0,
    }


if __name__ == "__main__":
    prepared = Path(sys.argv[4]).read_bytes().split(b"\0")
    summary = asyncio.run(generate(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), prepared))
    print("RESULT", json.dumps(summary))
