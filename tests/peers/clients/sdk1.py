"""The 1.x line of the official Python SDK as a client. It knows the handshake only, whatever the mode."""

from contextlib import AsyncExitStack

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import Implementation, LoggingMessageNotificationParams
from reporting import Notifications, Plan, Report, answer, arguments, report, run


async def converse(url: str, _mode: str, plan: Plan) -> Report:
    """List the tools and call what the plan names."""
    notifications = Notifications(plan)

    async def on_log(params: LoggingMessageNotificationParams) -> None:
        notifications.add(params.data)

    async with AsyncExitStack() as stack:
        read, write, _ = await stack.enter_async_context(streamable_http_client(url))
        identity = Implementation(name="peer-sdk1", version="1")
        session = await stack.enter_async_context(
            ClientSession(read, write, logging_callback=on_log, client_info=identity)
        )
        hello = await session.initialize()
        listed = await session.list_tools()
        calls = {}
        for call in plan["calls"]:
            result = await session.call_tool(call["name"], arguments(call, calls))
            calls[call["name"]] = answer(
                is_error=result.isError, content=result.content, structured=result.structuredContent
            )
        await notifications.wait()
    protocol = str(hello.protocolVersion)
    return report(protocol=protocol, tools=listed.tools, calls=calls, notifications=notifications)


if __name__ == "__main__":
    run(converse)
