"""A record while it is looked at: read once, followed from then on, summarised and judged once for all who look.

A board stays for a while after the last look, so that a page and its many requests cost one reading of the record. What
it keeps is bounded like the journal itself.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence

from mcp_echo_core.dashboard.concealing import Concealer
from mcp_echo_core.dashboard.shelf import Shelf
from mcp_echo_core.dashboard.subjects import Subject
from mcp_echo_core.dashboard.summary import Summariser, Summary
from mcp_echo_core.dashboard.verdicts import Judge
from mcp_echo_core.pace import Pace, beside
from mcp_echo_core.recording.audience import Viewer
from mcp_echo_core.recording.events import Entry, ExchangeEvent, Record
from mcp_echo_core.recording.journal import MAX_EVENTS, Journal, MemoryJournal
from mcp_echo_core.recording.taken import CHUNK, FIXED_BYTES, HEAVY_BYTES
from mcp_echo_core.stores.base import StoreUnavailable

FOLLOW_SECONDS = 60.0
"""How long one wait for an event takes at most."""

RETRY_SECONDS = 1.0
"""Between attempts while the journal cannot be read."""

_DELETED = 204

Rendered = tuple[Entry, Summary | None]
"""An event as it may be shown, and its summary; ``None`` when it cannot be shown."""

log = logging.getLogger(__name__)


class Board:
    """The record of one subject, kept up to date.

    Attributes:
        began: When the record was opened.
        dropped: Events that are no longer kept.
        ended: When its session ended, and why.
        gone: The record is no longer kept.
        last: Number of the newest event.
        found: There is a record.
        judge: Works out what is wrong.
        on_summary: Called with every exchange that is new.
        on_gone: Called when the record is no longer kept.

    Args:
        journal: Where the record is.
        subject: Whose it is.
        began: The time now, for a record that has not begun.
        shelf: Bounds what is kept.
    """

    def __init__(self, journal: Journal, subject: Subject, began: float, shelf: Shelf) -> None:
        self.began = began
        self.dropped = 0
        self.ended: tuple[float, str] | None = None
        self.gone = False
        self.last = 0
        self.found = False
        # A pace of its own: what takes long in one record keeps nobody else waiting.
        self.judge = Judge(self.record, Pace())
        self.on_summary: Callable[[Summary], None] = _nobody
        self.on_gone: Callable[[], None] = _nothing
        self._journal = journal
        self._key = subject.key
        self._is_session = subject.kind == "session"
        self._place = shelf.place(self._shorten)
        self._concealer = Concealer(subject) if subject.view is not None else None
        self.shown_id = self._concealer.subject if self._concealer is not None else subject.id
        self._entries: dict[tuple[str, int], Entry] = {}
        self._summaries: dict[tuple[str, int], Summary] = {}
        self._summariser = Summariser()
        self._viewer: Viewer | None = None
        self._task: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self._taking = asyncio.Lock()

    async def open(self, *, whole: bool = False) -> None:
        """Read the record, or take in what has come since.

        Args:
            whole: Nothing that was answered already may be missing; a journal outside of this process tells those who
                follow it a moment later.
        """
        async with self._opening:
            if self._viewer is not None:
                await self._take_waiting(self._viewer)
            if self._viewer is None or self._viewer.closed or (whole and not isinstance(self._journal, MemoryJournal)):
                await self._read()

    def close(self) -> None:
        """Follow no longer."""
        if self._viewer is not None:
            self._journal.leave(self._key, self._viewer)
            self._viewer.close()
            self._viewer = None
        if self._task is not None:
            self._task.cancel()
        self._clear()

    @property
    def summaries(self) -> list[Summary]:
        """All exchanges, oldest first."""
        return list(self._summaries.values())

    def entry(self, sequence: int) -> Entry | None:
        """One event."""
        return next((entry for entry in self._entries.values() if entry.sequence == sequence), None)

    def record(self) -> Record:
        """Everything that is kept."""
        return Record(
            subject=self.shown_id,
            began=self.began,
            dropped=self.dropped,
            ended=self.ended,
            entries=tuple(self._entries.values()),
        )

    async def _read(self) -> None:
        # Watch before reading, so that nothing is lost in between; what comes twice is recognised by its number.
        viewer = self._journal.watch(self._key)
        try:
            record = await self._journal.read(self._key)
            async with self._taking:
                self._summariser = Summariser()
                rendered = await self._rendered(() if record is None else record.entries)
                self._replace(viewer, record, rendered)
        except BaseException:
            self._journal.leave(self._key, viewer)
            raise
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow())
        await self._take_waiting(viewer)

    def _replace(self, viewer: Viewer, record: Record | None, rendered: Iterable[Rendered]) -> None:
        before, old, self._viewer = self.last, self._viewer, viewer
        if old is not None:
            self._journal.leave(self._key, old)
            old.close()
        self._clear()
        self.last, self.gone, self.found = 0, False, record is not None
        if record is not None:
            self.began, self.dropped, self.ended = record.began, record.dropped, record.ended
        for each in rendered:
            self._keep(each)
        for summary in self.summaries if before else ():
            if summary.sequence > before:
                self.on_summary(summary)

    async def _follow(self) -> None:
        while (viewer := self._viewer) is not None:
            if await viewer.ready(FOLLOW_SECONDS):
                await self._take_waiting(viewer)
            elif viewer is not self._viewer:
                continue  # another has taken its place
            elif viewer.closed and viewer.too_slow:
                # More came at once than waits for anybody: read it all again.
                await self._read_again(viewer)
            elif viewer.closed:
                self.gone = True
                self.on_gone()
                return

    async def _read_again(self, lost: Viewer) -> None:
        async with self._opening:
            if self._viewer is lost:
                try:
                    await self._read()
                except StoreUnavailable:
                    await asyncio.sleep(RETRY_SECONDS)

    async def _take_waiting(self, viewer: Viewer) -> None:
        async with self._taking:
            while not viewer.closed and (entry := await viewer.next(0)) is not None:
                if entry.sequence > self.last:
                    [rendered] = await self._rendered([entry])
                    if (summary := self._keep(rendered)) is not None:
                        self.on_summary(summary)

    async def _rendered(self, entries: Sequence[Entry]) -> list[Rendered]:
        """Entries with their summaries; requests are served meanwhile."""
        if len(entries) == 1 and _size(entries[0].event) < HEAVY_BYTES:
            return self._render(entries)
        made: list[Rendered] = []
        for start in range(0, len(entries), CHUNK):
            made += await beside(self._render, entries[start : start + CHUNK])
        return made

    def _render(self, entries: Sequence[Entry]) -> list[Rendered]:
        made: list[Rendered] = []
        for entry in entries:
            try:
                shown = entry if self._concealer is None else self._concealer.entry(entry)
                made.append((shown, self._summariser.summary(shown)))
            except Exception:
                log.exception("an exchange could not be shown")
                made.append((entry, None))
        return made

    def _keep(self, rendered: Rendered) -> Summary | None:
        shown, summary = rendered
        self.last, self.found = shown.sequence, True
        if summary is None:
            return None
        self._drop(shown.event.key)
        self._entries[shown.event.key], self._summaries[shown.event.key] = shown, summary
        self._place.take(_size(shown.event))
        while len(self._entries) > MAX_EVENTS:
            self._shorten()
        if self.ended is None and self._is_session and _ends(shown.event):
            self.ended = (shown.event.at + (shown.event.seconds or 0.0), "delete")
        return summary

    def _shorten(self) -> bool:
        """Let the oldest event go, unless there is no other."""
        if len(self._entries) < 2:  # noqa: PLR2004 - one stays
            return False
        self._drop(next(iter(self._entries)))
        self.dropped += 1
        return True

    def _drop(self, key: tuple[str, int]) -> None:
        if (entry := self._entries.pop(key, None)) is not None:
            self._place.give(_size(entry.event))
            del self._summaries[key]

    def _clear(self) -> None:
        self._place.give(self._place.taken)
        self._entries, self._summaries = {}, {}


def _ends(event: ExchangeEvent) -> bool:
    """Whether a client has ended its session."""
    return event.method == "DELETE" and event.status == _DELETED


def _size(event: ExchangeEvent) -> int:
    return FIXED_BYTES + len(event.body) + len(event.answer) + sum(len(piece.data) for piece in event.pieces)


def _nobody(_: Summary) -> None:
    return None


def _nothing() -> None:
    return None
