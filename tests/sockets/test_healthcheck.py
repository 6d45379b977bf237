"""``mcp-echo healthcheck``: what a container asks, without curl."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from live import BIN, Live, finished, free_port, serving, until

CHECK = [str(BIN / "mcp-echo"), "healthcheck"]


def test_a_ready_server_gives_0(live: Live) -> None:
    done = finished([*CHECK, f"http://127.0.0.1:{live.port}"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "ready\n", "")


def test_without_a_url_the_port_comes_from_the_servers_own_variable(live: Live) -> None:
    assert finished(CHECK, MCP_ECHO_PORT=str(live.port)).returncode == 0


def test_a_draining_server_gives_1(tmp_path: Path) -> None:
    with serving("stateless", tmp_path, MCP_DRAIN_DELAY="2") as server:
        server.kill()
        until(lambda: server.get("/readyz").status == 503, "/readyz at 503")
        done = finished([*CHECK, f"http://127.0.0.1:{server.port}/"])
        assert (done.returncode, done.stdout) == (1, "draining\n")


def test_nobody_there_gives_1_and_says_so() -> None:
    done = finished([*CHECK, f"http://127.0.0.1:{free_port()}"])
    assert done.returncode == 1
    assert done.stderr.startswith("unhealthy: ")
    assert len(done.stderr.splitlines()) == 1


class Stranger(http.server.BaseHTTPRequestHandler):
    """A server of another kind."""

    body = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(params=[b"<html>", b"", b"{", b'{"a":' * 100_000], ids=["page", "nothing", "half", "deep"])
def stranger(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(Stranger, "body", request.param)
    with http.server.HTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join(5)


def test_a_server_of_another_kind_gives_1(stranger: int) -> None:
    done = finished([*CHECK, f"http://127.0.0.1:{stranger}"])
    assert done.returncode == 1
    assert done.stderr.startswith("unhealthy: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("stranger", [rb'{"status": "\u001b[31mred\nand more"}'], indirect=True)
def test_what_a_server_says_does_not_act_on_the_terminal(stranger: int) -> None:
    done = finished([*CHECK, f"http://127.0.0.1:{stranger}"])
    assert (done.returncode, done.stdout) == (0, "\\x1b[31mred\\nand more\n")
