"""A message enters and leaves here: the raw ASGI application behind ``/mcp``.

Read, decode, let the era answer, count. Everything that is refused anywhere below arrives here as a ``Refusal`` and is
written in one place.
"""

import asyncio
import itertools
import logging
import secrets
from contextlib import suppress
from typing import Any

from mcp_echo_core import redaction
from mcp_echo_core.body import BodyReader, ClientDisconnected, Receive
from mcp_echo_core.drain import Drain
from mcp_echo_core.eras.classify import Era, classify
from mcp_echo_core.eras.legacy import LegacyEra
from mcp_echo_core.eras.modern import ModernEra
from mcp_echo_core.errors import HttpRefusal, InternalFault, Refusal, RequestCancelled, StoreOutage
from mcp_echo_core.exchange import CANCELLED, ERROR, Exchange, Recording, Send
from mcp_echo_core.guard import Guard
from mcp_echo_core.http import HttpRequest
from mcp_echo_core.messages import decode, encode, error_object
from mcp_echo_core.runtime import Runtime
from mcp_echo_core.stores.base import StoreUnavailable
from mcp_echo_core.telemetry.configuration import Telemetry
from mcp_echo_core.timing import TIMED_TOOL, Laps

LARGE = 65_536
"""Bytes of a body above which it is decoded while other requests are served."""

INSTANCE_HEADER = b"mcp-echo-instance"

log = logging.getLogger(__name__)


class Endpoint:
    """The protocol endpoint of one server.

    Args:
        runtime: The server.
        guard: Checks request heads.
        legacy: Serves the revisions with a handshake.
        modern: Serves the revisions without.
        drain: Tells when the process is about to end.
        recording: Takes exchanges down; ``None`` where nothing is recorded.
        telemetry: Tells of exchanges; ``None`` where nobody asked for it.
    """

    def __init__(
        self,
        runtime: Runtime,
        guard: Guard,
        legacy: LegacyEra,
        modern: ModernEra,
        drain: Drain,
        *,
        recording: Recording | None,
        telemetry: Telemetry | None = None,
    ) -> None:
        settings = runtime.settings
        self._runtime = runtime
        self._recording = recording
        self._telemetry = telemetry
        self._guard = guard
        self._legacy = legacy
        self._modern = modern
        self._modern_versions = frozenset(modern.served)
        self._bodies = BodyReader(settings.max_message_size, settings.read_timeout)
        # Who answered, so that a client behind a load balancer can tell.
        self.instance_headers = [(INSTANCE_HEADER, runtime.instance.encode())] if runtime.instance else []
        drain.at_deadline(self._bodies.drain)
        self._metrics = runtime.metrics
        self._sessions = runtime.sessions
        self._cors = runtime.cors
        self._verbose = settings.log_level == "DEBUG"
        self._store_away = False
        self._compress = settings.enable_compression
        self._monotonic = runtime.clock.monotonic
        self._tells_timing = settings.server_timing
        self._numbers = itertools.count(1)
        self._id_prefix = secrets.token_hex(3)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one request."""
        started = self._monotonic()
        http = HttpRequest(scope, started, next(self._numbers), self._id_prefix)
        exchange = Exchange(http, receive, send, self.instance_headers, compress=self._compress)
        if b"origin" in http.fields:
            exchange.headers += self._cors.headers(http.fields[b"origin"])
        exchange.recording = self._recording
        if self._tells_timing:
            exchange.tells_timing = True
            http.laps = Laps(self._monotonic, started)
        self._metrics.active += 1
        try:
            await self._serve(exchange, scope["method"])
        except Refusal as refusal:
            await self._refuse(exchange, refusal)
        except StoreUnavailable as outage:
            self._outage(str(outage))
            await self._refuse(exchange, StoreOutage(str(outage)))
        except RequestCancelled:
            exchange.outcome = CANCELLED
            with suppress(ClientDisconnected):
                await exchange.abandon()
        except asyncio.CancelledError:
            exchange.outcome = CANCELLED
            raise
        except ClientDisconnected:
            exchange.outcome = CANCELLED
            exchange.status = 499  # nobody reads it; nginx's name for a client that left
        except Exception:
            log.exception("request failed", extra={"request_id": http.id})
            fault = InternalFault("The server failed to answer", fix="Report it with the request id from the log.")
            fault.status = 500
            await self._refuse(exchange, fault)
        finally:
            if exchange.stream is not None:
                exchange.release()
            self._account(exchange, self._monotonic() - started)

    def _account(self, exchange: Exchange, seconds: float) -> None:
        metrics = self._metrics
        metrics.active -= 1
        operation = (exchange.kind, exchange.target, exchange.era, exchange.revision, exchange.outcome)
        metrics.observe(operation, seconds)
        if exchange.session is not None:
            self._sessions.add_busy(exchange.session.id, seconds)
            if self._store_away:
                self._store_is_back()
        if self._recording is not None:
            self._recording.record(exchange, seconds)
        if self._telemetry is not None:
            self._telemetry.record(exchange, seconds)
        if self._verbose:
            self._log(exchange, seconds)

    async def _serve(self, exchange: Exchange, method: str) -> None:
        http = exchange.http
        if method == "POST":
            exchange.accepted = self._guard.admit_post(http)
            body = await self._bodies.read(http, exchange.receive)
            exchange.body = body
            if TIMED_TOOL in body and http.laps is None:
                http.laps = Laps(self._monotonic, http.started)
            laps = http.laps
            if laps is not None:
                laps.lap("read")
            value = decode(body) if len(body) <= LARGE else await asyncio.to_thread(decode, body)
            if laps is not None:
                laps.lap("decode")
            version = http.single(b"mcp-protocol-version")
            modern = classify(version, value, self._modern_versions) is Era.MODERN
            era: LegacyEra | ModernEra = self._modern if modern else self._legacy
            exchange.era = era.name
            if laps is not None:
                laps.lap("classify")
            await era.post(exchange, value, version)
            return
        self._guard.check_source(http)
        if method == "GET":
            exchange.kind = "GET"
            await self._era_of_head(exchange).get(exchange)
        elif method == "DELETE":
            exchange.kind = "DELETE"
            await self._era_of_head(exchange).delete(exchange)
        elif method == "OPTIONS":
            exchange.kind = "OPTIONS"
            await self._preflight(exchange)
        else:
            raise self._method_not_allowed(method)

    def _era_of_head(self, exchange: Exchange) -> LegacyEra | ModernEra:
        modern = exchange.http.single(b"mcp-protocol-version") in self._modern_versions
        era: LegacyEra | ModernEra = self._modern if modern else self._legacy
        exchange.era = era.name
        return era

    def _store_is_back(self) -> None:
        log.info("the session store is back")
        self._store_away = False

    def _outage(self, problem: str) -> None:
        if not self._store_away:
            log.warning("the session store cannot be reached", extra={"problem": redaction.shorten(problem)})
        self._store_away = True

    async def _preflight(self, exchange: Exchange) -> None:
        runtime = self._runtime
        runtime.preflights.record(exchange.http, runtime.clock.wall())
        allow = (b"allow", runtime.variant.methods + b", OPTIONS")
        await exchange.reply(204, headers=[allow, *runtime.cors.preflight_headers(exchange.http)])

    async def _refuse(self, exchange: Exchange, refusal: Refusal) -> None:
        self._metrics.fail(refusal.code)
        exchange.outcome, exchange.error_code = ERROR, refusal.code
        body = encode(error_object(refusal, exchange.request_id))
        status = refusal.http_status
        log.info(
            "refused",
            extra={
                "request_id": exchange.http.id,
                "status": status,
                "code": refusal.code,
                "problem": redaction.shorten(refusal.problem),
                "peer": exchange.http.peer,
            },
        )
        with suppress(ClientDisconnected):
            if exchange.streaming or (refusal.status is None and not exchange.accepted.json):
                await exchange.answer(body)
            else:
                await exchange.reply(status, body, refusal.headers)

    def _method_not_allowed(self, method: str) -> HttpRefusal:
        allowed = self._runtime.variant.methods
        return HttpRefusal(
            405,
            "Method not allowed",
            headers=[(b"allow", allowed)],
            problem="The endpoint does not know this HTTP method",
            seen=method,
            rule=f"The endpoint answers {allowed.decode()} and OPTIONS",
            spec="basic/transports, Streamable HTTP; RFC 9110 section 15.5.6",
            fix="Send JSON-RPC messages with POST.",
        )

    def _log(self, exchange: Exchange, seconds: float) -> None:
        log.debug(
            "answered",
            extra={
                "request_id": exchange.http.id,
                "kind": exchange.kind,
                "status": exchange.status,
                "ms": round(seconds * 1000, 2),
                "session_id": redaction.session_id(exchange.session.id) if exchange.session is not None else None,
                "peer": exchange.http.peer,
            },
        )
