"""Those who watch records grow. Telling them never waits: one that is too slow is dropped, and told so."""

import asyncio
from collections import deque

from mcp_echo_core.recording.events import Entry
from mcp_echo_core.recording.taken import Taken, event

BACKLOG = 256
"""Events that may wait for a viewer."""


class Viewer:
    """One who watches a record grow; made by ``Journal.watch``.

    Attributes:
        too_slow: It was dropped because it did not keep up.
    """

    def __init__(self) -> None:
        self.too_slow = False
        self._waiting: deque[Entry | tuple[int, Taken]] = deque()
        self._arrived = asyncio.Event()
        self._closed = False

    async def ready(self, seconds: float) -> bool:
        """Whether there is an event within this time; not, either, when no further one will come (``closed``)."""
        if not self._waiting and not self._closed:
            self._arrived.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._arrived.wait()
            except TimeoutError:
                return False
        return bool(self._waiting)

    async def next(self, seconds: float) -> Entry | None:
        """The next event, or ``None`` when none came in time or no further one will come (``closed``)."""
        if not await self.ready(seconds):
            return None
        waiting = self._waiting.popleft()
        return waiting if isinstance(waiting, Entry) else Entry(waiting[0], await event(waiting[1]))

    @property
    def closed(self) -> bool:
        """No further event will come."""
        return self._closed and not self._waiting

    def offer(self, entry: Entry | tuple[int, Taken]) -> bool:
        """Hand over an event, or its number and the exchange it is made of when somebody wants it.

        Returns:
            Whether it still watches.
        """
        if len(self._waiting) >= BACKLOG:
            self.too_slow = True
            self.close()
            return False
        self._waiting.append(entry)
        self._arrived.set()
        return True

    def close(self) -> None:
        """Nothing more will come."""
        self._closed = True
        self._arrived.set()


class Audience:
    """The viewers of all records in this process."""

    def __init__(self) -> None:
        self._viewers: dict[str, set[Viewer]] = {}

    def join(self, subject: str) -> Viewer:
        """A new viewer of a record."""
        viewer = Viewer()
        self._viewers.setdefault(subject, set()).add(viewer)
        return viewer

    def leave(self, subject: str, viewer: Viewer) -> None:
        """A viewer has gone."""
        viewers = self._viewers.get(subject, set())
        viewers.discard(viewer)
        if not viewers:
            self._viewers.pop(subject, None)

    @property
    def present(self) -> bool:
        """Whether anybody watches anything."""
        return bool(self._viewers)

    @property
    def subjects(self) -> frozenset[str]:
        """What is watched."""
        return frozenset(self._viewers)

    def tell(self, subject: str, sequence: int, taken: Taken) -> None:
        """A record has grown by an exchange of this process."""
        if subject in self._viewers:
            self.hand_over(subject, (sequence, taken))

    def hand_over(self, subject: str, entry: Entry | tuple[int, Taken]) -> None:
        """A record has grown."""
        for viewer in [each for each in self._viewers.get(subject, ()) if not each.offer(entry)]:
            self.leave(subject, viewer)

    def dismiss(self, subject: str) -> None:
        """A record is no longer kept: nobody will hear of it any more."""
        for viewer in self._viewers.pop(subject, ()):
            viewer.close()

    def close(self) -> None:
        """The process is about to end."""
        for subject in list(self._viewers):
            self.dismiss(subject)
