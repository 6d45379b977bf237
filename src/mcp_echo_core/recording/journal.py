"""The journal: one ring of events per session or bin, all under one budget of bytes, and those who watch it grow.

``Journal`` is the contract; this module keeps everything in this process. Appending never waits and never fails: what
no longer fits pushes out the oldest event of the record that was silent longest, what comes faster than anybody could
look at is counted instead of kept, and a viewer that is too slow is dropped and told so.
"""

import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from mcp_echo_core.pace import beside
from mcp_echo_core.recording.audience import Audience, Viewer
from mcp_echo_core.recording.events import Entry, ExchangeEvent, Record
from mcp_echo_core.recording.intake import Intake, new_share
from mcp_echo_core.recording.taken import CHUNK, Taken

MAX_EVENTS = 1000
"""Events of one record."""

MAX_RECORDS = 10_000
"""Records that are kept; the one that was silent longest makes room."""

FIXED_BYTES = 64
"""What an exchange costs beside its encoded form."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Taken).decode

Living = Callable[[str], Awaitable[bool]]
"""Whether the session of this id lives."""


class Journal(Protocol):
    """Where events are kept. ``read`` and what is about view keys may raise ``StoreUnavailable``."""

    key: bytes
    """Fingerprints of credentials are made with it; another one, maybe, once the journal is open."""

    def admits(self, subject: str, now: float) -> bool:
        """Whether a record takes one more exchange; one that it does not take is counted as dropped."""

    def append(self, subjects: Sequence[str], taken: Taken) -> None:
        """Keep an exchange in these records, which are opened if need be; never waits."""

    def knows(self, subject: str) -> bool:
        """Whether there is such a record, as far as this process can tell without asking anybody."""

    def end(self, subject: str, now: float, reason: str) -> None:
        """Its session has ended: the record says so."""

    async def read(self, subject: str) -> Record | None:
        """A record with everything that was appended here, or ``None`` when there is none."""

    def watch(self, subject: str) -> Viewer:
        """Watch a record from now on; give the viewer back with ``leave``.

        Who wants the whole record reads it afterwards: some of its last events may come to the viewer, too.
        """

    def leave(self, subject: str, viewer: Viewer) -> None:
        """Stop watching."""

    async def share(self, subject: str) -> str:
        """A key under which others may view a record; it does not tell the subject."""

    async def shared(self, view_key: str) -> str | None:
        """The subject that a view key stands for, or ``None``."""

    async def revoke(self, view_key: str) -> bool:
        """Take a view key back; whether there was such a key."""

    async def sweep(self, now: float, idle: float, living: Living) -> None:
        """Forget records that have been silent for so many seconds, but for those whose session lives."""

    async def open(self) -> None:
        """Get ready."""

    async def close(self) -> None:
        """Let go of everything; viewers are told."""


class _Ring:
    __slots__ = ("began", "ended", "kept", "last", "sequence", "share", "skipped")

    def __init__(self, began: float) -> None:
        self.began = began
        self.last = began
        self.sequence = 0
        self.skipped = 0
        self.share = new_share()
        self.ended: tuple[float, str] | None = None
        self.kept: list[bytes] = []  # a deque begins with room for many, and most records are short

    @property
    def gone(self) -> int:
        """How many of the events that it took it no longer has."""
        return self.sequence - len(self.kept)


class MemoryJournal:
    """A journal in this process; meets ``Journal``.

    Args:
        max_bytes: Of everything that is kept.
        key: Of the fingerprints; by default a random one.
    """

    def __init__(self, max_bytes: int, key: bytes = b"") -> None:
        self.key = key or secrets.token_bytes(32)
        self._max_bytes = max_bytes
        self._bytes = 0
        self._rings: OrderedDict[str, _Ring] = OrderedDict()
        """The one that was silent longest comes first."""
        self._intake = Intake()
        self._audience = Audience()
        self._views: dict[str, str] = {}

    def admits(self, subject: str, now: float) -> bool:
        ring = self._rings.get(subject)
        if ring is None or self._intake.admits(ring.share, now):
            return True
        ring.skipped += 1
        return False

    def append(self, subjects: Sequence[str], taken: Taken) -> None:
        # One piece of memory each: many small ones would scatter what requests use among all that is kept.
        kept = _encode(taken)
        for subject in subjects:
            ring = self._rings.get(subject)
            if ring is None:
                ring = self._begin(subject, taken.at)
            else:
                self._rings.move_to_end(subject)
            ring.sequence += 1
            ring.last = taken.at
            ring.kept.append(kept)
            self._bytes += FIXED_BYTES + len(kept)
            if len(ring.kept) > MAX_EVENTS:
                self._bytes -= FIXED_BYTES + len(ring.kept.pop(0))
            if self._audience.present:
                self._audience.tell(subject, ring.sequence, taken)
        while self._bytes > self._max_bytes:
            self._push_out()

    def knows(self, subject: str) -> bool:
        return subject in self._rings

    def end(self, subject: str, now: float, reason: str) -> None:
        ring = self._rings.get(subject)
        if ring is not None and ring.ended is None:
            ring.ended = (now, reason)

    async def read(self, subject: str) -> Record | None:
        ring = self._rings.get(subject)
        return None if ring is None else await self._record(subject, ring)

    def watch(self, subject: str) -> Viewer:
        return self._audience.join(subject)

    def leave(self, subject: str, viewer: Viewer) -> None:
        self._audience.leave(subject, viewer)

    async def share(self, subject: str) -> str:
        view_key = new_view_key()
        self._views[view_key] = subject
        return view_key

    async def shared(self, view_key: str) -> str | None:
        return self._views.get(view_key)

    async def revoke(self, view_key: str) -> bool:
        return self._views.pop(view_key, None) is not None

    async def sweep(self, now: float, idle: float, living: Living) -> None:
        for subject in [subject for subject, ring in self._rings.items() if ring.last <= now - idle]:
            if not await living(subject) and subject in self._rings:
                self._forget(subject)

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        self._audience.close()

    async def _record(self, subject: str, ring: _Ring) -> Record:
        """What is kept now; requests are served while it is made fit to be read."""
        gone, skipped, ended, kept = ring.gone, ring.skipped, ring.ended, list(ring.kept)
        entries: list[Entry] = []
        for start in range(0, len(kept), CHUNK):
            for event, clean in await beside(_cleaned, kept[start : start + CHUNK]):
                entries.append(Entry(gone + len(entries) + 1, event))
                if clean is not None and self._rings.get(subject) is ring:
                    self._replace(ring, entries[-1].sequence, kept[len(entries) - 1], clean)
        return record_of(subject, ring.began, gone + skipped, ended, entries)

    def _replace(self, ring: _Ring, sequence: int, kept: bytes, clean: bytes) -> None:
        """Keep an exchange without credentials from now on, so that it is masked once."""
        place = sequence - ring.gone - 1
        if place >= 0 and ring.kept[place] is kept:
            ring.kept[place] = clean
            self._bytes += len(clean) - len(kept)

    def _begin(self, subject: str, now: float) -> _Ring:
        ring = self._rings[subject] = _Ring(now)
        if len(self._rings) > MAX_RECORDS:
            self._forget(next(iter(self._rings)))
        return ring

    def _push_out(self) -> None:
        subject, ring = next(iter(self._rings.items()))
        if ring.kept:
            self._bytes -= FIXED_BYTES + len(ring.kept.pop(0))
        else:
            self._forget(subject)

    def _forget(self, subject: str) -> None:
        ring = self._rings.pop(subject)
        self._bytes -= sum(FIXED_BYTES + len(kept) for kept in ring.kept)
        for view_key in [key for key, viewed in self._views.items() if viewed == subject]:
            del self._views[view_key]
        self._audience.dismiss(subject)


def _cleaned(kept: Sequence[bytes]) -> list[tuple[ExchangeEvent, bytes | None]]:
    """The events of exchanges, and those that had to be masked for it, masked."""
    made = []
    for each in kept:
        taken = _decode(each)
        clean = taken.masked()
        made.append((clean.event(), None if clean is taken else _encode(clean)))
    return made


def record_of(
    subject: str, began: float, dropped: int, ended: tuple[float, str] | None, entries: Iterable[Entry]
) -> Record:
    """A record without the openings of streams whose end is there too."""
    kept = list(entries)
    last = {entry.event.key: entry.sequence for entry in kept}
    current = tuple(entry for entry in kept if last[entry.event.key] == entry.sequence)
    return Record(subject=subject, began=began, dropped=dropped, ended=ended, entries=current)


def new_view_key() -> str:
    """A key that nobody guesses."""
    return secrets.token_urlsafe(24)
