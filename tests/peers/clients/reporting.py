"""What the clients of this folder share: their arguments, their wait for notifications, the JSON they print.

Standard library only, since each client runs in an environment of its own. Arguments of every client: the URL, the mode
(``legacy``, ``auto`` or a revision) and a plan as JSON: ``{"calls": [{"name", "arguments", "handle"}],
"notifications": count}``. A call with ``handle`` passes on the state handle that the last echo returned.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

NOTIFICATION_WAIT = 5.0
"""Seconds granted to a server-to-client message that is still under way after the last answer."""

Plan = dict[str, Any]
Report = dict[str, Any]


class Notifications:
    """The log messages the server pushed, and a wait until as many as the plan expects have come."""

    def __init__(self, plan: Plan) -> None:
        self.received: list[Any] = []
        self._expected = plan["notifications"]
        self._enough = asyncio.Event()

    def add(self, data: Any) -> None:
        """Keep one message's data."""
        self.received.append(data)
        if len(self.received) >= self._expected:
            self._enough.set()

    async def wait(self) -> None:
        """Return when enough have arrived, or after a bounded time: the test judges what is there."""
        if self._expected:
            try:
                await asyncio.wait_for(self._enough.wait(), NOTIFICATION_WAIT)
            except TimeoutError:
                return


def arguments(call: Plan, answers: Report) -> dict[str, Any]:
    """The arguments of a call, with the state handle of the echo before it where the plan wants that."""
    if not call["handle"]:
        return dict(call["arguments"])
    return {**call["arguments"], "session": answers["echo"]["structured"]["session"]}


def answer(*, is_error: bool, content: Iterable[Any], structured: Any) -> Report:
    """One tool's answer."""
    text = "".join(block.text for block in content if block.type == "text")
    return {"is_error": is_error, "text": text, "structured": structured}


def report(*, protocol: str | None, tools: Iterable[Any], calls: Report, notifications: Notifications) -> Report:
    """A whole conversation."""
    return {
        "protocol": protocol,
        "tools": [tool.name for tool in tools],
        "calls": calls,
        "notifications": notifications.received,
    }


def run(converse: Callable[[str, str, Plan], Coroutine[Any, Any, Report]]) -> None:
    """Hold the conversation that the command line asks for and print its report."""
    url, mode, plan = sys.argv[1:4]
    print(json.dumps(asyncio.run(converse(url, mode, json.loads(plan)))))  # noqa: T201 - the report is the output
