"""What the checks of one run share: the wire, the options, and measurements that are made once.

A check that needs a session of its own takes one with ``begin``; all are ended when the survey is over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

from msgspec import Struct

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.client.incoming import Outgoing
from mcp_echo_core.client.requests import Requests
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.eras.versions import ALL_VERSIONS, HANDSHAKE_VERSIONS
from mcp_echo_core.probe.hints import hint
from mcp_echo_core.probe.living import Living
from mcp_echo_core.probe.verdicts import BUSY

T = TypeVar("T")

ENDING = 5.0
"""Seconds that the end of all sessions may take."""

TRIES = 3
"""How often the first request is sent to a gateway that answers in the server's place."""

PAUSE = 0.3
"""Seconds between them."""

MAX_SILENCES = 2
"""First requests in a row without a whole answer in time, after which nothing more is asked."""


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
        told = f"initialize was answered {self.answer.told()}"
        return "; ".join(filter(None, (told, self.answer.unreadable, hint(self.answer))))


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


class Silenced(Exception):
    """The server has stopped answering; to go on would only take long."""


def once(measure: "Callable[[Survey], Awaitable[T]]") -> "Callable[[Survey], Awaitable[T]]":
    """Make a measurement only when it is first needed."""

    @wraps(measure)
    async def measured(survey: "Survey") -> T:
        if measure not in survey.measured:
            survey.measured[measure] = await measure(survey)
        found: T = survey.measured[measure]
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
        self.measured: dict[Callable[[Survey], Awaitable[Any]], Any] = {}
        self.living = Living()
        self._silences = 0
        wire.filed = self.living.note

    async def send(self, request: Outgoing, *, fresh: bool = False) -> Answer:
        """Send a request on the kept connection, or on one of its own.

        Raises:
            Silenced: The first requests of clients are not answered any more.
        """
        if self._silences >= MAX_SILENCES:
            raise Silenced(f"{self._silences} first requests in a row got no whole answer in {self.wire.timeout:g} s")
        return await self.wire.send(request, fresh=fresh)

    @once
    async def eras(self) -> Eras:
        """Ask in both eras."""
        first = await self.session()
        discover = await self._discover()
        modern = discover.ok and discover.result is not None and "resultType" in discover.result
        return Eras(discover, first.answer, modern, legacy=first.answer.result is not None)

    async def _discover(self) -> Answer:
        request = self.requests.modern("server/discover", purpose="does it speak 2026-07-28?")
        return self._heard(await self._patiently(request))

    @once
    async def session(self) -> Session:
        """The session that checks use which do no harm to it."""
        purpose = "a session for the checks to use"
        answer = self._heard(await self._patiently(self.requests.initialize(purpose=purpose)))
        return await self._begun(answer, self.requests, purpose, fresh=False, said=True)

    async def _patiently(self, request: Outgoing) -> Answer:
        """The answer to a request that is repeated while a gateway answers it in the server's place."""
        answer = await self.send(request)
        for _ in range(TRIES - 1):
            if answer.status not in BUSY:
                break
            await asyncio.sleep(PAUSE)
            answer = await self.send(request)
        return answer

    def _heard(self, answer: Answer) -> Answer:
        """Count the silences."""
        self._silences = self._silences + 1 if answer.timed_out else 0
        return answer

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
        if requests is None:
            self._heard(answer)
        return await self._begun(answer, ask, purpose, fresh=fresh, said=said)

    async def _begun(self, answer: Answer, ask: Requests, purpose: str, *, fresh: bool, said: bool) -> Session:
        version = (answer.result or {}).get("protocolVersion")
        session = Session(answer, answer.session, version if version in ALL_VERSIONS else HANDSHAKE_VERSIONS[0])
        if said and answer.result is not None:
            ready = ask.initialized(purpose=purpose, session=session.id, version=session.version)
            await self.send(ready, fresh=fresh)
        return session

    async def ask(
        self, session: Session, method: str, params: dict[str, Any] | None = None, *, purpose: str, fresh: bool = False
    ) -> Answer:
        """A request in a session, as a conforming client sends it."""
        request = self.requests.legacy(method, params, purpose=purpose, session=session.id, version=session.version)
        return await self.send(request, fresh=fresh)

    @once
    async def listing(self) -> Answer:
        """The answer to ``tools/list``, as the legacy era asks it."""
        return await self.ask(await self.session(), "tools/list", purpose="which tools are there?")

    async def tools(self) -> Sequence[str]:
        """The names of the tools, as the legacy era lists them."""
        listed = ((await self.listing()).result or {}).get("tools")
        return (
            [tool["name"] for tool in listed if isinstance(tool, dict) and "name" in tool]
            if isinstance(listed, list)
            else []
        )

    def end_later(self, session_id: str) -> None:
        """End a session when the survey is over whose id no answer had to give, since the client invented it."""
        self.living.add(session_id, self.requests)

    async def end_all(self, session_ids: Sequence[str], seconds: float = ENDING) -> None:
        """End sessions, several at a time; none, if the server does not let clients do that."""

        async def ask(owner: Requests, session_id: str) -> Answer:
            return await self.wire.send(owner.bare("DELETE", purpose="tidy up", session=session_id), fresh=True)

        await self.living.end(list(session_ids), ask, seconds)

    async def finish(self, seconds: float = ENDING) -> None:
        """End the sessions that are still there; ``living`` has those for which that did not work."""
        await self.end_all(self.living.ids(), min(seconds, self.wire.timeout))
