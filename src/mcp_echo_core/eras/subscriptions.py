"""``subscriptions/listen``: an open stream of change notifications (2026-07-28 basic/patterns/subscriptions)."""

import asyncio
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from mcp_echo_core import sse
from mcp_echo_core.catalog import Catalog
from mcp_echo_core.changes import Change
from mcp_echo_core.drain import Drain
from mcp_echo_core.eras.results import Results
from mcp_echo_core.errors import InvalidParams
from mcp_echo_core.exchange import Exchange
from mcp_echo_core.messages import Request, encode_notification, encode_result
from mcp_echo_core.runtime import Runtime

ID_KEY = "io.modelcontextprotocol/subscriptionId"
FLAGS = {"toolsListChanged": "tools", "promptsListChanged": "prompts", "resourcesListChanged": "resources"}
"""The kind of change each flag asks for."""


class Subscribable(Struct, frozen=True):
    """What clients may subscribe to; the rest of a filter is left out of the acknowledgement."""

    lists: bool
    uris: frozenset[str]

    @classmethod
    def of(cls, catalog: Catalog) -> "Subscribable":
        """What a catalog's changes allow."""
        return cls(catalog.changes, catalog.subscribable_without_session)


class Subscription:
    """One open subscription.

    Args:
        runtime: The server.
        exchange: Where its stream goes.
        request: What opened it.
        subscribable: What may be subscribed to.
    """

    def __init__(self, runtime: Runtime, exchange: Exchange, request: Request, subscribable: Subscribable) -> None:
        self._runtime = runtime
        self._exchange = exchange
        self._request = request
        self._subscribable = subscribable
        self._meta = {ID_KEY: request.id}

    async def serve(self, drain: Drain, results: Results) -> None:
        """Stream until the client goes away or the process drains, then say that it is over.

        Raises:
            InvalidParams: The filter is malformed.
        """
        asked = _checked(self._request.params.get("notifications"))
        flags = [flag for flag in FLAGS if asked.get(flag) and self._subscribable.lists]
        uris = [uri for uri in asked.get("resourceSubscriptions", ()) if uri in self._subscribable.uris]
        await self._exchange.open_stream()
        honoured: dict[str, Any] = dict.fromkeys(flags, True)
        if uris:
            honoured["resourceSubscriptions"] = uris
        await self._notify("notifications/subscriptions/acknowledged", {"notifications": honoured})
        pump = asyncio.create_task(self._pump({FLAGS[flag] for flag in flags}, uris))
        if await drain.run_stream(pump, asyncio.create_task(self._exchange.disconnected())):
            await self._exchange.answer(encode_result(self._request.id, results.complete({}, self._meta)))

    async def _pump(self, kinds: set[str], uris: list[str]) -> None:
        listener = self._runtime.changes.listen()
        try:
            while True:
                changes = await listener.wait(self._runtime.settings.sse_keepalive_interval)
                for change in changes:
                    if change.kind in kinds or change.uri in uris:
                        await self._notify(*_told(change))
                if not changes:
                    await self._exchange.write(sse.COMMENT)
        finally:
            listener.close()

    async def _notify(self, method: str, params: Mapping[str, Any]) -> None:
        await self._exchange.write(sse.message(encode_notification(method, {"_meta": self._meta, **params})))


def _told(change: Change) -> tuple[str, dict[str, Any]]:
    if change.uri is not None:
        return "notifications/resources/updated", {"uri": change.uri}
    return f"notifications/{change.kind}/list_changed", {}


def _checked(asked: Any) -> Mapping[str, Any]:
    problem = None
    if type(asked) is not dict:
        problem = "notifications is not an object"
    elif wrong := [flag for flag in FLAGS if type(asked.get(flag, False)) is not bool]:
        problem = f"{wrong[0]} is not a boolean"
    elif not _texts(asked.get("resourceSubscriptions", [])):
        problem = "resourceSubscriptions is not an array of strings"
    if problem is None:
        return dict(asked)
    raise InvalidParams(
        f"The filter cannot be read: {problem}",
        seen=asked,
        rule=f"params.notifications may have the booleans {', '.join(FLAGS)} and resourceSubscriptions, URIs",
        spec="2026-07-28 basic/patterns/subscriptions, Notification Filter",
        fix='Send "notifications": {…}.',
    )


def _texts(value: Any) -> bool:
    return type(value) is list and all(type(item) is str for item in value)
