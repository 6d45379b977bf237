"""Which arguments of a tool headers repeat, by a schema that may be any JSON Schema."""

from typing import Any

import pytest

from mcp_echo_core.eras.mirrors import mirrors_of

REGION = {"type": "string", "x-mcp-header": "Region"}


@pytest.mark.parametrize("other", [True, False, None, 5, "text", []])
def test_a_property_whose_schema_is_no_object_is_passed_over(other: Any) -> None:
    nested = {"type": "object", "properties": {"odd": other, "inner": {"type": "integer", "x-mcp-header": "Inner"}}}
    schema = {"type": "object", "properties": {"odd": other, "region": REGION, "nested": nested}}
    assert [(mirror.path, mirror.name) for mirror in mirrors_of(schema)] == [
        (("region",), "Mcp-Param-Region"),
        (("nested", "inner"), "Mcp-Param-Inner"),
    ]


@pytest.mark.parametrize("properties", [None, [], True, "text"])
def test_properties_that_are_no_object_hold_no_mirror(properties: Any) -> None:
    assert mirrors_of({"properties": properties}) == ()


@pytest.mark.parametrize("token", [5, True, ["Region"], {}, "", "a b"])
def test_an_annotation_that_is_no_token_makes_the_schema_unusable(token: Any) -> None:
    with pytest.raises(ValueError, match="no token"):
        mirrors_of({"properties": {"region": {"type": "string", "x-mcp-header": token}}})
