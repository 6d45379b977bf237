"""The registry, and what holds for every tool."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import mcp_echo_core.tools
from mcp_echo_core.eras.versions import ALL_VERSIONS, STRUCTURED_CONTENT
from mcp_echo_core.settings import Settings
from mcp_echo_core.tools import STATEFUL_TOOLS, STATELESS_TOOLS, Tools, echo, echo_binary, tools_for
from mcp_echo_core.tools.base import Tool, schema

EVERY_TOOL = [*STATEFUL_TOOLS, *STATELESS_TOOLS, echo_binary.STATEFUL, echo_binary.STATELESS]


def test_the_stateful_server_offers_the_eleven_tools_of_its_documents_in_their_order() -> None:
    assert [tool.name for tool in STATEFUL_TOOLS] == [
        "echo", "replayLastEcho", "printHeader", "bearerDecode", "authContext", "requestTiming", "corsAnalysis",
        "environmentDump", "healthProbe", "sessionInfo", "whoIStheGOAT",
    ]  # fmt: skip


def test_the_stateless_server_offers_the_nine_tools_of_its_documents_in_their_order() -> None:
    assert [tool.name for tool in STATELESS_TOOLS] == [
        "echo", "printHeader", "bearerDecode", "authContext", "requestTiming", "corsAnalysis", "environmentDump",
        "healthProbe", "whoIStheGOAT",
    ]  # fmt: skip


def test_every_tool_file_is_registered_and_every_registered_tool_has_a_file() -> None:
    folder = Path(mcp_echo_core.tools.__file__).parent
    files = {file.stem for file in folder.glob("*.py")} - {"__init__", "base"}
    assert {tool.run.__module__.rpartition(".")[2] for tool in EVERY_TOOL} == files


@pytest.mark.parametrize("tool", EVERY_TOOL, ids=lambda tool: f"{tool.run.__name__}-{tool.name}")
def test_every_schema_is_a_valid_schema_of_an_object(tool: Tool[Any, Any]) -> None:
    for struct in (tool.arguments, tool.result):
        described = schema(struct)
        Draft202012Validator.check_schema(described)
        assert described["type"] == "object"
    assert schema(tool.arguments)["additionalProperties"] is False


@pytest.mark.parametrize("tool", EVERY_TOOL, ids=lambda tool: f"{tool.run.__name__}-{tool.name}")
@pytest.mark.parametrize("revision", ALL_VERSIONS)
def test_every_tool_is_described_in_every_revision(tool: Tool[Any, Any], revision: str) -> None:
    entry = tool.describe(revision)
    assert len(entry["description"]) > 20
    assert ("outputSchema" in entry) == ("title" in entry) == (revision in STRUCTURED_CONTENT)
    assert all(argument.get("description") for argument in entry["inputSchema"].get("properties", {}).values())


@pytest.mark.parametrize("tool", EVERY_TOOL, ids=lambda tool: f"{tool.run.__name__}-{tool.name}")
def test_no_tool_claims_to_change_anything(tool: Tool[Any, Any]) -> None:
    assert tool.annotations["readOnlyHint"] is True
    assert tool.annotations["destructiveHint"] is False


@pytest.mark.parametrize(("variant", "tools"), [("stateful", STATEFUL_TOOLS), ("stateless", STATELESS_TOOLS)])
def test_only_echo_changes_when_binary_data_is_enabled(variant: str, tools: Tools) -> None:
    plain = tools_for(tools, Settings.from_env({}, variant))
    binary = tools_for(tools, Settings.from_env({"ECHO_ENABLE_BINARY": "true"}, variant))
    assert plain == tools
    assert binary[1:] == tools[1:]
    assert set(schema(binary[0].arguments)["properties"]) - set(schema(plain[0].arguments)["properties"]) == {
        "data",
        "mimeType",
    }


def test_arguments_are_those_of_the_documents() -> None:
    names = {tool.name: set(schema(tool.arguments).get("properties", {})) for tool in STATEFUL_TOOLS}
    assert {name: arguments for name, arguments in names.items() if arguments} == {
        "echo": {"message", "uppercase", "progressSteps", "progressInterval"},
        "printHeader": {"category"},
        "bearerDecode": {"token"},
        "whoIStheGOAT": {"subject"},
    }
    assert set(schema(STATELESS_TOOLS[0].arguments)["properties"]) == {
        "message", "uppercase", "progressSteps", "progressInterval", "reverse",
    }  # fmt: skip
    assert "properties" not in schema(STATELESS_TOOLS[1].arguments)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({}, "'message' is required: expected string"),
        ({"message": None}, "'message' is null: expected string"),
        ({"message": 7}, "'message' is the integer 7: expected string"),
        ({"message": 1.5}, "'message' is the number 1.5: expected string"),
        ({"message": ["a"]}, "'message' is an array: expected string"),
        ({"message": {"a": 1}}, "'message' is an object: expected string"),
        ({"message": "a", "uppercase": "yes"}, "'uppercase' is the string \"yes\": expected boolean"),
        (
            {"message": "a", "loud": True},
            "'loud' is not an argument of echo: expected 'message', 'uppercase', 'progressSteps', 'progressInterval'",
        ),
        (
            {"message": "a", "progressSteps": 0},
            "'progressSteps' is the integer 0: expected integer of at least 1 and at most 100",
        ),
        (
            {"message": "a", "progressSteps": 101},
            "'progressSteps' is the integer 101: expected integer of at least 1 and at most 100",
        ),
        (
            {"message": "a", "progressSteps": None},
            "'progressSteps' is null: expected integer of at least 1 and at most 100",
        ),
        (
            {"message": "a", "progressInterval": 0},
            "'progressInterval' is the integer 0: expected number of at least 0.01 and at most 10",
        ),
        (
            {"message": "a", "progressInterval": 10.5},
            "'progressInterval' is the number 10.5: expected number of at least 0.01 and at most 10",
        ),
    ],
)
def test_a_bad_argument_is_told_with_field_given_and_expected(arguments: dict[str, Any], fault: str) -> None:
    assert echo.STATEFUL.faults(arguments) == [fault]


def test_a_tool_without_arguments_says_that_it_takes_none() -> None:
    faults = STATELESS_TOOLS[1].faults({"x" * 200: 1})
    assert faults == [f"'{'x' * 100}…' is not an argument of printHeader: expected none"]


@pytest.mark.parametrize("tool", [*STATEFUL_TOOLS, *STATELESS_TOOLS], ids=lambda tool: tool.name)
def test_no_schema_means_something_else_in_an_older_dialect(tool: Tool[Any, Any]) -> None:
    schemas = json.dumps([tool.input_schema, schema(tool.result)])
    assert "prefixItems" not in schemas
    assert '"items": false' not in schemas
