"""docs MCP_MAX_SESSIONS: who is refused, and who makes room."""

from collections.abc import Callable

import pytest
from session_helpers import is_gone, opened

from harness import FakeClock, Server, introduction, note, rpc

TWO = {"MCP_MAX_SESSIONS": "2", "MCP_SESSION_TIMEOUT": "100"}


async def implicit(server: Server) -> str:
    """A session that nobody asked for."""
    session = (await server.post(rpc("ping"))).header("mcp-session-id")
    assert session is not None
    return session


@pytest.mark.parametrize(
    "message", [rpc("initialize", introduction(), "i"), rpc("ping", request_id="i")], ids=["initialize", "ping"]
)
async def test_a_full_server_refuses_with_503_and_says_when_to_return(
    message: object, make_app: Callable[..., Server]
) -> None:
    server = make_app("stateful", **TWO)
    living = [await opened(server) for _ in range(2)]
    answer = await server.post(message)
    assert answer.status == 503
    assert int(answer.header("retry-after") or 0) > 0
    assert answer.header("mcp-session-id") is None
    error = answer.message["error"]
    assert (answer.message["id"], error["code"]) == ("i", -32603)
    assert "2" in error["data"]["rule"]
    assert "MCP_MAX_SESSIONS" in error["data"]["rule"]
    assert not any([await is_gone(server, session) for session in living])
    assert await server.created() == 2


async def test_sessions_end_and_expire_to_make_room(clock: FakeClock, make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", **TWO)
    first, second = await opened(server), await opened(server)
    await server.delete(first)
    third = await opened(server)
    assert (await server.post(rpc("initialize", introduction()))).status == 503
    clock.jump(100)
    await opened(server)
    assert await is_gone(server, second)
    assert await is_gone(server, third)


async def test_sessions_that_nobody_asked_for_make_room_oldest_first(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", **{**TWO, "MCP_MAX_SESSIONS": "3"})
    old = await implicit(server)
    living = await opened(server)
    new = await implicit(server)
    asked = await opened(server)
    assert [await is_gone(server, session) for session in (old, living, new, asked)] == [True, False, False, False]
    await opened(server)
    assert [await is_gone(server, session) for session in (living, new, asked)] == [False, True, False]
    assert (await server.post(rpc("ping"))).status == 503


async def test_a_client_that_never_sends_its_id_back_locks_nobody_out(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", **TWO)
    living = await opened(server)
    for _ in range(20):
        await implicit(server)
    assert not await is_gone(server, living)
    assert await server.alive() == 2
    await opened(server)


async def test_a_notification_needs_no_room(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", **TWO)
    for _ in range(2):
        await opened(server)
    assert (await server.post(note("notifications/x"))).status == 202


async def test_a_refused_initialize_takes_no_room(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", **TWO)
    for params in ({}, {"protocolVersion": "x"}, {**introduction(), "capabilities": 1}):
        assert (await server.post(rpc("initialize", params))).message["error"]["code"] == -32602
    assert await server.alive() == 0


async def test_a_refused_initialize_evicts_nobody(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", **TWO)
    session, _ = await implicit(server), await implicit(server)
    await server.post(rpc("initialize", {}))
    assert not await is_gone(server, session)
