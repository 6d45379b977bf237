"""FastMCP's client pays a visit, in the mode it is told."""

import asyncio

from fastmcp import Client
from mcp_types import PromptReference
from plan import AT_ONCE, COMPLETION, HEALTH, LONG, MESSAGE, MODERN, PATIENCE, PROMPT, TICKS, run


async def visit(url: str, mode: str) -> None:
    """Use everything the client has a method for."""
    async with Client(url, mode=mode) as client:
        await client.list_tools()
        legacy = str(client.protocol_version) < MODERN
        if legacy:
            await client.ping()
            await client.set_logging_level("info")
        result = await client.call_tool("echo", {"message": MESSAGE})
        handle = {} if legacy else {"session": (result.structured_content or {}).get("session")}
        await client.call_tool("replayLastEcho", handle)
        await client.call_tool("echo", TICKS, progress_handler=_heed)
        await client.call_tool("bearerDecode", {}, raise_on_error=False)
        await asyncio.gather(*(client.call_tool("printHeader", {}) for _ in range(AT_ONCE)))
        await client.list_resources()
        await client.read_resource(HEALTH)
        await client.list_prompts()
        await client.get_prompt(*PROMPT)
        await client.complete(PromptReference(type="ref/prompt", name=PROMPT[0]), COMPLETION)
        try:
            await client.call_tool("echo", LONG, timeout=PATIENCE, progress_handler=_heed)
        except Exception:  # noqa: BLE001 - whatever it calls a time-out
            await client.call_tool("healthProbe", {})
        await client.list_tools()


async def _heed(_done: float, _total: float | None, _message: str | None) -> None:
    """Take notice."""


if __name__ == "__main__":
    run(visit)
