"""Where the eras meet: a method and its params become a plan, the plan and a Call become a result.

Knows no HTTP, no era and no session header. Planning is pure and comes first, so that a request that is refused
touches nothing, and the effect on the session is known before the session is looked up.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from msgspec import Raw, Struct

from mcp_echo_core.call import Call
from mcp_echo_core.eras.versions import ARGUMENT_ERRORS_ARE_RESULTS, STRUCTURED_CONTENT
from mcp_echo_core.errors import InternalFault, InvalidParams, Refusal, ToolFailure
from mcp_echo_core.stores.base import LOG_LEVELS, Effect
from mcp_echo_core.tools.base import COUNTED, Tool

log = logging.getLogger(__name__)

_TOOLS_SPEC = "server/tools, Error Handling"


class Plan(Protocol):
    """A request that is understood, but not yet done."""

    @property
    def effect(self) -> Effect:
        """What it does to its session."""

    async def run(self, call: Call) -> Any:
        """The result.

        Raises:
            Refusal: It cannot be had.
        """


class Answer(Struct, frozen=True):
    """A result that is known beforehand."""

    result: Any
    effect: Effect = COUNTED

    async def run(self, call: Call) -> Any:
        return self.result


class ToolList(Struct, frozen=True):
    """The list of tools, encoded once per revision."""

    by_revision: Mapping[str, Raw]
    effect: Effect = COUNTED

    async def run(self, call: Call) -> Any:
        return self.by_revision[call.revision]


class ToolCall(Struct, frozen=True):
    """A call of a tool with arguments that fit."""

    tool: Tool[Any, Any]
    arguments: Struct
    effect: Effect

    async def run(self, call: Call) -> Any:
        tool = self.tool
        try:
            result = await tool.run(self.arguments, call)
        except ToolFailure as failure:
            return failed(str(failure))
        content: list[Any] = [{"type": "text", "text": tool.render(result)}]
        if tool.blocks is not None:
            content = [*tool.blocks(result), *content]
        if call.revision in STRUCTURED_CONTENT:
            return {"content": content, "structuredContent": result, "isError": False}
        return {"content": content, "isError": False}


class ArgumentFaults(Struct, frozen=True):
    """A call of a tool with arguments that do not fit: a result or a refusal, as the revision has it."""

    tool: Tool[Any, Any]
    faults: Sequence[str]
    effect: Effect = COUNTED

    async def run(self, call: Call) -> Any:
        text = "; ".join(self.faults)
        if call.revision in ARGUMENT_ERRORS_ARE_RESULTS:
            return failed(f"Invalid arguments for {self.tool.name}: {text}")
        raise InvalidParams(
            f"Invalid arguments for {self.tool.name}: {text}",
            rule="Arguments fit the tool's inputSchema",
            spec=_TOOLS_SPEC,
            fix="Read the inputSchema in tools/list.",
        )


def failed(text: str) -> dict[str, Any]:
    """The result of a tool that could not do its work."""
    return {"content": [{"type": "text", "text": text}], "isError": True}


async def guarded(plan: Plan, call: Call) -> Any:
    """The result of a plan; a defect of ours is logged with its details and answered without.

    Raises:
        Refusal: It cannot be had.
    """
    try:
        return await plan.run(call)
    except Refusal:
        raise
    except Exception:
        log.exception("request failed", extra={"request_id": call.http.id})
        raise InternalFault("The server failed to answer", fix="Report it with the request id from the log.") from None


class Dispatcher:
    """Plans the methods that both eras share.

    Args:
        tools: The tools on offer.
        listings: Encoded result of ``tools/list`` by revision.
    """

    def __init__(self, tools: Sequence[Tool[Any, Any]], listings: Mapping[str, Raw]) -> None:
        self.tools = {tool.name: tool for tool in tools}
        self._tool_list = ToolList(listings)

    def list_tools(self, params: Mapping[str, Any]) -> Plan:
        """Plan ``tools/list``: one page, so that every cursor is foreign.

        Raises:
            InvalidParams: A cursor was given.
        """
        if params.get("cursor") is not None:
            raise InvalidParams(
                "The cursor is not one this server gave out",
                seen=params["cursor"],
                rule="A cursor comes from the nextCursor of an earlier answer; this list has one page",
                spec="server/utilities/pagination, Error Handling",
                fix="Ask without a cursor.",
            )
        return self._tool_list

    def call_tool(self, params: Mapping[str, Any]) -> Plan:
        """Plan ``tools/call``.

        Raises:
            InvalidParams: No tool of that name, or params that are not those of the method.
        """
        name = params.get("name")
        tool = self.tools.get(name) if type(name) is str else None
        if tool is None:
            raise InvalidParams(
                "There is no such tool" if type(name) is str else 'The param "name" is not a string',
                seen=name,
                rule="tools/call names a tool from tools/list",
                spec=_TOOLS_SPEC,
                fix=f"Call one of {', '.join(self.tools)}.",
                extra={"tools": list(self.tools)},
            )
        arguments = params.get("arguments")
        if arguments is None:
            arguments = {}
        if type(arguments) is not dict:
            raise InvalidParams(
                'The param "arguments" is not an object',
                seen=arguments,
                rule="Arguments are an object whose members are the tool's arguments",
                spec=_TOOLS_SPEC,
                fix='Send "arguments": {…}.',
            )
        try:
            fitting = msgspec.convert(arguments, tool.arguments)
        except msgspec.ValidationError:
            return ArgumentFaults(tool, tool.faults(arguments))
        return ToolCall(tool, fitting, tool.effect(fitting) if tool.effect else COUNTED)

    def set_level(self, params: Mapping[str, Any]) -> Plan:
        """Plan ``logging/setLevel``.

        Raises:
            InvalidParams: The level is unknown.
        """
        level = params.get("level")
        if level not in LOG_LEVELS:
            raise InvalidParams(
                "There is no such log level",
                seen=level,
                rule=f"A level is one of {', '.join(LOG_LEVELS)}",
                spec="server/utilities/logging, Log Levels",
                fix="Name one of these levels.",
            )
        return Answer({}, Effect(requests=1, log_level=level))
