"""Clients whose answers about forms and roots are no such answers."""

from collections.abc import Callable
from typing import Any

import pytest
from questioned import BOTH, EVERYTHING, ROUNDS, asked, reply, willing
from scripted import META, MODERN, Client

from harness import Server

RULE = "server-request-results-valid"
FORM, ROOTS = f"{ROUNDS}elicitation", f"{ROUNDS}list_roots"

INVALID = [
    (FORM, {"action": "yes"}),
    (FORM, {"action": None, "content": {}}),
    (FORM, {"action": "accept"}),
    (FORM, {"action": "accept", "content": None}),
    (FORM, {"action": "accept", "content": ["Alice"]}),
    (FORM, {"action": "accept", "content": {"name": {"first": "Alice"}}}),
    (FORM, {"action": "accept", "content": {"name": None}}),
    (FORM, {"action": "accept", "content": {"name": ["a", 1]}}),
    (ROOTS, {"roots": {}}),
    (ROOTS, {"roots": ["file:///a"]}),
    (ROOTS, {"roots": [{"uri": "file:///a"}, {"uri": "https://a.example/"}]}),
    (ROOTS, {"roots": [{"name": "a"}]}),
    (ROOTS, {"roots": [{"uri": "/home/a"}]}),
]
VALID = [
    (FORM, {"action": "accept", "content": {"name": "Alice"}}),
    (FORM, {"action": "accept", "content": {"name": ["a", "b"], "n": 1, "f": 1.5, "b": True}}),
    (FORM, {"action": "decline"}),
    (FORM, {"action": "cancel", "content": {"odd": None}}),
    (ROOTS, {"roots": []}),
    (ROOTS, {"roots": [{"uri": "file:///a", "name": "a"}, {"uri": "FILE:///b"}]}),
    (f"{ROUNDS}sampling", {"role": "assistant", "model": "m", "content": {"type": "text", "text": "x"}, "action": 1}),
]


async def answering(make_app: Callable[..., Server], tool: str, result: Any, revision: str = "2025-11-25") -> Client:
    client = await willing(make_app, revision)
    call, asking = await asked(client, tool)
    await client.post(reply(asking, result))
    await call.answer()
    return client


@pytest.mark.parametrize(("tool", "result"), INVALID)
async def test_an_invalid_answer_is_convicted(make_app: Callable[..., Server], tool: str, result: Any) -> None:
    client = await answering(make_app, tool, result)
    [finding] = await client.findings(RULE)
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", "2025-11-25")
    assert (finding.evidence, finding.count) == ((4, 5), 1)


@pytest.mark.parametrize(("tool", "result"), VALID)
async def test_a_valid_answer_is_fine(make_app: Callable[..., Server], tool: str, result: Any) -> None:
    client = await answering(make_app, tool, result)
    assert await client.findings(RULE) == []


async def test_lists_of_strings_are_younger_than_forms(make_app: Callable[..., Server]) -> None:
    result = {"action": "accept", "content": {"name": ["a"]}}
    client = await answering(make_app, FORM, result, "2025-06-18")
    [finding] = await client.findings(RULE)
    assert (finding.revision, finding.evidence) == ("2025-06-18", (4, 5))


async def test_an_error_and_an_answer_to_nothing_are_not_judged(make_app: Callable[..., Server]) -> None:
    client = await willing(make_app)
    call, asking = await asked(client, FORM)
    await client.post(reply(asking, None))
    await client.post({"jsonrpc": "2.0", "id": "server-77", "result": {"action": "yes"}})
    await client.post({"jsonrpc": "2.0", "id": asking["id"], "error": {"code": -1, "message": "no"}})
    await call.answer()
    assert await client.findings(RULE) == []


async def bringing(make_app: Callable[..., Server], tool: str, result: Any, name: str | None = None) -> Client:
    """A modern client that makes its call again with an answer."""
    client = Client(make_app("stateful", MCP_ECHO_TOOLSETS=BOTH))
    params = {"name": tool, "arguments": {}, "_meta": {f"{META}clientCapabilities": EVERYTHING}}
    first = (await client.modern("tools/call", params)).final["result"]
    state = {"requestState": first["requestState"]} if "requestState" in first else {}
    key = name or next(iter(first["inputRequests"]))
    await client.modern("tools/call", {**params, "inputResponses": {key: result}, **state})
    return client


@pytest.mark.parametrize(("tool", "result"), INVALID)
async def test_an_invalid_answer_of_a_later_round_is_convicted(
    make_app: Callable[..., Server], tool: str, result: Any
) -> None:
    client = await bringing(make_app, tool, result)
    [finding] = await client.findings(RULE)
    assert (finding.level, finding.revision, finding.evidence) == ("must", MODERN, (1, 2))


@pytest.mark.parametrize(("tool", "result"), VALID)
async def test_a_valid_answer_of_a_later_round_is_fine(make_app: Callable[..., Server], tool: str, result: Any) -> None:
    client = await bringing(make_app, tool, result)
    assert await client.findings(RULE) == []


async def test_what_was_not_asked_is_not_judged_as_an_answer(make_app: Callable[..., Server]) -> None:
    client = await bringing(make_app, FORM, {"action": "yes"}, name="another")
    assert await client.findings(RULE) == []
