"""The feed on a real WebSocket, and that serving loads nothing for it before somebody asks."""

import json
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Event, Message, RejectConnection, Request, TextMessage

from harness import introduction, rpc, tool_call
from live import WAIT, Live, finished, free_port, serving

DASHBOARD, WEBSOCKET = "mcp_echo_core.dashboard.routes", "wsproto"


class Talk:
    """A WebSocket client on a plain connection."""

    def __init__(self, plain: socket.socket, path: str, host: str, origin: str | None = None) -> None:
        self._plain = plain
        self._connection = WSConnection(ConnectionType.CLIENT)
        self._events: Iterator[Event] = iter(())
        extra = [(b"origin", origin.encode())] if origin else []
        plain.sendall(self._connection.send(Request(host=host, target=path, extra_headers=extra)))

    def send(self, message: Message | CloseConnection) -> None:
        self._plain.sendall(self._connection.send(message))

    def next(self) -> Event:
        while (event := next(self._events, None)) is None:
            data = self._plain.recv(65_536)
            self._connection.receive_data(data or None)
            self._events = iter(list(self._connection.events()))
        return event

    def told(self, name: str) -> Any:
        text = ""
        while True:
            event = self.next()
            assert isinstance(event, TextMessage), event
            text += event.data
            if event.message_finished:
                told = json.loads(text)
                text = ""
                if told["event"] == name:
                    return told


def new_session(server: Live) -> str:
    return server.post(rpc("initialize", introduction())).headers["mcp-session-id"]


@contextmanager
def talking(server: Live, path: str, origin: str | None = None) -> Iterator[Talk]:
    with server.plain() as plain:
        plain.settimeout(WAIT)
        yield Talk(plain, path, f"localhost:{server.port}", origin)


WITNESS = """
import os, signal, socket, sys, threading, time
from mcp_echo_core.cli import main

def seen():
    print(*sorted(name for name in {modules!r} if name in sys.modules), flush=True)

def get(path, more=""):
    with socket.create_connection(("127.0.0.1", {port}), timeout=5) as plain:
        plain.sendall(f"GET {{path}} HTTP/1.1\\r\\nHost: localhost\\r\\n{{more}}\\r\\n".encode())
        return plain.recv(100)

def look():
    for _ in range(200):
        try:
            get("/livez")
            break
        except OSError:
            time.sleep(0.05)
    seen()
    get("/dashboard/any-bin/record.json")
    seen()
    get("/dashboard/any-bin/ws", "Upgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Version: 13\\r\\n"
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\\r\\n")
    seen()
    os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=look, daemon=True).start()
main(["serve", "--variant", "stateful", "--host", "127.0.0.1", "--port", "{port}"])
"""
"""Serves, and tells of itself what it has loaded: at first, after a look at a record, and for a WebSocket."""


def test_a_websocket_brings_the_feed_and_the_end_of_the_process_closes_it(tmp_path: Path) -> None:
    with serving("stateful", tmp_path) as server:
        session = new_session(server)
        with talking(server, f"/dashboard/{session}/ws?after=0", f"http://localhost:{server.port}") as talk:
            assert isinstance(talk.next(), AcceptConnection)
            assert talk.told("exchange")["data"]["kind"] == "initialize"
            server.post(tool_call("echo", {"message": "live"}), **{"mcp-session-id": session})
            assert talk.told("exchange")["data"]["name"] == "echo"
            server.kill(signal.SIGTERM)
            while isinstance(event := talk.next(), TextMessage):
                pass
            assert isinstance(event, CloseConnection)
            assert event.code == 1001
        assert server.exit_code() == 0
        assert not [line for line in server.lines if session in line or "Traceback" in line]


def test_strangers_and_pages_of_others_are_refused_a_websocket(tmp_path: Path) -> None:
    with serving("stateful", tmp_path) as server:
        session = new_session(server)
        for path, origin, status in (
            ("/dashboard/7b0c9f0e-0000-4000-8000-1234567890ab/ws", None, 404),
            (f"/dashboard/{session}/ws", "http://evil.example", 403),
        ):
            with talking(server, path, origin) as talk:
                event = talk.next()
                assert isinstance(event, RejectConnection)
                assert event.status_code == status
                assert (b"referrer-policy", b"no-referrer") in event.headers


def test_a_wish_to_upgrade_elsewhere_is_ignored(tmp_path: Path) -> None:
    wish = {"upgrade": "websocket", "connection": "upgrade", "sec-websocket-key": "x", "sec-websocket-version": "13"}
    for variant in ("stateful", "stateless"):
        with serving(variant, tmp_path) as server, server.connection() as connection:
            connection.request("GET", "/livez", headers=wish)
            assert connection.getresponse().status == 200


def test_a_message_that_is_too_large_ends_the_websocket(tmp_path: Path) -> None:
    with serving("stateful", tmp_path) as server, talking(server, "/dashboard/any-bin/ws") as talk:
        assert isinstance(talk.next(), AcceptConnection)
        talk.send(TextMessage(data="x" * 5000))
        while isinstance(event := talk.next(), TextMessage):
            pass
        assert isinstance(event, CloseConnection)
        assert event.code == 1009


def test_nothing_is_loaded_for_the_dashboard_before_somebody_asks() -> None:
    script = WITNESS.format(modules=(DASHBOARD, WEBSOCKET), port=free_port())
    done = finished([sys.executable, "-c", script])
    assert done.stdout.splitlines() == ["", DASHBOARD, f"{DASHBOARD} {WEBSOCKET}"], done.stderr
    assert done.returncode == 0
