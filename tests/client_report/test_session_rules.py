"""Clients that lose, change or keep the id of their session, or leave sessions behind."""

from typing import Any

import pytest
from scripted import Client
from synthetic import exchange, findings

from harness import FakeClock, Server, introduction, rpc

LEGACY = ("2025-03-26", "2025-06-18", "2025-11-25")


async def opened(server: Server, revision: str = "2025-11-25", **options: Any) -> Client:
    client = Client(server, **options)
    await client.initialize(revision)
    server.clock.jump(1)
    return client


@pytest.mark.parametrize("revision", LEGACY)
async def test_requests_without_the_assigned_id_are_convicted(stateful: Server, revision: str) -> None:
    client = await opened(stateful, revision)
    await client.request("ping", mcp_session_id=None)
    await client.send("GET", headers={"mcp-session-id": None})
    await client.send("DELETE", headers={"mcp-session-id": None})
    [finding] = await client.findings("session-header-echoed")
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", revision)
    assert (finding.count, finding.evidence) == (3, (1, 3, 4, 5))


@pytest.mark.parametrize("peer", [("127.0.0.1", 50001), ("127.0.0.1", 50000)])
async def test_on_another_connection_or_behind_a_proxy_it_is_only_likely(
    stateful: Server, peer: tuple[str, int]
) -> None:
    client = Client(stateful)
    proxied = {"via": "1.1 gateway"} if peer == client.peer else {}
    await client.initialize()
    stateful.clock.jump(1)
    client.peer = peer
    await client.request("ping", mcp_session_id=None, **proxied)
    [finding] = await client.findings("session-header-echoed")
    assert (finding.certainty, finding.evidence) == ("likely", (1, 3))


async def test_somebody_else_in_the_same_bin_has_no_session_to_name(stateful: Server) -> None:
    await opened(stateful)
    stranger = Client(stateful, peer=("192.0.2.7", 50000))
    await stranger.request("tools/list")
    neighbour = Client(stateful)
    await neighbour.request("tools/list", user_agent="curl/8")
    await neighbour.request("tools/list", authorization="Bearer an-entirely-different-token")
    assert await stranger.findings("session-header-echoed") == []


async def test_a_handshake_a_probe_and_a_modern_request_need_no_session(stateful: Server) -> None:
    client = await opened(stateful)
    await client.post(rpc("initialize", introduction(), client.next_id()), mcp_session_id=None)
    await client.post(rpc("server/discover", None, client.next_id()), mcp_session_id=None)
    await client.modern("tools/list")
    await client.send("GET", headers={"mcp-session-id": None, "accept": "text/html"})
    await client.send("OPTIONS", headers={"mcp-session-id": None})
    assert await client.findings("session-header-echoed") == []


async def test_once_the_session_is_over_or_long_ago_there_is_nothing_to_name(stateful: Server) -> None:
    client = await opened(stateful)
    await client.send("DELETE")
    stateful.clock.jump(1)
    await client.request("ping", mcp_session_id=None)
    other = await opened(stateful, name="other")
    stateful.clock.jump(301)
    await other.request("ping", mcp_session_id=None)
    assert await client.findings("session-header-echoed") == []
    assert await other.findings("session-header-echoed") == []


ALTERATIONS = {
    "case": str.upper,
    "quoted": lambda value: f'"{value}"',
    "end is missing": lambda value: value[:20],
    "added": lambda value: f"{value}x",
    "several": lambda value: f"{value}, {value}",
    "form": lambda value: value.replace("-", ""),
    "characters": lambda _: "two words",
    "no value": lambda _: "undefined",
}


@pytest.mark.parametrize("how", ALTERATIONS)
async def test_an_id_that_was_changed_is_convicted_and_the_change_is_named(stateful: Server, how: str) -> None:
    client = await opened(stateful)
    await client.request("ping", mcp_session_id=ALTERATIONS[how](client.session or ""))
    [finding] = await client.findings("session-id-exact")
    assert (finding.level, finding.certainty, finding.evidence) == ("must", "certain", (3,))
    assert how in finding.says[0]
    assert (client.session or "") not in finding.says[0]


async def test_an_id_of_another_form_is_likely_not_from_here(stateful: Server) -> None:
    client = Client(stateful)
    await client.request("ping", mcp_session_id="my-session")
    [finding] = await client.findings("session-id-exact")
    assert (finding.certainty, finding.revision, finding.evidence) == ("likely", "2025-03-26", (1,))


async def test_an_empty_id_is_none(stateful: Server) -> None:
    client = await opened(stateful)
    await client.request("ping", mcp_session_id="")
    [finding] = await client.findings("session-id-exact")
    assert (finding.certainty, finding.evidence) == ("certain", (3,))


async def test_an_id_that_may_have_been_issued_once_is_not_convicted(stateful: Server) -> None:
    client = await opened(stateful)
    await client.request("ping", mcp_session_id="00000000-0000-4000-8000-000000000000")
    await client.send("DELETE")
    await client.request("ping")
    assert await client.findings("session-id-exact") == []


async def test_an_id_that_the_record_masks_is_not_convicted(stateful: Server) -> None:
    client = Client(stateful)
    await client.request("ping", mcp_session_id="eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl")
    assert await client.findings("session-id-exact") == []


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_whoever_keeps_a_session_that_is_gone_is_convicted(
    stateful: Server, clock: FakeClock, method: str
) -> None:
    client = await opened(stateful)
    await stateful.delete(client.session)
    assert (await client.request("ping")).status == 404
    clock.jump(5.1)
    await client.send(method, rpc("ping", None, client.next_id()) if method == "POST" else b"")
    [finding] = await client.findings("session-404-reinitialize")
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", "2025-11-25")
    assert finding.evidence == (3, 4)


async def test_requests_in_flight_a_farewell_and_a_new_beginning_are_fine(stateful: Server, clock: FakeClock) -> None:
    client = await opened(stateful)
    await stateful.delete(client.session)
    await client.request("ping")
    clock.jump(4)
    await client.request("ping")
    clock.jump(4)
    await client.send("DELETE")
    await client.initialize()
    clock.jump(60)
    await client.request("ping")
    assert (await client.report()).findings == ()


async def test_a_straggler_after_a_new_beginning_is_let_pass(stateful: Server, clock: FakeClock) -> None:
    client = await opened(stateful)
    former = client.session
    await stateful.delete(former)
    await client.request("ping")
    await client.initialize()
    clock.jump(60)
    await client.request("ping", mcp_session_id=former)
    assert await client.findings("session-404-reinitialize") == []


async def test_two_clients_may_each_hear_once_that_a_session_is_gone(stateful: Server, clock: FakeClock) -> None:
    client = await opened(stateful)
    await stateful.delete(client.session)
    await client.request("ping")
    clock.jump(60)
    client.peer = ("192.0.2.7", 50000)
    await client.request("ping")
    assert await client.findings("session-404-reinitialize") == []


async def test_a_handshake_with_an_id_that_is_gone_is_convicted(stateful: Server) -> None:
    client = await opened(stateful)
    await stateful.delete(client.session)
    await client.request("ping")
    await client.post(rpc("initialize", introduction(), client.next_id()), mcp_protocol_version=None)
    [finding] = await client.findings("reinitialize-without-session-id")
    assert (finding.level, finding.revision, finding.evidence) == ("must", "2025-11-25", (3, 4))


@pytest.mark.parametrize("session", [None, "00000000-0000-4000-8000-000000000000"])
async def test_a_handshake_with_another_id_is_noted(stateful: Server, session: str | None) -> None:
    client = await opened(stateful)
    await client.post(rpc("initialize", introduction(), client.next_id()), mcp_session_id=session or client.session)
    [finding] = await client.findings("reinitialize-without-session-id")
    assert (finding.level, finding.evidence) == ("note", (3,))


async def test_a_handshake_without_an_id_is_as_it_should_be(stateful: Server) -> None:
    client = await opened(stateful)
    await client.initialize()
    assert await client.findings("reinitialize-without-session-id") == []


async def abandoning(server: Server, *, ended: bool = False, silent: float = 3601.0) -> Client:
    client = await opened(server)
    if ended:
        await client.send("DELETE")
    server.clock.jump(silent)
    await client.initialize()
    return client


async def test_a_session_that_is_left_behind_is_suspected(stateful: Server) -> None:
    client = await abandoning(stateful)
    [finding] = await client.findings("session-delete-on-exit")
    assert (finding.level, finding.certainty, finding.revision) == ("should", "heuristic", "2025-11-25")
    assert finding.evidence == (1,)
    assert finding.says == ('Suspicion: "tester" left 1 of its 2 sessions without a DELETE.',)


async def test_a_session_that_was_ended_is_not_left_behind(stateful: Server) -> None:
    assert await (await abandoning(stateful, ended=True)).findings("session-delete-on-exit") == []


async def test_a_session_that_may_still_be_used_is_not_left_behind(stateful: Server) -> None:
    assert await (await abandoning(stateful, silent=3500)).findings("session-delete-on-exit") == []


async def test_a_client_that_comes_back_has_not_left(stateful: Server, clock: FakeClock) -> None:
    client = await opened(stateful)
    clock.jump(7200)
    assert (await client.request("ping")).status == 404
    clock.jump(1)
    await client.initialize()
    clock.jump(7200)
    await Client(stateful, peer=("192.0.2.7", 1)).initialize()
    assert await client.findings("session-delete-on-exit") == []


def test_where_sessions_cannot_be_ended_nobody_is_asked_to() -> None:
    hello = rpc("initialize", introduction(), 1)
    welcome = {"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "2025-11-25", "capabilities": {}}}
    first = exchange(hello, answer=welcome, session="a")
    second = exchange(hello, at=7200, answer=welcome, session="b")
    refused = exchange(method="DELETE", at=7201, status=405, session="b")
    assert len(findings("session-delete-on-exit", first, second)) == 1
    assert findings("session-delete-on-exit", first, second, refused) == []
