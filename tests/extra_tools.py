"""Tools for tests: one does step by step what a test tells it, one has mirrored arguments, one asks its client."""

import asyncio
from collections import defaultdict
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from mcp_echo_core.call import Call
from mcp_echo_core.tools.base import Tool
from mcp_echo_core.variants import Variant


class Lane(Struct, forbid_unknown_fields=True):
    """Arguments of ``paced``."""

    lane: str = "only"


class Done(Struct):
    """The result of every tool here."""

    steps: int = 0


class Mirrored(Struct, forbid_unknown_fields=True):
    """Arguments of ``mirrored``: one of each kind that can be mirrored, one that is not, one that is nested."""

    region: Annotated[str | None, Meta(extra_json_schema={"type": "string", "x-mcp-header": "Region"})] = None
    count: Annotated[int | None, Meta(extra_json_schema={"type": "integer", "x-mcp-header": "Count"})] = None
    dry: Annotated[bool | None, Meta(extra_json_schema={"type": "boolean", "x-mcp-header": "Dry-Run"})] = None
    query: str = ""


class Pace:
    """What ``paced`` is told, lane by lane, and what became of it.

    Attributes:
        started: Calls that have begun.
        cancelled: Calls that were cancelled.
    """

    def __init__(self) -> None:
        self.started = 0
        self.cancelled = 0
        self._steps: defaultdict[str, asyncio.Queue[str | None]] = defaultdict(asyncio.Queue)

    def step(self, *texts: str, lane: str = "only") -> None:
        """Let a call report these, as progress."""
        for text in texts:
            self._steps[lane].put_nowait(text)

    def finish(self, lane: str = "only") -> None:
        """Let a call return."""
        self._steps[lane].put_nowait(None)

    async def run(self, arguments: Lane, call: Call) -> Done:
        """Do what is told."""
        self.started += 1
        steps = 0
        try:
            while (text := await self._steps[arguments.lane].get()) is not None:
                steps += 1
                await call.progress(steps, message=text)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return Done(steps)

    def tool(self) -> Tool[Any, Any]:
        """The tool."""
        return _tool("paced", Lane, self.run)


async def _mirror(arguments: Mirrored, call: Call) -> Done:
    return Done()


async def _ask(arguments: Mirrored, call: Call) -> Done:
    if not call.answers:
        call.need_input({"q": {"method": "sampling/createMessage", "params": {"messages": [], "maxTokens": 1}}})
    return Done()


async def _break(arguments: Lane, call: Call) -> Done:
    raise RuntimeError("a defect")


def with_tools(variant: Variant, *tools: Tool[Any, Any]) -> Variant:
    """A variant with more tools."""
    return msgspec.structs.replace(variant, tools=(*variant.tools, *tools))


def _tool(name: str, arguments: type[Struct], run: Any) -> Tool[Any, Any]:
    return Tool(
        name=name, title=name, description=name, arguments=arguments, result=Done, run=run, render=lambda _: "done"
    )


MIRRORED = _tool("mirrored", Mirrored, _mirror)
ASKING = _tool("asking", Mirrored, _ask)
BROKEN = _tool("broken", Lane, _break)
