"""Limits that only a real connection meets: how many there may be, and how long a head or body may take."""

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
