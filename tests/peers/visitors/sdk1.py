"""The 1.x line of the official Python SDK pays a visit."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

from mcp import ClientSession, McpError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import PromptReference, ServerNotification
from plan import AT_ONCE, COMPLETION, HEALTH, LONG, MESSAGE, PATIENCE, PROMPT, SESSION, TICKS, happened, run
from pydantic import AnyUrl


async def visit(url: str, _mode: str) -> None:
    """Use everything the client has a method for."""
    updated = asyncio.Event()

    async def on_message(message: Any) -> None:
        if isinstance(message, ServerNotification) and message.root.method == "notifications/resources/updated":
            updated.set()

    async with AsyncExitStack() as stack:
        read, write, _ = await stack.enter_async_context(streamable_http_client(url))
        session = await stack.enter_async_context(ClientSession(read, write, message_handler=on_message))
        await session.initialize()
        await session.send_ping()
        await session.list_tools()
        await session.subscribe_resource(AnyUrl(SESSION))
        await session.call_tool("echo", {"message": MESSAGE})
        await session.call_tool("replayLastEcho", {})
        await happened(updated)
        await session.unsubscribe_resource(AnyUrl(SESSION))
        await session.call_tool("echo", TICKS, progress_callback=_heed)
        await session.call_tool("bearerDecode", {})
        await asyncio.gather(*(session.call_tool("printHeader", {}) for _ in range(AT_ONCE)))
        await session.list_resources()
        await session.read_resource(AnyUrl(HEALTH))
        await session.list_prompts()
        await session.get_prompt(*PROMPT)
        await session.complete(PromptReference(type="ref/prompt", name=PROMPT[0]), COMPLETION)
        await session.set_logging_level("info")
        try:
            await session.call_tool("echo", LONG, timedelta(seconds=PATIENCE), _heed)
        except McpError:
            await session.call_tool("sessionInfo", {})
        await session.list_tools()


async def _heed(_done: float, _total: float | None, _message: str | None) -> None:
    """Take notice."""


if __name__ == "__main__":
    run(visit)
