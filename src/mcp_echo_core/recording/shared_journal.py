"""A journal whose records are outside of this process: they survive it, and other processes read and write them too.

What is appended waits in memory and is written a moment later, in one go; only then does it have its place in the
record. Two processes write at their own pace, so what arrives is numbered a moment later still, in the order in which
the exchanges were complete: a record is in order, and its numbers never change. While the back end is away, what waits
is kept up to a bound, and what is lost then is counted in the record; nothing of this is ever felt by a request.
"""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from mcp_echo_core import redaction
from mcp_echo_core.recording.allowance import Allowance
from mcp_echo_core.recording.audience import Audience, Viewer
from mcp_echo_core.recording.back_end import NEWS, SETTLE_SECONDS, BackEnd
from mcp_echo_core.recording.callers import Callers
from mcp_echo_core.recording.events import Record
from mcp_echo_core.recording.intake import Intake, Share, new_share
from mcp_echo_core.recording.journal import MAX_RECORDS, Living, new_view_key
from mcp_echo_core.recording.pending import Batch, End, Pending, batch_in
from mcp_echo_core.recording.taken import HEAVY_BYTES, Taken
from mcp_echo_core.stores.base import StoreUnavailable

FLUSH_SECONDS, BUSY_SECONDS = 0.1, 0.4
"""How long exchanges are gathered before they are written; the latter while they come faster than that is allowed."""

RETRY_SECONDS, CLOSING_SECONDS = 1.0, 2.0
"""Between attempts while the back end is away; and how long the end waits for what is not yet written."""

PENDING_BYTES, BATCH_BYTES = 8 << 20, 1 << 20
"""Of what waits to be written, and of what is written in one go."""

BEHIND = 1000
"""Exchanges that wait at most while they come faster than they may be written: viewers see the present, with gaps."""

SLICE = 20
"""Events that are redacted and encoded before requests have their turn: about half a millisecond."""

log = logging.getLogger(__name__)

_encode = msgspec.msgpack.Encoder().encode


class SharedJournal:
    """A journal on a back end; meets ``Journal``.

    It knows the records that it has opened, read or found at the start, the last ``MAX_RECORDS`` of them: what a
    session that another process has ended meanwhile is still sent here is not recorded.

    Args:
        back: Where the records are.
        pending_bytes: Of what may wait to be written.
    """

    def __init__(self, back: BackEnd, pending_bytes: int = PENDING_BYTES) -> None:
        self.key = secrets.token_bytes(32)  # until the back end has told the common one
        self._back = back
        self._pending = Pending(pending_bytes)
        self._allowance = Allowance()
        self._batches: list[Batch] = []
        self._known: dict[str, Share] = {}
        self._skipped: dict[str, int] = {}
        self._seen = 0.0
        self._intake = Intake()
        self._audience = Audience()
        self._cursors: dict[str, int] = {}
        self._asking = Callers()
        self._wake = asyncio.Event()
        self._urgent = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ready = self._away = self._behind = self._catching_up = self._closing = False

    def admits(self, subject: str, now: float) -> bool:
        share = self._known.get(subject)
        if share is None or self._intake.admits(share, now):
            return True
        # Told with the next exchange that is taken, or when somebody asks: a flood shall wake nobody.
        self._skipped[subject] = self._skipped.get(subject, 0) + 1
        self._seen = now
        return False

    def append(self, subjects: Sequence[str], taken: Taken) -> None:
        for subject in subjects:
            if subject not in self._known:
                self._remember(subject)
            if subject in self._skipped:
                self._pending.count_lost(subject, taken.at, self._skipped.pop(subject))
        self._pending.add(subjects, taken)
        self._wake.set()

    def knows(self, subject: str) -> bool:
        return subject in self._known

    def end(self, subject: str, now: float, reason: str) -> None:
        self._pending.add([subject], End(now, reason))
        self._wake.set()

    async def read(self, subject: str) -> Record | None:
        await self._caught_up()
        record, waiting = await self._back.read(subject)
        if waiting:
            await asyncio.sleep(SETTLE_SECONDS)
            record, _ = await self._back.read(subject)
        if record is not None:
            self._remember(subject)
        return record

    def watch(self, subject: str) -> Viewer:
        self._wake.set()
        return self._audience.join(subject)

    def leave(self, subject: str, viewer: Viewer) -> None:
        self._audience.leave(subject, viewer)

    async def share(self, subject: str) -> str:
        view_key = new_view_key()
        await self._back.share(subject, view_key)
        return view_key

    async def shared(self, view_key: str) -> str | None:
        return await self._back.shared(view_key)

    async def revoke(self, view_key: str) -> bool:
        return await self._back.revoke(view_key)

    async def sweep(self, now: float, idle: float, living: Living) -> None:
        before = now - idle
        with suppress(StoreUnavailable):  # whoever writes tells of it, and the next sweep does it
            await self._caught_up()
            alive: list[str] = []
            dead: list[str] = []
            for subject in await self._back.silent(before):
                (alive if await living(subject) else dead).append(subject)
            await self._back.touch(alive)
            for subject in await self._back.forget(dead, before):
                self._known.pop(subject, None)
                self._audience.dismiss(subject)

    async def open(self) -> None:
        try:
            await self._begin()
        except StoreUnavailable as outage:
            self._gone(outage)
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        if self._task is not None:
            self._closing = True
            self._wake.set()
            self._urgent.set()
            await asyncio.wait([self._task], timeout=CLOSING_SECONDS)
            self._task.cancel()
            await asyncio.wait([self._task])
        self._asking.tell(StoreUnavailable("the record of exchanges is closed"))
        self._audience.close()
        await self._back.close()

    def _remember(self, subject: str) -> None:
        self._known.setdefault(subject, new_share())
        if len(self._known) > MAX_RECORDS:
            del self._known[next(iter(self._known))]

    async def _caught_up(self) -> None:
        """Return when what was appended is written and what is watched is looked at.

        Raises:
            StoreUnavailable: That is not possible now.
        """
        for subject in list(self._skipped):
            self._pending.count_lost(subject, self._seen, self._skipped.pop(subject))
        if self._pending or self._batches or self._audience.subjects - self._cursors.keys():
            if self._task is None or self._task.done():
                raise StoreUnavailable("the record of exchanges is not open")
            self._wake.set()
            self._urgent.set()
            await self._asking.join()

    async def _run(self) -> None:
        while not self._closing or ((self._pending or self._batches or self._back.busy) and not self._away):
            await self._pause()
            asking = self._asking.leave()
            problem: StoreUnavailable | None = None
            try:
                await self._work(hurry=self._closing or bool(asking))
                self._came_back()
            except StoreUnavailable as outage:
                self._gone(problem := outage)
            except Exception as error:
                if not self._away:
                    log.exception("exchanges could not be recorded")
                self._batches = []  # another attempt would end the same way
                self._away = True
                problem = StoreUnavailable(f"the record of exchanges cannot be used: {type(error).__name__}")
            finally:
                asking.tell(problem)

    async def _pause(self) -> None:
        """Wait until there is something to do, and then a moment for more to do at once."""
        if not (self._batches or self._pending or self._back.busy or self._audience.present or self._cursors):
            await self._wake.wait()
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(
                RETRY_SECONDS if self._away else BUSY_SECONDS if self._behind else FLUSH_SECONDS
            ):
                await self._urgent.wait()
        if not self._closing:
            self._urgent.clear()

    async def _work(self, *, hurry: bool) -> None:
        await self._begin()
        await self._look()
        accounts = self._back.busy  # once per round: they may wait for the next exchanges to be written with
        while True:
            self._batches = self._batches or await self._gathered(hurry=hurry)
            if not self._batches and not accounts:
                break
            await self._back.write(self._batches)
            self._batches, accounts = [], False
        await self._tell()

    async def _begin(self) -> None:
        if not self._ready:
            kept = await self._back.open()
            self.key = kept.key
            for subject in kept.subjects:
                self._remember(subject)
            self._ready = True

    async def _gathered(self, *, hurry: bool) -> list[Batch]:
        batches = self._pending.take_lost()
        size = 0
        while size < BATCH_BYTES and (hurry or self._allowance.is_left) and (notes := self._pending.take(SLICE)):
            for subjects, what, _ in notes:
                with self._allowance:
                    size += self._add(batches, subjects, what)
                if isinstance(what, Taken) and what.size > HEAVY_BYTES:
                    await asyncio.sleep(0)
            await asyncio.sleep(0)
        self._behind = len(self._pending) > 0 and not self._allowance.is_left
        if self._behind and not self._catching_up:
            self._pending.shed(BEHIND)
        self._catching_up = self._catching_up and len(self._pending) > BEHIND
        return list(batches.values())

    def _add(self, batches: dict[str, Batch], subjects: Sequence[str], what: Taken | End) -> int:
        if isinstance(what, End):
            batch = batch_in(batches, subjects[0])
            batch.ended = batch.ended or what
            return 0
        try:
            event = _encode(what.event())
        except Exception:
            log.exception("an exchange could not be recorded")
            self._pending.lose(subjects, what)
            return 0
        for subject in subjects:
            batch_in(batches, subject).add(what, event)
        return len(event)

    async def _look(self) -> None:
        """Know from where on the viewers are to be told; before anything is written that they want to hear of."""
        watched = self._audience.subjects
        for subject in self._cursors.keys() - watched:
            self._back.ignore(subject)
            del self._cursors[subject]
        if fresh := watched - self._cursors.keys():
            self._cursors.update(await self._back.positions(list(fresh)))

    async def _tell(self) -> None:
        if not self._cursors:
            return
        for subject, entries in (await self._back.news(self._cursors)).items():
            if entries is None:
                self._audience.dismiss(subject)
                continue
            for entry in entries:
                self._audience.hand_over(subject, entry)
            self._cursors[subject] = entries[-1].sequence
            if len(entries) >= NEWS:
                self._urgent.set()

    def _gone(self, outage: StoreUnavailable) -> None:
        if not self._away:
            problem = redaction.shorten(str(outage))
            log.warning("the record of exchanges cannot be written now", extra={"problem": problem})
        self._away = self._catching_up = True

    def _came_back(self) -> None:
        if self._away:
            log.info("the record of exchanges is written again")
        self._away = False
