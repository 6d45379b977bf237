"""Tools that announce changes to whoever subscribed to them (2026-07-28 basic/patterns/subscriptions).

What is announced stays as it is: the suite wants to see who is told.
"""

from mcp_echo_core.call import Call
from mcp_echo_core.changes import Change
from mcp_echo_core.stores.records import Effect
from mcp_echo_core.tools.base import NoArguments
from mcp_echo_core.toolsets.conformance.fixtures import Block, Tools, text, tool
from mcp_echo_core.toolsets.conformance.resources import WATCHED_URI


async def _tool_change(_: NoArguments, call: Call) -> list[Block]:
    call.runtime.changes.publish(Change("tools"))
    return [text("A change of the tool list was announced.")]


async def _prompt_change(_: NoArguments, call: Call) -> list[Block]:
    call.runtime.changes.publish(Change("prompts"))
    return [text("A change of the prompt list was announced.")]


async def _resource_change(_: NoArguments, call: Call) -> list[Block]:
    call.runtime.changes.publish(Change("resource", WATCHED_URI))
    return [text(f"A change of {WATCHED_URI} was announced.")]


TOOLS: Tools = (
    tool("test_trigger_tool_change", "Announces a change of the tool list.", _tool_change),
    tool("test_trigger_prompt_change", "Announces a change of the prompt list.", _prompt_change),
    tool(
        "test_trigger_resource_change",
        "Announces a change of test://watched-resource, also to its own session if that subscribed.",
        _resource_change,
        effect=lambda _: Effect(requests=1, updated=WATCHED_URI),
    ),
)
