"""What waits to be written to a shared record: bounded, so that a back end that is away costs memory only so far."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence

from msgspec import Struct

from mcp_echo_core.recording.journal import MAX_RECORDS
from mcp_echo_core.recording.taken import Taken

END_BYTES = 200
"""What the note that a session has ended counts as."""


class End(Struct, frozen=True, gc=False):
    """A session has ended.

    Attributes:
        at: When, in seconds since 1970.
        reason: Why.
    """

    at: float
    reason: str

    @property
    def size(self) -> int:
        """What it counts as, in bytes."""
        return END_BYTES


class Batch(Struct):
    """What is to be written to one record.

    Attributes:
        subject: Whose record.
        began: When its first exchange here arrived, in seconds since 1970; ``None`` if there is nothing but an end.
        last: The same of the last one.
        lost: Events before these that can no longer be written.
        events: When each was complete, in seconds since 1970, and the event without credentials, encoded.
        ended: The end of its session.
    """

    subject: str
    began: float | None = None
    last: float = 0.0
    lost: int = 0
    events: list[tuple[float, bytes]] = []
    ended: End | None = None

    def add(self, taken: Taken, event: bytes) -> None:
        """There is an event of this exchange."""
        self.events.append((taken.at + (taken.seconds or 0.0), event))
        self.began = taken.at if self.began is None else self.began
        self.last = taken.at


Note = tuple[Sequence[str], Taken | End, int]
"""Subjects, what to write, and what it counts as, in bytes."""


class Pending:
    """Exchanges in the order in which they were complete; what does not fit pushes out the oldest.

    Args:
        max_bytes: Of everything that waits.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._notes: deque[Note] = deque()
        self._lost: dict[str, Batch] = {}

    def __bool__(self) -> bool:
        return bool(self._notes or self._lost)

    def __len__(self) -> int:
        return len(self._notes)

    def add(self, subjects: Sequence[str], what: Taken | End) -> None:
        """Keep an exchange, or the end of a session, until it is taken."""
        size = what.size
        self._notes.append((subjects, what, size))
        self._bytes += size
        while self._bytes > self._max_bytes:
            self._push_out()

    def lose(self, subjects: Sequence[str], what: Taken | End) -> None:
        """Count an exchange that cannot be written."""
        if isinstance(what, End):
            return
        for subject in subjects:
            self.count_lost(subject, what.at)

    def count_lost(self, subject: str, at: float, count: int = 1) -> None:
        """Count exchanges of one record that are not written."""
        batch = self._lost.get(subject)
        if batch is None:
            if len(self._lost) >= MAX_RECORDS:
                return
            batch = self._lost[subject] = Batch(subject, began=at)
        batch.lost += count
        batch.last = at

    def take_lost(self) -> dict[str, Batch]:
        """What was lost, by subject."""
        lost, self._lost = self._lost, {}
        return lost

    def take(self, count: int) -> list[Note]:
        """The oldest of what waits."""
        taken = [self._notes.popleft() for _ in range(min(count, len(self._notes)))]
        self._bytes -= sum(size for _, _, size in taken)
        return taken

    def shed(self, count: int) -> None:
        """Let only so many wait: who has more waiting than others loses its oldest, so that a flood costs itself."""
        excess = len(self._notes) - count
        if excess <= 0:
            return
        waiting = Counter(subjects[-1] for subjects, _, _ in self._notes)
        share = _share(waiting.values(), count)
        notes, self._notes = self._notes, deque()
        for note in notes:
            subjects, what, size = note
            if excess > 0 and waiting[subjects[-1]] > share:
                waiting[subjects[-1]] -= 1
                excess -= 1
                self._bytes -= size
                self.lose(subjects, what)
            else:
                self._notes.append(note)

    def _push_out(self) -> None:
        subjects, what, size = self._notes.popleft()
        self._bytes -= size
        self.lose(subjects, what)


def _share(waiting: Iterable[int], room: int) -> int:
    """How many each may have, so that as many as possible fit."""
    each = sorted(waiting)
    for place, count in enumerate(each):
        if count * (len(each) - place) > room:
            return room // (len(each) - place)
        room -= count
    return max(each, default=0)


def batch_in(batches: dict[str, Batch], subject: str) -> Batch:
    """What is to be written to one record, begun if need be."""
    return batches.setdefault(subject, Batch(subject))
