"""protocol rules 5.1 and docs : what initialize grants, offers and refuses."""

from collections.abc import Callable
from typing import Any

import pytest
from wire_cases import check_error

from harness import NEWEST, REVISIONS, Server, introduction, note, rpc


async def negotiated(server: Server, requested: Any) -> Any:
    """The answer to ``initialize`` for a requested revision."""
    return (await server.post(rpc("initialize", {**introduction(), "protocolVersion": requested}))).message


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_supported_revision_is_granted(revision: str, server: Server) -> None:
    assert (await negotiated(server, revision))["result"]["protocolVersion"] == revision


@pytest.mark.parametrize("requested", ["2026-07-28", "1999-01-01", "2099-12-31"])
async def test_an_unsupported_revision_is_answered_with_the_newest_of_the_handshake(
    requested: str, server: Server
) -> None:
    assert (await negotiated(server, requested))["result"]["protocolVersion"] == NEWEST


async def test_the_offer_can_be_configured(variant: str, make_app: Callable[..., Server]) -> None:
    server = make_app(variant, MCP_PROTOCOL_VERSION="2025-03-26")
    assert (await negotiated(server, "1999-01-01"))["result"]["protocolVersion"] == "2025-03-26"
    assert (await negotiated(server, "2025-06-18"))["result"]["protocolVersion"] == "2025-06-18"


async def test_a_revision_that_is_switched_off_is_not_granted(variant: str, make_app: Callable[..., Server]) -> None:
    server = make_app(variant, MCP_PROTOCOL_VERSIONS_SUPPORTED="2025-06-18,2024-11-05")
    assert (await negotiated(server, "2025-11-25"))["result"]["protocolVersion"] == "2025-06-18"
    assert (await server.post(rpc("ping"), mcp_protocol_version="2025-11-25")).status == 400


@pytest.mark.parametrize(
    "requested", ["", "latest", "2025-11-25 ", "2025-1-1", "v2025-11-25", "DRAFT-2026-v1", "２０２５-11-25"]
)
async def test_a_version_that_is_no_revision_is_refused_with_what_is_supported(requested: str, server: Server) -> None:
    answer = await server.post(rpc("initialize", {**introduction(), "protocolVersion": requested}, "v"))
    assert answer.status == 200
    data = check_error(answer, -32602, "v")
    assert answer.message["error"]["message"] == "Unsupported protocol version"
    assert set(data["supported"]) == set(REVISIONS)
    assert data["requested"] == requested
    assert await server.created() == 0


@pytest.mark.parametrize("requested", [None, 20251125, ["2025-11-25"], {}, True])
async def test_a_version_of_another_type_is_refused(requested: Any, server: Server) -> None:
    assert (await negotiated(server, requested))["error"]["code"] == -32602
    assert await server.created() == 0


@pytest.mark.parametrize("requested", ["1999-01-01", "2026-07-28", "latest"])
async def test_strict_servers_refuse_what_they_do_not_support(
    requested: str, variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, MCP_PROTOCOL_STRICT="true")
    error = (await negotiated(server, requested))["error"]
    assert (error["code"], error["message"]) == (-32602, "Unsupported protocol version")
    assert error["data"]["requested"] == requested
    assert NEWEST in error["data"]["supported"]
    assert (await negotiated(server, NEWEST))["result"]["protocolVersion"] == NEWEST


async def test_the_short_form_of_the_quick_start_succeeds(server: Server) -> None:
    answer = await server.post(rpc("initialize", {"protocolVersion": NEWEST}))
    assert answer.message["result"]["protocolVersion"] == NEWEST


async def test_the_result_introduces_the_server_and_declares_what_it_offers(server: Server) -> None:
    result = (await negotiated(server, NEWEST))["result"]
    assert result["serverInfo"]["name"] == f"mcp-echo-streamablehttp-server-{server.variant}"
    assert result["serverInfo"]["version"]
    assert "tools" in result["capabilities"]
    assert ("logging" in result["capabilities"]) == (server.variant == "stateful")
    assert result["capabilities"].keys() == {"tools", "prompts", "resources", "completions"} | (
        {"logging"} if server.variant == "stateful" else set()
    )


@pytest.mark.parametrize("revision", REVISIONS)
async def test_the_server_has_a_title_only_where_the_revision_has(revision: str, server: Server) -> None:
    info = (await negotiated(server, revision))["result"]["serverInfo"]
    assert ("title" in info) == (revision in {"2025-11-25", "2025-06-18"})


async def test_ping_is_answered_before_initialize_and_after(server: Server) -> None:
    assert (await server.post(rpc("ping"))).message == {"jsonrpc": "2.0", "id": 1, "result": {}}
    session = (await server.post(rpc("initialize", introduction()))).header("mcp-session-id")
    assert (await server.post(rpc("ping"), session)).message["result"] == {}
    assert (await server.post(note("notifications/initialized"), session)).status == 202
    assert (await server.post(rpc("ping"), session)).message["result"] == {}
