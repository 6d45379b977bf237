"""Clients of the revision without a handshake whose envelope is incomplete, or that still use what it removed."""

from typing import Any

import pytest
from scripted import CLIENT_INFO, META, MODERN, Client
from synthetic import exchange, findings

from harness import REVISIONS, Server, note, rpc

ROUTED = {"mcp_protocol_version": MODERN, "mcp_method": "tools/list", "mcp_session_id": None}
ENVELOPE = {f"{META}protocolVersion": MODERN, f"{META}clientCapabilities": {}, f"{META}clientInfo": CLIENT_INFO}


def changed(**changes: Any) -> dict[str, Any]:
    """An envelope with changed members; ``...`` leaves one out."""
    members = {**ENVELOPE, **{f"{META}{name}": value for name, value in changes.items()}}
    return {name: value for name, value in members.items() if value is not ...}


async def listing(server: Server, params: Any, **headers: str | None) -> Client:
    client = Client(server)
    await client.post(rpc("tools/list", params, client.next_id()), **{**ROUTED, **headers})
    return client


@pytest.mark.parametrize(
    ("params", "missing"),
    [
        (None, "clientCapabilities"),
        ({}, "protocolVersion"),
        ({"_meta": None}, "clientCapabilities"),
        ({"_meta": []}, "protocolVersion"),
        ({"_meta": changed(protocolVersion=20260728)}, "protocolVersion"),
        ({"_meta": changed(clientCapabilities=...)}, "clientCapabilities"),
        ({"_meta": changed(clientCapabilities=[])}, "clientCapabilities"),
        ({"_meta": changed(clientCapabilities=None)}, "clientCapabilities"),
    ],
)
async def test_an_incomplete_envelope_is_convicted(stateful: Server, params: Any, missing: str) -> None:
    client = await listing(stateful, params)
    [finding] = await client.findings("modern-required-meta")
    assert (finding.level, finding.certainty, finding.revision, finding.evidence) == ("must", "certain", MODERN, (1,))
    assert missing in finding.says[0]


async def test_a_whole_envelope_with_other_members_is_fine(stateful: Server) -> None:
    client = await listing(stateful, {"_meta": {**ENVELOPE, "progressToken": 1, "com.example/x": None}})
    assert (await client.report()).findings == ()


async def test_notifications_and_requests_of_older_revisions_need_no_envelope(stateful: Server) -> None:
    client = Client(stateful)
    await client.post(note("notifications/x"), mcp_protocol_version=MODERN, mcp_method="notifications/x")
    await client.initialize()
    await client.request("tools/list")
    assert await client.findings("modern-required-meta") == []


@pytest.mark.parametrize(
    ("client_info", "level"),
    [(..., "should"), (None, "must"), ("me", "must"), ({"name": "me"}, "must"), ({"name": 1, "version": "1"}, "must")],
)
async def test_a_client_that_does_not_introduce_itself_is_convicted(
    stateful: Server, client_info: Any, level: str
) -> None:
    client = await listing(stateful, {"_meta": changed(clientInfo=client_info)})
    [finding] = await client.findings("modern-client-info")
    assert (finding.rule, finding.level, finding.revision, finding.evidence) == (
        "modern-client-info",
        level,
        MODERN,
        (1,),
    )


async def test_a_name_and_a_version_are_enough(stateful: Server) -> None:
    client = await listing(stateful, {"_meta": changed(clientInfo={"name": "", "version": "", "title": "x"})})
    assert await client.findings("modern-client-info") == []


async def test_a_request_without_the_version_header_is_convicted(stateful: Server) -> None:
    client = await listing(stateful, {"_meta": ENVELOPE}, mcp_protocol_version=None)
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.certainty) == ("modern-version-header-present", "must", "certain")
    assert (finding.revision, finding.evidence) == (MODERN, (1,))


async def test_behind_a_proxy_a_missing_header_need_not_be_the_clients_fault(stateful: Server) -> None:
    client = await listing(stateful, {"_meta": ENVELOPE}, mcp_protocol_version=None, via="1.1 gateway")
    [finding] = await client.findings("modern-version-header-present")
    assert (finding.level, finding.certainty) == ("must", "likely")


async def test_a_notification_without_the_version_header_is_only_noted() -> None:
    message = note("notifications/x", {"_meta": ENVELOPE})
    [finding] = findings("modern-version-header-present", exchange(message, status=202))
    assert (finding.level, finding.evidence) == ("note", (1,))


async def test_a_version_that_came_twice_is_convicted(stateful: Server) -> None:
    client = await listing(stateful, {"_meta": ENVELOPE}, mcp_protocol_version=f"{MODERN}, {MODERN}")
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.evidence) == ("modern-version-header-present", (1,))


@pytest.mark.parametrize("header", ["2025-11-25", "2024-11-05", "2031-01-01", "1"])
async def test_header_and_envelope_that_disagree_are_convicted(stateful: Server, header: str) -> None:
    client = await listing(stateful, {"_meta": ENVELOPE}, mcp_protocol_version=header)
    [finding] = await client.findings("modern-version-header-matches-meta")
    assert (finding.level, finding.certainty, finding.revision, finding.evidence) == ("must", "certain", MODERN, (1,))
    assert ("handshake" in finding.says[0]) == (header in REVISIONS)


@pytest.mark.parametrize("header", [MODERN, f" {MODERN}\t"])
async def test_blanks_around_the_version_do_not_matter(stateful: Server, header: str) -> None:
    client = await listing(stateful, {"_meta": ENVELOPE}, mcp_protocol_version=header)
    assert await client.findings("modern-version-header-matches-meta") == []


async def test_what_a_revision_of_the_future_demands_is_not_known(stateful: Server) -> None:
    meta = {f"{META}protocolVersion": "2031-01-01"}
    client = await listing(stateful, {"_meta": meta}, mcp_protocol_version="2031-01-01", mcp_method=None)
    assert (await client.report()).findings == ()


async def test_a_response_is_convicted(stateful: Server) -> None:
    client = Client(stateful)
    await client.post({"jsonrpc": "2.0", "id": 7, "result": {}}, mcp_protocol_version=MODERN)
    [finding] = await client.findings("modern-no-responses")
    assert (finding.level, finding.revision, finding.evidence) == ("must", MODERN, (1,))
    assert "7" in finding.says[0]


async def test_a_response_in_a_session_is_none_of_this_revision(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.post({"jsonrpc": "2.0", "id": 7, "result": {}})
    assert await client.findings("modern-no-responses") == []


@pytest.mark.parametrize(
    "method",
    [
        "initialize",
        "ping",
        "logging/setLevel",
        "resources/subscribe",
        "resources/unsubscribe",
        "tasks/result",
        "tasks/list",
    ],
)
async def test_a_removed_request_is_convicted_with_or_without_an_envelope(stateful: Server, method: str) -> None:
    client = Client(stateful)
    await client.modern(method)
    await client.post(rpc(method, None, client.next_id()), mcp_protocol_version=MODERN)
    [finding] = await client.findings("modern-removed-methods")
    assert (finding.level, finding.revision, finding.count, finding.evidence) == ("must", MODERN, 2, (1, 2))
    for rule in ("modern-required-meta", "modern-client-info", "modern-mcp-method-header"):
        assert await client.findings(rule) == []


@pytest.mark.parametrize("method", ["notifications/initialized", "notifications/roots/list_changed"])
async def test_a_removed_notification_is_convicted(stateful: Server, method: str) -> None:
    client = Client(stateful)
    await client.post(note(method), mcp_protocol_version=MODERN, mcp_method=method)
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.evidence) == ("modern-removed-methods", "must", (1,))


async def test_a_session_may_use_what_was_removed_later(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.request("ping")
    assert await client.findings("modern-removed-methods") == []


async def test_mechanisms_of_older_revisions_are_noted(stateful: Server) -> None:
    client = Client(stateful)
    await client.modern("tools/list", mcp_session_id="00000000-0000-4000-8000-000000000000", last_event_id="a-1")
    await client.send("GET", headers={"mcp-protocol-version": MODERN})
    await client.send("DELETE", headers={"mcp-protocol-version": MODERN})
    cancelled = note("notifications/cancelled", {"requestId": 1})
    await client.post(cancelled, mcp_protocol_version=MODERN, mcp_method="notifications/cancelled")
    [finding] = await client.findings("modern-legacy-mechanisms")
    assert (finding.level, finding.revision, finding.count, finding.evidence) == ("note", MODERN, 4, (1, 2, 3, 4))
    assert finding.says[0] == "Mcp-Session-Id and Last-Event-ID have no effect here."


async def test_a_session_has_all_these(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.post(note("notifications/cancelled", {"requestId": 1}))
    await client.send("DELETE")
    assert await client.findings("modern-legacy-mechanisms") == []


async def test_deprecated_features_are_noted_once(stateful: Server) -> None:
    client = Client(stateful)
    capable = {f"{META}clientCapabilities": {"roots": {}, "sampling": {}, "elicitation": {}}}
    await client.modern("tools/list", {"_meta": capable})
    await client.modern("server/discover", {"_meta": capable})
    await client.modern("tools/list", {"cursor": None, "_meta": {f"{META}logLevel": "info"}})
    [finding] = await client.findings("deprecated-features")
    assert (finding.level, finding.revision, finding.count, finding.evidence) == ("note", MODERN, 1, (1, 3))
    assert finding.says == ("The client relies on logging, roots, sampling.",)


async def test_elicitation_and_extensions_are_not_deprecated(stateful: Server) -> None:
    client = Client(stateful)
    await client.modern("tools/list", {"_meta": {f"{META}clientCapabilities": {"elicitation": {}, "extensions": {}}}})
    assert await client.findings("deprecated-features") == []
