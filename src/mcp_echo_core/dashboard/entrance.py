"""Where requests for the dashboard arrive; it is loaded when the first one does, so that no start waits for it."""

import asyncio
from importlib import import_module
from typing import Any

from starlette.routing import BaseRoute, Mount, Route

from mcp_echo_core.body import Receive
from mcp_echo_core.drain import Drain
from mcp_echo_core.exchange import Send
from mcp_echo_core.guard import Guard
from mcp_echo_core.runtime import Runtime

_MODULE = "mcp_echo_core.dashboard.routes"


class Entrance:
    """Loads the dashboard of one server once.

    Args:
        facts: The runtime, the guard, the drain and the journal.
    """

    def __init__(self, *facts: Any) -> None:
        self._facts = facts
        self._applications: dict[str, Any] = {}

    async def application(self, path: str) -> Any:
        """What serves a path."""
        if not self._applications:
            # In a thread: messages are answered meanwhile.
            module = await asyncio.to_thread(import_module, _MODULE)
            self._applications = self._applications or module.applications(*self._facts)
        return self._applications[path]


class _Place:
    def __init__(self, entrance: Entrance, path: str) -> None:
        self._entrance = entrance
        self._path = path

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        application = await self._entrance.application(self._path)
        await application(scope, receive, send)


def routes(runtime: Runtime, guard: Guard, drain: Drain) -> list[BaseRoute]:
    """What a server has beside the operators' routes: nothing, unless it records and may show it."""
    if runtime.journal is None or not runtime.settings.dashboard:
        return []
    entrance = Entrance(runtime, guard, drain, runtime.journal)
    return [Route("/b", _Place(entrance, "/b")), Mount("/dashboard", _Place(entrance, "/dashboard"))]
