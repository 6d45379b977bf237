"""``noop://`` through the wire: the behaviour of servers without a session store, to see what clients make of it."""

from collections.abc import Callable

import pytest
from session_helpers import listening, rest

from harness import Server, call, initialize, rpc, tool_call

INVENTED = "totally-fake-session-12345"


@pytest.fixture
def noop(make_app: Callable[..., Server]) -> Server:
    return make_app("stateful", MCP_SESSION_STORE="noop://", MCP_SSE_KEEPALIVE_INTERVAL="0.05")


async def test_initialize_mints_ids_and_each_is_new(noop: Server) -> None:
    assert len({await initialize(noop) for _ in range(3)}) == 3


@pytest.mark.parametrize("session", [INVENTED, "é", "x" * 300, "a b"])
async def test_any_id_is_accepted_and_none_is_sent_back(session: str, noop: Server) -> None:
    for message in (rpc("ping"), rpc("tools/list"), tool_call("echo", {"message": "hi"})):
        answer = await noop.post(message, session)
        assert answer.status == 200
        assert answer.header("mcp-session-id") is None


async def test_nothing_is_remembered_from_one_request_to_the_next(noop: Server) -> None:
    session = await initialize(noop)
    await call(noop, "echo", {"message": "lost"}, session)
    assert "lost" not in str(await call(noop, "replayLastEcho", {}, session))
    shown = str(await call(noop, "sessionInfo", {}, session))
    assert f"- Session ID: {session}" in shown
    assert "- Echo Count: 0" in shown
    assert "- Initialized: ❌" in shown


async def test_delete_is_answered_as_done_and_changes_nothing(noop: Server) -> None:
    session = await initialize(noop)
    for name in (session, session, INVENTED):
        assert (await noop.delete(name)).status == 204
    assert (await noop.post(rpc("ping"), session)).status == 200


async def test_a_stream_carries_keep_alive_events_and_nothing_else(noop: Server) -> None:
    stream = await listening(noop, INVENTED)
    await call(noop, "echo", {"message": "nobody hears"}, INVENTED)
    for _ in range(2):
        event = await stream.event()
        assert event is not None
        assert event.event == "keep-alive"
    await stream.leave()


async def test_a_stream_ends_when_the_server_does(noop: Server) -> None:
    stream = await listening(noop, INVENTED)
    await noop.app.runtime.sessions.close(noop.clock.wall)
    assert all(event.event == "keep-alive" for event in await rest(stream))


async def test_a_stream_needs_an_id_all_the_same(noop: Server) -> None:
    assert (await noop.stream(None).answer()).status == 400
