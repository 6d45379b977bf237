"""The 2.x line of the official Python SDK pays a visit, in the mode it is told."""

import asyncio
from typing import Any

from mcp import Client, MCPError
from mcp_types import PromptReference, ResourceUpdatedNotification
from plan import AT_ONCE, COMPLETION, HEALTH, LONG, MESSAGE, MODERN, PATIENCE, PROMPT, SESSION, TICKS, happened, run


async def visit(url: str, mode: str) -> None:
    """Use everything the client has a method for."""
    updated = asyncio.Event()

    async def on_message(message: Any) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            updated.set()

    async with Client(url, mode=mode, message_handler=on_message) as client:
        legacy = client.protocol_version < MODERN
        await client.list_tools()
        if legacy:
            await client.send_ping()
            await client.set_logging_level("info")
            await client.subscribe_resource(SESSION)
            handle = await _echo(client)
            await happened(updated)
            await client.unsubscribe_resource(SESSION)
        else:
            handle = await _echo(client)
            async with client.listen(tools_list_changed=True):
                await client.call_tool("printHeader", {})
        await client.call_tool("replayLastEcho", {} if legacy else handle)
        await client.call_tool("echo", TICKS, progress_callback=_heed)
        await client.call_tool("bearerDecode", {})
        await asyncio.gather(*(client.call_tool("printHeader", {}) for _ in range(AT_ONCE)))
        await client.list_resources()
        await client.read_resource(HEALTH)
        await client.list_prompts()
        await client.get_prompt(*PROMPT)
        await client.complete(PromptReference(type="ref/prompt", name=PROMPT[0]), COMPLETION)
        try:
            await client.call_tool("echo", LONG, PATIENCE, _heed)
        except (MCPError, TimeoutError):
            await client.call_tool("healthProbe", {})
        await client.list_tools()


async def _echo(client: Client) -> dict[str, Any]:
    result = await client.call_tool("echo", {"message": MESSAGE})
    return {"session": (result.structured_content or {}).get("session")}


async def _heed(_done: float, _total: float | None, _message: str | None) -> None:
    """Take notice."""


if __name__ == "__main__":
    run(visit)
