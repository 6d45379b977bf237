"""The legacy era: revisions with a handshake and, where the variant has them, sessions.

The ladder of checks after the common ones follows 2025-11-25 basic/lifecycle and basic/transports; batches follow
2025-03-26 basic/index, Batching.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mcp_echo_core import sse
from mcp_echo_core.call import SILENT, Call, Channel
from mcp_echo_core.dispatch import Answer, ArgumentFaults, Dispatcher, Plan, guarded
from mcp_echo_core.drain import Drain
from mcp_echo_core.eras.handshake import Handshake
from mcp_echo_core.eras.versions import ASSUMED_VERSION, BATCHES, HANDSHAKE_VERSIONS, PRIMED_STREAMS
from mcp_echo_core.errors import InvalidRequest, MethodNotFound, Refusal, RequestCancelled
from mcp_echo_core.exchange import Exchange
from mcp_echo_core.guard import Guard
from mcp_echo_core.messages import (
    Message,
    Notification,
    Request,
    RequestId,
    encode,
    encode_result,
    error_object,
    parse,
)
from mcp_echo_core.runtime import Runtime
from mcp_echo_core.stores.base import Effect, Session
from mcp_echo_core.tools.base import COUNTED

MAX_BATCH = 100
"""Messages in one batch."""

MAX_SEQUENCE_DIGITS = 16
"""Digits of an event's sequence number; a longer one is not ours."""

UNCOUNTED = Effect()
"""What a notification does to its session: it counts as activity."""


class LegacyEra:
    """Serves the revisions with a handshake.

    Args:
        runtime: The server.
        dispatcher: The methods both eras share.
        guard: Checks the head of a GET once it is clear that there is something to stream.
        drain: Ends streams when the process does.
    """

    def __init__(self, runtime: Runtime, dispatcher: Dispatcher, guard: Guard, drain: Drain) -> None:
        self._runtime = runtime
        self._sessions = runtime.sessions
        self._guard = guard
        self._drain = drain
        self._clock = runtime.clock
        self._served = [v for v in runtime.settings.protocol_versions if v in HANDSHAKE_VERSIONS]
        self._handshake = Handshake(runtime)
        self._methods: dict[str, Callable[[Mapping[str, Any]], Plan]] = {
            "tools/call": dispatcher.call_tool,
            "tools/list": dispatcher.list_tools,
            "ping": lambda _: Answer({}),
        }
        if runtime.variant.logging:
            self._methods["logging/setLevel"] = dispatcher.set_level
        self._running: dict[tuple[str, RequestId], asyncio.Task[Any]] = {}

    def known(self, method: str) -> bool:
        """Whether a method is one that metrics may name."""
        return method in self._methods or method == "initialize"

    async def post(self, exchange: Exchange, value: Any) -> None:
        """Answer a posted message or batch.

        Raises:
            Refusal: It is not served.
        """
        version = await self._checked_version(exchange)
        if type(value) is list:
            await self._batch(exchange, value, version)
            return
        message = parse(value)
        if type(message) is not Request:
            await self._notice(exchange, message)
            await exchange.reply(202)
            return
        exchange.kind = message.method if self.known(message.method) else "other"
        try:
            result = await self._result(exchange, message, version, exchange)
        except Refusal as refusal:
            refusal.request_id = message.id
            raise
        await exchange.answer(encode_result(message.id, result))

    async def get(self, exchange: Exchange) -> None:
        """Stream a session's messages to its client, as GET asks for.

        Raises:
            Refusal: There is no such session, or no sessions at all.
        """
        session = await self._sessions.open_stream(_session_id(exchange), self._clock.wall())
        self._version(exchange)
        self._guard.check_get(exchange.http)
        exchange.session_id = session.id
        stream, after = _resumed(exchange.http.header("last-event-id"))
        await exchange.open_stream()
        pump = asyncio.create_task(self._pump(exchange, session, stream, after))
        if await self._drain.run_stream(pump, asyncio.create_task(exchange.disconnected())):
            await exchange.close()

    async def delete(self, exchange: Exchange) -> None:
        """End a session at its client's wish.

        Raises:
            Refusal: There is no such session, or no sessions at all.
        """
        session = await self._sessions.open_stream(_session_id(exchange), self._clock.wall())
        self._version(exchange)
        await self._sessions.end(session.id, self._clock.wall())
        await exchange.reply(204)

    async def _checked_version(self, exchange: Exchange) -> str | None:
        try:
            return self._version(exchange)
        except Refusal:
            # A dead session outranks this, too.
            await self._sessions.peek(_session_id(exchange), self._clock.wall())
            raise

    def _version(self, exchange: Exchange) -> str | None:
        version = exchange.http.single(b"mcp-protocol-version")
        if version is None or version in self._served:
            return version
        raise InvalidRequest(
            "MCP-Protocol-Version names a revision that is not served here",
            seen=version,
            rule="An unsupported version header is answered with 400",
            spec="2025-11-25 basic/transports, Protocol Version Header",
            fix=f"Send the revision that initialize negotiated, one of {', '.join(self._served)}.",
            extra={"supported": list(self._runtime.settings.protocol_versions), "requested": version},
        )

    async def _result(self, exchange: Exchange, request: Request, version: str | None, channel: Channel) -> Any:
        session_id = _session_id(exchange)
        now = self._clock.wall()
        if request.method == "initialize":
            if session_id is not None:
                await self._sessions.enter(session_id, UNCOUNTED, now)
            return await self._handshake.answer(exchange, request.params, now)
        try:
            plan = self._plan(request)
        except Refusal:
            # A dead session outranks a bad request: the client has to start over anyway.
            await self._sessions.notice(session_id, COUNTED, now)
            raise
        session = await self._enter(session_id, plan, now)
        if session is not None:
            if session_id is None:
                exchange.assign(session.id)
            exchange.session_id = session.id
            version = session.protocol_version or version
        call = Call(
            runtime=self._runtime,
            http=exchange.http,
            revision=version or ASSUMED_VERSION,
            session=session,
            client=session.client if session is not None else None,
            progress_token=_progress_token(request),
            channel=channel,
        )
        return await self._run(plan, call, request.id)

    async def _enter(self, session_id: str | None, plan: Plan, now: float) -> Session | None:
        if session_id is None and type(plan) is ArgumentFaults:
            # Nothing will be done: no session is made for it.
            await self._sessions.notice(None, UNCOUNTED, now)
            return None
        return await self._sessions.enter(session_id, plan.effect, now)

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

    async def _run(self, plan: Plan, call: Call, request_id: RequestId) -> Any:
        if call.progress_token is None or call.session is None:
            return await guarded(plan, call)
        # Only a request that talks while it runs can be running when a cancellation arrives; without a session
        # nothing tells whose request it means.
        key = (call.session.id, request_id)
        task = asyncio.create_task(guarded(plan, call))
        self._running[key] = task
        try:
            return await task
        except asyncio.CancelledError:
            if not task.cancelled():
                task.cancel()
                raise
            raise RequestCancelled from None
        finally:
            if self._running.get(key) is task:
                del self._running[key]

    async def _notice(self, exchange: Exchange, message: Message) -> None:
        exchange.kind = "notification"
        session_id = _session_id(exchange)
        effect = UNCOUNTED
        if type(message) is Notification and message.method == "notifications/initialized":
            effect = Effect(initialized=True)
        await self._sessions.notice(session_id, effect, self._clock.wall())
        if session_id is not None and type(message) is Notification and message.method == "notifications/cancelled":
            request_id = message.params.get("requestId")
            running = self._running.get((session_id, request_id)) if isinstance(request_id, str | int) else None
            if running is not None:
                running.cancel()

    async def _batch(self, exchange: Exchange, values: Sequence[Any], version: str | None) -> None:
        exchange.kind = "batch"
        now = self._clock.wall()
        await self._sessions.notice(_session_id(exchange), UNCOUNTED, now)
        session = await self._sessions.peek(_session_id(exchange), now)
        revision = (session.protocol_version if session is not None else None) or version or ASSUMED_VERSION
        if revision not in BATCHES or not values:
            raise InvalidRequest(
                "The body is an empty array" if not values else f"Revision {revision} has no batches",
                rule="Batches exist in 2025-03-26 only, and hold at least one message",
                spec="2025-06-18 changelog; 2025-03-26 basic/index, Batching",
                fix="Send each message in a POST of its own.",
            )
        if len(values) > MAX_BATCH:
            raise InvalidRequest(
                "The batch is too long",
                seen=f"{len(values)} messages",
                rule=f"A batch holds at most {MAX_BATCH} messages",
                spec="2025-03-26 basic/index, Batching",
                fix="Send several batches.",
            )
        answers = [answer for value in values if (answer := await self._batched(exchange, value, version)) is not None]
        if answers:
            await exchange.answer(encode(answers))
        else:
            await exchange.reply(202)

    async def _batched(self, exchange: Exchange, value: Any, version: str | None) -> dict[str, Any] | None:
        request_id: RequestId | None = None
        try:
            message = parse(value)
            if type(message) is not Request:
                await self._notice(exchange, message)
                return None
            request_id = message.id
            if message.method == "initialize":
                raise InvalidRequest(
                    "initialize is part of a batch",
                    rule="initialize is sent alone",
                    spec="2025-03-26 basic/lifecycle, Initialization",
                    fix="Send initialize in a POST of its own.",
                )
            result = await self._result(exchange, message, version, SILENT)
        except Refusal as refusal:
            return error_object(refusal, request_id)
        return {"jsonrpc": "2.0", "id": request_id, "result": result}

    async def _pump(self, exchange: Exchange, session: Session, stream: str, after: int | None) -> None:
        if session.protocol_version in PRIMED_STREAMS:
            await exchange.write(sse.priming(f"{stream}-{after or 0}"))
        while True:
            deliveries = await self._sessions.take(session.id, stream, after, self._clock.wall())
            if deliveries is None:
                return
            after = None
            for delivery in deliveries:
                await exchange.write(sse.message(delivery.message, f"{stream}-{delivery.sequence}"))
            if not deliveries:
                await exchange.write(sse.KEEP_ALIVE)


def _session_id(exchange: Exchange) -> str | None:
    """The session named by the header, or minted for an earlier message of the same batch."""
    return exchange.http.single(b"mcp-session-id") or exchange.session_id


def _progress_token(request: Request) -> str | int | None:
    meta = request.params.get("_meta")
    token = meta.get("progressToken") if type(meta) is dict else None
    return token if type(token) in (str, int) else None


def _resumed(last_event_id: str | None) -> tuple[str, int | None]:
    """The stream to continue and the last event the client saw of it, or a new stream."""
    stream, _, sequence = (last_event_id or "").rpartition("-")
    if stream.isalnum() and sequence.isascii() and sequence.isdigit() and len(sequence) < MAX_SEQUENCE_DIGITS:
        return stream, int(sequence)
    return secrets.token_hex(4), None
