"""The 2.x line of the official Python SDK as a client, in the mode it is told."""

from mcp import Client
from mcp_types import Implementation, LoggingMessageNotificationParams
from reporting import Notifications, Plan, Report, answer, arguments, report, run


async def converse(url: str, mode: str, plan: Plan) -> Report:
    """List the tools and call what the plan names."""
    notifications = Notifications(plan)

    async def on_log(params: LoggingMessageNotificationParams) -> None:
        notifications.add(params.data)

    identity = Implementation(name="peer-sdk2", version="2")
    async with Client(url, mode=mode, logging_callback=on_log, client_info=identity) as client:
        listed = await client.list_tools()
        calls = {}
        for call in plan["calls"]:
            result = await client.call_tool(call["name"], arguments(call, calls))
            calls[call["name"]] = answer(
                is_error=result.is_error, content=result.content, structured=result.structured_content
            )
        await notifications.wait()
        return report(protocol=client.protocol_version, tools=listed.tools, calls=calls, notifications=notifications)


if __name__ == "__main__":
    run(converse)
