"""Call: everything a tool may see of the request it serves, and the one way in which it may talk back."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn, Protocol

from msgspec import Struct

from mcp_echo_core.eras.versions import MODERN_VERSIONS
from mcp_echo_core.errors import InputRequired, ToolFailure
from mcp_echo_core.http import HttpRequest
from mcp_echo_core.runtime import Runtime
from mcp_echo_core.stores.records import SEVERITY, ClientInfo, Session


class Channel(Protocol):
    """Where notifications about a running request go."""

    async def notify(self, method: str, params: dict[str, Any]) -> None:
        """Send one notification to the client that made the request; dropped where it cannot be delivered."""

    async def request(self, method: str, params: dict[str, Any]) -> Any:
        """Ask the client something and wait for its answer (legacy era only; the modern one has input requests).

        Returns:
            The result.

        Raises:
            ToolFailure: The client cannot be asked, or answered with an error.
        """

    async def hang_up(self) -> None:
        """Close the connection while the request goes on; the client fetches the rest by resuming (2025-11-25)."""


class Silent:
    """The channel of a request whose answer can carry nothing but the result."""

    async def notify(self, method: str, params: dict[str, Any]) -> None:
        """Drop the notification."""

    async def request(self, method: str, params: dict[str, Any]) -> Any:
        """Fail: there is nobody to ask."""
        raise ToolFailure(f"The client cannot be asked for {method} on this request: it needs a session and a stream.")

    async def hang_up(self) -> None:
        """Do nothing: there is nothing to resume."""


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
        answers: What the client answered to the questions of an earlier ``InputRequired``, by key.
        state: What that ``InputRequired`` wanted to see again.
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
    answers: Mapping[str, Any] = EMPTY
    state: Any = None
    channel: Channel = SILENT

    def need_input(self, requests: Mapping[str, Mapping[str, Any]], state: Any = None) -> NoReturn:
        """Ask the client before there is a result; it repeats the request with ``answers`` and ``state``.

        Args:
            requests: Requests for the client by key: ``{"method": …, "params": {…}}``.
            state: What the repeated request shall bring back, any JSON value.

        Raises:
            InputRequired: Always, in the modern era.
            ToolFailure: Always, in the legacy era, which has no such way.
        """
        if self.revision in MODERN_VERSIONS:
            raise InputRequired(requests, state)
        raise ToolFailure("This needs input requests, which came with revision 2026-07-28.")

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
