"""Requests that are understood but not yet done: what they do to their session is known, their result not.

Planning comes first and is pure, so that a request that is refused touches nothing.
"""

import base64
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from msgspec import Raw, Struct

from mcp_echo_core.body import ClientDisconnected
from mcp_echo_core.call import Call
from mcp_echo_core.catalog import Prompt
from mcp_echo_core.eras.versions import ARGUMENT_ERRORS_ARE_RESULTS, STRUCTURED_CONTENT
from mcp_echo_core.errors import InputRequired, InternalFault, InvalidParams, Refusal, ToolFailure
from mcp_echo_core.stores.base import StoreUnavailable
from mcp_echo_core.stores.records import Effect
from mcp_echo_core.tools.base import COUNTED, Tool

log = logging.getLogger(__name__)


class Plan(Protocol):
    """A request that is understood, but not yet done."""

    @property
    def effect(self) -> Effect:
        """What it does to its session."""

    @property
    def target(self) -> str:
        """Name of the tool or prompt it is about, empty for others."""

    async def run(self, call: Call) -> Any:
        """The result.

        Raises:
            Refusal: It cannot be had.
        """


class Answer(Struct, frozen=True):
    """A result that is known beforehand."""

    target: ClassVar[str] = ""
    result: Any
    effect: Effect = COUNTED

    async def run(self, call: Call) -> Any:
        return self.result


class Listing(Struct, frozen=True):
    """A list of what is on offer, encoded once per revision."""

    target: ClassVar[str] = ""
    by_revision: Mapping[str, Raw]
    effect: Effect = COUNTED

    async def run(self, call: Call) -> Any:
        return self.by_revision[call.revision]


class ToolCall(Struct, frozen=True):
    """A call of a tool with arguments that fit."""

    tool: Tool[Any, Any]
    arguments: Struct
    effect: Effect

    @property
    def target(self) -> str:
        return self.tool.name

    async def run(self, call: Call) -> Any:
        tool = self.tool
        try:
            result = await tool.run(self.arguments, call)
        except ToolFailure as failure:
            return failed(str(failure))
        content: list[Any] = [] if tool.render is None else [{"type": "text", "text": tool.render(result)}]
        if tool.blocks is not None:
            content = [*tool.blocks(result), *content]
        if tool.result is not None and call.revision in STRUCTURED_CONTENT:
            return {"content": content, "structuredContent": result, "isError": False}
        return {"content": content, "isError": False}


class ArgumentFaults(Struct, frozen=True):
    """A call of a tool with arguments that do not fit: a result or a refusal, as the revision has it."""

    tool: Tool[Any, Any]
    faults: Sequence[str]
    effect: Effect = COUNTED

    @property
    def target(self) -> str:
        return self.tool.name

    async def run(self, call: Call) -> Any:
        text = "; ".join(self.faults)
        if call.revision in ARGUMENT_ERRORS_ARE_RESULTS:
            return failed(f"Invalid arguments for {self.tool.name}: {text}")
        raise InvalidParams(
            f"Invalid arguments for {self.tool.name}: {text}",
            rule="Arguments fit the tool's inputSchema",
            spec="server/tools, Error Handling",
            fix="Read the inputSchema in tools/list.",
        )


def failed(text: str) -> dict[str, Any]:
    """The result of a tool that could not do its work."""
    return {"content": [{"type": "text", "text": text}], "isError": True}


async def guarded(plan: Plan, call: Call) -> Any:
    """The result of a plan; a defect of ours is logged with its details and answered without.

    Raises:
        Refusal: It cannot be had.
        InputRequired: The client has to say something first (modern era).
    """
    try:
        return await plan.run(call)
    except (Refusal, InputRequired, StoreUnavailable, ClientDisconnected):
        raise
    except ToolFailure as failure:  # of a prompt or resource, whose results have no isError
        raise InvalidParams(str(failure), spec="2025-11-25 server/prompts, Error Handling") from None
    except Exception:
        log.exception("request failed", extra={"request_id": call.http.id})
        raise InternalFault("The server failed to answer", fix="Report it with the request id from the log.") from None


class PromptGet(Struct, frozen=True):
    """A prompt with arguments that fit."""

    prompt: Prompt
    arguments: Mapping[str, str]
    effect: Effect = COUNTED

    @property
    def target(self) -> str:
        return self.prompt.name

    async def run(self, call: Call) -> Any:
        messages = await self.prompt.get(self.arguments, call)
        return {"description": self.prompt.description, "messages": messages}


class ResourceRead(Struct, frozen=True):
    """A resource that exists."""

    target: ClassVar[str] = ""
    uri: str
    mime_type: str
    read: Callable[[Call], Awaitable[str | bytes]]
    effect: Effect = COUNTED

    async def run(self, call: Call) -> Any:
        content = await self.read(call)
        found: dict[str, Any] = {"uri": self.uri, "mimeType": self.mime_type}
        if isinstance(content, bytes):
            found["blob"] = base64.b64encode(content).decode()
        else:
            found["text"] = content
        return {"contents": [found]}
