"""Opens event streams and leaves them idle: ``idle_streams.py PORT PATH REVISION FILE_OF_SESSION_IDS``.

Prints one JSON line when all are open or have failed, and a second one after a line on standard input: what has come
in on them until then.
"""

import asyncio
import json
import socket
import sys
import time
from pathlib import Path

AT_ONCE = 200
"""Streams that are being opened at the same time."""

PER_ADDRESS = 20_000
"""Streams from one loopback address: fewer than it has ports."""

OPEN_TIMEOUT = 30.0
"""Seconds one stream may take to open."""


class Stream(asyncio.Protocol):
    """One stream; what comes in on it is counted, not kept."""

    def __init__(self) -> None:
        self.opened: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.received = 0
        self.lost = False

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if not self.opened.done():
            self.opened.set_result(data.startswith(b"HTTP/1.1 200"))

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if not self.opened.done():
            self.opened.set_result(False)


async def open_stream(number: int, port: int, request: bytes, limit: asyncio.Semaphore) -> Stream | None:
    """A stream that has answered 200; None if it did not."""
    async with limit:
        connection = socket.socket()
        connection.setblocking(False)
        try:
            # The port is chosen on connecting, so that addresses of this machine do not run out of them.
            connection.setsockopt(socket.SOL_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
            connection.bind((f"127.0.0.{number // PER_ADDRESS + 1}", 0))
            loop = asyncio.get_running_loop()
            await loop.sock_connect(connection, ("127.0.0.1", port))
            transport, stream = await loop.create_connection(Stream, sock=connection)
            transport.write(request)
            async with asyncio.timeout(OPEN_TIMEOUT):
                return stream if await stream.opened else None
        except (OSError, TimeoutError):
            connection.close()
            return None


async def main(port: int, path: str, revision: str, sessions: list[str]) -> None:
    """Open one stream per session, say so, wait for a line, say what came."""
    limit = asyncio.Semaphore(AT_ONCE)
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream"
    requests = [
        f"{head}\r\nMcp-Protocol-Version: {revision}\r\nMcp-Session-Id: {session}\r\n\r\n".encode()
        for session in sessions
    ]
    begun = time.perf_counter()
    opening = (open_stream(number, port, request, limit) for number, request in enumerate(requests))
    streams = [stream for stream in await asyncio.gather(*opening) if stream is not None]
    print(json.dumps({"opened": len(streams), "seconds": time.perf_counter() - begun}), flush=True)
    before = sum(stream.received for stream in streams)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    received = sum(stream.received for stream in streams) - before
    print(json.dumps({"received": received, "lost": sum(stream.lost for stream in streams)}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]).read_text().split()))
