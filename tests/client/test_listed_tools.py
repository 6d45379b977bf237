"""Of a list of tools, the good ones are used and the others named with the reason."""

from typing import Any

import pytest

from mcp_echo_core.client.listed_tools import listed

HEADER = {"type": "string", "x-mcp-header": "Region"}


def entry(**properties: Any) -> dict[str, Any]:
    return {"name": "tool", "inputSchema": {"type": "object", "properties": properties}}


def test_mirrored_arguments_are_found_through_properties() -> None:
    nested = {"type": "object", "properties": {"inner": {"type": "integer", "x-mcp-header": "Inner"}, "odd": True}}
    tool = listed(entry(region=HEADER, outer=nested, free=True), modern=True)
    assert [(mirror.path, mirror.name) for mirror in tool.mirrors] == [
        (("region",), "Mcp-Param-Region"),
        (("outer", "inner"), "Mcp-Param-Inner"),
    ]


@pytest.mark.parametrize(
    "properties",
    [
        {"a": HEADER, "b": {"type": "boolean", "x-mcp-header": "REGION"}},
        {"a": {"type": "number", "x-mcp-header": "A"}},
        {"a": {"type": "string", "x-mcp-header": ""}},
        {"a": {"type": "string", "x-mcp-header": "A\r\nB"}},
        {"a": {"type": "string", "x-mcp-header": 5}},
        {"a": {"type": "array", "items": HEADER}},
        {"a": {"anyOf": [HEADER]}},
    ],
)
def test_a_mirror_that_breaks_the_rules_makes_a_tool_unusable_in_the_modern_era_only(
    properties: dict[str, Any],
) -> None:
    assert listed(entry(**properties), modern=False).name == "tool"
    with pytest.raises(ValueError, match=r"x-mcp-header|mirrored into one"):
        listed(entry(**properties), modern=True)


def test_an_argument_or_a_value_that_is_named_like_the_annotation_is_none() -> None:
    tool = listed(entry(**{"x-mcp-header": {"type": "string"}, "a": {"default": HEADER}}), modern=True)
    assert tool.mirrors == ()


@pytest.mark.parametrize("value", [None, "tool", {}, {"name": 5}])
def test_what_has_no_name_is_no_tool(value: Any) -> None:
    with pytest.raises(ValueError, match="no name"):
        listed(value, modern=False)


@pytest.mark.parametrize("schema", [None, [], {"properties": []}, {"properties": {"a": 1}, "required": 5}])
def test_a_schema_that_is_none_leaves_a_tool_without_known_arguments(schema: Any) -> None:
    tool = listed({"name": "tool", "inputSchema": schema}, modern=True)
    assert list(tool.required) == []
    assert all(facts == {} for facts in tool.arguments.values())
