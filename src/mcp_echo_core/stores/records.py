"""What is kept of a session, what a request does to it, and how often it may; times in wall-clock seconds."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from mcp_echo_core.messages import encode_notification

MAX_CLIENT_TEXT = 200
"""Characters that are kept of a client's name and of its version."""


class ClientInfo(Struct, frozen=True):
    """Who the client says it is (``clientInfo``)."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    @classmethod
    def read(cls, info: Any) -> "ClientInfo | None":
        """What a message's ``clientInfo`` says, cut to ``MAX_CLIENT_TEXT``; ``None`` when it is malformed."""
        if type(info) is not dict:
            return None
        name, version = info.get("name"), info.get("version")
        if type(name) is not str or type(version) is not str:
            return None
        return cls(name[:MAX_CLIENT_TEXT], version[:MAX_CLIENT_TEXT])


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
        rate_mark: When the session will have used up no allowance, for ``Rate``.
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
    rate_mark: float = 0.0


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


class RateExceeded(Exception):
    """A session makes more requests than it may.

    Args:
        retry_after: Seconds until it may make the next one.
    """

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"next request in {retry_after:.3f} seconds")
        self.retry_after = retry_after


class Rate(Struct, frozen=True):
    """How many requests a session may make in how many seconds; that many at once, then evenly."""

    requests: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.requests} requests in {self.seconds:g} seconds"

    def admit(self, session: Session, now: float) -> None:
        """Count a request (generic cell rate algorithm).

        Raises:
            RateExceeded: It is one too many.
        """
        interval = self.seconds / self.requests
        mark = max(session.rate_mark, now)
        early = mark - now - (self.seconds - interval)
        if early > 0:
            raise RateExceeded(early)
        session.rate_mark = mark + interval
