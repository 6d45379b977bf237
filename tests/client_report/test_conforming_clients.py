"""A client that keeps the rules of its revision has no findings."""

from collections.abc import Callable

import pytest
from questioned import BOTH, EVERYTHING, ROUNDS, asked, question, reply, willing
from scripted import META, MODERN, Client

from harness import REVISIONS, FakeClock, Server, note, rpc
from mcp_echo_core.toolsets.conformance import running

NAMED = {"action": "accept", "content": {"name": "Alice"}}
SAID = {"role": "assistant", "model": "m", "content": {"type": "text", "text": "Paris."}}
ROOTS = {"roots": [{"uri": "file:///one"}]}


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


@pytest.mark.parametrize("revision", ["2025-06-18", "2025-11-25"])
async def test_a_client_that_uses_everything_and_answers_questions_has_no_findings(
    make_app: Callable[..., Server], clock: FakeClock, revision: str
) -> None:
    client = await willing(make_app, revision)
    for method in ("tools/list", "prompts/list", "resources/list", "resources/templates/list"):
        await client.request(method)
    await client.request("logging/setLevel", {"level": "warning"})
    await client.request("resources/subscribe", {"uri": "test://watched-resource"})
    await client.post(note("notifications/roots/list_changed"))
    call, asking = await asked(client, f"{ROUNDS}multiple_inputs")
    for answer in (NAMED, SAID, ROOTS):
        clock.jump(2)
        await client.request("ping")
        assert (await client.post(reply(asking, answer))).status == 202
        asking = await question(call)
    assert asking["result"]["isError"] is False
    await call.answer()
    call, _ = await asked(client, f"{ROUNDS}list_roots")
    clock.jump(40)
    await client.post(note("notifications/cancelled", {"requestId": client.ids}))
    await call.answer()
    meta = {"progressToken": client.next_id(), "com.example/own": {"a b": 1}}
    for _ in range(2):
        await client.request("tools/call", {"name": "echo", "arguments": {"message": "x"}, "_meta": meta})
    await client.send("DELETE")
    assert (await client.report()).findings == ()


async def test_a_modern_client_that_listens_and_answers_questions_breaks_nothing(
    make_app: Callable[..., Server], clock: FakeClock
) -> None:
    client = Client(make_app("stateful", MCP_ECHO_TOOLSETS=BOTH))
    listening = client.modern_message("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    routing = {"mcp-protocol-version": MODERN, "mcp-method": "subscriptions/listen"}
    stream = client.open("POST", listening, routing)
    await stream.head()
    clock.jump(1)
    capabilities = {f"{META}clientCapabilities": EVERYTHING, f"{META}logLevel": "info", "progressToken": 7}
    trace = {
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
        "tracestate": "a=1",
        "baggage": "b=2",
    }
    params = {"name": f"{ROUNDS}multiple_inputs", "arguments": {}, "_meta": {**capabilities, **trace}}
    first = (await client.modern("tools/call", params)).final["result"]
    answers = {"user_name": NAMED, "greeting": SAID, "client_roots": ROOTS}
    assert first["inputRequests"].keys() == answers.keys()
    again = {**params, "inputResponses": answers, "requestState": first["requestState"]}
    assert (await client.modern("tools/call", again)).final["result"]["isError"] is False
    await stream.leave()
    report = await client.report()
    assert [finding.rule for finding in report.findings if finding.level != "note"] == []
    assert {finding.rule for finding in report.findings} <= {"deprecated-features"}  # roots, sampling, log levels


async def test_a_rule_that_is_broken_is_found(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.post(rpc("ping", None, client.next_id()), content_type="text/plain")
    [finding] = await client.findings("content-type-json")
    assert (finding.level, finding.evidence, finding.revision) == ("should", (3,), "2025-11-25")
