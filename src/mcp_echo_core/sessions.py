"""The life cycle of sessions above any store: minting, looking up, ending, sweeping, and refusing to.

Both eras come here: ``eras/legacy.py`` brings the id from ``Mcp-Session-Id``, the modern era a handle argument. Source:
2025-11-25 basic/transports, Session Management.
"""

import asyncio
import logging
import math
from contextlib import suppress
from typing import Any, Protocol
from uuid import uuid4

from mcp_echo_core import redaction
from mcp_echo_core.errors import InvalidRequest, RateLimited, SessionLimitReached, SessionNotFound
from mcp_echo_core.runtime import Clock
from mcp_echo_core.settings import Settings
from mcp_echo_core.stores.base import SessionStore, Statistics, StoreFull, StoreUnavailable
from mcp_echo_core.stores.records import Delivery, Effect, RateExceeded, Session

log = logging.getLogger(__name__)

_SPEC = "basic/transports, Session Management"
RETRY_AFTER = 10
"""Seconds after which a client may try again to get a session."""

PROBE_SECONDS = 2.0
"""How long a readiness probe waits for the store."""

CLOSING_SECONDS = 1.0
"""How long the end waits for figures that are only logged."""


class Sessions(Protocol):
    """What an era needs of sessions; times are the caller's wall-clock seconds."""

    async def mint(self, now: float, **facts: Any) -> Session | None:
        """A new session, or ``None`` where there are none.

        Args:
            now: The time of the request.
            facts: Fields of ``Session`` that are known.

        Raises:
            SessionLimitReached: No further session can be kept.
        """

    async def enter(self, session_id: str | None, effect: Effect, now: float) -> Session | None:
        """The session a request belongs to, after the request's effect.

        Args:
            session_id: Value of the header; ``None`` when it was not sent.
            effect: What the request does to its session.
            now: The time of the request.

        Raises:
            SessionNotFound: There is no such session.
            SessionLimitReached: One would have to be made and cannot be kept.
            InvalidRequest: The header is required.
        """

    async def notice(self, session_id: str | None, effect: Effect, now: float) -> None:
        """Take note of a message that wants no answer, and for which no session is made.

        Raises:
            SessionNotFound: There is no such session.
            InvalidRequest: The header is required.
        """

    async def peek(self, session_id: str | None, now: float) -> Session | None:
        """The session a request names, without any effect; ``None`` where it names none or there are none.

        Raises:
            SessionNotFound: There is no such session.
        """

    async def end(self, session_id: str, now: float) -> None:
        """End a session at its client's wish.

        Raises:
            SessionNotFound: There is no such session.
        """

    async def require(self, session_id: str | None, purpose: str, now: float) -> Session:
        """The session that a GET or DELETE is about.

        Args:
            session_id: Value of the header; ``None`` when it was not sent.
            purpose: What the method is for, as an explanation.
            now: The time of the request.

        Raises:
            HttpRefusal: 405 where there are no sessions.
            InvalidRequest: The header is missing.
            SessionNotFound: There is no such session.
        """

    async def take(self, session_id: str, stream: str, after: int | None, now: float) -> list[Delivery] | None:
        """Messages for a stream, as ``SessionStore.take`` with the keep-alive interval as time-out."""

    async def append(self, session_id: str, stream: str, delivery: Delivery | None, now: float, *, last: bool) -> bool:
        """Keep a message of a response stream, as ``SessionStore.append``."""

    def add_busy(self, session_id: str, seconds: float) -> None:
        """Count time spent on a session's request."""

    async def statistics(self, now: float) -> Statistics | None:
        """Figures about the sessions; ``None`` where there are none."""

    async def problem(self) -> str | None:
        """Why sessions cannot be served now, if they cannot."""

    async def sweep_forever(self, clock: Clock) -> None:
        """Free what has expired, again and again, until cancelled."""

    async def open(self) -> None:
        """Get ready to serve.

        Raises:
            StoreUnavailable: The store cannot be reached.
        """

    async def close(self, now: float) -> None:
        """End all streams, let go of the store, and log what has become of the sessions."""


class StoredSessions:
    """Sessions in a store.

    Args:
        settings: Limits and intervals.
        store: Where they are kept.
        instance: Name of this process.
    """

    def __init__(self, settings: Settings, store: SessionStore, instance: str) -> None:
        self._settings = settings
        self._store = store
        self._instance = instance

    async def mint(self, now: float, **facts: Any) -> Session:
        session = Session(id=str(uuid4()), created_at=now, last_activity=now, minted_by=self._instance, **facts)
        try:
            await self._store.create(session, now)
        except StoreFull:
            raise self._limit_reached() from None
        log.log(
            logging.INFO if session.explicit else logging.DEBUG,
            "session created",
            extra={
                "session_id": redaction.session_id(session.id),
                "client_name": redaction.text(session.client.name) if session.client else None,
                "protocol_version": session.protocol_version,
            },
        )
        return session

    async def enter(self, session_id: str | None, effect: Effect, now: float) -> Session:
        if session_id is None:
            if self._settings.session_required:
                raise _missing("MCP_SESSION_REQUIRED=true: every request but initialize names its session")
            session_id = (await self.mint(now, explicit=False)).id
        try:
            session = await self._store.apply(session_id, effect, now)
        except RateExceeded as exceeded:
            raise self._too_often(exceeded) from None
        if session is None:
            raise _not_found(session_id)
        return session

    async def notice(self, session_id: str | None, effect: Effect, now: float) -> None:
        if session_id is not None or self._settings.session_required:
            await self.enter(session_id, effect, now)

    async def peek(self, session_id: str | None, now: float) -> Session | None:
        if session_id is None:
            return None
        session = await self._store.get(session_id, now)
        if session is None:
            raise _not_found(session_id)
        return session

    async def end(self, session_id: str, now: float) -> None:
        if not await self._store.delete(session_id, now):
            raise _not_found(session_id)
        log.info("session ended", extra={"session_id": redaction.session_id(session_id), "reason": "delete"})

    async def require(self, session_id: str | None, purpose: str, now: float) -> Session:
        session = await self.peek(session_id, now)
        if session is None:
            raise _missing(purpose)
        return session

    async def take(self, session_id: str, stream: str, after: int | None, now: float) -> list[Delivery] | None:
        # An open stream keeps its session alive, so it has to come back well before the session expires.
        patience = min(self._settings.sse_keepalive_interval, self._settings.session_timeout / 3)
        return await self._store.take(session_id, stream, after, now, patience)

    async def append(self, session_id: str, stream: str, delivery: Delivery | None, now: float, *, last: bool) -> bool:
        return await self._store.append(session_id, stream, delivery, now, last=last)

    def add_busy(self, session_id: str, seconds: float) -> None:
        self._store.add_busy(session_id, seconds)

    async def statistics(self, now: float) -> Statistics:
        return await self._store.statistics(now)

    async def problem(self) -> str | None:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                await self._store.ping()
        except StoreUnavailable as error:
            return str(error)
        except TimeoutError:
            return f"it did not answer within {PROBE_SECONDS:g} seconds"
        return None

    async def open(self) -> None:
        await self._store.open()

    async def sweep_forever(self, clock: Clock) -> None:
        while True:
            await asyncio.sleep(self._settings.session_cleanup_interval)
            try:
                freed = await self._store.sweep(clock.wall())
            except StoreUnavailable as error:
                log.warning("the session store cannot be swept", extra={"problem": error})
                continue
            except Exception:
                log.exception("the session store could not be swept")
                continue
            if freed:
                log.info("expired sessions freed", extra={"count": freed})

    async def close(self, now: float) -> None:
        figures = await self._last_figures(now)
        await self._store.close()
        if not self._store.shared:
            figures = await self._last_figures(now)  # closing has ended what was alive
        if figures is not None:
            ended = {f"ended_{reason}": count for reason, count in figures.reasons.items()}
            counts = {"sessions_created": figures.created, "sessions_alive": figures.active, **ended}
            log.info("session store closed", extra=counts)

    async def _last_figures(self, now: float) -> Statistics | None:
        with suppress(StoreUnavailable, TimeoutError):
            async with asyncio.timeout(CLOSING_SECONDS):
                return await self._store.statistics(now)
        return None

    def _too_often(self, exceeded: RateExceeded) -> RateLimited:
        refusal = RateLimited(
            "The session makes too many requests",
            seen=f"the next one is allowed in {exceeded.retry_after:.3f} seconds",
            rule=f"MCP_SESSION_RATE_LIMIT allows {self._settings.session_rate_limit}",
            spec="RFC 6585 section 4",
            fix="Wait as long as Retry-After says, or raise MCP_SESSION_RATE_LIMIT.",
        )
        refusal.headers = [(b"retry-after", str(math.ceil(exceeded.retry_after)).encode())]
        return refusal

    def _limit_reached(self) -> SessionLimitReached:
        limit = self._settings.max_sessions
        refusal = SessionLimitReached(
            "No further session can be kept",
            seen=f"{limit} living sessions",
            rule=f"MCP_MAX_SESSIONS allows {limit}",
            spec=_SPEC,
            fix="End sessions with DELETE, wait for idle ones to expire, or raise MCP_MAX_SESSIONS.",
        )
        refusal.headers = [(b"retry-after", str(RETRY_AFTER).encode())]
        return refusal


def _missing(rule: str) -> InvalidRequest:
    return InvalidRequest(
        "Mcp-Session-Id is missing",
        rule=rule,
        spec=_SPEC,
        fix="Send the Mcp-Session-Id that the answer to initialize carried.",
    )


def _not_found(session_id: str) -> SessionNotFound:
    return SessionNotFound(
        "The session is unknown, expired or ended here",
        seen=session_id,
        rule="A request with an unknown session id is answered with 404; ids of clients are never adopted",
        spec=_SPEC,
        fix="Start over with initialize, without a session id.",
    )
