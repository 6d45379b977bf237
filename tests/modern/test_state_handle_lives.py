"""docs : a handle is a session in the same store, with the same expiry and the same cap."""

from collections.abc import Callable
from typing import Any

import pytest
from modern_requests import ask, call_of, result_of

from harness import FakeClock, Server, call, initialize, rpc


async def echoed(server: Server, text: str, **arguments: Any) -> dict[str, Any]:
    result = await result_of(server, call_of("echo", {"message": text, **arguments}))
    assert result["isError"] is False, result
    found: dict[str, Any] = result["structuredContent"]
    return found


async def is_known(server: Server, handle: str) -> bool:
    result = await result_of(server, call_of("replayLastEcho", {"session": handle}))
    return result["isError"] is False


async def test_the_id_of_a_legacy_session_is_a_handle(stateful: Server) -> None:
    session = await initialize(stateful) or ""
    await call(stateful, "echo", {"message": "from the other era"}, session)
    replay = await result_of(stateful, call_of("replayLastEcho", {"session": session}))
    assert replay["structuredContent"]["message"] == "from the other era"
    assert (await echoed(stateful, "m", session=session))["echoCount"] == 2


async def test_a_handle_is_the_id_of_a_legacy_session(stateful: Server) -> None:
    handle = (await echoed(stateful, "modern"))["session"]
    result = await call(stateful, "replayLastEcho", {}, handle)
    assert "modern" in result["content"][0]["text"]
    result = await call(stateful, "echo", {"message": "legacy"}, handle)
    assert f"Session: {handle}" in result["content"][0]["text"]
    assert (await echoed(stateful, "m", session=handle))["echoCount"] == 3


async def test_an_ended_session_is_no_handle_any_more(stateful: Server) -> None:
    handle = (await echoed(stateful, "x"))["session"]
    assert (await stateful.delete(handle)).status == 204
    assert not await is_known(stateful, handle)


@pytest.mark.parametrize(("seconds", "known"), [(99.0, True), (100.0, False), (1e9, False)])
async def test_a_handle_expires_like_a_session(
    seconds: float, known: bool, clock: FakeClock, make_app: Callable[..., Server]
) -> None:
    server = make_app("stateful", MCP_SESSION_TIMEOUT="100")
    handle = (await echoed(server, "x"))["session"]
    clock.jump(seconds)
    assert await is_known(server, handle) == known


async def test_every_use_of_a_handle_keeps_it_alive(clock: FakeClock, make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", MCP_SESSION_TIMEOUT="100")
    handle = (await echoed(server, "x"))["session"]
    for _ in range(5):
        clock.jump(60)
        assert await is_known(server, handle)
    clock.jump(100)
    text = (await result_of(server, call_of("echo", {"message": "y", "session": handle})))["content"][0]["text"]
    assert "expired" in text
    assert handle not in (await echoed(server, "new"))["session"]


async def test_sessions_that_were_asked_for_are_never_given_up_for_a_handle(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", MCP_MAX_SESSIONS="2")
    sessions = [await initialize(server) or "" for _ in range(2)]
    answer = await ask(server, call_of("echo", {"message": "x"}))
    assert answer.status == 503
    assert int(answer.header("retry-after") or 0) > 0
    assert answer.message["id"] == 1
    error = answer.message["error"]
    assert error["code"] == -32603
    assert "MCP_MAX_SESSIONS" in error["data"]["rule"]
    for session in sessions:
        assert (await server.post(rpc("ping"), session)).status == 200


async def test_at_the_cap_living_sessions_still_work_as_handles(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", MCP_MAX_SESSIONS="1")
    session = await initialize(server) or ""
    assert (await echoed(server, "x", session=session))["echoCount"] == 1
    assert (await ask(server, call_of("printHeader"))).status == 200


async def test_handles_make_room_for_newer_ones_oldest_first(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", MCP_MAX_SESSIONS="2")
    first, second, third = [(await echoed(server, text))["session"] for text in "abc"]
    assert [await is_known(server, handle) for handle in (first, second, third)] == [False, True, True]
    await initialize(server)
    assert [await is_known(server, handle) for handle in (second, third)] == [False, True]


async def test_nobody_listens_to_a_handle_so_its_outbox_stays_empty(stateful: Server) -> None:
    handle = (await echoed(stateful, "a"))["session"]
    await echoed(stateful, "b", session=handle)
    assert (await stateful.session(handle)).queued == 0


async def test_an_echo_by_handle_reaches_the_stream_of_a_legacy_session(stateful: Server) -> None:
    session = await initialize(stateful, "2025-06-18") or ""
    stream = stateful.stream(session)
    await stream.head()
    await echoed(stateful, "across", session=session)
    event = await stream.event()
    assert event is not None
    assert event.message["params"]["data"] == "across"
    await stream.leave()
