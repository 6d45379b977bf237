"""``mcp-echo tools``: list the tools of any server, with what they take."""

import argparse
from collections.abc import Sequence

from mcp_echo_core.client.arguments import types_of
from mcp_echo_core.client.listed_tools import ListedTool
from mcp_echo_core.client.peer import Peer
from mcp_echo_core.client.tool_calls import ToolCalls
from mcp_echo_core.commands import peers
from mcp_echo_core.commands.terminal import Terminal
from mcp_echo_core.text import line as safe


def main(words: Sequence[str]) -> int:
    """List the tools of the server that the words name.

    Returns:
        0; 1 when the server refused; 2 when it could not be asked.
    """
    parser = argparse.ArgumentParser(prog="mcp-echo tools", description="List the tools of any server.")
    peers.add_peer_options(parser)
    options = parser.parse_args(words)
    return peers.run(options, lambda peer, terminal: _tools(peer, terminal, as_json=options.json))


async def _tools(peer: Peer, terminal: Terminal, *, as_json: bool) -> int:
    tools = await ToolCalls(peer, terminal.warn).listed()
    if as_json:
        terminal.json({**peers.spoken(peer.state), "tools": [tool.entry for tool in tools]})
        return 0
    for tool in tools:
        terminal.show(safe(tool.name), "bold")
        if isinstance(description := tool.entry.get("description"), str):
            terminal.show("\n".join(f"  {each}" for each in description.splitlines()))
        for row in _arguments(tool):
            terminal.show(f"    {row}")
    terminal.tell(f"{len(tools)} tool{'' if len(tools) == 1 else 's'}")
    return 0


def _arguments(tool: ListedTool) -> list[str]:
    """The arguments of a tool as aligned lines: name, type, whether it must be given, description."""
    rows = []
    for name, facts in tool.arguments.items():
        kind = " or ".join(types_of(facts, tool.schema)) or "any"
        needed = ", required" if name in tool.required else ""
        description = facts.get("description")
        rows.append((safe(name), safe(kind + needed), safe(description) if isinstance(description, str) else ""))
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    return [f"{name:{widths[0]}}  {kind:{widths[1]}}  {told}".rstrip() for name, kind, told in rows]
