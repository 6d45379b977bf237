"""protocol rules 2, rows E1, E10, E11, E13 and E15: what counts as the legacy era, and as which revision."""

from typing import Any

import pytest

from harness import REVISIONS, Server, initialize, introduction, note, rpc, tool_call


async def listed(server: Server, session: str | None = None, **headers: str) -> dict[str, Any]:
    """The first tool of ``tools/list``."""
    return (await server.post(rpc("tools/list"), session, **headers)).message["result"]["tools"][0]


@pytest.mark.parametrize("header", [None, *REVISIONS])
async def test_e1_initialize_opens_a_session_with_or_without_a_version_header(
    header: str | None, server: Server
) -> None:
    answer = await server.post(rpc("initialize", introduction("2025-06-18")), mcp_protocol_version=header)
    assert answer.status == 200
    assert answer.message["result"]["protocolVersion"] == "2025-06-18"
    assert (answer.header("mcp-session-id") is not None) == (server.variant == "stateful")


@pytest.mark.parametrize("method", ["initialize", "ping", "tools/list", "tools/call"])
async def test_e10_an_unknown_version_is_400_with_the_value_and_the_served_ones(method: str, server: Server) -> None:
    params = introduction() if method == "initialize" else {"name": "echo", "arguments": {"message": "x"}}
    answer = await server.post(rpc(method, params), mcp_protocol_version="2031-01-01")
    assert answer.status == 400
    data = answer.message["error"]["data"]
    assert data["requested"] == "2031-01-01"
    assert set(REVISIONS) <= set(data["supported"])
    assert await server.created() == 0


async def test_e11_without_session_and_header_a_request_counts_as_2025_03_26(server: Server) -> None:
    tool = await listed(server)
    assert "annotations" in tool
    assert "outputSchema" not in tool
    assert isinstance((await server.post([rpc("ping")])).message, list)


async def test_e11_without_session_the_header_names_the_revision(server: Server) -> None:
    assert "outputSchema" in await listed(server, mcp_protocol_version="2025-06-18")


@pytest.mark.parametrize(("revision", "output"), [("2025-11-25", True), ("2025-03-26", False)])
@pytest.mark.parametrize("header", [None, "2025-11-25", "2025-03-26"])
async def test_e11_a_session_keeps_the_revision_it_negotiated(
    revision: str, output: bool, header: str | None, stateful: Server
) -> None:
    session = await initialize(stateful, revision)
    headers = {} if header is None else {"mcp_protocol_version": header}
    assert ("outputSchema" in await listed(stateful, session, **headers)) == output


@pytest.mark.parametrize("header", [None, *REVISIONS])
async def test_e13_a_notification_follows_the_rules_of_its_session(header: str | None, stateful: Server) -> None:
    session = await initialize(stateful)
    message = note("notifications/initialized")
    assert (await stateful.post(message, session, mcp_protocol_version=header)).status == 202
    assert (await stateful.post(message, "no-such-session", mcp_protocol_version=header)).status == 404


@pytest.mark.parametrize("header", [None, *REVISIONS])
async def test_e15_get_and_delete_follow_the_legacy_rules(header: str | None, stateful: Server) -> None:
    session = await initialize(stateful)
    stream = stateful.stream(session, mcp_protocol_version=header)
    assert (await stream.head()).status == 200
    assert (await stateful.delete(session, mcp_protocol_version=header)).status == 204
    assert (await stream.answer()).status == 200


async def test_a_bare_meta_is_no_sign_of_the_modern_era(server: Server) -> None:
    message = rpc("tools/call", {"name": "echo", "arguments": {"message": "x"}, "_meta": {"traceparent": "00-1-2-03"}})
    result = (await server.post(message)).message["result"]
    assert "resultType" not in result
    assert result["isError"] is False


@pytest.mark.parametrize(
    "message", [rpc("tools/list"), rpc("ping"), tool_call("echo", {"message": "x"})], ids=lambda m: m["method"]
)
async def test_a_legacy_result_has_no_member_of_the_modern_era(message: Any, server: Server) -> None:
    result = (await server.post(message, mcp_protocol_version="2025-11-25")).message["result"]
    assert not {"resultType", "ttlMs", "cacheScope", "_meta"} & result.keys()
