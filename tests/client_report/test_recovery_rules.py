"""Clients that do not learn from what a modern server refused."""

from typing import Any

import pytest
from scripted import META, MODERN, Client
from synthetic import exchange, findings

from harness import Server, introduction, rpc

OLD = "2031-01-01"


async def mismatching(make_app: Any, *pauses: float, refetch: bool = False) -> Client:
    client = Client(make_app("stateful", MCP_ECHO_TOOLSETS="conformance"))
    for pause in (0.0, *pauses):
        client.server.clock.jump(pause)
        if refetch and pause:
            await client.modern("tools/list")
        await client.modern("tools/call", {"name": "test_custom_headers", "arguments": {"region": "eu"}})
    return client


async def test_a_call_that_is_repeated_unchanged_after_a_mismatch_is_suspected(make_app: Any) -> None:
    client = await mismatching(make_app, 1, 2)
    [finding] = await client.findings("header-mismatch-recovery")
    assert (finding.level, finding.certainty, finding.revision) == ("should", "heuristic", MODERN)
    assert (finding.count, finding.evidence) == (1, (1, 2, 3))
    assert finding.says[0].startswith("Suspicion: ")


@pytest.mark.parametrize(("pauses", "refetch"), [((1,), False), ((61, 61), False), ((1, 1), True), ((), False)])
async def test_once_more_later_or_after_a_look_at_the_list_is_fine(
    make_app: Any, pauses: tuple[float, ...], refetch: bool
) -> None:
    client = await mismatching(make_app, *pauses, refetch=refetch)
    assert await client.findings("header-mismatch-recovery") == []


async def test_a_call_that_was_changed_is_another_one(make_app: Any) -> None:
    client = Client(make_app("stateful", MCP_ECHO_TOOLSETS="conformance"))
    for region in ("a", "b", "c"):
        arguments = {"name": "test_custom_headers", "arguments": {"region": "eu"}}
        await client.modern("tools/call", arguments, mcp_param_region=region)
        client.server.clock.jump(1)
    assert await client.findings("header-mismatch-recovery") == []


async def offering(server: Server, *offers: str, pause: float = 1) -> Client:
    client = Client(server)
    for offer in offers:
        await client.modern("tools/list", {"_meta": {f"{META}protocolVersion": offer}}, mcp_protocol_version=offer)
        server.clock.jump(pause)
    return client


async def test_a_refused_revision_that_is_sent_again_and_again_is_convicted(stateful: Server) -> None:
    client = await offering(stateful, OLD, OLD, OLD)
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.certainty) == ("unsupported-version-recovery", "should", "likely")
    assert (finding.revision, finding.count, finding.evidence) == (MODERN, 1, (1, 2, 3))
    assert OLD in finding.says[0]
    assert MODERN in finding.says[0]


@pytest.mark.parametrize(
    "offers", [(OLD,), (OLD, OLD), (OLD, MODERN, MODERN, MODERN), (OLD, "2031-01-02", "2031-01-03")]
)
async def test_stopping_a_second_try_and_another_revision_are_fine(stateful: Server, offers: tuple[str, ...]) -> None:
    client = await offering(stateful, *offers)
    assert await client.findings("unsupported-version-recovery") == []


async def test_much_later_somebody_may_try_again(stateful: Server) -> None:
    client = await offering(stateful, OLD, OLD, OLD, pause=61)
    assert await client.findings("unsupported-version-recovery") == []


def test_a_refusal_that_names_no_revision_helps_nobody() -> None:
    message = rpc("tools/list", {"_meta": {f"{META}protocolVersion": OLD}})
    answer = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32022, "message": "no", "data": {"supported": []}}}
    events = [exchange(message, at=at, status=400, answer=answer) for at in (0, 1, 2)]
    assert findings("unsupported-version-recovery", *events) == []


async def falling_back(server: Server, name: str = "tester", pause: float = 1, **headers: str | None) -> Client:
    client = Client(server)
    await client.modern("tools/list", **{"mcp_method": "wrong", **headers})
    server.clock.jump(pause)
    params = {**introduction(), "clientInfo": {"name": name, "version": "1"}}
    await client.post(rpc("initialize", params, client.next_id()))
    return client


async def test_a_handshake_after_an_error_of_a_modern_server_is_convicted(stateful: Server) -> None:
    client = await falling_back(stateful)
    [finding] = await client.findings("no-legacy-fallback-on-modern-error")
    assert (finding.level, finding.certainty, finding.revision) == ("should", "likely", MODERN)
    assert (finding.count, finding.evidence) == (1, (1, 2))
    assert "-32020" in finding.says[0]


async def test_a_bare_get_after_such_an_error_is_convicted(stateful: Server) -> None:
    client = Client(stateful)
    await client.modern("no/such/method")
    stateful.clock.jump(1)
    await client.send("GET")
    [finding] = await client.findings("no-legacy-fallback-on-modern-error")
    assert finding.evidence == (1, 2)
    assert "-32601" in finding.says[0]


async def test_another_client_a_late_one_and_one_whose_request_was_fine_do_not_fall_back(stateful: Server) -> None:
    other = await falling_back(stateful, name="other")
    late = await falling_back(stateful, pause=11)
    fine = await falling_back(stateful, mcp_method="tools/list")
    for client in (other, late, fine):
        assert await client.findings("no-legacy-fallback-on-modern-error") == []


async def test_whoever_corrected_the_request_may_open_a_session_too(stateful: Server) -> None:
    client = Client(stateful)
    await client.modern("tools/list", mcp_method="wrong")
    await client.modern("tools/list")
    await client.initialize()
    assert await client.findings("no-legacy-fallback-on-modern-error") == []


async def test_whoever_had_a_session_before_does_not_fall_back(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.modern("tools/list", mcp_method="wrong")
    await client.initialize()
    assert await client.findings("no-legacy-fallback-on-modern-error") == []


def test_a_server_that_offers_older_revisions_invites_a_handshake() -> None:
    message = rpc("tools/list", {"_meta": {f"{META}protocolVersion": OLD}})
    for supported, cases in ((["2025-11-25"], 0), ([MODERN], 1)):
        error = {"code": -32022, "message": "no", "data": {"supported": supported}}
        refused = exchange(message, status=400, answer={"jsonrpc": "2.0", "id": 1, "error": error})
        opening = exchange(rpc("initialize", introduction()), at=1)
        assert len(findings("no-legacy-fallback-on-modern-error", refused, opening)) == cases
        assert findings("no-legacy-fallback-on-modern-error", refused, opening, dropped=3) == []
