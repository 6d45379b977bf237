"""Contents, resources, prompts, completions and schemas of the conformance toolset."""

import base64
import io
import wave
from typing import Any

import pytest
from fixture_calls import error_of, failure, modern_call, modern_request, result_of, told
from jsonschema import Draft202012Validator

from harness import REVISIONS, Server, call, initialize, rpc
from mcp_echo_core.toolsets.conformance.media import PNG, WAV
from mcp_echo_core.toolsets.conformance.schemas import CONTACT_SCHEMA

KINDS = {
    "test_simple_text": ["text"],
    "test_image_content": ["image"],
    "test_audio_content": ["audio"],
    "test_embedded_resource": ["resource"],
    "test_multiple_content_types": ["text", "image", "resource"],
}


@pytest.mark.parametrize("tool", KINDS)
async def test_a_tool_returns_its_kind_of_content_and_no_structure(offering: Server, tool: str) -> None:
    result = await result_of(offering, modern_call(tool))
    assert [block["type"] for block in result["content"]] == KINDS[tool]
    assert "structuredContent" not in result


@pytest.mark.parametrize("revision", REVISIONS)
async def test_audio_is_returned_where_the_revision_has_it(offering: Server, revision: str) -> None:
    session = await initialize(offering, revision)
    result = await call(offering, "test_audio_content", {}, session, mcp_protocol_version=revision)
    if revision == "2024-11-05":
        assert "has no audio content" in failure(result)
    else:
        assert result["content"][0]["mimeType"] == "audio/wav"


def test_picture_and_sound_are_what_they_say() -> None:
    assert base64.b64decode(PNG).startswith(b"\x89PNG\r\n\x1a\n")
    with wave.open(io.BytesIO(base64.b64decode(WAV))) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getnframes()) == (1, 8000, 16)


async def test_a_failing_tool_fails_readably(offering: Server) -> None:
    result = await result_of(offering, modern_call("test_error_handling"))
    assert failure(result) == "This tool intentionally returns an error for testing"


@pytest.mark.parametrize(
    ("uri", "content"),
    [
        ("test://static-text", {"mimeType": "text/plain", "text": "This is the content of the static text resource."}),
        ("test://static-binary", {"mimeType": "image/png", "blob": PNG}),
        (
            "test://template/123/data",
            {"mimeType": "application/json", "text": '{"id":"123","templateTest":true,"data":"Data for ID: 123"}'},
        ),
    ],
)
async def test_resources_can_be_read(offering: Server, uri: str, content: dict[str, str]) -> None:
    request = modern_request("resources/read", {"uri": uri}, headers={"mcp-name": uri})
    result = await result_of(offering, request)
    assert result["contents"] == [{"uri": uri, **content}]


async def test_the_watched_resource_says_how_to_change_it(offering: Server) -> None:
    uri = "test://watched-resource"
    result = await result_of(offering, modern_request("resources/read", {"uri": uri}, headers={"mcp-name": uri}))
    assert "test_trigger_resource_change" in result["contents"][0]["text"]


@pytest.mark.parametrize("uri", ["test://template//data", "test://template/a/b/data", "test://nothing"])
async def test_other_resources_do_not_exist(offering: Server, uri: str) -> None:
    status, error = await error_of(offering, modern_request("resources/read", {"uri": uri}, headers={"mcp-name": uri}))
    assert (status, error["code"], error["data"]["uri"]) == (400, -32602, uri)


@pytest.mark.parametrize(
    ("name", "arguments", "kinds"),
    [
        ("test_simple_prompt", {}, ["text"]),
        ("test_prompt_with_arguments", {"arg1": "a", "arg2": "b"}, ["text"]),
        ("test_prompt_with_embedded_resource", {"resourceUri": "test://any"}, ["resource", "text"]),
        ("test_prompt_with_image", {}, ["image", "text"]),
    ],
)
async def test_prompts_can_be_had(offering: Server, name: str, arguments: dict[str, str], kinds: list[str]) -> None:
    result = await result_of(offering, modern_request("prompts/get", {"name": name, "arguments": arguments}))
    assert [message["content"]["type"] for message in result["messages"]] == kinds


async def test_a_prompt_without_a_required_argument_is_refused(offering: Server) -> None:
    request = modern_request("prompts/get", {"name": "test_prompt_with_arguments", "arguments": {"arg1": "a"}})
    status, error = await error_of(offering, request)
    assert (status, error["code"]) == (400, -32602)


@pytest.mark.parametrize(("prefix", "values"), [("", 3), ("par", 3), ("pari", 1), ("x", 0)])
async def test_arguments_of_prompts_are_completed(offering: Server, prefix: str, values: int) -> None:
    ref = {"type": "ref/prompt", "name": "test_prompt_with_arguments"}
    params = {"ref": ref, "argument": {"name": "arg1", "value": prefix}}
    result = await result_of(offering, modern_request("completion/complete", params))
    assert len(result["completion"]["values"]) == values


async def test_the_schema_with_conditions_reaches_clients_whole(offering: Server) -> None:
    for request in (modern_request("tools/list", {}), offering.posting(rpc("tools/list"))):
        tools = {tool["name"]: tool for tool in (await result_of(offering, request))["tools"]}
        assert tools["json_schema_2020_12_tool"]["inputSchema"] == CONTACT_SCHEMA


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"name": "a"},
        {"email": "a@b.c"},
        {"phone": "1"},
        {"contactMethod": "phone", "phone": "1"},
        {"contactMethod": "phone", "email": "a@b.c"},
        {"contactMethod": "email", "email": "a@b.c", "address": {"city": "c", "planet": "p"}},
        {"contactMethod": "email", "phone": "1"},
        {"contactMethod": "fax", "email": "a@b.c"},
        {"email": "a@b.c", "address": "c"},
        {"email": "a@b.c", "address": {"city": 1}},
        {"email": "a@b.c", "fax": "1"},
        {"email": None},
    ],
)
async def test_the_tool_accepts_what_its_schema_accepts(offering: Server, arguments: dict[str, Any]) -> None:
    result = await result_of(offering, modern_call("json_schema_2020_12_tool", arguments=arguments))
    assert result["isError"] is not Draft202012Validator(CONTACT_SCHEMA).is_valid(arguments)


async def test_a_wrong_member_of_a_referenced_schema_is_told(offering: Server) -> None:
    result = await result_of(offering, modern_call("json_schema_2020_12_tool", arguments={"address": "c"}))
    assert "'address' is the string \"c\": expected object" in failure(result)


@pytest.mark.parametrize(
    ("arguments", "headers"),
    [
        ({"region": "north"}, {"mcp-param-region": "north"}),
        ({"region": "nörth"}, {"mcp-param-region": "=?base64?bsO2cnRo?="}),
        (
            {"region": "north", "priority": 42, "dryRun": True},
            {"mcp-param-region": "north", "mcp-param-priority": "42.0", "mcp-param-dry-run": "true"},
        ),
    ],
)
async def test_mirrored_arguments_are_accepted(
    offering: Server, arguments: dict[str, Any], headers: dict[str, str]
) -> None:
    request = modern_call("test_custom_headers", arguments=arguments, headers=headers)
    assert told(await result_of(offering, request)).startswith("Header and body agree")


@pytest.mark.parametrize(
    "headers",
    [{}, {"mcp-param-region": "south"}, {"mcp-param-region": "north", "mcp-param-priority": "1"}],
)
async def test_headers_that_say_something_else_are_refused(offering: Server, headers: dict[str, str]) -> None:
    request = modern_call("test_custom_headers", arguments={"region": "north"}, headers=headers)
    status, error = await error_of(offering, request)
    assert (status, error["code"]) == (400, -32020)


async def test_the_legacy_era_has_no_mirrored_arguments(offering: Server) -> None:
    result = await call(offering, "test_custom_headers", {"region": "north"}, mcp_param_region="south")
    assert told(result).startswith("Header and body agree")
