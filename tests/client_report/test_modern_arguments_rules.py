"""Clients that do not repeat the arguments that a tool marks, or repeat them in a way of their own."""

import base64
import json
from typing import Any

import pytest
from scripted import META, MODERN, Client
from synthetic import exchange, findings

from harness import Server, rpc

ENCODING = "modern-header-value-encoding"
ENVELOPE = {f"{META}protocolVersion": MODERN, f"{META}clientCapabilities": {}}


def wrapped(text: str) -> str:
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="


async def calling(make_app: Any, arguments: Any, *, listed: bool = True, **headers: str | None) -> Client:
    client = Client(make_app("stateful", MCP_ECHO_TOOLSETS="conformance"))
    if listed:
        await client.modern("tools/list")
    await client.modern("tools/call", {"name": "test_custom_headers", "arguments": arguments}, **headers)
    return client


async def test_an_argument_that_is_not_mirrored_is_convicted(make_app: Any) -> None:
    client = await calling(make_app, {"region": "eu", "priority": 0}, mcp_param_region="eu")
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.certainty) == ("modern-param-header-mirrored", "must", "likely")
    assert (finding.revision, finding.evidence) == (MODERN, (1, 2))
    assert "Mcp-Param-Priority" in finding.says[0]


async def test_who_has_not_seen_the_list_should_have(make_app: Any) -> None:
    client = await calling(make_app, {"region": "eu"}, listed=False)
    assert await client.findings("modern-param-header-mirrored") == []
    await client.modern("tools/list")
    [finding] = await client.findings("modern-param-header-mirrored")
    assert (finding.level, finding.evidence) == ("should", (1,))


def test_a_list_that_was_not_kept_whole_is_used_as_far_as_it_goes() -> None:
    schema = {"properties": {"a": {"properties": {"b": {"type": "string", "x-mcp-header": "B"}}}}}
    tools = json.dumps([{"name": name, "inputSchema": schema} for name in ("s", "t", "u")]).encode()
    cut = b'{"jsonrpc":"2.0","id":1,"result":{"tools":' + tools[:-20]
    listing = exchange(rpc("tools/list", {"_meta": ENVELOPE}), answer=cut, answer_bytes=20_000)
    for name, convicted in (("s", True), ("t", True), ("u", False)):
        call = rpc("tools/call", {"name": name, "arguments": {"a": {"b": "c"}}, "_meta": ENVELOPE})
        cases = findings("modern-param-header-mirrored", listing, exchange(call, at=1))
        assert [finding.evidence for finding in cases] == ([(1, 2)] if convicted else [])


@pytest.mark.parametrize(
    ("arguments", "headers"),
    [
        ({"region": "eu"}, {"region": "eu"}),
        (
            {"region": "ä", "priority": -7, "dryRun": False},
            {"region": wrapped("ä"), "priority": "-7", "dry_run": "false"},
        ),
        ({"region": "eu", "priority": 42, "dryRun": None}, {"region": "eu", "priority": "42.0"}),
        ({"region": ""}, {"region": ""}),
    ],
)
async def test_mirrored_arguments_are_fine(make_app: Any, arguments: Any, headers: dict[str, str]) -> None:
    client = await calling(make_app, arguments, **{f"mcp_param_{name}": value for name, value in headers.items()})
    assert (await client.report()).findings == ()


@pytest.mark.parametrize(
    ("arguments", "headers"),
    [
        ({"region": "eu"}, {"region": "EU"}),
        ({"region": "eu"}, {"region": "eu", "priority": "0"}),
        ({"region": "eu", "priority": None}, {"region": "eu", "priority": "null"}),
        ({"region": "eu", "priority": 7}, {"region": "eu", "priority": "8"}),
        ({"region": "eu", "priority": 7}, {"region": "eu", "priority": "seven"}),
        ({"region": "eu", "priority": 7}, {"region": "eu", "priority": "7" * 50}),
        ({"region": "eu", "dryRun": True}, {"region": "eu", "dry_run": "True"}),
        ({"region": "eu", "dryRun": True}, {"region": "eu", "dry_run": "1"}),
    ],
)
async def test_a_header_that_says_something_else_is_convicted(
    make_app: Any, arguments: Any, headers: dict[str, str]
) -> None:
    client = await calling(make_app, arguments, **{f"mcp_param_{name}": value for name, value in headers.items()})
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.certainty) == ("modern-param-header-agrees", "must", "certain")
    assert (finding.revision, finding.evidence) == (MODERN, (1, 2))


async def test_a_header_for_an_argument_that_is_not_marked_is_noted(make_app: Any) -> None:
    client = await calling(make_app, {"region": "eu"}, mcp_param_region="eu", mcp_param_zone="a")
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.evidence) == ("modern-param-header-agrees", "note", (1, 2))


async def test_an_argument_in_another_encoding_is_convicted_of_that_alone(make_app: Any) -> None:
    client = await calling(make_app, {"region": "ä"}, mcp_param_region="%C3%A4")
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.evidence) == (ENCODING, (2,))


@pytest.mark.parametrize(
    ("value", "rule"),
    [("ä", ENCODING), ("=?base64?*?=", "modern-sentinel-correct"), ("=?base64?YQ==?=", None), ("a", None)],
)
async def test_without_a_schema_only_the_form_of_a_header_is_judged(
    stateful: Server, value: str, rule: str | None
) -> None:
    client = Client(stateful)
    await client.modern("tools/call", {"name": "echo", "arguments": {"message": "a"}}, mcp_param_x=value)
    assert [finding.rule for finding in (await client.report()).findings] == ([] if rule is None else [rule])


def test_a_header_whose_value_is_a_secret_is_not_judged() -> None:
    tool = {"name": "t", "inputSchema": {"properties": {"a": {"type": "string", "x-mcp-header": "Token"}}}}
    listing = exchange(rpc("tools/list", {"_meta": ENVELOPE}), answer={"id": 1, "result": {"tools": [tool, None]}})
    call = rpc("tools/call", {"name": "t", "arguments": {"a": "*******"}, "_meta": ENVELOPE})
    headers = {"mcp-protocol-version": MODERN, "mcp-param-token": "abcdef...uvwxyz"}
    for rule in ("modern-param-header-agrees", "modern-param-header-mirrored", ENCODING):
        assert findings(rule, listing, exchange(call, at=1, headers=headers)) == []


def test_a_tool_whose_annotations_are_invalid_is_not_known() -> None:
    schemas: list[Any] = [
        {"properties": {"a": {"x-mcp-header": "b c"}}},
        {"properties": []},
        {"properties": {"a": 1}},
        7,
    ]
    tools = [{"name": "t", "inputSchema": schema} for schema in schemas]
    for tool in tools:
        listing = exchange(rpc("tools/list", {"_meta": ENVELOPE}), answer={"id": 1, "result": {"tools": [tool]}})
        call = rpc("tools/call", {"name": "t", "arguments": {"a": "b"}, "_meta": ENVELOPE})
        assert findings("modern-param-header-mirrored", listing, exchange(call, at=1)) == []
