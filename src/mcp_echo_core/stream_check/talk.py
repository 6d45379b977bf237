"""An understanding with a server: its era, a session where there is one, and what its tool takes."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from mcp_echo_core.client.faults import PeerFault, RequestRefused
from mcp_echo_core.client.incoming import Outgoing
from mcp_echo_core.client.listed_tools import ListedTool
from mcp_echo_core.client.openings import DISCOVER
from mcp_echo_core.client.peer import Peer, end_session
from mcp_echo_core.client.requests import Headers, Requests
from mcp_echo_core.client.session_file import Choice, SavedSession
from mcp_echo_core.client.tool_calls import ToolCalls, named
from mcp_echo_core.client.wire import Wire

SHOWN_TOOLS = 20
"""Names of tools that are listed where the wanted one is missing."""


class NoTool(PeerFault):
    """The server lists no tool that can be asked for ticks."""


class Talk(Struct, frozen=True, kw_only=True):
    """An understanding with a server.

    Attributes:
        requests: Makes requests for it.
        state: Era, revision, session.
        tools: What can be called; empty when the server does not list its tools.
        remarks: What was odd on the way here, a sentence each.
    """

    requests: Requests
    state: SavedSession
    tools: Sequence[ListedTool]
    remarks: Sequence[str] = ()

    @property
    def modern(self) -> bool:
        """Whether the era is the one without a handshake."""
        return self.state.era == "modern"

    def call(self, name: str, arguments: Mapping[str, Any], *, purpose: str, token: str, extra: Headers) -> Outgoing:
        """A call of the tool with a progress token."""
        params = {"name": name, "arguments": arguments}
        if self.modern:
            tool = named(name, self.tools)
            mirrors = tool.mirrors if tool is not None else ()
            return self.requests.modern(
                "tools/call", params, purpose=purpose, version=self.state.version, progress_token=token,
                mirrors=mirrors, extra=extra,
            )  # fmt: skip
        params["_meta"] = {"progressToken": token}
        state = self.state
        return self.requests.legacy(
            "tools/call", params, purpose=purpose, session=state.session, version=state.version, extra=extra
        )

    def listen(self, *, purpose: str) -> Outgoing:
        """The request for a stream on which nothing but keep-alives has to come."""
        if self.modern:
            params = {"notifications": {"toolsListChanged": True}}
            return self.requests.modern("subscriptions/listen", params, purpose=purpose, version=self.state.version)
        version = [("MCP-Protocol-Version", self.state.version)]
        return self.requests.bare("GET", purpose=purpose, session=self.state.session, headers=version)

    def require(self, name: str, argument: str | None = None) -> None:
        """Make sure that a tool can be asked for ticks, as far as the list of tools tells.

        Raises:
            NoTool: It is not listed, or does not take the argument.
        """
        tool = named(name, self.tools)
        if tool is None and self.tools:
            more = ", …" if len(self.tools) > SHOWN_TOOLS else ""
            names = ", ".join(each.name for each in self.tools[:SHOWN_TOOLS])
            raise NoTool(f"tools/list does not name {name}, only {names}{more}")
        if tool is not None and argument is not None and argument not in tool.arguments:
            raise NoTool(f"its {name} takes no {argument}, as that of our servers does")

    async def end(self, wire: Wire) -> None:
        """End the session; what the server makes of that does not matter any more."""
        await end_session(wire, self.requests, self.state)


async def begin(wire: Wire, requests: Requests, choice: Choice) -> Talk:
    """Settle on an era, as a client does, and list the tools.

    Raises:
        PeerFault: Nothing can be asked of the server.
    """
    remarks: list[str] = []
    peer = Peer(
        wire, requests, saved=None, choice=choice, keep=lambda _: None, tell=remarks.append, watch=lambda _, __: None
    )
    try:
        tools = await ToolCalls(peer, remarks.append).listed()
    except RequestRefused as refusal:
        if peer.state is None:
            raise
        remarks.append(f"{refusal}: the tool is called nevertheless.")
        tools = ()
    state = peer.state
    assert state is not None  # noqa: S101 - a result or an error has come, so an era is settled
    if choice == "auto" and state.era == "legacy":
        remarks.append(f"{DISCOVER} was answered {wire.evidence[0].status}, so the handshake was made.")
    return Talk(requests=requests, state=state, tools=tools, remarks=remarks)
