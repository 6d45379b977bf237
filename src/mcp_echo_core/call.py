"""Call: everything a tool may see of the request it serves, and the one way in which it may talk back."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

from msgspec import Struct

from mcp_echo_core.http import HttpRequest
from mcp_echo_core.runtime import Runtime
from mcp_echo_core.stores.base import SEVERITY, ClientInfo, Session


class Channel(Protocol):
    """Where notifications about a running request go."""

    async def notify(self, method: str, params: dict[str, Any]) -> None:
        """Send one notification to the client that made the request; dropped where it cannot be delivered."""


class Silent:
    """The channel of a request whose answer can carry nothing but the result."""

    async def notify(self, method: str, params: dict[str, Any]) -> None:
        """Drop the notification."""


SILENT = Silent()
EMPTY: Mapping[str, Any] = MappingProxyType({})


class Call(Struct, frozen=True, kw_only=True):
    """One request on its way through the dispatcher.

    Attributes:
        runtime: The server.
        http: The head of the HTTP request that carried it.
        revision: Protocol revision by whose rules it is answered.
        session: The session as it is after this request's effect, if there is one.
        client: Who the client says it is, if that is known.
        capabilities: What the client declared that it can do.
        log_level: Lowest level of log messages the client wants on this request's own stream, if it wants any.
        progress_token: The client wants ``notifications/progress`` with this token.
        channel: Where notifications about this request go.
    """

    runtime: Runtime
    http: HttpRequest
    revision: str
    session: Session | None = None
    client: ClientInfo | None = None
    capabilities: Mapping[str, Any] = EMPTY
    log_level: str | None = None
    progress_token: str | int | None = None
    channel: Channel = SILENT

    async def log(self, level: str, logger: str, data: Any) -> None:
        """Send a log message to a client that asked for them with its request (2026-07-28 server/utilities/logging).

        Args:
            level: One of ``LOG_LEVELS``.
            logger: What the message is about.
            data: Any JSON value.
        """
        if self.log_level is not None and SEVERITY[level] >= SEVERITY[self.log_level]:
            await self.channel.notify("notifications/message", {"level": level, "logger": logger, "data": data})

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """Report progress to a client that asked for it (basic/utilities/progress).

        Args:
            progress: How far it is; larger on every call.
            total: How far it will be in the end, if that is known.
            message: What is being done.
        """
        if self.progress_token is None:
            return
        params: dict[str, Any] = {"progressToken": self.progress_token, "progress": progress}
        if total is not None:
            params["total"] = total
        if message is not None:
            params["message"] = message
        await self.channel.notify("notifications/progress", params)
