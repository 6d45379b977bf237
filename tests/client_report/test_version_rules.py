"""Clients that leave the version header out, or say something else in it than was negotiated."""

from typing import Any

import pytest
from scripted import Client

from harness import REVISIONS, Server, note, rpc

WITH_HEADER = ("2025-06-18", "2025-11-25")


@pytest.mark.parametrize("revision", WITH_HEADER)
async def test_requests_of_a_session_without_the_header_are_convicted(stateful: Server, revision: str) -> None:
    client = Client(stateful)
    await client.initialize(revision, capabilities={"roots": {"listChanged": True}})
    client.version = None
    await client.post(note("notifications/roots/list_changed"))
    await client.request("ping")
    stream = client.open("GET")
    await stream.head()
    await stream.leave()
    await client.send("DELETE")
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.revision) == ("version-header-after-init", "must", revision)
    assert (finding.count, finding.evidence) == (4, (1, 3, 4, 6, 7))


async def test_the_oldest_revisions_have_no_such_header(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize("2025-03-26")
    assert client.version is None
    await client.request("ping")
    await client.send("DELETE")
    assert (await client.report()).findings == ()


async def test_requests_outside_of_a_session_are_not_judged_by_what_it_negotiated(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.send("OPTIONS", headers={"mcp-protocol-version": None})
    stranger = Client(stateful, peer=("127.0.0.2", 1))
    await stranger.request("ping")
    for params in ({"protocolVersion": "2025-11-25"}, {}):
        await client.post(rpc("initialize", params, client.next_id()), mcp_protocol_version=None)
    assert await client.findings("version-header-after-init") == []


@pytest.mark.parametrize("value", ["2025-06-18", "2024-11-05"])
async def test_a_header_with_another_revision_is_convicted(stateful: Server, value: str) -> None:
    client = Client(stateful)
    await client.initialize("2025-11-25")
    await client.request("ping", mcp_protocol_version=value)
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.revision) == ("version-header-negotiated", "should", "2025-11-25")
    assert finding.evidence == (1, 3)
    assert "offered" not in finding.says[0]


async def test_repeating_the_offer_instead_of_the_answer_is_named(make_app: Any) -> None:
    client = Client(make_app("stateful", MCP_PROTOCOL_VERSIONS_SUPPORTED="2025-06-18"))
    await client.initialize("2025-11-25")
    assert client.version == "2025-06-18"
    await client.request("ping", mcp_protocol_version="2025-11-25")
    [finding] = await client.findings("version-header-negotiated")
    assert (finding.revision, finding.evidence) == ("2025-06-18", (1, 3))
    assert "offered" in finding.says[0]


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_header_on_initialize_itself_may_say_what_it_likes(stateful: Server, revision: str) -> None:
    client = Client(stateful)
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}
    await client.post(rpc("initialize", params, client.next_id()), mcp_protocol_version=revision)
    for rule in ("version-header-negotiated", "version-header-recognised", "version-header-after-init"):
        assert await client.findings(rule) == []


@pytest.mark.parametrize("value", ["", "2.0", "v1", "2025-11-24", "2025-11-25, 2025-11-25", "1999-01-01"])
async def test_a_header_that_names_no_revision_is_convicted(stateful: Server, value: str) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.request("ping", mcp_protocol_version=value)
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.revision) == ("version-header-recognised", "must", "2025-11-25")
    assert finding.evidence == (3,)


@pytest.mark.parametrize("value", ["2031-01-01", "DRAFT-2031-v1"])
async def test_an_offer_from_the_future_is_nobodys_fault(stateful: Server, value: str) -> None:
    client = Client(stateful)
    params = {"protocolVersion": value, "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}
    await client.post(rpc("initialize", params, client.next_id()), mcp_protocol_version=value)
    assert await client.findings("version-header-recognised") == []


async def test_a_modern_request_beside_a_session_is_judged_by_its_own_revision(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.modern("tools/list")
    assert (await client.report()).findings == ()
