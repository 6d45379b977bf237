"""Clients whose messages have the wrong shape."""

from typing import Any

import pytest
from scripted import Client
from synthetic import exchange, findings

from harness import Server, rpc


async def posted(server: Server, value: Any, revision: str = "2025-11-25") -> Client:
    client = Client(server)
    await client.initialize(revision)
    await client.post(value)
    return client


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'jsonrpc': '2.0'}",
        b'{"jsonrpc":"2.0","id":1,"method":"ping"} x',
        b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":NaN}}',
        b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":-Infinity}}',
        b" ",
        b"null",
        b"42",
        b'"ping"',
        {"id": 9, "method": "ping"},
        {"jsonrpc": "1.0", "id": 9, "method": "ping"},
        {"jsonrpc": 2.0, "id": 9, "method": "ping"},
        {"jsonrpc": "2.0", "id": 9},
        {"jsonrpc": "2.0", "id": 9, "method": "ping", "result": {}},
        {"jsonrpc": "2.0", "id": 9, "method": "ping", "error": {"code": 1, "message": "m"}},
    ],
)
async def test_what_is_no_message_is_convicted(stateful: Server, body: Any) -> None:
    client = await posted(stateful, body)
    [finding] = await client.findings("jsonrpc-envelope")
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", "2025-11-25")
    assert (finding.evidence, finding.count) == ((3,), 1)


async def test_an_empty_post_is_no_message(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.send("POST")
    [finding] = await client.findings("jsonrpc-envelope")
    assert finding.says == ("The body is not JSON: it is empty.",)


async def test_each_message_of_a_batch_is_judged(stateful: Server) -> None:
    batch = [rpc("ping", None, 8), {"id": 9, "method": "ping"}, 7]
    [finding] = await (await posted(stateful, batch, "2025-03-26")).findings("jsonrpc-envelope")
    assert (finding.revision, finding.count, finding.evidence) == ("2025-03-26", 2, (3,))


@pytest.mark.parametrize(
    "body",
    [
        b'{"jsonrpc":"2.0","id":9,"id":9,"method":"ping"}',
        b'{"jsonrpc":"2.0","id":9,"method":"ping","params":{"a":"\\ud800"}}',
        b'{"jsonrpc":"2.0","id":9,"method":"ping","params":{"a":' + b"[" * 600 + b"]" * 600 + b"}}",
        b'{"jsonrpc":"2.0","id":9,"method":"ping","params":{"a":' + b"[" * 9000 + b"1" * 9000,
        b'{"jsonrpc":"2.0","id":9,"method":"ping","params":{"a":"https://a/?token=secret&x=1","b":1}}',
        b'{"jsonrpc":"2.0","id":9,"method":"ping","params":{"a":"?password=x","a":"?token=y"}}',
        rpc("ping", {"a": "x" * 20_000}, 9),
        b'{"jsonrpc":"2.0","id":9,"id":9,"method":"ping","params":{"a":"' + b"x" * 20_000 + b'"}}',
        {"jsonrpc": "2.0", "id": "server-1", "result": {}},
        {"jsonrpc": "2.0", "id": "server-1", "error": {"code": 1, "message": "m"}},
    ],
)
async def test_what_is_only_unusual_or_not_kept_whole_is_not_convicted(stateful: Server, body: Any) -> None:
    assert await (await posted(stateful, body)).findings("jsonrpc-envelope") == []


async def test_a_message_that_was_refused_by_its_head_is_not_judged(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.request("ping", accept="text/html")
    assert await client.findings("jsonrpc-envelope") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"method": 7},
        {"method": None},
        {"method": ["ping"]},
        {"method": "rpc.discover"},
        {"params": None},
        {"params": []},
        {"params": "x"},
        {"params": {"_meta": None}},
        {"params": {"_meta": []}},
        {"method": "tools/call", "params": {"name": "echo", "arguments": None}},
        {"method": "prompts/get", "params": {"name": "p", "arguments": ["a"]}},
    ],
)
@pytest.mark.parametrize("revision", ["2024-11-05", "2025-11-25"])
async def test_members_of_the_wrong_type_are_convicted(
    stateful: Server, changes: dict[str, Any], revision: str
) -> None:
    client = await posted(stateful, {"jsonrpc": "2.0", "id": 9, "method": "ping", **changes}, revision)
    [finding] = await client.findings("method-and-params-types")
    assert (finding.level, finding.revision, finding.evidence) == ("must", revision, (3,))


@pytest.mark.parametrize(
    "changes",
    [
        {"params": {}},
        {"params": {"_meta": {}}},
        {"params": {"arguments": []}},
        {"method": "rpc"},
        {"method": "tools/call", "params": {"name": "echo"}},
        {"method": "tools/call", "params": {"name": "echo", "arguments": {}}},
    ],
)
async def test_members_of_the_right_type_are_fine(stateful: Server, changes: dict[str, Any]) -> None:
    client = await posted(stateful, {"jsonrpc": "2.0", "id": 9, "method": "ping", **changes})
    assert await client.findings("method-and-params-types") == []


@pytest.mark.parametrize("request_id", [b"true", b"1.5", b"{}", b"[1]", b"1e-3"])
async def test_an_id_of_another_type_is_convicted(stateful: Server, request_id: bytes) -> None:
    client = await posted(stateful, b'{"jsonrpc":"2.0","id":' + request_id + b',"method":"ping"}')
    [finding] = await client.findings("request-id-type")
    assert (finding.level, finding.revision, finding.evidence) == ("must", "2025-11-25", (3,))


@pytest.mark.parametrize("request_id", [b"1.0", b"1e2", b"1e999"])
async def test_an_integer_written_as_a_fraction_is_noted(stateful: Server, request_id: bytes) -> None:
    client = await posted(stateful, b'{"jsonrpc":"2.0","id":' + request_id + b',"method":"ping"}')
    [finding] = await client.findings("request-id-type")
    assert (finding.level, finding.evidence) == ("note", (3,))


@pytest.mark.parametrize("request_id", [0, -1, 2**70, "", "a", "1.5"])
async def test_integers_and_strings_are_ids(stateful: Server, request_id: Any) -> None:
    client = await posted(stateful, rpc("ping", None, request_id))
    assert await client.findings("request-id-type") == []
    assert await client.findings("request-id-not-null") == []


async def test_an_id_that_is_null_is_convicted_and_no_other_rule_repeats_it(stateful: Server) -> None:
    client = await posted(stateful, {"jsonrpc": "2.0", "id": None, "method": "ping"})
    [finding] = await client.findings("request-id-not-null")
    assert (finding.level, finding.revision, finding.evidence) == ("must", "2025-11-25", (3,))
    assert await client.findings("request-id-type") == []


async def test_a_modern_request_is_judged_by_the_same_rules(stateful: Server) -> None:
    client = Client(stateful)
    message = {**client.modern_message("tools/list"), "id": None}
    await client.post(message, mcp_protocol_version="2026-07-28", mcp_method="tools/list")
    [finding] = await client.findings("request-id-not-null")
    assert (finding.revision, finding.evidence) == ("2026-07-28", (1,))


@pytest.mark.parametrize("request_id", [None, 1.5, True])
async def test_the_id_of_a_notification_is_not_judged_as_a_requests(stateful: Server, request_id: Any) -> None:
    client = await posted(stateful, {"jsonrpc": "2.0", "id": request_id, "method": "notifications/cancelled"})
    assert await client.findings("request-id-type") == []
    assert await client.findings("request-id-not-null") == []


async def test_a_response_may_have_the_id_null(stateful: Server) -> None:
    client = await posted(stateful, {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "m"}})
    assert await client.findings("request-id-not-null") == []


def test_a_body_is_only_called_broken_where_the_server_could_not_read_it_either() -> None:
    assert findings("jsonrpc-envelope", exchange(b"{", answer={"jsonrpc": "2.0", "id": 1, "result": {}})) == []
    refused = {"jsonrpc": "2.0", "error": {"code": -32700, "message": "m"}}
    assert len(findings("jsonrpc-envelope", exchange(b"{", answer=refused, status=400))) == 1
