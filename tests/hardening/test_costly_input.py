"""Input that is legal in size and made to cost: it is answered in a time and memory that are a small multiple of it."""

import asyncio
import gzip
import time
import tracemalloc
from collections.abc import Iterator

import pytest
from uvicorn.server import ServerState

from asgi_bridge import Answer, Request
from harness import POST_HEADERS, Server, header_list, initialize
from mcp_echo_core.heads import TimedConfig, TimedHeads
from pipe import Pipe

MAX_SECONDS = 1.5
"""Of work, for one request on a busy machine; what grows with the square of its size takes minutes."""

MAX_MEMORY = 96
"""Bytes that are needed at most for a byte of the body, besides a megabyte."""

SIZE = 1 << 20
CALL = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":'


def filled(start: bytes, unit: bytes, end: bytes) -> bytes:
    """A body of the largest size that is read by default."""
    return start + unit * ((SIZE - len(start) - len(end)) // len(unit)) + end


def members(count: int) -> bytes:
    return b",".join(b'"%x":0' % number for number in range(count))


BODIES = {
    "empty-arrays": filled(CALL + b'{"a":[', b"[],", b"0]}}}"),
    "empty-objects": filled(CALL + b'{"a":[', b"{},", b"0]}}}"),
    "nested-without-end": filled(CALL, b"[", b""),
    "many-deep-ones": filled(CALL + b'{"a":[', b"[" * 400 + b"]" * 400 + b",", b"0]}}}"),
    "one-integer": filled(CALL + b'{"a":', b"9", b"}}}"),
    "long-integers": filled(CALL + b'{"a":[', b"9" * 4200 + b",", b"0]}}}"),
    "one-fraction": filled(CALL + b'{"a":0.', b"9", b"}}}"),
    "exponents": filled(CALL + b'{"a":[', b"1e999999999,", b"0]}}}"),
    "escaped-nuls": filled(CALL + b'{"message":"', b"\\u0000", b'"}}}'),
    "escaped-pairs": filled(CALL + b'{"message":"', b"\\ud83d\\ude00", b'"}}}'),
    "half-pairs": filled(CALL + b'{"message":"', b"\\ud83d", b'"}}}'),
    "many-members": CALL + b"{" + members(105_000) + b"}}}",
    "a-member-twice": filled(CALL + b"{", b'"a":0,', b'"b":0}}}'),
    "the-last-member-twice": CALL + b"{" + members(105_000) + b',"%x":1}}}' % 104_999,
    "the-first-member-twice": CALL + b"{" + members(105_000) + b',"0":1}}}',
    "a-long-name": filled(CALL + b'{"', b"k", b'":1}}}'),
    "colons": filled(CALL + b'{"message":"', b"a:b ", b'"}}}'),
    "urls": filled(b'{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"', b"https://a:b@", b'"}}'),
    "tokens": filled(
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"bearerDecode","arguments":{"token":"',
        b"eyJ.",
        b'"}}}',
    ),
    "a-batch": filled(b"[", b'{"jsonrpc":"2.0","id":1,"method":"ping"},', b"{}]"),
    "a-batch-of-nothing": filled(b"[", b"{},", b"{}]"),
    "blanks": filled(b"{", b" ", b'"jsonrpc":"2.0","id":1,"method":"ping"}'),
    "an-id": filled(b'{"jsonrpc":"2.0","method":"ping","id":"', b"x", b'"}'),
    "a-method": filled(b'{"jsonrpc":"2.0","id":1,"method":"', b"x", b'"}'),
    "capabilities": b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26",'
    b'"clientInfo":{"name":"a","version":"1"},"capabilities":{' + members(100_000).replace(b":0", b":{}") + b"}}}",
}

HEADS = {
    "cookie": [(b"cookie", b"a=b;" * 15_000)],
    "accept": [(b"accept", b"application/json;q=0.1," * 2_700)],
    "encodings": [(b"accept-encoding", b"gzip;q=x," * 6_500)],
    "forwarded": [(b"x-forwarded-for", b"127.0.0.1," * 6_000)],
    "chain": [(b"forwarded", b'for="[::1]";proto=https,' * 2_500)],
    "asked": [(b"access-control-request-headers", b"x-a," * 15_000), (b"origin", b"http://localhost")],
    "fields": [(b"x-%d" % number, b"y") for number in range(6_000)],
    "one-field": [(b"x-a", b"y")] * 8_000,
    "basic": [(b"authorization", b"Basic " + b"QUFB" * 15_000)],
    "bearer": [(b"authorization", b"Bearer " + b"eyJ." * 15_000)],
    "encoded": [(b"referer", b"http://h/?" + b"a=%2525253D&" * 5_000)],
    "session": [(b"mcp-session-id", b"a" * 60_000)],
    "event": [(b"last-event-id", b"1-" * 30_000)],
    "param": [(b"mcp-param-x", b"=?base64?" + b"QUFB" * 15_000 + b"?=")],
}


@pytest.fixture(scope="module")
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


async def timed(server: Server, request: Request) -> Answer:
    before = time.thread_time()
    answer = await server.send(request)
    took = time.thread_time() - before
    assert took < MAX_SECONDS, f"{took:.1f} s of work"
    return answer


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_a_large_body_is_answered_soon(body: bytes, server: Server) -> None:
    assert len(body) <= SIZE
    session = await initialize(server, "2025-03-26")
    answer = await timed(server, server.posting(body, session, mcp_protocol_version="2025-03-26"))
    assert answer.status in {200, 400}


@pytest.mark.parametrize("fields", HEADS.values(), ids=HEADS)
async def test_a_large_head_is_answered_soon(fields: list[tuple[bytes, bytes]], server: Server) -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"printHeader","arguments":{}}}'
    for method in ("POST", "OPTIONS", "GET"):
        headers = [*header_list(POST_HEADERS, {}), *fields]
        await timed(server, Request(method, headers=headers, body=body if method == "POST" else b"", complete=True))


@pytest.mark.parametrize("name", ["empty-objects", "many-members", "escaped-nuls"])
async def test_a_large_body_needs_little_memory(name: str, traced: None, stateful: Server) -> None:
    session = await initialize(stateful, "2025-03-26")
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    await stateful.post(BODIES[name], session, mcp_protocol_version="2025-03-26")
    assert tracemalloc.get_traced_memory()[1] - before < MAX_MEMORY * len(BODIES[name]) + SIZE


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "x-gzip, identity"])
async def test_a_coded_body_is_refused_and_not_unpacked(coding: str, server: Server) -> None:
    bomb = gzip.compress(b"\x00" * 50_000_000, 1)
    answer = await timed(server, server.posting(bomb[:SIZE], content_encoding=coding))
    assert answer.status == 415
    assert (await timed(server, server.posting(bomb[:SIZE]))).status == 400


async def test_a_burst_of_pipelined_requests_is_read_soon(stateful: Server) -> None:
    config = TimedConfig(stateful.app, head_timeout=30, ws="none", lifespan="off", proxy_headers=False, log_config=None)
    protocol = TimedHeads(config, ServerState(), {}, _loop=asyncio.get_running_loop())
    protocol.connection_made(Pipe(("127.0.0.1", 50000)))
    before = time.thread_time()
    protocol.data_received(b"GET /livez HTTP/1.1\r\n\r\n" * 11_000)  # what the engine takes from a socket at once
    assert time.thread_time() - before < MAX_SECONDS
    protocol.connection_lost(None)
