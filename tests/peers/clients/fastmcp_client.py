"""FastMCP's client, in the mode it is told."""

from fastmcp import Client
from fastmcp.client.logging import LogMessage
from reporting import Notifications, Plan, Report, answer, arguments, report, run


async def converse(url: str, mode: str, plan: Plan) -> Report:
    """List the tools and call what the plan names."""
    notifications = Notifications(plan)

    async def on_log(message: LogMessage) -> None:
        notifications.add(message.data)

    async with Client(url, mode=mode, log_handler=on_log, name="peer-fastmcp") as client:
        tools = await client.list_tools()
        calls = {}
        for call in plan["calls"]:
            result = await client.call_tool(call["name"], arguments(call, calls), raise_on_error=False)
            calls[call["name"]] = answer(
                is_error=result.is_error, content=result.content, structured=result.structured_content
            )
        await notifications.wait()
        return report(protocol=client.protocol_version, tools=tools, calls=calls, notifications=notifications)


if __name__ == "__main__":
    run(converse)
