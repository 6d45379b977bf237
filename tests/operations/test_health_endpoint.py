"""``/health`` and ``/livez``: exactly the documented figures of each variant."""

from collections.abc import Callable

import pytest

from asgi_bridge import Request
from harness import FakeClock, Server, initialize, rpc
from mcp_echo_core import __version__


def asking(path: str = "/health", method: str = "GET") -> Request:
    return Request(method=method, path=path, headers=[(b"host", b"localhost")])


async def test_the_stateful_server_tells_its_sessions_and_uptime_in_seconds(
    make_app: Callable[..., Server], clock: FakeClock
) -> None:
    server = make_app("stateful", MCP_ECHO_INSTANCE="one", MCP_SESSION_TIMEOUT="60")
    await initialize(server)
    clock.jump(61)
    await initialize(server)
    await initialize(server)
    assert (await server.send(asking())).message == {
        "status": "healthy",
        "sessions": {"active": 2, "total_created": 3, "expired": 1},
        "uptime_seconds": 61.0,
        "version": __version__,
        "variant": "stateful",
        "instance": "one",
    }


async def test_the_stateless_server_tells_its_uptime_and_how_many_requests_it_handled(
    make_app: Callable[..., Server], clock: FakeClock
) -> None:
    server = make_app("stateless", MCP_ECHO_INSTANCE="one")
    await server.post(rpc("ping"))
    await server.post(b"{")
    clock.jump(3.5)
    assert (await server.send(asking())).message == {
        "status": "healthy",
        "uptime": 3.5,
        "requests_handled": 2,
        "version": __version__,
        "variant": "stateless",
        "instance": "one",
    }


async def test_each_process_has_a_name_of_its_own(variant: str, make_app: Callable[..., Server]) -> None:
    names = {(await make_app(variant).send(asking())).message["instance"] for _ in range(3)}
    assert len(names) == 3


async def test_the_name_of_the_process_can_be_hidden(variant: str, make_app: Callable[..., Server]) -> None:
    health = (await make_app(variant, MCP_ECHO_INSTANCE="").send(asking())).message
    assert health["instance"] == ""


async def test_asking_changes_no_figure(server: Server) -> None:
    first = (await server.send(asking())).message
    for path in ("/health", "/livez", "/readyz", "/metrics"):
        await server.send(asking(path))
    assert (await server.send(asking())).message == first


async def test_a_living_process_says_so(server: Server) -> None:
    answer = await server.send(asking("/livez"))
    assert (answer.status, answer.message) == (200, {"status": "alive"})


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz"])
async def test_answers_to_operators_are_never_cached(server: Server, path: str) -> None:
    assert (await server.send(asking(path))).header("cache-control") == "no-store"


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz", "/metrics"])
async def test_head_gives_the_head_of_what_get_gives(server: Server, path: str) -> None:
    got, head = await server.send(asking(path)), await server.send(asking(path, "HEAD"))
    assert head.status == got.status == 200
    assert head.header("content-type") == got.header("content-type")
    assert head.header("content-length") == str(len(got.body))


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz", "/metrics"])
@pytest.mark.parametrize("host", [b"evil.example", b"[", b"", b"localhost"])
async def test_a_load_balancer_may_ask_by_any_name(server: Server, path: str, host: bytes) -> None:
    assert (await server.send(Request(method="GET", path=path, headers=[(b"host", host)]))).status == 200


async def test_metrics_are_served_as_prometheus_text(server: Server) -> None:
    await server.post(rpc("ping"))
    answer = await server.send(asking("/metrics"))
    assert (answer.status, answer.header("content-type")) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert b'\nmcp_echo_requests_total{method="ping"} 1.0\n' in answer.body
