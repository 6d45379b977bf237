"""Those who watch records grow. Telling them never waits: one that is too slow is dropped, and told so."""

import asyncio
from collections import deque

from mcp_echo_core.recording.events import Entry
from mcp_echo_core.recording.taken import Taken

BACKLOG = 256
"""Events that may wait for a viewer."""


class Viewer:
    """One who watches a record grow; made by ``Journal.watch``.

    Attributes:
        too_slow: It was dropped because it did not keep up.
    """

    def __init__(self) -> None:
        self.too_slow = False
        self._waiting: deque[Entry] = deque()
        self._arrived = asyncio.Event()
        self._closed = False

    async def next(self, seconds: float) -> Entry | None:
        """The next event, or ``None`` when none came in time or no further one will come (``closed``)."""
        if not self._waiting and not self._closed:
            self._arrived.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._arrived.wait()
            except TimeoutError:
                return None
        return self._waiting.popleft() if self._waiting else None

    @property
    def closed(self) -> bool:
        """No further event will come."""
        return self._closed and not self._waiting

    def offer(self, entry: Entry) -> bool:
        """Hand over an event.

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
            self.hand_over(subject, Entry(sequence, taken.event()))

    def hand_over(self, subject: str, entry: Entry) -> None:
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
