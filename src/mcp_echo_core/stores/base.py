"""The contract of a session store, and the record it keeps.

A store keeps records and their outboxes. It does not decide what a session means: minting ids, refusing and lifecycle
events are ``sessions.py``. Times are wall-clock seconds from the caller's clock; expiry is decided by them, so that an
expired session is gone at once, whatever a back end's own garbage collection does.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from msgspec import Struct

from mcp_echo_core.messages import encode_notification


class ClientInfo(Struct, frozen=True):
    """Who the client says it is (``clientInfo``)."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Session(Struct, kw_only=True):
    """What is kept of one session; times in wall-clock seconds.

    Attributes:
        explicit: Asked for by ``initialize``; others make room when the store is full.
        initialized: ``notifications/initialized`` or ``initialize`` has been seen.
        last_echo_number: Which echo of this session ``last_echo`` was.
        busy_seconds: Time spent on answering, for the average.
        log_level: Lowest level of ``notifications/message`` the client wants.
        subscriptions: URIs of resources whose updates the client wants.
        minted_by: Instance that created the session.
        queued: Messages waiting in the outbox.
        dropped: Messages that did not fit the outbox.
    """

    id: str
    created_at: float
    last_activity: float
    explicit: bool = True
    initialized: bool = False
    protocol_version: str | None = None
    client: ClientInfo | None = None
    capabilities: dict[str, Any] | None = None
    requests: int = 0
    echo_count: int = 0
    replay_count: int = 0
    last_echo: str | None = None
    last_echo_number: int = 0
    busy_seconds: float = 0.0
    log_level: str = "info"
    subscriptions: tuple[str, ...] = ()
    minted_by: str = ""
    queued: int = 0
    dropped: int = 0


class Effect(Struct, frozen=True):
    """What one request does to its session; applied in one operation, so that stores need one round trip.

    Attributes:
        requests: Requests to count.
        echo: Text to remember, and to count as an echo.
        replay: Count a replay, if there is something to replay.
        initialized: The client said ``notifications/initialized``.
        log_level: New level for ``notifications/message``.
        subscribe: URI of a resource whose updates the client wants.
        unsubscribe: URI of one it no longer wants.
        updated: URI of a resource that this request changes.
        message: Encoded notification for the outbox.
        message_level: Its level; it is queued only if the session wants that level.
    """

    requests: int = 0
    echo: str | None = None
    replay: bool = False
    initialized: bool = False
    log_level: str | None = None
    subscribe: str | None = None
    unsubscribe: str | None = None
    updated: str | None = None
    message: bytes | None = None
    message_level: str = "info"


LOG_LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
"""Severities of ``notifications/message``, lowest first (server/utilities/logging)."""

SEVERITY = {level: severity for severity, level in enumerate((*LOG_LEVELS, "off"))}
"""Rank of each level; ``off`` is above all, for sessions that nobody can listen to."""


def apply_effect(session: Session, effect: Effect) -> Sequence[bytes]:
    """Do to a record what a request does to it; for stores that hold records as such.

    Returns:
        The messages that go to the session's outbox.
    """
    session.requests += effect.requests
    messages: list[bytes] = []
    if effect.echo is not None:
        session.echo_count += 1
        session.last_echo_number = session.echo_count
        session.last_echo = effect.echo
    _change(session, effect)
    if session.subscriptions and effect.updated in session.subscriptions:
        messages.append(encode_notification("notifications/resources/updated", {"uri": effect.updated}))
    if effect.message is not None and SEVERITY[effect.message_level] >= SEVERITY[session.log_level]:
        messages.append(effect.message)
    return messages


def _change(session: Session, effect: Effect) -> None:
    if effect.replay and session.last_echo is not None:
        session.replay_count += 1
    if effect.initialized:
        session.initialized = True
    if effect.log_level is not None:
        session.log_level = effect.log_level
    if effect.subscribe is not None and effect.subscribe not in session.subscriptions:
        session.subscriptions = (*session.subscriptions, effect.subscribe)
    if effect.unsubscribe is not None:
        session.subscriptions = tuple(uri for uri in session.subscriptions if uri != effect.unsubscribe)


class Delivery(Struct, frozen=True):
    """A message on its way to one stream.

    Attributes:
        sequence: Position in the session's outbox, ascending; with the stream's name it is the SSE event id.
        message: Encoded JSON-RPC message.
    """

    sequence: int
    message: bytes


class Statistics(Struct, frozen=True):
    """Figures over the life of a store, for this process; seconds and bytes.

    Attributes:
        active: Sessions alive now.
        expired: Sessions that ended for lack of activity.
        lifetime_seconds: Sum over all ended sessions.
        queued: Messages waiting in all outboxes.
        session_bytes: Estimated size of the records, ``None`` where it cannot be had.
        queue_bytes: Size of the queued messages, ``None`` where it cannot be had.
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


class StoreFull(Exception):
    """The store holds as many living sessions as it may."""


class SessionStore(Protocol):
    """Where sessions are kept. ``now`` is wall-clock seconds; an expired session counts as absent."""

    async def create(self, session: Session, now: float) -> None:
        """Keep a new session.

        Raises:
            StoreFull: As many sessions live as are allowed, and none may make room.
        """

    async def apply(self, session_id: str, effect: Effect, now: float) -> Session | None:
        """Do to a session what a request does to it, and return it as it is then; ``None`` if it is not there."""

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
        """Reach the back end and come back; raises ``OSError`` when it cannot be reached."""

    async def close(self) -> None:
        """End all waiting and let go of all resources."""
