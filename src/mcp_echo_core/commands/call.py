"""``mcp-echo call``: call a tool of any server; the session is kept for the next call."""

import argparse
from collections.abc import Sequence

from mcp_echo_core.client.arguments import arguments_of
from mcp_echo_core.client.faults import RequestRefused
from mcp_echo_core.client.listed_tools import ListedTool
from mcp_echo_core.client.peer import Peer
from mcp_echo_core.client.tool_calls import ToolCalls, named
from mcp_echo_core.commands import peers
from mcp_echo_core.commands.connection import refuse
from mcp_echo_core.commands.results import FAILED, problems_of, show_result
from mcp_echo_core.commands.terminal import Terminal

PROG = "mcp-echo call"


def main(words: Sequence[str]) -> int:
    """Call the tool that the words name.

    Returns:
        0; 1 when the tool failed, its result is malformed or the server refused; 2 when the server could not be asked.
    """
    options = _parser().parse_intermixed_args(words)
    try:
        options.tool.encode()
        arguments_of(options.arguments, None)
    except UnicodeEncodeError:
        refuse(PROG, f"TOOL: {options.tool!r} is not UTF-8")
    except ValueError as error:
        refuse(PROG, str(error))
    return peers.run(options, lambda peer, terminal: _call(peer, terminal, options))


async def _call(peer: Peer, terminal: Terminal, options: argparse.Namespace) -> int:
    calls = ToolCalls(peer, terminal.warn)
    tools = await _listed(calls, terminal)
    tool = named(options.tool, tools)
    if tool is None and tools:
        names = ", ".join(each.name for each in tools)
        terminal.warn(f"tools/list does not name {options.tool}, only {names}; the server is asked nevertheless.")
    arguments = arguments_of(options.arguments, tool)
    for remark in arguments.remarks:
        terminal.warn(remark)
    result = await calls.call(options.tool, arguments.values, tool)
    if options.json:
        terminal.json({**peers.spoken(peer.state), "result": result})
    else:
        show_result(result, terminal)
    problems = problems_of(result)
    for problem in problems:
        terminal.fail(f"The result of {options.tool} is none: {problem}.")
    if result.get("isError") is True:
        terminal.fail(f"{options.tool} failed (isError).")
        return FAILED
    return FAILED if problems else 0


async def _listed(calls: ToolCalls, terminal: Terminal) -> Sequence[ListedTool]:
    try:
        return await calls.listed()
    except RequestRefused as refusal:
        terminal.warn(f"{refusal}: the arguments are typed by what they look like.")
        return []


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROG,
        description="Call a tool of any server. The session is kept, and used by the next call.",
        epilog="Values are typed by the tool's inputSchema; key:=json gives JSON as it is: ids:='[1, 2]'.",
    )
    peers.add_peer_options(parser)
    parser.add_argument("tool", metavar="TOOL", help="the tool's name")
    parser.add_argument("arguments", metavar="KEY=VALUE", nargs="*", default=[], help="its arguments")
    return parser
