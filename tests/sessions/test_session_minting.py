"""docs : who gets a session, whose id is believed, and how a session ends."""

from collections.abc import Callable
from uuid import UUID

import pytest
from session_helpers import echo, is_gone, opened

from harness import REVISIONS, Server, initialize, introduction, note, rpc, tool_call

INVENTED = ["00000000-0000-4000-8000-000000000000", "my-own-session", "-", "../../etc/passwd", "é", "x" * 10_000]


@pytest.mark.parametrize("revision", REVISIONS)
async def test_initialize_mints_a_random_uuid_of_visible_ascii(revision: str, stateful: Server) -> None:
    sessions = {await initialize(stateful, revision) or "" for _ in range(5)}
    assert len(sessions) == 5
    assert all(UUID(session).version == 4 and str(UUID(session)) == session for session in sessions)
    assert await stateful.created() == 5


async def test_a_session_remembers_who_opened_it(stateful: Server) -> None:
    session = await initialize(stateful, "2025-06-18")
    record = await stateful.session(session or "")
    assert (record.protocol_version, str(record.client), record.initialized, record.explicit) == (
        "2025-06-18", "tester v1.0", True, True,
    )  # fmt: skip


async def test_a_request_without_a_session_gets_one_that_is_not_initialized(stateful: Server) -> None:
    answer = await stateful.post(tool_call("echo", {"message": "x"}))
    session = answer.header("mcp-session-id")
    assert session is not None
    record = await stateful.session(session)
    assert (record.initialized, record.explicit, record.echo_count, record.requests) == (False, False, 1, 1)
    await echo(stateful, session, "again")
    assert (await stateful.session(session)).echo_count == 2
    assert await stateful.created() == 1


async def test_a_minted_session_becomes_initialized_when_the_client_says_so(stateful: Server) -> None:
    session = (await stateful.post(rpc("ping"))).header("mcp-session-id") or ""
    assert (await stateful.post(note("notifications/initialized"), session)).status == 202
    assert (await stateful.session(session)).initialized is True


async def test_a_notification_or_response_without_a_session_makes_none(stateful: Server) -> None:
    for message in (note("notifications/initialized"), {"jsonrpc": "2.0", "id": 1, "result": {}}):
        answer = await stateful.post(message)
        assert (answer.status, answer.header("mcp-session-id")) == (202, None)
    assert await stateful.created() == 0


async def test_sessions_can_be_required(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", MCP_SESSION_REQUIRED="true")
    answer = await server.post(rpc("ping", request_id=5))
    assert (answer.status, answer.message["error"]["code"], answer.message["id"]) == (400, -32600, 5)
    assert "MCP_SESSION_REQUIRED" in answer.message["error"]["data"]["rule"]
    assert await server.created() == 0
    session = await initialize(server)
    assert (await server.post(rpc("ping"), session)).status == 200


@pytest.mark.parametrize("invented", INVENTED, ids=lambda v: ascii(v)[:16])
async def test_an_invented_id_is_never_adopted(invented: str, stateful: Server) -> None:
    for message in (rpc("ping"), rpc("initialize", introduction()), note("notifications/initialized"), rpc("nope")):
        answer = await stateful.post(message, invented)
        assert answer.status == 404
        assert answer.header("mcp-session-id") is None
    assert (await stateful.stream(invented).answer()).status == 404
    assert (await stateful.delete(invented)).status == 404
    assert await stateful.created() == 0


async def test_an_id_of_one_server_means_nothing_to_another(stateful: Server, make_app: Callable[..., Server]) -> None:
    assert await is_gone(make_app("stateful"), await opened(stateful))


async def test_delete_ends_a_session_once(stateful: Server) -> None:
    session, other = await opened(stateful), await opened(stateful)
    answer = await stateful.delete(session)
    assert (answer.status, answer.body) == (204, b"")
    assert (await stateful.delete(session)).status == 404
    assert await is_gone(stateful, session)
    assert (await stateful.post(note("notifications/initialized"), session)).status == 404
    assert (await stateful.stream(session).answer()).status == 404
    assert not await is_gone(stateful, other)
    assert await stateful.alive() == 1


async def test_a_dead_session_outranks_a_bad_request(stateful: Server) -> None:
    session = await opened(stateful)
    await stateful.delete(session)
    for message in (rpc("nope"), tool_call("nope", {}), tool_call("echo", {})):
        assert (await stateful.post(message, session)).status == 404


async def test_initialize_on_a_living_session_leaves_one_session_that_works(stateful: Server) -> None:
    session = await opened(stateful, "2025-06-18")
    answer = await stateful.post(rpc("initialize", introduction("2025-11-25")), session)
    renewed = answer.header("mcp-session-id") or session
    assert answer.message["result"]["protocolVersion"] == "2025-11-25"
    assert (await stateful.session(renewed)).protocol_version == "2025-11-25"


async def test_sessions_do_not_see_each_other(stateful: Server) -> None:
    first, second = await opened(stateful), await opened(stateful)
    await echo(stateful, first, "a", "b", "c")
    await echo(stateful, second, "z")
    records = [await stateful.session(session) for session in (first, second)]
    assert [(record.echo_count, record.last_echo, record.queued) for record in records] == [(3, "c", 3), (1, "z", 1)]


async def test_the_stateless_server_keeps_no_sessions(make_app: Callable[..., Server]) -> None:
    server = make_app("stateless")
    assert await initialize(server) is None
    answer = await server.post(rpc("ping"), "whatever")
    assert (answer.status, answer.header("mcp-session-id")) == (200, None)
    for refused in (await server.stream("whatever").answer(), await server.delete("whatever")):
        assert (refused.status, refused.header("allow")) == (405, "POST")
    assert await server.app.runtime.sessions.statistics(server.clock.wall) is None
