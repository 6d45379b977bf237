"""MCP Inspector's command line as a client: one process, and so one session, per call.

Run by the project's own Python, with two more arguments at the end: the Node.js binary and the Inspector's script.
"""

import asyncio
import json
import os
import sys
import tempfile
from types import SimpleNamespace
from typing import Any

from reporting import Notifications, Plan, Report, answer, arguments, report, run

TOOL_IS_ERROR = 5
"""Exit code of an invocation whose result says ``isError``; the result is printed all the same."""

CALL_TIMEOUT = 30.0
"""Seconds one invocation of the command line may take."""


async def ask(node: str, script: str, home: str, options: list[str]) -> Any:
    """The ``result`` of one invocation.

    Raises:
        RuntimeError: It failed; carries what it printed.
    """
    command = [node, script, "--cli", "--format", "json", "-q", "--transport", "http", *options]
    # A home of its own: the Inspector writes a catalogue there that must not be the developer's.
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": home}
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), CALL_TIMEOUT)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    if process.returncode not in (0, TOOL_IS_ERROR):
        raise RuntimeError(f"inspector exited with {process.returncode}: {(output + errors).decode()}")
    return json.loads(output)["result"]


async def converse(url: str, mode: str, plan: Plan) -> Report:
    """List the tools and call what the plan names."""
    node, script = sys.argv[4:6]
    with tempfile.TemporaryDirectory() as home:
        target = ["--server-url", url, "--protocol-era", mode]
        listed = await ask(node, script, home, [*target, "--method", "tools/list"])
        calls = {}
        for call in plan["calls"]:
            given = json.dumps(arguments(call, calls))
            options = ["--method", "tools/call", "--tool-name", call["name"], "--tool-args-json", given]
            result = await ask(node, script, home, [*target, *options])
            content = [SimpleNamespace(**block) for block in result["content"]]
            calls[call["name"]] = answer(
                is_error=result.get("isError", False), content=content, structured=result.get("structuredContent")
            )
    tools = [SimpleNamespace(name=tool["name"]) for tool in listed["tools"]]
    return report(protocol=None, tools=tools, calls=calls, notifications=Notifications(plan))


if __name__ == "__main__":
    run(converse)
