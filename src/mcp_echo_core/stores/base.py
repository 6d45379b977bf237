"""The contract of a session store.

A store keeps records and their outboxes. It does not decide what a session means: minting ids, refusing and lifecycle
events are ``sessions.py``. Times are wall-clock seconds from the caller's clock; expiry is decided by them, so that an
expired session is gone at once, whatever a back end's own garbage collection does.
"""

from typing import Protocol

from msgspec import Struct

from mcp_echo_core.stores.durations import Durations
from mcp_echo_core.stores.records import Delivery, Effect, Session


class Statistics(Struct, frozen=True):
    """Figures over the life of a store, for this process; seconds and bytes.

    Attributes:
        active: Sessions alive now.
        expired: Sessions that ended for lack of activity.
        lifetime_seconds: Sum over all ended sessions.
        queued: Messages waiting in all outboxes.
        session_bytes: Estimated size of the records, ``None`` where it cannot be had.
        queue_bytes: Size of the queued messages, ``None`` where it cannot be had.
        reasons: Why sessions ended, by ``REASONS``.
        durations: How long they had lived, by ``REASONS``; empty where that is not known. Sessions that a version of
            the server ended which did not count this are in ``lifetime_seconds`` alone.
    """

    active: int
    created: int
    expired: int
    ended: int
    lifetime_seconds: float
    queued: int
    sweeps: int
    last_sweep: float | None
    session_bytes: int | None
    queue_bytes: int | None
    reasons: dict[str, int] = {}
    durations: dict[str, Durations] = {}


REASONS = ("delete", "idle", "cap", "drain")
"""Why a session ends: its client said so, was silent too long, made room for another, or its process ended."""


class StoreFull(Exception):
    """The store holds as many living sessions as it may."""


class StoreUnavailable(Exception):
    """The back end cannot be reached now; what it holds may still be there, so nothing counts as lost."""


class SessionStore(Protocol):
    """Where sessions are kept. ``now`` is wall-clock seconds; an expired session counts as absent.

    Every operation but ``add_busy`` and ``close`` may raise ``StoreUnavailable``.

    Attributes:
        shared: Several processes that name the same store see the same sessions.
    """

    shared: bool

    async def open(self) -> None:
        """Get ready, trying for a bounded time.

        Raises:
            StoreUnavailable: The back end cannot be reached.
        """

    async def create(self, session: Session, now: float) -> None:
        """Keep a new session.

        Raises:
            StoreFull: As many sessions live as are allowed, and none may make room.
        """

    async def apply(self, session_id: str, effect: Effect, now: float) -> Session | None:
        """Do to a session what a request does to it, in one operation.

        Returns:
            The session as it is then; ``None`` if it is not there.

        Raises:
            RateExceeded: The effect counts requests and the session has made too many; nothing was done.
        """

    async def get(self, session_id: str, now: float) -> Session | None:
        """The session as it is, without counting this as activity; ``None`` if it is not there."""

    async def delete(self, session_id: str, now: float) -> bool:
        """End a session; whether it was there."""

    async def take(
        self, session_id: str, stream: str, after: int | None, now: float, timeout: float
    ) -> list[Delivery] | None:
        """Messages for one stream, each message for one stream only.

        Args:
            session_id: The session; waiting for it counts as activity.
            stream: Name of the stream.
            after: Repeat what this stream was given after this sequence number; ``None`` gives only what is new. On
                a response stream every call names the last one seen.
            now: The time of the call.
            timeout: Seconds to wait for a message if there is none.

        Returns:
            The messages, none after the time-out, ``None`` when nothing more can come: the session is not there, ended
            meanwhile, or the response has been taken.
        """

    async def append(self, session_id: str, stream: str, delivery: Delivery | None, now: float, *, last: bool) -> bool:
        """Keep a message of one request's response stream, for ``take`` on that stream after a cut.

        Args:
            session_id: The session; if it is not there, nothing is kept.
            stream: Name of the stream.
            delivery: The message with its place in the stream; ``None`` if there is only an end to keep.
            now: The time of the call.
            last: Nothing follows.

        Returns:
            Whether the client has continued the stream on another connection, which will carry the message.
        """

    def add_busy(self, session_id: str, seconds: float) -> None:
        """Add to a session's ``busy_seconds`` after the answer has gone; nothing waits for it."""

    async def sweep(self, now: float) -> int:
        """Free what has expired; how many sessions that were."""

    async def statistics(self, now: float) -> Statistics:
        """Figures about the sessions."""

    async def ping(self) -> None:
        """Reach the back end and come back."""

    async def close(self) -> None:
        """End all waiting and let go of all resources."""
