"""docs protocol rules 3.1 steps 2 and 3: whose requests are served (DNS rebinding)."""

from collections.abc import Callable
from typing import Any

import pytest

from asgi_bridge import Answer, Request
from harness import POST_HEADERS, Server, encoded, header_list, rpc

REMOTE = ("203.0.113.9", 40000)


async def knock(
    server: Server, host: str | None, origin: str | None = None, peer: Any = ("127.0.0.1", 50000)
) -> Answer:
    """A ping from a peer that names a host and an origin."""
    headers = header_list(POST_HEADERS, {"host": host, "origin": origin})
    return await server.send(Request(headers=headers, body=encoded(rpc("ping")), client=peer))


LOOPBACK_HOSTS = [
    "localhost",
    "localhost:3000",
    "LOCALHOST:3000",
    "localhost.",
    "app.localhost:3000",
    "127.0.0.1",
    "127.0.0.1:3000",
    "127.1.2.3:80",
    "[::1]",
    "[::1]:3000",
    "[::ffff:127.0.0.1]:3000",
    "[0:0:0:0:0:0:0:1]",
]
FOREIGN_HOSTS = [
    None,
    "",
    "evil.example",
    "evil.example:3000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil-localhost",
    "notlocalhost",
    "10.0.0.1",
    "0.0.0.0:3000",
    "[2001:db8::1]:3000",
    "localhost@evil.example",
    "evil.example/localhost",
    "::1.evil.example",
]


@pytest.mark.parametrize("host", LOOPBACK_HOSTS)
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "127.8.8.8"])
async def test_a_loopback_peer_may_name_any_loopback_host(host: str, peer: str, server: Server) -> None:
    assert (await knock(server, host, peer=(peer, 50000))).status == 200


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_a_loopback_peer_may_name_no_other_host(host: str | None, peer: str, server: Server) -> None:
    answer = await knock(server, host, peer=(peer, 50000))
    assert answer.status == 421
    data = answer.message["error"]["data"]
    assert ("MCP_ALLOWED_HOSTS" if host else "Send a Host header") in data["fix"]
    assert (data.get("seen") or "").rpartition("@")[2] == (host or "").rpartition("@")[2]


@pytest.mark.parametrize("host", ["echo.example", "203.0.113.1:3000", "localhost", None])
async def test_a_remote_peer_may_name_any_host(host: str | None, server: Server) -> None:
    assert (await knock(server, host, peer=REMOTE)).status == 200


LOOPBACK_ORIGINS = [
    "http://localhost",
    "http://localhost:6274",
    "https://127.0.0.1:8080",
    "http://[::1]:3000",
    "HTTP://LocalHost:1",
]
FOREIGN_ORIGINS = [
    "https://evil.example",
    "null",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "",
    "localhost",
    "file://",
    "http://evil.example#localhost",
    "http://localhost@evil.example",
    "http://[::1",
    "http://[2001:db8::1]",
    "chrome-extension://localhost",
]


@pytest.mark.parametrize("origin", [None, *LOOPBACK_ORIGINS])
async def test_a_loopback_peer_may_come_from_a_loopback_page(origin: str | None, server: Server) -> None:
    assert (await knock(server, "localhost:3000", origin)).status == 200


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
async def test_a_loopback_peer_may_come_from_no_other_page(origin: str, server: Server) -> None:
    answer = await knock(server, "localhost:3000", origin)
    assert answer.status == 403
    assert "MCP_ALLOWED_ORIGINS" in answer.message["error"]["data"]["fix"]


async def test_a_remote_peer_may_come_from_any_page(server: Server) -> None:
    assert (await knock(server, "echo.example", "https://any.example", REMOTE)).status == 200


HOST_LISTS = [
    ("echo.example", "echo.example", 200),
    ("echo.example", "ECHO.example", 200),
    ("echo.example", "echo.example:3000", 421),
    ("echo.example:3000", "echo.example:3000", 200),
    ("echo.example:3000", "echo.example:3001", 421),
    ("echo.example:*", "echo.example:3001", 200),
    ("echo.example:*", "echo.example", 200),
    ("Echo.Example:*", "echo.example:1", 200),
    ("echo.example:*", "evil-echo.example:1", 421),
    ("echo.example:*", "echo.example.evil:1", 421),
    ("[::1]:*", "[::1]:3000", 200),
    ("[2001:db8::1]:3000", "[2001:db8::1]:3000", 200),
    ("[2001:db8::1]:*", "[2001:db8::2]:1", 421),
    ("a.example, b.example", "b.example", 200),
    ("echo.example", "localhost", 421),
    ("echo.example", None, 421),
    ("echo.example", "", 421),
    ("*", "evil.example", 200),
    ("*", None, 200),
    ("a.example,*", "b.example", 200),
]


@pytest.mark.parametrize(("allowed", "host", "status"), HOST_LISTS)
@pytest.mark.parametrize("peer", [("127.0.0.1", 1), REMOTE], ids=["loopback", "remote"])
async def test_allowed_hosts_apply_to_every_peer(
    *, allowed: str, host: str | None, status: int, peer: Any, variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, MCP_ALLOWED_HOSTS=allowed)
    answer = await knock(server, host, peer=peer)
    assert answer.status == status
    if status == 421:
        assert allowed.split(",", maxsplit=1)[0].lower() in answer.message["error"]["data"]["rule"].lower()


ORIGIN_LISTS = [
    ("https://app.example", "https://app.example", 200),
    ("https://app.example", "http://app.example", 403),
    ("https://app.example", "https://app.example:8443", 403),
    ("https://app.example:*", "https://app.example:8443", 200),
    ("https://app.example:*", "https://app.example", 200),
    ("http://[::1]:*", "http://[::1]:3000", 200),
    ("null", "null", 200),
    ("https://app.example", "http://localhost", 403),
    ("https://app.example", None, 200),
    ("*", "https://evil.example", 200),
    ("*", "null", 200),
    ("https://app.example:*", "https://app.example.evil:1", 403),
    ("https://app.example:*", "http://app.example:1", 403),
]


@pytest.mark.parametrize(("allowed", "origin", "status"), ORIGIN_LISTS)
@pytest.mark.parametrize("peer", [("127.0.0.1", 1), REMOTE], ids=["loopback", "remote"])
async def test_allowed_origins_apply_to_every_peer(
    *, allowed: str, origin: str | None, status: int, peer: Any, variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, MCP_ALLOWED_ORIGINS=allowed)
    assert (await knock(server, "localhost", origin, peer)).status == status


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS", "PUT"])
async def test_every_method_is_guarded(method: str, server: Server) -> None:
    for headers, status in (
        ({"host": "evil.example"}, 421),
        ({"host": "localhost", "origin": "https://evil.example"}, 403),
    ):
        answer = await server.send(Request(method, headers=header_list({}, headers)))
        assert answer.status == status


async def test_a_verdict_about_one_peer_is_not_used_for_another(server: Server) -> None:
    for _ in range(2):
        assert (await knock(server, "evil.example", "https://evil.example", REMOTE)).status == 200
        assert (await knock(server, "evil.example")).status == 421
        assert (await knock(server, "localhost", "https://evil.example")).status == 403
