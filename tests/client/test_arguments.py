"""Words of a command line become arguments by what the tool says about them."""

from typing import Any

import pytest

from mcp_echo_core.client.arguments import arguments_of, signature
from mcp_echo_core.client.listed_tools import ListedTool

PROPERTIES = {
    "text": {"type": "string"},
    "whole": {"type": "integer"},
    "real": {"type": "number"},
    "flag": {"type": "boolean"},
    "items": {"type": "array"},
    "facts": {"type": "object"},
    "nothing": {"type": "null"},
    "maybe": {"type": ["integer", "null"]},
    "either": {"anyOf": [{"type": "boolean"}, {"type": "string"}]},
    "pointed": {"$ref": "#/$defs/Count"},
    "circular": {"$ref": "#/$defs/Loop"},
    "level": {"enum": ["1", "2"]},
    "mixed": {"enum": ["1", 2]},
    "anything": {},
    "free": True,
}
DEFINITIONS = {"Count": {"type": "integer"}, "Loop": {"anyOf": [{"$ref": "#/$defs/Loop"}, {"$ref": "#/$defs/Loop"}]}}


def tool(**more: Any) -> ListedTool:
    schema = {"type": "object", "properties": PROPERTIES, "$defs": DEFINITIONS, **more}
    return ListedTool(name="tool", entry={"name": "tool", "inputSchema": schema})


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("text=5", "5"), ("text=", ""), ("text=a=b", "a=b"), ("text=null", "null"), ("whole=5", 5), ("whole=-5", -5),
        ("real=1.5", 1.5), ("real=2", 2), ("real=1e3", 1000.0), ("flag=true", True), ("flag=false", False),
        ("items=[1]", [1]), ('facts={"a":1}', {"a": 1}), ("nothing=null", None), ("maybe=null", None), ("maybe=3", 3),
        ("either=true", True), ("either=yes", "yes"), ("pointed=7", 7), ("circular=7", 7), ("level=1", "1"),
        ("mixed=2", 2), ("anything=[]", []), ("anything=word", "word"), ("free=1", 1), ("text:=5", 5),
        ('whole:="5"', "5"), ("text:=null", None),
    ],
)  # fmt: skip
def test_a_value_has_the_type_the_schema_names_unless_json_is_forced(word: str, value: Any) -> None:
    arguments = arguments_of([word], tool())
    found = arguments.values[word.partition("=")[0].removesuffix(":")]
    assert (found, type(found)) == (value, type(value))
    assert arguments.remarks == []


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("whole=1.5", 1.5), ("whole=x", "x"), ("flag=yes", "yes"), ("real=nan", "nan"), ("real=1_0", "1_0"),
        ("real=x", "x"), ("items={}", {}), ("nothing=0", 0),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_sent_as_it_is_and_remarked_upon(word: str, value: Any) -> None:
    arguments = arguments_of([word], tool())
    assert list(arguments.values.values()) == [value]
    assert "sent as it is" in arguments.remarks[0]


def test_more_digits_than_a_number_is_read_with_do_no_harm() -> None:
    digits = "9" * 5000
    found = arguments_of([f"whole={digits}"], tool())
    assert "sent as it is" in found.remarks[0]
    assert found.values == {"whole": digits}


def test_unknown_and_missing_arguments_are_named_with_those_there_are() -> None:
    arguments = arguments_of(["unknown=1"], tool(required=["text"]))
    assert arguments.values == {"unknown": 1}
    assert arguments.remarks[:2] == ["tool names no argument unknown", "tool requires the argument text"]
    assert "text (string, required), whole (integer)" in arguments.remarks[2]


def test_without_a_schema_a_value_is_json_where_it_can_be() -> None:
    assert arguments_of(["a=1", "b=word", "c=true"], None).values == {"a": 1, "b": "word", "c": True}


@pytest.mark.parametrize("word", ["word", "=value", ":=1", "a:=[", "a=\udcff"])
def test_a_word_that_is_no_argument_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match=r"neither|wants JSON|not UTF-8"):
        arguments_of([word], tool())


def test_a_key_that_comes_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="given twice"):
        arguments_of(["text=a", "text:=1"], tool())


def test_a_tool_without_arguments_says_so() -> None:
    assert signature(ListedTool(name="bare", entry={"name": "bare"})) == "none"
