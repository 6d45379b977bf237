"""2026-07-28 basic/transports/streamable-http, Custom Headers from Tool Parameters."""

from typing import Any

import pytest
from modern_requests import ask, call_of, refused, request_of, result_of, sentinel

from harness import Server

MISMATCH = (400, -32020)

GOOD: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {}),
    ({"region": "eu"}, {"mcp_param_region": "eu"}),
    ({"region": "eu"}, {"mcp_param_region": " eu\t"}),
    ({"region": "eu"}, {"mcp_param_region": sentinel("eu")}),
    ({"region": "Hello, 世界"}, {"mcp_param_region": "=?base64?SGVsbG8sIOS4lueVjA==?="}),
    ({"region": " padded "}, {"mcp_param_region": "=?base64?IHBhZGRlZCA=?="}),
    ({"region": "line1\nline2"}, {"mcp_param_region": "=?base64?bGluZTEKbGluZTI=?="}),
    ({"region": "=?base64?literal?="}, {"mcp_param_region": "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="}),
    ({"region": ""}, {"mcp_param_region": ""}),
    ({"region": None}, {}),
    ({"count": 42}, {"mcp_param_count": "42"}),
    ({"count": 42}, {"mcp_param_count": "42.0"}),
    ({"count": -7}, {"mcp_param_count": "-7"}),
    ({"count": 0}, {"mcp_param_count": "0"}),
    ({"count": 2**60}, {"mcp_param_count": str(2**60)}),
    ({"dry": True}, {"mcp_param_dry_run": "true"}),
    ({"dry": False}, {"mcp_param_dry_run": "false"}),
    (
        {"region": "eu", "count": 1, "dry": True},
        {"mcp_param_region": "eu", "mcp_param_count": "1", "mcp_param_dry_run": "true"},
    ),
    ({"query": "x"}, {"mcp_param_query": "something else"}),
    ({"query": "x"}, {"mcp_param_unknown": "=?base64?!?="}),
]

BAD: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"region": "eu"}, {}),
    ({"region": "eu"}, {"mcp_param_region": "us"}),
    ({"region": "eu"}, {"mcp_param_region": "EU"}),
    ({"region": "eu"}, {"mcp_param_region": ""}),
    ({"region": ""}, {}),
    ({}, {"mcp_param_region": "eu"}),
    ({"region": None}, {"mcp_param_region": "null"}),
    ({"region": "=?base64?literal?="}, {"mcp_param_region": "=?base64?literal?="}),
    ({"region": "é"}, {"mcp_param_region": "é"}),
    ({"region": "x"}, {"mcp_param_region": "=?base64?é?="}),
    ({"region": "x"}, {"mcp_param_region": "=?base64?eA?="}),
    ({"region": "x"}, {"mcp_param_region": "=?base64?/w==?="}),
    ({"region": "x"}, {"mcp_param_region": "=?base64?eA=="}),
    ({"region": "a\x01"}, {"mcp_param_region": "a\x01"}),
    ({"count": 42}, {}),
    ({"count": 42}, {"mcp_param_count": "43"}),
    ({"count": 42}, {"mcp_param_count": "forty-two"}),
    ({"count": 42}, {"mcp_param_count": "42.5"}),
    ({"count": 42}, {"mcp_param_count": "NaN"}),
    ({"count": 42}, {"mcp_param_count": "sNaN"}),
    ({"count": 42}, {"mcp_param_count": "Infinity"}),
    ({"count": 42}, {"mcp_param_count": "1e999999999999999999"}),
    ({"count": 42}, {"mcp_param_count": ""}),
    ({"dry": True}, {"mcp_param_dry_run": "True"}),
    ({"dry": True}, {"mcp_param_dry_run": "1"}),
    ({"dry": False}, {}),
    ({"dry": True}, {"mcp_param_dry_run": "false"}),
]


@pytest.mark.parametrize(("arguments", "headers"), GOOD)
async def test_a_mirrored_argument_passes(arguments: Any, headers: dict[str, str], workshop: Server) -> None:
    assert (await result_of(workshop, call_of("mirrored", arguments), **headers))["isError"] is False


@pytest.mark.parametrize(("arguments", "headers"), BAD)
async def test_an_argument_and_its_header_that_differ_are_refused(
    arguments: Any, headers: dict[str, str], workshop: Server
) -> None:
    assert await refused(workshop, call_of("mirrored", arguments), **headers) == MISMATCH


@pytest.mark.parametrize("digits", [1000, 5000, 50_000])
async def test_a_long_number_costs_nothing(digits: int, workshop: Server) -> None:
    assert await refused(workshop, call_of("mirrored", {"count": 1}), mcp_param_count="9" * digits) == MISMATCH


async def test_a_param_header_that_comes_twice_is_refused(workshop: Server) -> None:
    request = request_of(call_of("mirrored", {"region": "eu"}), [(b"mcp-param-region", b"eu")], mcp_param_region="eu")
    answer = await workshop.send(request)
    assert (answer.status, answer.message["error"]["code"]) == MISMATCH


async def test_an_argument_of_the_wrong_type_whose_header_is_missing_is_told_by_the_header(workshop: Server) -> None:
    assert await refused(workshop, call_of("mirrored", {"region": {"a": 1}})) == MISMATCH


async def test_the_annotation_is_part_of_the_list(workshop: Server) -> None:
    answer = await ask(workshop, {**call_of("x"), "method": "tools/list"})
    schema = next(tool for tool in answer.message["result"]["tools"] if tool["name"] == "mirrored")["inputSchema"]
    names = {name: facts.get("x-mcp-header") for name, facts in schema["properties"].items()}
    assert names == {"region": "Region", "count": "Count", "dry": "Dry-Run", "query": None}


async def test_the_headers_mean_nothing_to_other_tools(workshop: Server) -> None:
    answer = await ask(workshop, call_of("echo", {"message": "x"}), mcp_param_region="eu", mcp_param_count="x")
    assert answer.status == 200
