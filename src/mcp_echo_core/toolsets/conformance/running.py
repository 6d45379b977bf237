"""Tools that talk while they run: log messages, progress, and a connection that is closed on purpose."""

import asyncio

import msgspec

from mcp_echo_core.call import Call
from mcp_echo_core.tools.base import NoArguments
from mcp_echo_core.toolsets.conformance.asking import Interview, entered, entry
from mcp_echo_core.toolsets.conformance.fixtures import Block, Tools, text, tool

LOGGER = "conformance"

PAUSE = 0.05
"""Seconds between two messages, so that they arrive as the work goes on and not all at once."""


async def _log(call: Call, message: str) -> None:
    # A session says once for all which messages it wants; without one, each request says so itself.
    level = call.session.log_level if call.session is not None else call.log_level
    await msgspec.structs.replace(call, log_level=level).log("info", LOGGER, message)


async def _with_logging(_: NoArguments, call: Call) -> list[Block]:
    await _log(call, "Tool execution started")
    await asyncio.sleep(PAUSE)
    await _log(call, "Tool processing data")
    await asyncio.sleep(PAUSE)
    await _log(call, "Tool execution completed")
    return [text("The work is done; log messages told how it went.")]


async def _with_progress(_: NoArguments, call: Call) -> list[Block]:
    for done in (0, 50, 100):
        if done:
            await asyncio.sleep(PAUSE)
        await call.progress(done, 100, f"{done} of 100")
    return [text("The work is done; progress notifications told how far it was.")]


async def _logging(_: NoArguments, call: Call) -> list[Block]:
    await _log(call, "This message was asked for.")
    return [text("Whoever asked for log messages has had one.")]


async def _reconnection(_: NoArguments, call: Call) -> list[Block]:
    await call.channel.hang_up()
    await asyncio.sleep(PAUSE)
    return [text("The connection was closed while the call ran; this result came by resuming its stream.")]


async def _streaming_elicitation(_: NoArguments, call: Call) -> list[Block]:
    await call.progress(1, 2, "about to ask")
    answers = await Interview(call).ask(answer=entry("What should the stream end with?", "ending"))
    await call.progress(2, 2, "answered")
    return [text(f"The stream ends with: {entered(answers['answer'], 'ending')}")]


TOOLS: Tools = (
    tool("test_tool_with_logging", "Sends three log messages while it runs.", _with_logging),
    tool("test_tool_with_progress", "Reports progress three times while it runs.", _with_progress),
    tool("test_logging_tool", "Sends a log message if the client asked for those.", _logging),
    tool("test_reconnection", "Closes the connection before the result is there; resume to get it.", _reconnection),
    tool("test_streaming_elicitation", "Reports progress, then asks the user.", _streaming_elicitation),
)
