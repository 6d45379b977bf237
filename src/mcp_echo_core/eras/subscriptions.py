"""``subscriptions/listen``: a stream of change notifications that stays open (2026-07-28 basic/patterns/subscriptions).

Nothing this server lists ever changes while it runs, so the acknowledged filter is empty; what can be watched is the
stream itself: that it opens, stays open through proxies, and ends in good order.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from mcp_echo_core import sse
from mcp_echo_core.drain import Drain
from mcp_echo_core.eras.results import Results
from mcp_echo_core.errors import InvalidParams
from mcp_echo_core.exchange import Exchange
from mcp_echo_core.messages import Request, encode_notification, encode_result

ID_KEY = "io.modelcontextprotocol/subscriptionId"
FLAGS = ("toolsListChanged", "promptsListChanged", "resourcesListChanged")


class Subscription:
    """One open subscription.

    Args:
        exchange: Where its stream goes.
        request: What opened it.
        keep_alive: Seconds between comments on the stream.
    """

    def __init__(self, exchange: Exchange, request: Request, keep_alive: float) -> None:
        self._exchange = exchange
        self._request = request
        self._keep_alive = keep_alive
        self._meta = {ID_KEY: request.id}

    async def serve(self, drain: Drain, results: Results) -> None:
        """Stream until the client goes away or the process drains, then say that it is over.

        Raises:
            InvalidParams: The filter is malformed.
        """
        _check_filter(self._request.params.get("notifications"))
        await self._exchange.open_stream()
        pump = asyncio.create_task(self._pump())
        if await drain.run_stream(pump, asyncio.create_task(self._exchange.disconnected())):
            await self._exchange.answer(encode_result(self._request.id, results.complete({}, self._meta)))

    async def _pump(self) -> None:
        acknowledged = {"_meta": self._meta, "notifications": {}}
        await self._exchange.write(
            sse.message(encode_notification("notifications/subscriptions/acknowledged", acknowledged))
        )
        while True:
            await asyncio.sleep(self._keep_alive)
            await self._exchange.write(sse.COMMENT)


def _check_filter(asked: Any) -> None:
    problem = None
    if type(asked) is not dict:
        problem = "notifications is not an object"
    elif wrong := [flag for flag in FLAGS if type(asked.get(flag, False)) is not bool]:
        problem = f"{wrong[0]} is not a boolean"
    elif not _texts(asked):
        problem = "resourceSubscriptions is not an array of strings"
    if problem:
        raise InvalidParams(
            f"The filter cannot be read: {problem}",
            seen=asked,
            rule=f"params.notifications may have the booleans {', '.join(FLAGS)} and resourceSubscriptions, URIs",
            spec="2026-07-28 basic/patterns/subscriptions, Notification Filter",
            fix='Send "notifications": {…}.',
        )


def _texts(asked: Mapping[str, Any]) -> bool:
    uris = asked.get("resourceSubscriptions", [])
    return type(uris) is list and all(type(uri) is str for uri in uris)
