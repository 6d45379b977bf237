"""A client that keeps the rules of its revision has no findings."""

from collections.abc import Callable

import pytest
from scripted import Client

from harness import REVISIONS, FakeClock, Server, rpc
from mcp_echo_core.toolsets.conformance import running


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_conforming_client_of_a_revision_with_a_handshake_has_no_findings(
    stateful: Server, revision: str
) -> None:
    client = Client(stateful)
    await client.initialize(revision)
    await client.request("tools/list")
    await client.request("ping")
    await client.call("echo", message="hello")
    await client.send("DELETE")
    report = await client.report()
    assert report.exchanges == 6
    assert report.findings == ()


async def test_a_client_that_listens_and_fetches_what_a_cut_kept_back_has_no_findings(
    make_app: Callable[..., Server], clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PAUSE", 0.0)
    client = Client(make_app("stateful", MCP_ECHO_TOOLSETS="diagnostics,conformance"))
    await client.initialize()
    listener = client.open("GET")
    assert await listener.event() is not None
    clock.jump(30)
    priming = (await client.call("test_reconnection")).events[-1]
    clock.jump(1)
    resumed = await client.send("GET", headers={"last-event-id": priming.id})
    assert resumed.final["id"] == client.ids
    await client.call("test_tool_with_progress")
    await listener.leave()
    assert (await client.send("DELETE")).status == 204
    assert (await client.report()).findings == ()


async def test_a_conforming_client_of_the_revision_without_a_handshake_has_no_findings(stateful: Server) -> None:
    client = Client(stateful)
    await client.modern("server/discover")
    await client.modern("tools/list")
    echoed = await client.modern("tools/call", {"name": "echo", "arguments": {"message": "hello"}})
    handle = echoed.message["result"]["structuredContent"]["session"]
    await client.modern("tools/call", {"name": "replayLastEcho", "arguments": {"session": handle}})
    report = await client.report()
    assert report.exchanges == 4
    assert report.findings == ()


async def test_a_rule_that_is_broken_is_found(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.post(rpc("ping", None, client.next_id()), content_type="text/plain")
    [finding] = await client.findings("content-type-json")
    assert (finding.level, finding.evidence, finding.revision) == ("should", (3,), "2025-11-25")
