"""Limits that only a real connection meets: how many there may be, and how long a head or body may take."""

import json
from contextlib import suppress
from pathlib import Path

from harness import rpc
from live import Live, read, serving, until

HEAD = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n"


def test_connections_beyond_the_limit_get_503_until_one_ends(tmp_path: Path) -> None:
    with serving("stateless", tmp_path, WORKER_CONNECTIONS="2") as server:
        with server.connection() as first, server.connection() as second:
            for connection in (first, second):
                connection.request("GET", "/livez")
                assert read(connection).status == 200
            assert server.get("/livez").status == 503
        until(lambda: server.get("/livez").status == 200, "a free connection")


def test_a_limit_of_one_connection_serves_one(tmp_path: Path) -> None:
    with serving("stateless", tmp_path, WORKER_CONNECTIONS="1") as server:
        assert server.post(rpc("ping")).status == 200


def test_a_head_that_comes_too_slowly_costs_the_connection(tmp_path: Path) -> None:
    with serving("stateless", tmp_path, MCP_READ_TIMEOUT="0.3") as server:
        for sent in (b"", b"GET /liv", HEAD, HEAD + b"X-Slow: "):
            with server.plain() as plain:
                plain.sendall(sent)
                assert plain.recv(1000) == b""
        assert server.post(rpc("ping")).status == 200


def test_the_limit_holds_for_every_request_of_a_connection(tmp_path: Path) -> None:
    with serving("stateless", tmp_path, MCP_READ_TIMEOUT="0.3") as server, server.plain() as plain:
        plain.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = b""
        while b"alive" not in received:
            received += plain.recv(1000)
        plain.sendall(b"GET /livez HTTP/1.1\r\nHost:")
        assert plain.recv(1000) == b""


def test_a_connection_that_is_idle_between_requests_outlives_the_read_timeout(tmp_path: Path) -> None:
    with serving("stateless", tmp_path, MCP_READ_TIMEOUT="0.1") as server, server.connection() as connection:
        connection.request("GET", "/livez")
        assert read(connection).status == 200
        before = server.get("/health").json["uptime"]
        while server.get("/health").json["uptime"] < before + 0.3:
            pass
        connection.request("GET", "/livez")
        assert read(connection).status == 200


def test_a_body_that_comes_too_slowly_gets_408(tmp_path: Path) -> None:
    with serving("stateless", tmp_path, MCP_READ_TIMEOUT="0.3") as server, server.plain() as plain:
        plain.sendall(HEAD + b"\r\n{")
        assert plain.recv(4000).startswith(b"HTTP/1.1 408 ")


def test_an_answer_names_neither_engine_nor_language(live: Live) -> None:
    for reply in (live.post(rpc("ping")), live.post({}), live.get("/health"), live.get("/nothing")):
        assert "server" not in reply.headers
        assert "x-powered-by" not in reply.headers


def test_a_head_that_grows_without_end_is_refused(tmp_path: Path) -> None:
    with serving("stateless", tmp_path) as server, server.plain() as plain:
        plain.sendall(HEAD)
        answer = b""
        for number in range(100):
            try:
                plain.sendall(b"X-%d: %s\r\n" % (number, b"x" * 8000))
            except OSError:
                break
        with suppress(OSError):
            answer = plain.recv(4000)
        assert answer.startswith(b"HTTP/1.1 431 ") or not answer  # a reset may overtake the answer
        assert any("The head is too large" in line for line in server.lines)
        assert server.post(rpc("ping")).status == 200


def test_what_is_no_http_is_refused_with_the_reason(live: Live) -> None:
    with live.plain() as plain:
        plain.sendall(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX Bad: 1\r\n\r\n")
        head, _, body = plain.recv(4000).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert "HTTP/1.1" in json.loads(body)["error"]["data"]["problem"]


def test_the_refusal_of_a_large_body_reaches_a_client_that_sends_it_all(live: Live) -> None:
    for _ in range(3):
        with live.connection() as connection:
            connection.request("POST", "/mcp", b"x" * 8_000_000, {"Content-Type": "application/json"})
            assert read(connection).status == 413


def test_a_half_sent_body_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with serving("stateless", tmp_path, MCP_DRAIN_TIMEOUT="0.3") as server, server.plain() as plain:
        plain.sendall(HEAD + b"\r\n{")
        until(lambda: "mcp_echo_active_requests 1.0" in server.get("/metrics").body.decode(), "the request has begun")
        server.kill()
        assert plain.recv(4000).startswith(b"HTTP/1.1 503 ")
        assert server.exit_code() == 0
        assert not any("Traceback" in line for line in server.lines)
