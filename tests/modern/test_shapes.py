"""What each revision's JSON schema requires of every result, by hand; tool outputs against their own schemas."""

from collections.abc import Callable, Mapping
from typing import Any

import jsonschema
import pytest
from both_eras import EVERY_REVISION, Speaker

from harness import Server

TEXT, OBJECT, LIST, FLAG = str, dict, list, bool
PROMPT = "diagnose-connection"
COMPLETION = {"ref": {"type": "ref/prompt", "name": PROMPT}, "argument": {"name": "symptom", "value": ""}}
STRUCTURED = {"2026-07-28", "2025-11-25", "2025-06-18"}

TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."
ARGUMENTS: dict[str, dict[str, Any]] = {"echo": {"message": "x"}, "bearerDecode": {"token": TOKEN}}

SHAPES: list[tuple[str, dict[str, Any], dict[str, type]]] = [
    ("tools/list", {}, {"tools": LIST}),
    ("prompts/list", {}, {"prompts": LIST}),
    ("resources/list", {}, {"resources": LIST}),
    ("resources/templates/list", {}, {"resourceTemplates": LIST}),
    ("resources/read", {"uri": "echo://server/health"}, {"contents": LIST}),
    ("resources/read", {"uri": "echo://server/configuration"}, {"contents": LIST}),
    ("prompts/get", {"name": PROMPT}, {"messages": LIST, "description": TEXT}),
    ("completion/complete", COMPLETION, {"completion": OBJECT}),
]
ITEMS: dict[str, dict[str, type]] = {
    "tools": {"name": TEXT, "description": TEXT, "inputSchema": OBJECT},
    "prompts": {"name": TEXT, "description": TEXT, "arguments": LIST},
    "resources": {"name": TEXT, "uri": TEXT},
    "resourceTemplates": {"name": TEXT, "uriTemplate": TEXT},
    "contents": {"uri": TEXT, "text": TEXT},
    "messages": {"role": TEXT, "content": OBJECT},
    "arguments": {"name": TEXT},
}
ALLOWED = {
    "tools": {"name", "title", "description", "inputSchema", "outputSchema", "annotations"},
    "prompts": {"name", "title", "description", "arguments"},
    "resources": {"name", "title", "description", "uri", "mimeType"},
    "resourceTemplates": {"name", "title", "description", "uriTemplate", "mimeType"},
    "contents": {"uri", "mimeType", "text"},
    "messages": {"role", "content"},
    "arguments": {"name", "description", "required"},
}
MODERN_MEMBERS: dict[str, type] = {"resultType": TEXT, "_meta": OBJECT}
CACHED_MEMBERS: dict[str, type] = {"ttlMs": int, "cacheScope": TEXT}


@pytest.fixture(params=EVERY_REVISION)
def speaker(request: pytest.FixtureRequest, server: Server) -> Speaker:
    """A client of each server in each revision."""
    return Speaker(server, request.param)


def check(value: Mapping[str, Any], members: Mapping[str, type], what: str) -> None:
    """Every member is there and of its type; null never stands for a missing one."""
    for name, kind in members.items():
        assert type(value.get(name)) is kind, f"{what}: {name} is {value.get(name)!r}"
    assert None not in value.values(), f"{what}: {value}"


def check_items(result: Mapping[str, Any]) -> None:
    """The entries of every list, and those inside them."""
    for name in ITEMS.keys() & result.keys():
        if name == "arguments" and not isinstance(result[name], list):
            continue
        for item in result[name]:
            check(item, ITEMS[name], name)
            assert item.keys() <= ALLOWED[name], item.keys() - ALLOWED[name]
            check_items(item)


@pytest.mark.parametrize(("method", "params", "members"), SHAPES, ids=[f"{m} {p.get('uri', '')}" for m, p, _ in SHAPES])
async def test_a_result_has_the_members_of_its_schema(method: str, params: Any, members: Any, speaker: Speaker) -> None:
    result = await speaker.result(method, params)
    own = result.keys() - members.keys()
    if speaker.modern:
        cached = method.endswith("/list") or method == "resources/read"
        members = {**members, **MODERN_MEMBERS, **(CACHED_MEMBERS if cached else {})}
        own = result.keys() - members.keys()
    check(result, members, method)
    check_items(result)
    assert not own, own


async def test_a_tool_describes_itself_in_the_terms_of_the_revision(speaker: Speaker) -> None:
    for tool in (await speaker.result("tools/list"))["tools"]:
        assert tool["inputSchema"]["type"] == "object"
        jsonschema.Draft202012Validator.check_schema(tool["inputSchema"])
        assert ("outputSchema" in tool) == ("title" in tool) == (speaker.revision in STRUCTURED)
        assert ("annotations" in tool) == (speaker.revision != "2024-11-05")
        if "outputSchema" in tool:
            assert tool["outputSchema"]["type"] == "object"
            jsonschema.Draft202012Validator.check_schema(tool["outputSchema"])


async def test_every_tool_returns_content_and_what_its_schema_promises(speaker: Speaker) -> None:
    tools = (await speaker.result("tools/list"))["tools"]
    handle: dict[str, Any] = {}
    for tool in tools:
        arguments = ARGUMENTS.get(tool["name"], {})
        if "session" in tool["inputSchema"].get("properties", {}):
            arguments = {**arguments, **handle}
        jsonschema.validate(arguments, tool["inputSchema"])
        result = await speaker.result("tools/call", {"name": tool["name"], "arguments": arguments})
        check(result, {"content": LIST, "isError": FLAG}, tool["name"])
        assert result["isError"] is False, result
        for block in result["content"]:
            check(block, {"type": TEXT, "text": TEXT}, tool["name"])
        assert ("structuredContent" in result) == (speaker.revision in STRUCTURED)
        if "structuredContent" in result:
            jsonschema.validate(result["structuredContent"], tool["outputSchema"])
            if speaker.modern and tool["name"] == "echo" and "session" in result["structuredContent"]:
                handle = {"session": result["structuredContent"]["session"]}


async def test_binary_echoes_keep_their_promise_too(variant: str, make_app: Callable[..., Server]) -> None:
    speaker = Speaker(make_app(variant, ECHO_ENABLE_BINARY="true"), EVERY_REVISION[0])
    echo = (await speaker.result("tools/list"))["tools"][0]
    for more in ({}, {"data": "AAAA", "mimeType": "image/png"}, {"data": "", "mimeType": "a/b"}):
        arguments = {"message": "x", **more}
        result = await speaker.result("tools/call", {"name": "echo", "arguments": arguments})
        jsonschema.validate(arguments, echo["inputSchema"])
        jsonschema.validate(result["structuredContent"], echo["outputSchema"])


ERRORS: list[tuple[str, dict[str, Any]]] = [
    ("nope", {}),
    ("tools/call", {}),
    ("tools/call", {"name": "nope"}),
    ("resources/read", {"uri": "x"}),
    ("prompts/get", {"name": "x"}),
    ("tools/list", {"cursor": "x"}),
]


@pytest.mark.parametrize(("method", "params"), ERRORS)
async def test_an_error_has_code_message_and_data_and_no_result(method: str, params: Any, speaker: Speaker) -> None:
    answer = await speaker.send(method, params)
    assert answer.message.keys() == {"jsonrpc", "id", "error"}
    check(answer.message["error"], {"code": int, "message": TEXT, "data": OBJECT}, method)
    assert answer.message["error"].keys() == {"code", "message", "data"}
