"""Connections that are slow, idle, greedy or many: they cost themselves, and others are served meanwhile."""

import json
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from harness import introduction, rpc, tool_call
from live import MESSAGE_HEADERS, Live, serving, until

READ_TIMEOUT = 0.5
LATEST = 10.0
"""Seconds after which a slow connection must have ended: its time, an eighth of it, and a busy machine's share."""

DRIPPING = 20
IDLE = 500
KB_PER_CONNECTION = 40

PIPELINED, PIPELINED_BYTES = 1000, 100_000
"""Requests that are tried to be sent, and how large each is: far more than the kernel's buffers take."""

LONGEST = 0.3
"""Seconds of processor time that a server may spend on others while a small request waits."""

HEAD = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
LIVEZ = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    settings = {"MCP_READ_TIMEOUT": str(READ_TIMEOUT), "MCP_SSE_KEEPALIVE_INTERVAL": "0.05"}
    with serving("stateful", tmp_path_factory.mktemp("slow"), **settings) as running:
        yield running


def active(server: Live) -> float:
    lines = server.get("/metrics").body.decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith("mcp_echo_active_requests "))


def received(plain: socket.socket, enough: Callable[[bytes], bool]) -> bytes:
    data = b""
    while not enough(data):
        part = plain.recv(65_536)
        assert part, f"the connection ended after {data[-300:]!r}"
        data += part
    return data


def said(plain: socket.socket, drop: bytes) -> bytes | None:
    """What has come on a connection, nothing at its end; as long as nothing comes, a drop more is sent."""
    try:
        return plain.recv(4096)
    except ConnectionError:
        return b""
    except BlockingIOError:
        with suppress(ConnectionError):
            plain.send(drop)
        return None


@pytest.mark.parametrize(
    ("start", "drop", "answer"),
    [(b"GET /", b"x", b""), (HEAD, b"X", b""), (HEAD + b"Content-Length: 9999\r\n\r\n", b" ", b"HTTP/1.1 408 ")],
    ids=["head", "field", "body"],
)
def test_what_drips_in_ends_in_its_time_and_holds_up_nobody(
    start: bytes, drop: bytes, answer: bytes, server: Live
) -> None:
    with ExitStack() as stack:
        waiting = {stack.enter_context(server.plain()): b"" for _ in range(DRIPPING)}
        for plain in waiting:
            plain.sendall(start)
            plain.setblocking(False)
        began, ended = time.monotonic(), list[bytes]()
        while waiting:
            for plain in list(waiting):
                waiting[plain] += (part := said(plain, drop)) or b""
                if part == b"" or (answer and waiting[plain].startswith(answer)):
                    ended.append(waiting.pop(plain))
            assert server.post(rpc("ping")).status == 200
            assert time.monotonic() - began < LATEST, f"{len(waiting)} connections still drip"
        assert time.monotonic() - began > READ_TIMEOUT / 2
    assert all(each.startswith(answer) for each in ended)


def test_hundreds_of_idle_connections_cost_little_and_hold_up_nobody(server: Live) -> None:
    before = server.resident_kb
    with ExitStack() as stack:
        idle = [stack.enter_context(server.plain()) for _ in range(IDLE)]
        for plain in idle:
            plain.sendall(LIVEZ)
        for plain in idle:
            received(plain, lambda data: b"alive" in data)
        assert server.post(rpc("ping")).status == 200
        assert server.resident_kb - before < IDLE * KB_PER_CONNECTION
        for plain in idle[::50]:
            plain.sendall(LIVEZ)
            received(plain, lambda data: b"alive" in data)


def test_a_client_that_pipelines_and_never_reads_is_not_waited_for(server: Live) -> None:
    body = json.dumps(tool_call("echo", {"message": "x" * PIPELINED_BYTES})).encode()
    request = HEAD + b"Accept: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    before = server.resident_kb
    with server.plain() as plain:
        plain.settimeout(0.2)
        sent = 0
        with suppress(TimeoutError):
            while sent < PIPELINED:
                plain.sendall(request)
                sent += 1
        assert sent < PIPELINED, "the server read on although nobody read its answers"
        assert server.post(rpc("ping")).status == 200
        assert server.resident_kb - before < PIPELINED * PIPELINED_BYTES / 1024 / 2
    until(lambda: active(server) == 0, "the end of what nobody reads")


def test_pipelined_requests_are_answered_one_by_one_in_order(server: Live) -> None:
    bodies = [json.dumps(rpc("ping", request_id=number)).encode() for number in range(50)]
    with server.plain() as plain:
        plain.sendall(b"".join(HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(body), body) for body in bodies))
        data = received(plain, lambda got: got.count(b'"result":{}}') == len(bodies))
    ids = [json.loads(b"{" + part.partition(b"{")[2])["id"] for part in data.split(b"HTTP/1.1 200 ")[1:]]
    assert ids == list(range(50))


def test_a_stream_ends_with_its_connection_also_where_a_request_waits_behind_it(server: Live) -> None:
    opened = server.post(rpc("initialize", introduction()))
    session = opened.headers["mcp-session-id"].encode()
    stream = (
        b"GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nMcp-Session-Id: %s\r\n\r\n" % session
    )
    with server.plain() as plain:
        plain.sendall(stream + LIVEZ)
        received(plain, lambda data: b"text/event-stream" in data)
        assert active(server) == 1
    until(lambda: active(server) == 0, "the end of the stream")
    assert not [line for line in server.lines if "ERROR" in line or "Traceback" in line]


def test_the_largest_legal_bodies_hold_up_small_requests_only_shortly(server: Live) -> None:
    """They take turns with one another: what one connection sends must not keep others from being served."""
    start = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"a":['
    body = start + b"[]," * ((1_048_000 - len(start)) // 3) + b"0]}}}"
    head = HEAD + b"Accept: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    longest = 0.0
    with server.plain() as large, server.connection() as small, selectors.DefaultSelector() as ready:
        ready.register(large, selectors.EVENT_READ)
        for _ in range(3):
            large.sendall(head + body)
            while not ready.select(0):
                before = server.processor_seconds
                small.request("POST", "/mcp", json.dumps(rpc("ping")), MESSAGE_HEADERS)
                assert small.getresponse().read()
                longest = max(longest, server.processor_seconds - before)
            received(large, lambda data: b"HTTP/1.1 200 " in data)
    assert longest < LONGEST
