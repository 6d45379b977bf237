"""What an auth service may do besides saying who asks: forbid it, or not answer. Nobody gets through then."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sites import COUNTS, GATEWAYS, Site

from harness import rpc
from live import Live, serving

pytestmark = pytest.mark.peers

STEP_UP = 'Bearer error="insufficient_scope", scope="echo:write"'


class Unwilling(BaseHTTPRequestHandler):
    """Forbids everything and says what for (RFC 6750 section 3.1), or says nothing at all."""

    silent = False

    def do_GET(self) -> None:
        if not self.silent:
            self.send_response(403)
            self.send_header("WWW-Authenticate", STEP_UP)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing there, either."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server that would answer everybody."""
    with serving("stateless", tmp_path_factory.mktemp("server"), MCP_ALLOWED_HOSTS="*") as server:
        yield server


@pytest.fixture(scope="module", params=GATEWAYS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, server: Live) -> Iterator[Site]:
    """That server in the place of all, behind each gateway, which asks the unwilling service."""
    names = [f"{variant}-{number}" for variant, count in COUNTS.items() for number in range(1, count + 1)]
    with ThreadingHTTPServer(("127.0.0.1", 0), Unwilling) as auth:
        threading.Thread(target=auth.serve_forever, args=(0.02,), daemon=True).start()
        addresses = dict.fromkeys((f"{each}:3000" for each in names), f"127.0.0.1:{server.port}")
        addresses["auth:9000"] = f"127.0.0.1:{auth.server_port}"
        with GATEWAYS[request.param](tmp_path_factory.mktemp(request.param), addresses) as port:
            yield Site("stateless", port, request.param)
        auth.shutdown()


def test_what_the_auth_service_forbids_stays_forbidden_and_says_which_scope_is_missing(site: Site) -> None:
    reply = site.post(rpc("ping"))
    assert (reply.status, reply.headers["www-authenticate"]) == (403, STEP_UP)
    assert "mcp-echo-instance" not in reply.headers


def test_nobody_gets_through_while_the_auth_service_says_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Unwilling, "silent", True)
    reply = site.post(rpc("ping"))
    assert reply.status >= 500
    assert "mcp-echo-instance" not in reply.headers


def test_a_refused_page_can_read_why(site: Site) -> None:
    reply = site.post(rpc("ping"), Origin="https://app.example.com")
    assert reply.status == 403
    assert reply.headers["access-control-allow-origin"] in ("*", "https://app.example.com")
    assert "www-authenticate" in reply.headers["access-control-expose-headers"].lower()
