"""protocol rules 6.1 and 6.5: what every modern result carries, what only some do, and what legacy ones never do."""

from collections.abc import Callable
from typing import Any

import pytest
from modern_requests import ECHO, MODERN, SERVER, ask, call_of, modern, result_of

from asgi_bridge import Answer
from harness import REVISIONS, Server, initialize, rpc
from mcp_echo_core import __version__

PROMPT, HEALTH = "diagnose-connection", "echo://server/health"
COMPLETION = {"ref": {"type": "ref/prompt", "name": PROMPT}, "argument": {"name": "symptom", "value": ""}}

CACHEABLE = [
    modern("server/discover"),
    modern("tools/list"),
    modern("prompts/list"),
    modern("resources/list"),
    modern("resources/templates/list"),
    modern("resources/read", {"uri": HEALTH}),
    modern("resources/read", {"uri": "echo://server/configuration"}),
]
OTHERS = [
    modern("tools/call", ECHO),
    call_of("printHeader"),
    call_of("echo"),
    call_of("bearerDecode", {"token": "x"}),
    modern("prompts/get", {"name": PROMPT}),
    modern("completion/complete", COMPLETION),
]
MODERN_ONLY = {"resultType", "ttlMs", "cacheScope", "_meta"}


def name_of(message: Any) -> str:
    params = message["params"]
    return " ".join([message["method"], str(params.get("name") or params.get("uri") or "")]).strip()


@pytest.mark.parametrize("message", CACHEABLE + OTHERS, ids=name_of)
async def test_every_result_says_that_it_is_complete_and_who_answered(message: Any, server: Server) -> None:
    result = await result_of(server, message)
    assert result["resultType"] == "complete"
    info = result["_meta"][SERVER]
    assert info["name"] == f"mcp-echo-streamablehttp-server-{server.variant}"
    assert info["version"] == __version__


@pytest.mark.parametrize("message", CACHEABLE + OTHERS, ids=name_of)
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_the_form_of_the_answer_changes_nothing_of_the_result(message: Any, accept: str, server: Server) -> None:
    answer = await ask(server, message, accept=accept)
    assert answer.header("content-type") == accept
    assert answer.final["result"]["resultType"] == "complete"
    assert SERVER in answer.final["result"]["_meta"]


async def test_a_result_that_is_otherwise_empty_carries_them_too(workshop: Server) -> None:
    message = call_of("asking", clientCapabilities={"sampling": {}})
    result = await result_of(workshop, message)
    assert result["resultType"] == "input_required"
    assert result["inputRequests"]["q"]["method"] == "sampling/createMessage"
    assert SERVER in result["_meta"]
    assert not {"ttlMs", "cacheScope", "content"} & result.keys()


@pytest.mark.parametrize("message", CACHEABLE, ids=name_of)
async def test_six_methods_say_how_long_their_result_may_be_kept(message: Any, server: Server) -> None:
    result = await result_of(server, message)
    assert type(result["ttlMs"]) is int
    assert result["ttlMs"] >= 0
    assert result["cacheScope"] in {"public", "private"}


@pytest.mark.parametrize("message", OTHERS, ids=name_of)
async def test_no_other_result_says_so(message: Any, server: Server) -> None:
    assert not {"ttlMs", "cacheScope"} & (await result_of(server, message)).keys()


@pytest.mark.parametrize("uri", [HEALTH, "echo://server/configuration"])
async def test_what_changes_from_request_to_request_is_never_fresh(uri: str, server: Server) -> None:
    result = await result_of(server, modern("resources/read", {"uri": uri}))
    assert (result["ttlMs"], result["cacheScope"]) == (0, "private")


async def test_refusals_carry_neither_result_members_nor_hints(server: Server) -> None:
    for message in (modern("nope"), call_of("nope"), modern("resources/read", {"uri": "x"})):
        assert (await ask(server, message)).message.keys() == {"jsonrpc", "id", "error"}


async def test_discovery_tells_versions_capabilities_and_who_answers(server: Server) -> None:
    result = await result_of(server, modern("server/discover"))
    assert result["supportedVersions"] == [MODERN]
    assert result["capabilities"].keys() == {"tools", "prompts", "resources", "completions", "logging"}
    assert "printHeader" in result["instructions"]
    assert result["_meta"][SERVER]["title"]
    assert "serverInfo" not in result
    assert "protocolVersion" not in result


@pytest.mark.parametrize("params", [{}, {"anything": 1}, {"cursor": "x"}])
async def test_discovery_takes_no_params(params: Any, server: Server) -> None:
    assert (await ask(server, modern("server/discover", params))).status == 200


async def test_discovery_is_a_modern_method_only(server: Server) -> None:
    session = await initialize(server)
    answer = await server.post(rpc("server/discover"), session)
    assert (answer.status, answer.message["error"]["code"]) == (200, -32601)


async def test_lists_are_in_the_same_order_on_every_request(make_app: Callable[..., Server], variant: str) -> None:
    for method in ("tools/list", "prompts/list", "resources/list"):
        lists = [(await ask(make_app(variant), modern(method))).body for _ in range(3)]
        assert lists[0] == lists[1] == lists[2]


LEGACY = [
    rpc("tools/list"),
    rpc("prompts/list"),
    rpc("resources/list"),
    rpc("resources/templates/list"),
    rpc("resources/read", {"uri": HEALTH}),
    rpc("tools/call", ECHO),
    rpc("tools/call", {"name": "echo", "arguments": {}}),
    rpc("prompts/get", {"name": PROMPT}),
    rpc("completion/complete", COMPLETION),
    rpc("ping"),
]


@pytest.mark.parametrize("revision", REVISIONS)
async def test_no_result_of_an_older_revision_has_a_modern_member(revision: str, server: Server) -> None:
    session = await initialize(server, revision)
    for message in LEGACY:
        answer: Answer = await server.post(message, session, mcp_protocol_version=revision)
        if "result" not in answer.message:  # bad arguments are an error until 2025-11-25
            assert message["params"] == {"name": "echo", "arguments": {}}
            continue
        assert not MODERN_ONLY & answer.message["result"].keys(), message
        assert b"io.modelcontextprotocol/" not in answer.body


async def test_the_answer_to_initialize_has_no_modern_member(server: Server) -> None:
    params = {"protocolVersion": MODERN, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    answer = await server.post(rpc("initialize", params))
    assert answer.message["result"]["protocolVersion"] == "2025-11-25"
    assert not MODERN_ONLY & answer.message["result"].keys()
