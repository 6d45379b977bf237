"""Ending without losing anything: SIGTERM and SIGINT, under the product's own command and under plain uvicorn."""

import contextlib
import http.client
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import introduction, rpc, tool_call
from live import BIN, MESSAGE_HEADERS, Live, environment, free_port, read, running, serving, until

UVICORN = [str(BIN / "uvicorn"), "mcp_echo_streamablehttp_server_stateful:app", "--port", "{port}"]
MESSAGE = b'{"jsonrpc":"2.0","id":7,"method":"ping"}'


@contextlib.contextmanager
def open_stream(server: Live) -> Iterator[http.client.HTTPResponse]:
    """The GET stream of a new session, after its first event."""
    session = server.post(rpc("initialize", introduction())).headers["mcp-session-id"]
    server.post(tool_call("echo", {"message": "hello"}), mcp_session_id="", **{"mcp-session-id": session})
    with server.connection() as connection:
        connection.request("GET", "/mcp", headers={"accept": "text/event-stream", "mcp-session-id": session})
        response = connection.getresponse()
        assert response.status == 200
        while not response.readline().startswith(b"data: {"):
            pass
        yield response


def begin_request(connection: http.client.HTTPConnection) -> None:
    """Send a request but for the last byte of its body."""
    connection.putrequest("POST", "/mcp")
    for name, value in {**MESSAGE_HEADERS, "content-length": str(len(MESSAGE))}.items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(MESSAGE[:-1])


def in_flight(server: Live, count: int) -> None:
    expected = f"mcp_echo_active_requests {count}.0".encode()
    until(lambda: expected in server.get("/metrics").body, f"{count} requests in flight")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_ends_with_exit_code_0(live: Live, number: int) -> None:
    live.post(rpc("ping"))
    assert live.stop(number) == 0
    assert not [line for line in live.lines if "Traceback" in line or " ERROR " in line]


def test_a_request_in_flight_is_answered_before_the_server_ends(live: Live) -> None:
    with live.connection() as connection:
        begin_request(connection)
        in_flight(live, 1)
        live.kill()
        until(lambda: "draining" in live.log.read_text(), "draining")
        connection.send(MESSAGE[-1:])
        reply = read(connection)
    assert (reply.status, reply.json["id"]) == (200, 7)
    assert live.exit_code() == 0


def test_an_open_stream_ends_cleanly(tmp_path: Path) -> None:
    with serving("stateful", tmp_path) as server, open_stream(server) as stream:
        server.kill()
        assert b"data: {" not in stream.read()
        assert server.exit_code() == 0
        assert not [line for line in server.lines if "Traceback" in line or " ERROR " in line]


def test_the_server_goes_on_answering_for_the_drain_delay_but_is_not_ready(tmp_path: Path) -> None:
    with serving("stateful", tmp_path, MCP_DRAIN_DELAY="1.5") as server:
        assert server.get("/readyz").status == 200
        server.kill()
        until(lambda: server.get("/readyz").status == 503, "/readyz at 503")
        assert server.get("/health").json["status"] == "draining"
        assert server.get("/livez").status == 200
        assert server.post(rpc("ping")).status == 200
        assert server.exit_code() == 0


def test_a_stream_that_is_opened_while_draining_ends_at_once(tmp_path: Path) -> None:
    with serving("stateful", tmp_path, MCP_DRAIN_DELAY="1.5") as server:
        session = server.post(rpc("initialize", introduction())).headers["mcp-session-id"]
        server.kill()
        until(lambda: server.get("/readyz").status == 503, "/readyz at 503")
        reply = server.send("GET", "/mcp", headers={"accept": "text/event-stream", "mcp-session-id": session})
        assert reply.status == 200
        assert server.exit_code() == 0


def test_a_request_that_never_finishes_is_given_up_after_the_drain_timeout(tmp_path: Path) -> None:
    with serving("stateless", tmp_path, MCP_DRAIN_TIMEOUT="0.3") as server, server.connection() as connection:
        begin_request(connection)
        in_flight(server, 1)
        assert server.stop() == 0


def test_a_second_signal_does_not_wait_for_the_drain_delay(tmp_path: Path) -> None:
    with serving("stateless", tmp_path, MCP_DRAIN_DELAY="600") as server:
        server.kill()
        until(lambda: server.get("/readyz").status == 503, "/readyz at 503")
        assert server.stop() == 0


def test_under_plain_uvicorn_a_stream_ends_and_the_process_stops(tmp_path: Path) -> None:
    with running(UVICORN, tmp_path, MCP_DRAIN_DELAY="0.5") as server, open_stream(server) as stream:
        server.kill()
        until(lambda: server.get("/readyz").status == 503, "/readyz at 503")
        assert b"data: {" not in stream.read()
        server.exit_code()
        assert not [line for line in server.lines if "Traceback" in line]


def test_under_plain_uvicorn_a_request_in_flight_is_answered(tmp_path: Path) -> None:
    with running(UVICORN, tmp_path) as server, server.connection() as connection:
        begin_request(connection)
        in_flight(server, 1)
        server.kill()
        until(lambda: "draining" in server.log.read_text(), "draining")
        connection.send(MESSAGE[-1:])
        assert read(connection).status == 200
        server.exit_code()


def test_a_signal_during_the_start_ends_the_start(tmp_path: Path) -> None:
    command = [str(BIN / "mcp-echo"), "serve", "--variant", "stateless", "--port", str(free_port())]
    log = tmp_path / "log"
    with log.open("wb") as output, subprocess.Popen(command, env=environment({}), stderr=output) as process:
        until(lambda: "listening" in log.read_text() or process.poll() is not None, "the first line", 20)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0, log.read_text()
