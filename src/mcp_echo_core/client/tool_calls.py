"""Tools of a server, listed and called; state handles go with the calls by themselves.

A handle is what a tool that takes an argument ``session`` returned as ``structuredContent.session``: revision
2026-07-28 has no sessions, and servers that keep state name it like this (its basic/index, Statelessness).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mcp_echo_core.client.faults import RequestRefused
from mcp_echo_core.client.listed_tools import HANDLE, ListedTool, listed
from mcp_echo_core.client.peer import Peer
from mcp_echo_core.client.session_file import Tell
from mcp_echo_core.errors import HEADER_MISMATCH
from mcp_echo_core.redaction import session_id as shortened

MAX_PAGES = 100
"""Pages of a tool list that are read."""


class ToolCalls:
    """The tools of a server.

    Args:
        peer: The server.
        tell: Is told what the user should know.
    """

    def __init__(self, peer: Peer, tell: Tell) -> None:
        self._peer = peer
        self._tell = tell

    async def listed(self) -> Sequence[ListedTool]:
        """All tools, except those that no client may use, which are told.

        Raises:
            PeerFault: There is no list.
        """
        tools = []
        for position, entry in enumerate(await self._entries()):
            try:
                tools.append(listed(entry, modern=self._peer.is_modern))
            except ValueError as error:
                name = entry.get("name") if isinstance(entry, dict) else None
                self._tell(f"Tool {name or f'number {position + 1}'} is left out: {error}.")
        return tools

    async def call(self, name: str, arguments: Mapping[str, Any], tool: ListedTool | None) -> Mapping[str, Any]:
        """Call a tool, with the kept state handle where it takes one and none is given.

        Args:
            name: Of the tool.
            arguments: As the user gave them.
            tool: As it was listed; ``None`` for one that is not.

        Returns:
            The result; one that says ``isError`` is a result too.

        Raises:
            PeerFault: There is none.
        """
        state = self._peer.state
        handle = state.handle if state is not None and tool is not None and tool.takes_handle else None
        if tool is None or handle is None or HANDLE in arguments:
            result = await self._call(name, arguments, tool)
        else:
            result = await self._call_with_handle(arguments, tool, handle)
        self._learn_handle(result, tool)
        return result

    async def _call_with_handle(self, arguments: Mapping[str, Any], tool: ListedTool, handle: str) -> Mapping[str, Any]:
        result = await self._call(tool.name, {**arguments, HANDLE: handle}, tool)
        if result.get("isError") is not True:
            return result
        # Nothing but prose says whether the handle was the reason. Where a second call does no harm, it tells.
        if not tool.is_read_only:
            self._tell(f"The call was made with the kept state handle {shortened(handle)}; --no-session leaves it out.")
            return result
        again = await self._call(tool.name, arguments, tool)
        if again.get("isError") is True:
            return result
        self._tell(
            f"The call failed with the kept state handle {shortened(handle)} and worked without: the handle is dropped."
        )
        self._peer.keep_handle(None)
        return again

    async def _call(self, name: str, arguments: Mapping[str, Any], tool: ListedTool | None) -> Mapping[str, Any]:
        try:
            return await self._ask(name, arguments, tool)
        except RequestRefused as refusal:
            if refusal.code != HEADER_MISMATCH or not self._peer.is_modern:
                raise
        self._tell("The server misses headers that repeat arguments (-32020): asked again by a fresh tools/list.")
        return await self._ask(name, arguments, named(name, await self.listed()))

    async def _ask(self, name: str, arguments: Mapping[str, Any], tool: ListedTool | None) -> Mapping[str, Any]:
        mirrors = tool.mirrors if tool is not None else ()
        params = {"name": name, "arguments": arguments}
        return await self._peer.ask("tools/call", params, purpose=f"call {name}", mirrors=mirrors)

    def _learn_handle(self, result: Mapping[str, Any], tool: ListedTool | None) -> None:
        structured = result.get("structuredContent")
        handle = structured.get(HANDLE) if isinstance(structured, dict) else None
        if self._peer.is_modern and tool is not None and tool.takes_handle and isinstance(handle, str) and handle:
            self._peer.keep_handle(handle)

    async def _entries(self) -> list[Any]:
        entries: list[Any] = []
        cursors: set[str] = set()
        params: dict[str, Any] = {}
        while len(cursors) < MAX_PAGES:
            result = await self._peer.ask("tools/list", params, purpose="which tools are there?")
            page = result.get("tools")
            entries += page if isinstance(page, list) else []
            cursor = result.get("nextCursor")
            if not isinstance(cursor, str) or cursor in cursors:
                break
            cursors.add(cursor)
            params = {"cursor": cursor}
        return entries


def named(name: str, tools: Sequence[ListedTool]) -> ListedTool | None:
    """The tool of a name."""
    return next((tool for tool in tools if tool.name == name), None)
