"""``MCP_SESSION_RATE_LIMIT`` through the wire."""

from collections.abc import Callable
from pathlib import Path

import pytest
from session_helpers import listening, opened

from asgi_bridge import Answer, lifespan
from harness import FakeClock, Server, call, note, rpc, tool_call


@pytest.fixture
def limited(make_app: Callable[..., Server]) -> Server:
    """Ten requests a minute: one in six seconds, ten at once."""
    return make_app("stateful", MCP_SESSION_RATE_LIMIT="10/m")


async def exhausted(server: Server) -> str:
    """A session that has used its allowance up; notifications and initialize count for nothing."""
    session = await opened(server)
    for _ in range(10):
        assert (await server.post(rpc("ping"), session)).status == 200
    return session


def is_refused(answer: Answer, retry_after: str) -> None:
    """Assert that an answer tells to slow down, and for how long."""
    assert (answer.status, answer.header("retry-after")) == (429, retry_after)
    error = answer.message["error"]
    assert (error["code"], error["message"]) == (-32603, "Too many requests")
    assert error["data"]["rule"] == "MCP_SESSION_RATE_LIMIT allows 10 requests in 60 seconds"


async def test_one_request_too_many_is_refused_and_told_how_long_to_wait(limited: Server) -> None:
    session = await exhausted(limited)
    is_refused(await limited.post(rpc("ping", request_id=7), session), "6")


async def test_after_that_time_it_is_served(limited: Server, clock: FakeClock) -> None:
    session = await exhausted(limited)
    clock.jump(3.5)
    is_refused(await limited.post(rpc("ping"), session), "3")
    clock.jump(3)
    assert (await limited.post(rpc("ping"), session)).status == 200
    is_refused(await limited.post(rpc("ping"), session), "6")
    clock.jump(120)
    assert (await limited.post(rpc("ping"), session)).status == 200


async def test_a_refused_request_does_nothing_and_its_session_is_not_lost(limited: Server, clock: FakeClock) -> None:
    session = await exhausted(limited)
    is_refused(await limited.post(tool_call("echo", {"message": "lost"}), session), "6")
    record = await limited.session(session)
    assert (record.requests, record.echo_count, record.queued) == (10, 0, 0)
    clock.jump(6)
    assert "lost" not in str(await call(limited, "replayLastEcho", {}, session))


async def test_refusals_are_counted_in_the_metrics(limited: Server) -> None:
    await limited.post(rpc("ping"), await exhausted(limited))
    assert limited.app.runtime.metrics.errors == {"-32603": 1}


async def test_requests_that_are_no_good_count_too(limited: Server) -> None:
    session = await opened(limited)
    for _ in range(10):
        await limited.post(rpc("nope"), session)
    is_refused(await limited.post(rpc("nope"), session), "6")


async def test_notifications_streams_and_delete_are_never_refused(limited: Server) -> None:
    session = await exhausted(limited)
    assert (await limited.post(note("notifications/initialized"), session)).status == 202
    stream = await listening(limited, session)
    await stream.leave()
    assert (await limited.delete(session)).status == 204


async def test_other_sessions_and_new_ones_are_served(limited: Server) -> None:
    other = await opened(limited)
    await exhausted(limited)
    assert (await limited.post(rpc("ping"), other)).status == 200
    assert (await limited.post(rpc("ping"))).status == 200


async def test_without_the_setting_nothing_is_refused(stateful: Server) -> None:
    session = await opened(stateful)
    assert {(await stateful.post(rpc("ping"), session)).status for _ in range(200)} == {200}


async def test_the_allowance_of_a_session_outlives_the_process(make_app: Callable[..., Server], tmp_path: Path) -> None:
    variables = {"MCP_SESSION_RATE_LIMIT": "10/m", "MCP_SESSION_STORE": f"sqlite://{tmp_path}/sessions.db"}
    first, second = make_app("stateful", **variables), make_app("stateful", **variables)
    async with lifespan(first.app):
        session = await exhausted(first)
    async with lifespan(second.app):
        is_refused(await second.post(rpc("ping"), session), "6")
