"""Clients whose ids are used twice, missing, or where none belong."""

from typing import Any

import pytest
from scripted import MODERN, Client
from synthetic import exchange, findings

from harness import FakeClock, Server, note, rpc

REUSED = "request-id-unique-in-session"
IN_FLIGHT = "request-id-unique-in-flight"
INITIALIZED = {"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}}}


async def opened(server: Server, revision: str = "2025-11-25") -> Client:
    client = Client(server)
    await client.initialize(revision)
    return client


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
async def test_an_id_that_was_used_before_is_convicted(stateful: Server, revision: str) -> None:
    client = await opened(stateful, revision)
    await client.post(rpc("ping", None, 7))
    await client.post(rpc("tools/list", None, 7))
    [finding] = await client.findings(REUSED)
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", revision)
    assert (finding.evidence, finding.count) == ((3, 4), 1)
    assert finding.says == ('The id 7 of "tools/list" was used before, by "ping" in this session.',)


async def test_the_id_of_initialize_counts_too(stateful: Server) -> None:
    client = await opened(stateful)
    await client.post(rpc("ping", None, 1))
    [finding] = await client.findings(REUSED)
    assert finding.evidence == (1, 3)


async def test_an_id_is_another_one_as_text_and_in_another_session(stateful: Server) -> None:
    client = await opened(stateful)
    await client.post(rpc("ping", None, 7))
    await client.post(rpc("ping", None, "7"))
    await client.initialize()
    await client.post(rpc("ping", None, 7))
    await client.post(rpc("ping", None, 7), mcp_session_id="00000000-0000-4000-8000-000000000000")
    assert await client.findings(REUSED) == []


async def test_a_request_that_was_refused_may_come_again_with_its_id(stateful: Server) -> None:
    client = await opened(stateful)
    await client.post(rpc("ping", None, 7), mcp_protocol_version="2020-01-01")
    await client.post(rpc("ping", None, 7))
    assert await client.findings(REUSED) == []


def begun(*events: Any) -> list[Any]:
    opening = exchange(rpc("initialize", {"protocolVersion": "2025-11-25"}, 1), answer=INITIALIZED, session="a")
    return [opening, *events]


@pytest.mark.parametrize(("again", "level"), [(rpc("tools/list", None, 2), "note"), (rpc("ping", None, 2), "must")])
def test_the_same_request_after_a_lost_answer_is_only_noted(again: Any, level: str) -> None:
    first = rpc("tools/list", None, 2)
    events = begun(
        exchange(first, at=1, status=499, session="a"),
        exchange(again, at=2, answer={"jsonrpc": "2.0", "id": 2, "result": {}}, session="a"),
    )
    [finding] = findings(REUSED, *events)
    assert (finding.level, finding.evidence) == (level, (2, 3))


def test_a_proxy_may_repeat_a_request_that_has_no_answer_yet() -> None:
    events = [exchange(rpc("ping", None, 2), at=at, seconds=9, session="a") for at in (1, 2)]
    [finding] = findings(REUSED, *begun(*events))
    assert finding.level == "note"


def test_a_constant_id_is_no_retry() -> None:
    answer = {"jsonrpc": "2.0", "id": 2, "result": {}}
    events = [exchange(rpc("ping", None, 2), at=at, answer=answer, session="a") for at in (1, 2, 3)]
    [finding] = findings(REUSED, *begun(*events))
    assert (finding.level, finding.count, finding.evidence) == ("must", 2, (2, 3, 4))


async def listening(client: Client, request_id: Any, server: Server) -> Any:
    message = client.modern_message("subscriptions/listen", {"notifications": {}}, request_id)
    headers = {"mcp-protocol-version": MODERN, "mcp-method": "subscriptions/listen"}
    stream = client.open("POST", message, headers)
    await stream.head()
    return stream


async def test_an_id_that_still_belongs_to_an_open_stream_is_suspected(stateful: Server, clock: FakeClock) -> None:
    client = Client(stateful)
    stream = await listening(client, 5, stateful)
    clock.jump(2)
    await client.modern("tools/list", request_id=5)
    [finding] = await client.findings(IN_FLIGHT)
    assert (finding.level, finding.certainty, finding.revision) == ("must", "heuristic", MODERN)
    assert finding.evidence == (1, 2)
    assert finding.says[0].startswith('Suspicion: The id 5 of "tools/list" still belongs to "subscriptions/listen"')
    await stream.leave()


async def test_an_id_may_be_used_again_after_the_answer_and_beside_others(stateful: Server, clock: FakeClock) -> None:
    client = Client(stateful)
    stream = await listening(client, 5, stateful)
    await client.modern("tools/list", request_id="5")
    await client.modern("tools/list", request_id=6)
    clock.jump(1)
    await client.modern("tools/list", request_id=6)
    await stream.leave()
    clock.jump(1)
    await client.modern("tools/list", request_id=5)
    assert await client.findings(IN_FLIGHT) == []


def modern(request_id: Any, at: float, seconds: float | None, **changes: Any) -> Any:
    meta = {"io.modelcontextprotocol/protocolVersion": MODERN}
    message = rpc("tools/call", {"name": "echo", "_meta": meta}, request_id)
    headers = {"mcp-protocol-version": MODERN, **changes.pop("headers", {})}
    return exchange(message, at=at, seconds=seconds, headers=headers, **changes)


def test_what_came_over_two_connections_may_be_two_clients_and_is_only_noted() -> None:
    [finding] = findings(IN_FLIGHT, modern(1, 0, 9), modern(1, 1, 1, connection="127.0.0.1:50001"))
    assert (finding.level, finding.certainty) == ("note", "heuristic")


@pytest.mark.parametrize(
    "later",
    [
        modern(1, 8.99, 1),
        modern(1, 1, 1, connection="127.0.0.2:50000"),
        modern(1, 1, 1, headers={"user-agent": "other"}),
    ],
)
def test_another_client_or_an_answer_on_its_way_is_no_case(later: Any) -> None:
    assert findings(IN_FLIGHT, modern(1, 0, 9), later) == []


def test_a_stream_that_was_open_when_its_process_died_is_over() -> None:
    assert findings(IN_FLIGHT, modern(1, 0, None, number=9), modern(1, 1, 1, number=3)) == []
    assert findings(IN_FLIGHT, modern(1, 0, None), modern(1, 1, 1, instance="two")) == []
    assert len(findings(IN_FLIGHT, modern(1, 0, None), modern(1, 1, 1))) == 1


@pytest.mark.parametrize("method", ["initialize", "ping", "tools/call", "resources/read", "tasks/get"])
async def test_a_request_without_an_id_is_convicted(stateful: Server, method: str) -> None:
    client = await opened(stateful)
    await client.post(note(method))
    [finding] = await client.findings("request-carries-id")
    assert (finding.level, finding.certainty, finding.evidence) == ("must", "certain", (3,))


async def test_a_modern_request_without_an_id_is_convicted(stateful: Server) -> None:
    client = Client(stateful)
    message = client.modern_message("tools/list")
    del message["id"]
    await client.post(message, mcp_protocol_version=MODERN, mcp_method="tools/list")
    [finding] = await client.findings("request-carries-id")
    assert (finding.revision, finding.evidence) == (MODERN, (1,))


@pytest.mark.parametrize(
    "message",
    [note("notifications/cancelled"), note("com.example/anything"), rpc("ping", None, 9), note("tools/other")],
)
async def test_what_is_a_notification_needs_no_id(stateful: Server, message: Any) -> None:
    client = await opened(stateful)
    await client.post(message)
    assert await client.findings("request-carries-id") == []


@pytest.mark.parametrize("request_id", [7, "x", None, [], 1.5])
async def test_a_notification_with_an_id_is_convicted(stateful: Server, request_id: Any) -> None:
    client = await opened(stateful)
    await client.post(rpc("notifications/roots/list_changed", None, request_id))
    [finding] = await client.findings("notification-without-id")
    assert (finding.level, finding.revision, finding.evidence) == ("must", "2025-11-25", (3,))


async def test_requests_and_notifications_as_they_should_be_are_fine(stateful: Server) -> None:
    client = await opened(stateful)
    await client.post(note("notifications/progress", {"progressToken": 1, "progress": 1}))
    await client.request("ping")
    assert await client.findings("notification-without-id") == []
