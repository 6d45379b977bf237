"""What a gateway has begun when a server ends: connections that wait to be taken, and those that are kept."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness import rpc
from live import ANSWER, MESSAGE_HEADERS, WAIT, Live, read, serving, until
from mcp_echo_core import backlog

MESSAGE = b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}'
REQUEST = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
CLIENTS, ENOUGH = 8, 40


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A listening socket that nobody serves yet."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


async def answered(listener: socket.socket) -> asyncio.Server:
    """Serve a listening socket: every line is answered with itself."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    return await asyncio.start_server(answer, sock=listener)


async def test_a_connection_that_waits_is_taken_before_the_socket_closes(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname(), WAIT) as client:
        client.sendall(b"are you there?\n")
        server = await answered(listener)
        async with asyncio.timeout(WAIT):
            await backlog.empty(listener)
        server.close()
        assert await asyncio.to_thread(client.recv, 100) == b"are you there?\n"


async def test_no_connection_is_made_to_a_socket_that_will_close(listener: socket.socket) -> None:
    address = listener.getsockname()
    server = await answered(listener)
    await backlog.empty(listener)
    with pytest.raises(TimeoutError), socket.create_connection(address, timeout=0.2):
        pass
    server.close()


async def test_what_nobody_takes_is_waited_for_no_longer_than_a_moment(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "MAX_POLLS", 3)
    with socket.create_connection(listener.getsockname(), WAIT):
        async with asyncio.timeout(WAIT):
            await backlog.empty(listener)


@pytest.fixture
def draining(tmp_path: Path) -> Iterator[Live]:
    """A server that goes on answering until a second signal."""
    with serving("stateless", tmp_path, MCP_DRAIN_DELAY="600") as server:
        yield server


def test_every_answer_of_a_server_that_drains_ends_its_connection(draining: Live) -> None:
    with draining.connection() as kept:
        kept.request("POST", "/mcp", MESSAGE, MESSAGE_HEADERS)
        assert "connection" not in read(kept).headers
        draining.kill()
        until(lambda: draining.get("/readyz").status == 503, "/readyz at 503")
        kept.request("POST", "/mcp", MESSAGE, MESSAGE_HEADERS)
        reply = read(kept)
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert draining.post(rpc("ping")).status == 200


@pytest.mark.parametrize("workers", [1, 2])
def test_who_has_a_connection_gets_an_answer_however_a_server_under_load_is_stopped(
    tmp_path: Path, workers: int
) -> None:
    busy = threading.Event()

    def ask(_: int) -> int:
        """Ask until nobody listens, on a connection each; how many were answered."""
        answered = 0
        while True:
            try:
                connection = socket.create_connection(("127.0.0.1", server.port), ANSWER)
            except ConnectionRefusedError:
                return answered
            with connection:
                connection.sendall(REQUEST)
                assert connection.recv(12) == b"HTTP/1.1 200"
            answered += 1
            if answered == ENOUGH:
                busy.set()

    with serving("stateless", tmp_path, "--workers", str(workers)) as server, ThreadPoolExecutor(CLIENTS) as clients:
        counts = clients.map(ask, range(CLIENTS))
        assert busy.wait(ANSWER)
        assert server.stop() == 0
        assert sum(counts) > ENOUGH
