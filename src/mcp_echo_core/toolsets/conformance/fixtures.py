"""How the tools of this toolset are declared: they return content blocks and have no structured content."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from mcp_echo_core.call import Call
from mcp_echo_core.tools.base import NoArguments, Tool

Block = dict[str, Any]
Tools = tuple[Tool[Any, Any], ...]


def tool(
    name: str,
    description: str,
    run: Callable[[Any, Call], Awaitable[list[Block]]],
    *,
    arguments: type[Struct] = NoArguments,
    **facts: Any,
) -> Tool[Any, Any]:
    """A tool whose result is its content.

    Args:
        name: The suite's name for it; its title is made from that.
        description: What it tells.
        run: Its work.
        arguments: Struct of its arguments.
        facts: Further fields of ``Tool``.
    """
    return Tool(
        name=name,
        title=name.removeprefix("test_").replace("_", " ").capitalize(),
        description=description,
        arguments=arguments,
        result=None,
        run=run,
        render=None,
        blocks=_as_they_are,
        **facts,
    )


def text(value: str) -> Block:
    """A text block."""
    return {"type": "text", "text": value}


def _as_they_are(blocks: list[Block]) -> list[Block]:
    return blocks
