"""A client that keeps the rules of its revision has no findings."""

import pytest
from scripted import Client

from harness import REVISIONS, Server, rpc


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
