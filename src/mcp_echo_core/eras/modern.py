"""The modern era: every request carries its revision, its client and its capabilities, and is served by itself.

Source: 2026-07-28 basic/index (Statelessness, ``_meta``), basic/transports/streamable-http, server/discover,
server/utilities/caching.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from msgspec import Raw

from mcp_echo_core.call import EMPTY, Call
from mcp_echo_core.dispatch import Dispatcher, Planner
from mcp_echo_core.drain import Drain
from mcp_echo_core.eras.envelope import Envelope, checked_log_level, open_envelope
from mcp_echo_core.eras.handles import Handles
from mcp_echo_core.eras.mirrors import check_mirrors, mirrors_of
from mcp_echo_core.eras.results import UNCACHED, Results
from mcp_echo_core.eras.rounds import Rounds
from mcp_echo_core.eras.subscriptions import Subscribable, Subscription
from mcp_echo_core.eras.versions import MODERN_VERSIONS
from mcp_echo_core.errors import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    RESOURCE_NOT_FOUND,
    HttpRefusal,
    InputRequired,
    InvalidRequest,
    MethodNotFound,
    Refusal,
    RequestCancelled,
    UnsupportedVersion,
)
from mcp_echo_core.exchange import Exchange
from mcp_echo_core.messages import Notification, Request, parse
from mcp_echo_core.plans import Plan, guarded
from mcp_echo_core.runtime import Runtime

CODES = {RESOURCE_NOT_FOUND: INVALID_PARAMS}
"""Codes of older revisions that this era must not send (2026-07-28 basic/index, Error Codes)."""

STATUS = {METHOD_NOT_FOUND: 404, INVALID_PARAMS: 400}
"""HTTP statuses of refusals that older revisions answer with 200."""

NO_ROUNDS: tuple[Mapping[str, Any], Any] = (EMPTY, None)

_TRANSPORT = "2026-07-28 basic/transports/streamable-http"


class ModernEra:
    """Serves the revisions without a handshake.

    Args:
        runtime: The server.
        dispatcher: The methods both eras share.
        results: Completes results.
        drain: Ends subscriptions when the process does.
        subscribable: What clients may subscribe to.
    """

    name = "modern"

    def __init__(
        self, runtime: Runtime, dispatcher: Dispatcher, results: Results, drain: Drain, subscribable: Subscribable
    ) -> None:
        self._runtime = runtime
        self._results = results
        self._drain = drain
        self._clock = runtime.clock
        self.served = [v for v in runtime.settings.protocol_versions if v in MODERN_VERSIONS]
        self._handles = Handles(runtime.sessions, dispatcher)
        mirrors = {tool.name: mirrors_of(tool.input_schema) for tool in dispatcher.tools.values()}
        self._tools = dispatcher.tools
        self._mirrors = {name: found for name, found in mirrors.items() if found}
        self._rounds = Rounds(runtime.sealer)
        self._subscribable = subscribable
        self._methods: dict[str, Planner] = {**dispatcher.methods, "server/discover": lambda _: results.discovery}
        self._kinds = {method: method for method in (*self._methods, "subscriptions/listen")}

    async def post(self, exchange: Exchange, value: Any, version: str | None) -> None:
        """Answer a posted message.

        Args:
            exchange: The request and its answer.
            value: The decoded body.
            version: Value of ``MCP-Protocol-Version``, if it was sent.

        Raises:
            Refusal: It is not served.
        """
        if type(value) is list:
            raise _only_requests("a batch", "Batches were removed with 2025-06-18")
        message = parse(value)
        if type(message) is Notification:
            self._notice(exchange, version)
            await exchange.reply(202)
            return
        if type(message) is not Request:
            raise _only_requests("a response", "Clients answer input requests by retrying the request")
        exchange.kind = self._kinds.get(message.method, "other")
        exchange.request_id = message.id
        try:
            await self._answer(exchange, message)
        except Refusal as refusal:
            self._note_operation(exchange, message, version)
            refusal.code = CODES.get(refusal.code, refusal.code)
            refusal.status = refusal.status or STATUS.get(refusal.code)
            raise

    async def get(self, exchange: Exchange) -> None:
        """Refuse GET and DELETE, which this era does not have.

        Raises:
            HttpRefusal: Always, 405.
        """
        raise HttpRefusal(
            405,
            "Method not allowed",
            headers=[(b"allow", b"POST")],
            problem="Revision 2026-07-28 has neither GET nor DELETE on the endpoint",
            seen=exchange.http.single(b"mcp-protocol-version"),
            rule="Streams are opened with subscriptions/listen; there are no sessions to end",
            spec=f"{_TRANSPORT}, Earlier Streamable HTTP Revisions",
            fix="Send POST, or leave the version header out to speak an older revision.",
        )

    delete = get

    async def _answer(self, exchange: Exchange, request: Request) -> None:
        if request.method == "subscriptions/listen" and not exchange.accepted.sse:
            raise _needs_stream(exchange)
        envelope = open_envelope(request, exchange.http, self.served)
        exchange.revision = envelope.version
        if self._mirrors and request.method == "tools/call":
            self._check_mirrors(exchange, request.params)
        if request.method == "subscriptions/listen":
            checked_log_level(envelope.log_level)
            subscription = Subscription(self._runtime, exchange, request, self._subscribable)
            await subscription.serve(self._drain, self._results)
            return
        result = await self._result(exchange, request, envelope)
        await exchange.conclude(request.id, result)

    async def _result(self, exchange: Exchange, request: Request, envelope: Envelope) -> Any:
        planner = self._methods.get(request.method)
        if planner is None:
            raise self._unknown(request.method)
        log_level = None if envelope.log_level is None else checked_log_level(envelope.log_level)
        now = self._clock.wall()
        answers, state = NO_ROUNDS
        if "requestState" in request.params or "inputResponses" in request.params:
            answers, state = self._rounds.opened(request, exchange.http, now)
        session = None
        tool = self._handles.concerned(request)
        if tool is None:
            plan = planner(request.params)
        else:
            plan, session = await self._handles.plan(tool, request.params, planner, now)
        exchange.session = session
        exchange.target = plan.target if tool is None else tool.name
        laps = exchange.http.laps
        if laps is not None:
            laps.lap("session")
        call = Call(
            runtime=self._runtime,
            http=exchange.http,
            revision=envelope.version,
            session=session,
            client=envelope.client,
            capabilities=envelope.capabilities,
            log_level=log_level,
            progress_token=envelope.progress_token,
            answers=answers,
            state=state,
            channel=exchange,
        )
        try:
            if call.progress_token is None and log_level is None:
                result = await guarded(plan, call)
            else:
                result = await _unless_disconnected(exchange, plan, call)
        except InputRequired as needed:
            result = self._rounds.result(needed, request, exchange.http, envelope.capabilities, now)
        if laps is not None:
            laps.lap("tool")
        if type(result) is Raw:
            return result
        if request.method == "resources/read" and "resultType" not in result:
            result = {**result, **UNCACHED}
        return self._results.complete(result)

    def _check_mirrors(self, exchange: Exchange, params: Mapping[str, Any]) -> None:
        name, arguments = params.get("name"), params.get("arguments")
        mirrors = self._mirrors.get(name) if type(name) is str else None
        if mirrors:
            check_mirrors(mirrors, arguments if type(arguments) is dict else {}, exchange.http)

    def _note_operation(self, exchange: Exchange, request: Request, version: str | None) -> None:
        """Whatever is known of a request that is refused early, for who counts them."""
        name = request.params.get("name")
        if request.method == "tools/call" and type(name) is str and name in self._tools:
            exchange.target = name
        if version in self.served:
            exchange.revision = str(version)

    def _notice(self, exchange: Exchange, version: str | None) -> None:
        exchange.kind = "notification"
        if version is None or version not in self.served:
            raise UnsupportedVersion(
                "The protocol version is not served here",
                seen=version,
                rule="A notification is accepted in a revision the server implements",
                spec=f"{_TRANSPORT}, Protocol Version Header",
                fix=f"Use one of {', '.join(self.served)}.",
                extra={"supported": self.served, "requested": version},
            )
        exchange.revision = version

    def _unknown(self, method: str) -> MethodNotFound:
        return MethodNotFound(
            "There is no such method in this revision",
            seen=method,
            rule="A request names a method of its revision; initialize, ping and logging/setLevel are not among them",
            spec=f"{_TRANSPORT}, Protocol Version Header; 2026-07-28 changelog",
            fix=f"Call one of {', '.join(self._methods)}, subscriptions/listen.",
        )


async def _unless_disconnected(exchange: Exchange, plan: Plan, call: Call) -> Any:
    """The result of a request that talks while it runs; its client cancels it by going away."""
    work = asyncio.create_task(guarded(plan, call))
    watch = asyncio.create_task(exchange.disconnected())
    try:
        await asyncio.wait((work, watch), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise RequestCancelled
        return work.result()
    finally:
        for task in (work, watch):
            task.cancel()
        await asyncio.gather(work, watch, return_exceptions=True)


def _only_requests(what: str, why: str) -> InvalidRequest:
    return InvalidRequest(
        f"The body is {what}",
        rule=f"A POST carries one request or notification. {why}",
        spec=f"{_TRANSPORT}, Sending Messages",
        fix="Send one request.",
    )


def _needs_stream(exchange: Exchange) -> HttpRefusal:
    return HttpRefusal(
        406,
        "Not acceptable",
        problem="Accept does not allow text/event-stream",
        seen=exchange.http.header("accept"),
        rule="subscriptions/listen is answered with an event stream",
        spec="2026-07-28 basic/patterns/subscriptions",
        fix="Send 'Accept: application/json, text/event-stream'.",
    )
