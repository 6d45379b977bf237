"""Clients that post several messages at once."""

from typing import Any

import pytest
from scripted import MODERN, Client

from harness import Server, introduction, note, rpc

RESPONSE = {"jsonrpc": "2.0", "id": "server-1", "result": {}}


async def posted(server: Server, value: Any, revision: str) -> Client:
    client = Client(server)
    await client.initialize(revision)
    await client.post(value)
    return client


@pytest.mark.parametrize("revision", ["2025-06-18", "2025-11-25"])
@pytest.mark.parametrize("batch", [[], [rpc("ping", None, 8)], [rpc("ping", None, 8), note("notifications/x")], [1]])
async def test_a_batch_is_convicted_where_there_are_none(stateful: Server, revision: str, batch: Any) -> None:
    client = await posted(stateful, batch, revision)
    [finding] = await client.findings("no-batch")
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", revision)
    assert finding.evidence == (3,)
    assert f"An array of {len(batch)}" in finding.says[0]


async def test_a_modern_batch_is_convicted(stateful: Server) -> None:
    client = Client(stateful)
    await client.post([client.modern_message("tools/list")], mcp_protocol_version=MODERN)
    [finding] = await client.findings("no-batch")
    assert (finding.revision, finding.evidence) == (MODERN, (1,))


@pytest.mark.parametrize("value", [rpc("ping", None, 8), b"[", b"[1", b'"[]"', rpc("ping", {"a": []}, 8)])
async def test_what_is_no_array_is_no_batch(stateful: Server, value: Any) -> None:
    client = await posted(stateful, value, "2025-11-25")
    assert await client.findings("no-batch") == []


@pytest.mark.parametrize(
    ("batch", "says"),
    [
        ([], "The batch is empty."),
        ([rpc("ping", None, 8), RESPONSE], "The batch holds responses next to requests or notifications."),
        ([note("notifications/x"), RESPONSE], "The batch holds responses next to requests or notifications."),
        ([rpc("ping", None, 8), rpc("initialize", introduction(), 9)], "initialize is part of a batch."),
        ([rpc("ping", None, 8), rpc("tools/list", None, 8)], "The id 8 occurs more than once in one batch."),
    ],
)
async def test_an_illegal_batch_is_convicted(stateful: Server, batch: Any, says: str) -> None:
    client = await posted(stateful, batch, "2025-03-26")
    [finding] = await client.findings("batch-contents")
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", "2025-03-26")
    assert (finding.evidence, finding.says) == ((3,), (says,))


async def test_a_refused_initialize_is_judged_by_the_revision_it_offers(stateful: Server) -> None:
    client = Client(stateful)
    await client.post([rpc("initialize", introduction("2025-03-26"), 1)])
    [finding] = await client.findings("batch-contents")
    assert (finding.revision, finding.evidence) == ("2025-03-26", (1,))
    assert await client.findings("no-batch") == []


@pytest.mark.parametrize(
    "batch",
    [
        [rpc("ping", None, 8)],
        [rpc("ping", None, 8), rpc("tools/list", None, "8"), note("notifications/x"), note("notifications/x")],
        [RESPONSE, {**RESPONSE, "id": "server-2"}],
        [7, None, []],
        {"jsonrpc": "2.0", "id": 8, "method": "ping"},
    ],
)
async def test_a_legal_batch_is_fine(stateful: Server, batch: Any) -> None:
    client = await posted(stateful, batch, "2025-03-26")
    assert await client.findings("batch-contents") == []
    assert await client.findings("no-batch") == []
