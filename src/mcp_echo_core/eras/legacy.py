"""The legacy era: revisions with a handshake and, where the variant has them, sessions.

The ladder of checks after the common ones follows 2025-11-25 basic/lifecycle and basic/transports.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from mcp_echo_core.call import EMPTY, Call, Channel
from mcp_echo_core.dispatch import Dispatcher
from mcp_echo_core.drain import Drain
from mcp_echo_core.eras.batches import answer_batch
from mcp_echo_core.eras.handshake import Handshake
from mcp_echo_core.eras.streams import ResponseStreams, listen, resumed
from mcp_echo_core.eras.versions import ASSUMED_VERSION, HANDSHAKE_VERSIONS
from mcp_echo_core.errors import InvalidRequest, MethodNotFound, Refusal, RequestCancelled
from mcp_echo_core.exchange import Exchange
from mcp_echo_core.guard import Guard
from mcp_echo_core.messages import Message, Notification, Request, Response, parse
from mcp_echo_core.plans import ArgumentFaults, Plan, ToolCall, guarded
from mcp_echo_core.runtime import Runtime
from mcp_echo_core.stores.base import StoreUnavailable
from mcp_echo_core.stores.records import Effect, Session
from mcp_echo_core.tools.base import COUNTED

UNCOUNTED = Effect()
"""What a notification does to its session: it counts as activity."""

GET_PURPOSE = "GET listens to the messages of a session"
DELETE_PURPOSE = "DELETE ends a session"


class LegacyEra:
    """Serves the revisions with a handshake.

    Args:
        runtime: The server.
        dispatcher: The methods both eras share.
        handshake: Answers ``initialize``.
        guard: Checks the head of a GET once it is clear that there is something to stream.
        drain: Ends streams when the process does.
    """

    name = "legacy"

    def __init__(
        self, runtime: Runtime, dispatcher: Dispatcher, handshake: Handshake, guard: Guard, drain: Drain
    ) -> None:
        self._runtime = runtime
        self._sessions = runtime.sessions
        self._handshake = handshake
        self._guard = guard
        self._drain = drain
        self._clock = runtime.clock
        self._served = [v for v in runtime.settings.protocol_versions if v in HANDSHAKE_VERSIONS]
        self._expected = frozenset([*self._served, None])
        self._methods: Mapping[str, Callable[[Mapping[str, Any]], Plan]] = dispatcher.legacy_methods(
            listens=runtime.variant.listens
        )
        self._kinds = {method: method for method in (*self._methods, "initialize")}
        self._streams = ResponseStreams(runtime)
        self._listening: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def post(self, exchange: Exchange, value: Any, version: str | None) -> None:
        """Answer a posted message or batch.

        Args:
            exchange: The request and its answer.
            value: The decoded body.
            version: Value of ``MCP-Protocol-Version``, if it was sent.

        Raises:
            Refusal: It is not served.
        """
        if type(value) is list:
            await self._check_version(exchange, version)
            await answer_batch(self, exchange, value, version)
            return
        message = parse(value)
        if type(message) is not Request:
            await self._check_version(exchange, version)
            exchange.revision = version or exchange.revision
            await self.notice(exchange, message)
            await exchange.reply(202)
            return
        exchange.kind = self._kinds.get(message.method, "other")
        exchange.request_id = message.id
        if version not in self._expected:
            await self._check_version(exchange, version)
        elif version is not None:
            exchange.revision = version
        if message.method == "initialize":
            result = await self._initialize(exchange, message)
            if exchange.http.laps is not None:
                exchange.http.laps.lap("session")
        else:
            exchange.streams = self._streams
            try:
                result = await self.result(exchange, message, version, exchange)
            except asyncio.CancelledError:
                if self._streams.was_cancelled():
                    raise RequestCancelled from None
                raise
        await exchange.conclude(message.id, result)

    async def get(self, exchange: Exchange) -> None:
        """Stream a session's messages to its client, as GET asks for.

        Raises:
            Refusal: There is no such session, or no sessions at all.
        """
        session = await self._sessions.require(self.session_id(exchange), GET_PURPOSE, self._clock.wall())
        self._require_served(exchange.http.single(b"mcp-protocol-version"))
        self._guard.check_get(exchange.http)
        stream, after = resumed(exchange.http.header("last-event-id"))
        await exchange.open_stream()
        pump = asyncio.create_task(listen(self._runtime, exchange, session, stream, after))
        # A client that resumes has given up the connection before, even if some proxy has not: one stream, one reader.
        before = self._listening.get((session.id, stream))
        if before is not None:
            before.cancel()
        self._listening[session.id, stream] = pump
        try:
            if await self._drain.run_stream(pump, asyncio.create_task(exchange.disconnected())):
                await exchange.close()
        finally:
            if self._listening.get((session.id, stream)) is pump:
                del self._listening[session.id, stream]

    async def delete(self, exchange: Exchange) -> None:
        """End a session at its client's wish.

        Raises:
            Refusal: There is no such session, or no sessions at all.
        """
        session = await self._sessions.require(self.session_id(exchange), DELETE_PURPOSE, self._clock.wall())
        self._require_served(exchange.http.single(b"mcp-protocol-version"))
        await self._sessions.end(session.id, self._clock.wall())
        await exchange.reply(204)

    async def result(self, exchange: Exchange, request: Request, version: str | None, channel: Channel) -> Any:
        """The result of a request other than ``initialize``.

        Args:
            exchange: What carried it.
            request: The message.
            version: Value of ``MCP-Protocol-Version``, if it was sent.
            channel: Where notifications about it go.

        Raises:
            Refusal: It is not served.
        """
        plan, session = await self._enter(exchange, request)
        laps = exchange.http.laps
        if laps is not None:
            laps.lap("session")
        revision = (session.protocol_version if session is not None else None) or version or ASSUMED_VERSION
        exchange.revision = revision
        params = request.params
        call = Call(
            runtime=self._runtime,
            http=exchange.http,
            revision=revision,
            session=session,
            client=session.client if session is not None else None,
            capabilities=(session.capabilities if session is not None else None) or EMPTY,
            progress_token=_progress_token(params) if "_meta" in params else None,
            channel=channel,
        )
        result = await guarded(plan, call)
        if laps is not None:
            laps.lap("tool")
        return result

    async def notice(self, exchange: Exchange, message: Message) -> None:
        """Take note of a message that wants no answer.

        Raises:
            Refusal: Its session does not exist, or it needs one.
        """
        exchange.kind = "notification"
        session_id = self.session_id(exchange)
        effect = UNCOUNTED
        if type(message) is Notification and message.method == "notifications/initialized":
            effect = Effect(initialized=True)
        await self._sessions.notice(session_id, effect, self._clock.wall())
        if session_id is None:
            return
        if type(message) is Response:
            self._streams.answered(session_id, message)
        elif type(message) is Notification and message.method == "notifications/cancelled":
            self._streams.cancel(session_id, message.params.get("requestId"))

    async def revision(self, exchange: Exchange, version: str | None) -> str:
        """The revision a message is judged by: the session's, the header's, or the oldest with this transport.

        Raises:
            Refusal: Its session does not exist, or it needs one.
        """
        now = self._clock.wall()
        session_id = self.session_id(exchange)
        await self._sessions.notice(session_id, UNCOUNTED, now)
        session = await self._sessions.peek(session_id, now)
        return (session.protocol_version if session is not None else None) or version or ASSUMED_VERSION

    def refused(self, refusal: Refusal) -> None:
        """Count a message of a batch that is refused while others are served."""
        self._runtime.metrics.fail(refusal.code)

    @staticmethod
    def session_id(exchange: Exchange) -> str | None:
        """The session named by the header, or minted for an earlier message of the same batch."""
        return exchange.http.single(b"mcp-session-id") or (exchange.session.id if exchange.session else None)

    async def _initialize(self, exchange: Exchange, request: Request) -> Any:
        now = self._clock.wall()
        session_id = self.session_id(exchange)
        if session_id is not None:
            await self._sessions.enter(session_id, UNCOUNTED, now)
        return await self._handshake.answer(exchange, request.params, now)

    async def _enter(self, exchange: Exchange, request: Request) -> tuple[Plan, Session | None]:
        session_id = self.session_id(exchange)
        now = self._clock.wall()
        try:
            plan = self._plan(request)
        except Refusal:
            # A dead session outranks a bad request: the client has to start over anyway.
            await self._sessions.notice(session_id, COUNTED, now)
            raise
        exchange.target = plan.target
        if session_id is None and type(plan) is ArgumentFaults:
            # Nothing will be done: no session is made for it.
            await self._sessions.notice(None, UNCOUNTED, now)
            return plan, None
        try:
            session = await self._sessions.enter(session_id, plan.effect, now)
        except StoreUnavailable:
            if type(plan) is ToolCall and plan.tool.diagnoses_store:
                return plan, None
            raise
        if session is not None:
            if session_id is None:
                exchange.assign(session.id)
            exchange.session = session
        return plan, session

    def _plan(self, request: Request) -> Plan:
        planner = self._methods.get(request.method)
        if planner is None:
            raise MethodNotFound(
                "There is no such method here",
                seen=request.method,
                rule="A method exists in the negotiated revision and its capability was declared by initialize",
                spec="2025-11-25 basic/lifecycle, Operation; JSON-RPC 2.0 section 5.1",
                fix=f"Call one of initialize, {', '.join(self._methods)}.",
            )
        return planner(request.params)

    async def _check_version(self, exchange: Exchange, version: str | None) -> None:
        try:
            self._require_served(version)
        except Refusal:
            # A dead or missing session outranks this, too.
            await self._sessions.notice(self.session_id(exchange), UNCOUNTED, self._clock.wall())
            raise

    def _require_served(self, version: str | None) -> None:
        if version in self._expected:
            return
        raise InvalidRequest(
            "MCP-Protocol-Version names a revision that is not served here",
            seen=version,
            rule="An unsupported version header is answered with 400",
            spec="2025-11-25 basic/transports, Protocol Version Header",
            fix=f"Send the revision that initialize negotiated, one of {', '.join(self._served)}.",
            extra={"supported": list(self._runtime.settings.protocol_versions), "requested": version},
        )


def _progress_token(params: Mapping[str, Any]) -> str | int | None:
    meta = params["_meta"]
    token = meta.get("progressToken") if type(meta) is dict else None
    return token if type(token) in (str, int) else None
