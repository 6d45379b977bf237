"""What the checks of one run share: the wire, the options, and measurements that are made once.

A check that needs a session of its own takes one with ``begin``; all are ended when the survey is over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from msgspec import Struct

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.client.incoming import Outgoing
from mcp_echo_core.client.requests import Requests
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.eras.versions import ALL_VERSIONS, HANDSHAKE_VERSIONS

T = TypeVar("T")

SIDE_BY_SIDE = 10
"""Requests that are under way at the same time, where there are many of them."""


class Options(Struct, frozen=True, kw_only=True):
    """What a run is asked to do.

    Attributes:
        url: The MCP endpoint.
        headers: Sent with every request, the bearer token included.
        other_headers: The same with the credentials of another caller; empty when there are none.
        timeout: Seconds that an answer may take.
        idle: Seconds to leave a session and a stream alone, to see whether they survive; 0 asks nothing about that.
        verify: Whether certificates are checked.
    """

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    other_headers: tuple[tuple[str, str], ...] = ()
    timeout: float = 10.0
    idle: float = 0.0
    verify: bool = True


class Session(Struct, frozen=True):
    """A session that ``initialize`` began.

    Attributes:
        answer: What it was answered.
        id: The session's; ``None`` when the server gave none.
        version: The negotiated revision.
    """

    answer: Answer
    id: str | None
    version: str

    @property
    def refused(self) -> str | None:
        """Why there is no session to work with; ``None`` when ``initialize`` was answered with a result."""
        if self.answer.result is not None:
            return None
        hint = (
            "; give --bearer or --header"
            if self.answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
            else ""
        )
        return f"initialize was answered {self.answer.told()}{hint}"


class Eras(Struct, frozen=True):
    """Which eras a server speaks, by what it answered.

    Attributes:
        discover: The answer to a modern ``server/discover``.
        initialize: The answer to a legacy ``initialize``.
        modern: It answered the one as revision 2026-07-28 says.
        legacy: It answered the other with a result.
    """

    discover: Answer
    initialize: Answer
    modern: bool
    legacy: bool


def once(measure: "Callable[[Survey], Awaitable[T]]") -> "Callable[[Survey], Awaitable[T]]":
    """Make a measurement only when it is first needed."""

    @wraps(measure)
    async def measured(survey: "Survey") -> T:
        if measure.__name__ not in survey.measured:
            survey.measured[measure.__name__] = await measure(survey)
        found: T = survey.measured[measure.__name__]
        return found

    return measured


class Survey:
    """One run against one server.

    Args:
        options: What is asked for.
        wire: Where the requests go.
    """

    def __init__(self, options: Options, wire: Wire) -> None:
        self.options = options
        self.wire = wire
        self.requests = Requests(options.url, options.headers)
        self.others = Requests(options.url, options.other_headers)
        self.measured: dict[str, Any] = {}
        self._living: dict[str, Requests] = {}

    async def send(self, request: Outgoing, *, fresh: bool = False) -> Answer:
        """Send a request on the kept connection, or on one of its own."""
        return await self.wire.send(request, fresh=fresh)

    @once
    async def eras(self) -> Eras:
        """Ask in both eras."""
        discover = await self.send(self.requests.modern("server/discover", purpose="does it speak 2026-07-28?"))
        first = await self.session()
        modern = discover.ok and discover.result is not None and "resultType" in discover.result
        return Eras(discover, first.answer, modern, legacy=first.answer.result is not None)

    @once
    async def session(self) -> Session:
        """The session that checks use which do no harm to it."""
        return await self.begin("a session for the checks to use")

    async def begin(
        self, purpose: str, *, requests: Requests | None = None, fresh: bool = False, said: bool = True
    ) -> Session:
        """A new session.

        Args:
            purpose: For the evidence.
            requests: Makes the requests, if not for the usual caller.
            fresh: Use a connection of its own.
            said: Follow it up with ``notifications/initialized``.
        """
        ask = requests or self.requests
        answer = await self.send(ask.initialize(purpose=purpose), fresh=fresh)
        version = (answer.result or {}).get("protocolVersion")
        session = Session(answer, answer.session, version if version in ALL_VERSIONS else HANDSHAKE_VERSIONS[0])
        if session.id is not None:
            self.end_later(session.id, ask)
        if said and answer.result is not None:
            ready = ask.notification(
                "notifications/initialized", purpose=purpose, session=session.id, version=session.version
            )
            await self.send(ready, fresh=fresh)
        return session

    async def ask(
        self, session: Session, method: str, params: dict[str, Any] | None = None, *, purpose: str, fresh: bool = False
    ) -> Answer:
        """A request in a session, as a conforming client sends it."""
        request = self.requests.legacy(method, params, purpose=purpose, session=session.id, version=session.version)
        return await self.send(request, fresh=fresh)

    @once
    async def tools(self) -> Sequence[str]:
        """The names of the tools, as the legacy era lists them."""
        session = await self.session()
        answer = await self.ask(session, "tools/list", purpose="which tools are there?")
        listed = (answer.result or {}).get("tools")
        return (
            [tool["name"] for tool in listed if isinstance(tool, dict) and "name" in tool]
            if isinstance(listed, list)
            else []
        )

    def end_later(self, session_id: str, requests: Requests | None = None) -> None:
        """End a session when the survey is over.

        Args:
            session_id: Of a session that came into being.
            requests: Makes the requests of its owner, if that is not the usual caller.
        """
        self._living[session_id] = requests or self.requests

    async def end(self, session_id: str, *, purpose: str, fresh: bool = False) -> Answer:
        """End a session now."""
        ask = self._living.pop(session_id, self.requests)
        return await self.send(ask.bare("DELETE", purpose=purpose, session=session_id), fresh=fresh)

    async def end_all(self, session_ids: Sequence[str]) -> None:
        """End sessions, several at a time; none, if the server does not let clients do that."""
        turns = asyncio.Semaphore(SIDE_BY_SIDE)

        async def end(session_id: str) -> Answer:
            async with turns:
                return await self.end(session_id, purpose="tidy up", fresh=True)

        if session_ids and (await end(session_ids[0])).status != HTTPStatus.METHOD_NOT_ALLOWED:
            await asyncio.gather(*map(end, session_ids[1:]))

    async def finish(self) -> None:
        """End the sessions that are still there; what the server makes of that does not matter any more."""
        await self.end_all(list(self._living))
