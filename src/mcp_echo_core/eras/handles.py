"""State across modern requests: an explicit handle argument names a session in the same store legacy sessions live in.

Tools do not know: the argument is added to their schema, taken out of their arguments and resolved here. Source:
2026-07-28 basic/index, Statelessness ("an explicit identifier the client passes on each request").
"""

from collections.abc import Callable, Mapping
from typing import Any

from mcp_echo_core.dispatch import Dispatcher
from mcp_echo_core.errors import SessionNotFound
from mcp_echo_core.messages import Request
from mcp_echo_core.plans import Answer, Plan, ToolCall, failed
from mcp_echo_core.sessions import Sessions
from mcp_echo_core.stores.records import Session
from mcp_echo_core.tools.base import State, Tool

ARGUMENT = "session"
SCHEMA = {"type": "string", "description": "State handle returned by an earlier echo"}


def with_handle(entry: dict[str, Any], tool: Tool[Any, Any]) -> dict[str, Any]:
    """A tool's entry in the modern list, with the handle argument where the tool has to do with state."""
    if tool.state is State.NONE:
        return entry
    schema = entry["inputSchema"]
    return {**entry, "inputSchema": {**schema, "properties": {**schema.get("properties", {}), ARGUMENT: SCHEMA}}}


class Handles:
    """Resolves handles.

    Args:
        sessions: Where handles point to.
        dispatcher: Knows the tools.
    """

    def __init__(self, sessions: Sessions, dispatcher: Dispatcher) -> None:
        self._sessions = sessions
        self._tools = {name: tool for name, tool in dispatcher.tools.items() if tool.state is not State.NONE}

    def concerned(self, request: Request) -> Tool[Any, Any] | None:
        """The tool that a request calls, if it has to do with state."""
        name = request.params.get("name")
        return self._tools.get(name) if request.method == "tools/call" and type(name) is str else None

    async def plan(
        self, tool: Tool[Any, Any], params: Mapping[str, Any], planner: Callable[[Mapping[str, Any]], Plan], now: float
    ) -> tuple[Plan, Session | None]:
        """Plan a call of a tool that has to do with state, and find that state.

        Returns:
            The plan, and the session as it is after the plan's effect; a plan that fails when the handle is no good.

        Raises:
            Refusal: The request is not served, or no further session can be kept.
        """
        arguments = params.get("arguments")
        handle = arguments.get(ARGUMENT) if type(arguments) is dict else None
        if type(arguments) is dict and handle is not None:
            rest = {name: value for name, value in arguments.items() if name != ARGUMENT}
            params = {**params, "arguments": rest}
        plan = planner(params)
        if type(plan) is not ToolCall:
            return plan, None
        return await self._resolve(plan, tool, handle, now)

    async def _resolve(
        self, plan: ToolCall, tool: Tool[Any, Any], handle: Any, now: float
    ) -> tuple[Plan, Session | None]:
        if handle is None:
            if tool.state is State.USED:
                return plan, None
            if tool.state is State.NEEDED:
                text = f"{tool.name} needs the argument '{ARGUMENT}': the state handle that an earlier echo returned."
                return Answer(failed(text)), None
            session = await self._sessions.mint(now, explicit=False, log_level="off", initialized=True)
            handle = session.id if session is not None else None
        elif type(handle) is not str:
            return Answer(failed(f"'{ARGUMENT}' is not a string: expected the state handle of an earlier echo")), None
        try:
            return plan, await self._sessions.enter(handle, plan.effect, now)
        except SessionNotFound as refusal:
            return Answer(failed(f"{refusal.problem}. Call echo without '{ARGUMENT}' for a new state handle.")), None
