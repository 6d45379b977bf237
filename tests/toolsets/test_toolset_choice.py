"""The conformance toolset is there when it is asked for, and only then."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from fixture_calls import BOTH, MODERN, modern_request, result_of
from jsonschema import Draft202012Validator

from harness import REVISIONS, VARIANT_NAMES, Server, initialize, rpc
from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.parsing import TOOLSET_NAMES
from mcp_echo_core.toolsets import TOOLSETS

COUNTS = {"stateful": 11, "stateless": 9}

FIXTURE_TOOLS = {
    "test_simple_text", "test_image_content", "test_audio_content", "test_embedded_resource",
    "test_multiple_content_types", "test_error_handling", "test_tool_with_logging", "test_tool_with_progress",
    "test_sampling", "test_elicitation", "test_elicitation_sep1034_defaults", "test_elicitation_sep1330_enums",
    "test_reconnection", "test_missing_capability", "test_streaming_elicitation", "test_logging_tool",
    "test_trigger_tool_change", "test_trigger_prompt_change", "test_trigger_resource_change", "test_custom_headers",
    "json_schema_2020_12_tool",
    *(f"test_input_required_result_{name}" for name in (
        "elicitation", "sampling", "list_roots", "request_state", "multiple_inputs", "multi_round", "tampered_state",
        "capabilities",
    )),
}  # fmt: skip


async def listed(server: Server, method: str, revision: str) -> Any:
    member = {"tools/list": "tools", "prompts/list": "prompts", "resources/list": "resources"}[method]
    if revision == MODERN:
        return (await result_of(server, modern_request(method, {})))[member]
    session = await initialize(server, revision)
    return (await server.post(rpc(method), session)).message["result"][member]


@pytest.mark.parametrize("revision", [*REVISIONS, MODERN])
async def test_without_it_the_lists_are_those_of_the_documents(server: Server, revision: str) -> None:
    tools = await listed(server, "tools/list", revision)
    assert len(tools) == COUNTS[server.variant]
    assert not {tool["name"] for tool in tools} & FIXTURE_TOOLS
    assert [prompt["name"] for prompt in await listed(server, "prompts/list", revision)] == ["diagnose-connection"]
    assert all(found["uri"].startswith("echo://") for found in await listed(server, "resources/list", revision))


@pytest.mark.parametrize("revision", [*REVISIONS, MODERN])
async def test_with_it_the_suites_own_come_in_addition(offering: Server, revision: str) -> None:
    tools = await listed(offering, "tools/list", revision)
    assert len(tools) == COUNTS[offering.variant] + len(FIXTURE_TOOLS)
    assert {tool["name"] for tool in tools[COUNTS[offering.variant] :]} == FIXTURE_TOOLS
    for tool in tools:
        Draft202012Validator.check_schema(tool["inputSchema"])
        assert tool["inputSchema"]["type"] == "object"
        assert len(tool["description"]) > 20
        assert tool["name"] not in FIXTURE_TOOLS or "outputSchema" not in tool
    assert "test://watched-resource" in {found["uri"] for found in await listed(offering, "resources/list", revision)}


@pytest.mark.parametrize("variant", VARIANT_NAMES)
def test_it_is_imported_only_when_it_is_asked_for(variant: str) -> None:
    code = f"""
import json, sys
from mcp_echo_core.app import create_app
from mcp_echo_core.settings import Settings
from mcp_echo_core.variants import VARIANTS
name = "mcp_echo_core.toolsets.conformance"
found = []
for names in ("diagnostics", "{BOTH}"):
    create_app(VARIANTS["{variant}"], Settings.from_env({{"MCP_ECHO_TOOLSETS": names}}, "{variant}"))
    found.append(name in sys.modules)
print(json.dumps(found))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert json.loads(done.stdout) == [False, True]


async def test_it_can_be_had_alone(variant: str, make_app: Callable[..., Server]) -> None:
    server = make_app(variant, MCP_ECHO_TOOLSETS="conformance")
    assert {tool["name"] for tool in await listed(server, "tools/list", MODERN)} == FIXTURE_TOOLS


def test_every_name_that_settings_accept_is_a_toolset_and_no_other() -> None:
    assert set(TOOLSETS) == set(TOOLSET_NAMES)


def test_an_unknown_toolset_is_named(make_app: Callable[..., Server]) -> None:
    with pytest.raises(ConfigurationError, match="MCP_ECHO_TOOLSETS='everything'"):
        make_app("stateless", MCP_ECHO_TOOLSETS="everything")


async def test_changes_of_lists_are_declared_only_with_it_and_only_to_the_modern_era(
    server: Server, offering: Server
) -> None:
    async def declared(of: Server) -> tuple[bool, bool]:
        modern = (await result_of(of, modern_request("server/discover", {})))["capabilities"]
        params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
        legacy = (await of.post(rpc("initialize", params))).message["result"]["capabilities"]
        return modern["tools"]["listChanged"], legacy["tools"]["listChanged"]

    assert await declared(server) == (False, False)
    assert await declared(offering) == (True, False)
