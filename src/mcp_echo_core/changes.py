"""Where a change of what is on offer is told to whoever listens: the open subscriptions of this process."""

import asyncio
from collections import deque

from msgspec import Struct

MAX_BACKLOG = 100
"""Changes that wait for a slow listener; the oldest is dropped."""


class Change(Struct, frozen=True):
    """Something changed.

    Attributes:
        kind: ``tools``, ``prompts``, ``resources`` or, for one resource, ``resource``.
        uri: Which resource.
    """

    kind: str
    uri: str | None = None


class Listener:
    """Receives changes until it is closed."""

    def __init__(self, changes: "Changes") -> None:
        self._changes = changes
        self._backlog: deque[Change] = deque(maxlen=MAX_BACKLOG)
        self._arrived = asyncio.Event()

    def tell(self, change: Change) -> None:
        """Queue a change."""
        self._backlog.append(change)
        self._arrived.set()

    async def wait(self, timeout: float) -> list[Change]:
        """The changes that have come, none after so many seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._arrived.wait()
        except TimeoutError:
            return []
        self._arrived.clear()
        changes = list(self._backlog)
        self._backlog.clear()
        return changes

    def close(self) -> None:
        """Stop listening."""
        self._changes.forget(self)


class Changes:
    """Tells changes to listeners."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def publish(self, change: Change) -> None:
        """Tell everybody."""
        for listener in self._listeners:
            listener.tell(change)

    def listen(self) -> Listener:
        """A new listener, which must be closed."""
        listener = Listener(self)
        self._listeners.add(listener)
        return listener

    def forget(self, listener: Listener) -> None:
        """Tell this one nothing more."""
        self._listeners.discard(listener)
