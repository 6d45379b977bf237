"""A session store that does not answer: 503 and never 404, while everything that needs no session goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest
from session_helpers import opened

from asgi_bridge import Answer, Request, lifespan
from harness import Server, call, introduction, rpc, tool_call


@pytest.fixture
def broken(make_app: Callable[..., Server], tmp_path: Path) -> Server:
    """A server whose store was never opened, so that every operation is an outage."""
    return make_app("stateful", MCP_SESSION_STORE=f"sqlite://{tmp_path}/sessions.db")


def asking(path: str) -> Request:
    return Request(method="GET", path=path, headers=[(b"host", b"localhost")])


def is_outage(answer: Answer) -> None:
    """Assert that an answer says: try again, with the same session."""
    assert (answer.status, answer.header("retry-after")) == (503, "1")
    error = answer.message["error"]
    assert (error["code"], error["message"]) == (-32603, "Session store unavailable")
    assert error["data"]["seen"] == "the session file is not open"


@pytest.mark.parametrize("session", [None, "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"])
@pytest.mark.parametrize(
    "message",
    [rpc("ping"), rpc("tools/list"), rpc("initialize", introduction()), tool_call("echo", {"message": "x"})],
    ids=lambda message: message["method"],
)
async def test_what_needs_a_session_is_refused_as_an_outage(message: object, session: str, broken: Server) -> None:
    is_outage(await broken.post(message, session))


async def test_streams_and_deletes_are_refused_as_an_outage(broken: Server) -> None:
    session = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
    is_outage(await broken.delete(session))
    stream = broken.stream(session)
    is_outage(await stream.answer())


@pytest.mark.parametrize("session", [None, "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"])
async def test_the_health_probe_says_so_instead(session: str | None, broken: Server) -> None:
    answer = await broken.post(tool_call("healthProbe", {}), session)
    assert answer.status == 200
    assert answer.header("mcp-session-id") is None
    text = answer.final["result"]["content"][0]["text"]
    assert "❌ Overall Status: UNHEALTHY" in text
    assert "- Session store is unhealthy: the session file is not open" in text
    assert "- Active Sessions: not available" in text


async def test_other_tools_do_not_run_without_their_session(broken: Server) -> None:
    for tool in ("printHeader", "sessionInfo", "replayLastEcho", "requestTiming"):
        is_outage(await broken.post(tool_call(tool, {}), "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"))


async def test_health_is_degraded_and_has_no_figures(broken: Server) -> None:
    answer = await broken.send(asking("/health"))
    assert answer.status == 200
    assert (answer.message["status"], answer.message["sessions"]) == ("degraded", None)
    assert "uptime_seconds" in answer.message


async def test_the_process_is_alive_but_not_ready(broken: Server) -> None:
    assert (await broken.send(asking("/livez"))).status == 200
    answer = await broken.send(asking("/readyz"))
    assert answer.status == 503
    assert answer.message == {"status": "store unreachable", "problem": "the session file is not open"}


async def test_metrics_are_served_without_the_figures_of_sessions(broken: Server) -> None:
    await broken.post(rpc("ping"))
    answer = await broken.send(asking("/metrics"))
    assert answer.status == 200
    assert b"mcp_echo_sessions" not in answer.body
    assert b"\nmcp_echo_session_store_up 0.0\n" in answer.body
    assert b'\nmcp_echo_requests_total{method="ping"} 1.0\n' in answer.body


async def test_a_session_is_still_there_after_an_outage(make_app: Callable[..., Server], tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/sessions.db"
    server = make_app("stateful", MCP_SESSION_STORE=url)
    async with lifespan(server.app):
        session = await opened(server)
        await call(server, "echo", {"message": "kept"}, session)
    is_outage(await server.post(rpc("ping"), session))
    again = make_app("stateful", MCP_SESSION_STORE=url)
    async with lifespan(again.app):
        assert (await call(again, "replayLastEcho", {}, session))["isError"] is False
        assert (await again.send(asking("/readyz"))).status == 200
