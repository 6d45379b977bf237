"""SessionManager: the in-memory sessions as a synchronous class, for use in other programs and in tests."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec

from mcp_echo_core.messages import encode
from mcp_echo_core.stores.memory import SWEEP_SLICE, MemoryStore
from mcp_echo_core.stores.records import Session

MAX_MESSAGE_QUEUE_SIZE = 100
"""Messages a session's queue holds."""

MAX_SESSIONS = 1000


class SessionManager:
    """Sessions with message queues and expiry.

    Args:
        session_timeout: Seconds without activity after which a session is gone.
        clock: Wall-clock seconds.
    """

    def __init__(self, session_timeout: float = 3600, *, clock: Callable[[], float] = time.time) -> None:
        self.session_timeout = session_timeout
        self._clock = clock
        self._store = MemoryStore(session_timeout, MAX_SESSIONS, MAX_MESSAGE_QUEUE_SIZE)

    def create_session(self) -> str:
        """Make a session.

        Returns:
            Its id.

        Raises:
            StoreFull: ``MAX_SESSIONS`` are alive.
        """
        now = self._clock()
        session = Session(id=str(uuid4()), created_at=now, last_activity=now)
        self._store.add(session, now)
        return session.id

    def get_session(self, session_id: str) -> dict[str, Any] | None:
        """What is known of a session, or ``None`` when it is unknown or expired; counts as no activity."""
        session = self._store.alive(session_id, self._clock())
        if session is None:
            return None
        return {
            "session_id": session.id,
            "created_at": session.created_at,
            "last_activity": session.last_activity,
            "initialized": session.initialized,
            "protocol_version": session.protocol_version,
            "client_info": msgspec.to_builtins(session.client) if session.client else {},
            "state": {"last_echo": session.last_echo, "echo_count": session.echo_count},
        }

    def queue_message(self, session_id: str, message: dict[str, Any]) -> None:
        """Queue a message for a session; the oldest makes room when the queue is full.

        Raises:
            KeyError: There is no such session.
        """
        if self._store.alive(session_id, self._clock()) is None:
            raise KeyError(session_id)
        self._store.push(session_id, encode(message))

    def get_message_queue(self, session_id: str) -> deque[Any]:
        """The messages that wait in a session's queue, oldest first; empty when there is no such session."""
        return deque(map(msgspec.json.decode, self._store.waiting(session_id)))

    def cleanup_expired_sessions(self) -> int:
        """Free all expired sessions.

        Returns:
            How many that were.
        """
        freed = 0
        while swept := self._store.expire(self._clock(), SWEEP_SLICE):
            freed += swept
        return freed
