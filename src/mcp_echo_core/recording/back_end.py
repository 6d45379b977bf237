"""What keeps the records of a shared journal, as a contract; ``sqlite_journal.py`` and ``redis_journal.py`` meet it.

An event that is written waits ``SETTLE_SECONDS`` for its number. Then it gets the next one of its record, after all
that were complete before it, and keeps it.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import msgspec
from msgspec import Struct

from mcp_echo_core.recording.events import Entry, ExchangeEvent, Record
from mcp_echo_core.recording.pending import Batch

SETTLE_SECONDS = 0.25
"""How long what was written waits for what was complete before it and is written after it, by other processes."""

EVENT_BYTES = 100
"""What an event counts as beside its own bytes."""

NEWS = 128
"""Events of a record that viewers are told in one go; a viewer's backlog is longer."""

_decode = msgspec.msgpack.Decoder(ExchangeEvent).decode


class Kept(Struct, frozen=True):
    """What a back end gives at the start.

    Attributes:
        key: Of the fingerprints, the same for all who share it.
        subjects: Records that there are, at most ``MAX_RECORDS``.
    """

    key: bytes
    subjects: Sequence[str]


class BackEnd(Protocol):
    """Where the records of a shared journal are. Every operation may raise ``StoreUnavailable``."""

    @property
    def busy(self) -> bool:
        """Whether ``write`` has something to do even if nothing was appended."""

    async def open(self) -> Kept:
        """Get ready."""

    async def write(self, batches: Sequence[Batch]) -> None:
        """Add to records, and keep all limits."""

    async def read(self, subject: str) -> tuple[Record | None, bool]:
        """A record, and whether some of it waits to be numbered."""

    async def positions(self, subjects: Sequence[str]) -> Mapping[str, int]:
        """From now on look at these records; the number of the last event of each."""

    async def news(self, cursors: Mapping[str, int]) -> Mapping[str, Sequence[Entry] | None]:
        """At most ``NEWS`` events after that number of each record that has any; ``None`` if the record is gone."""

    def ignore(self, subject: str) -> None:
        """Look at this record no more."""

    async def share(self, subject: str, view_key: str) -> None:
        """Keep a view key."""

    async def shared(self, view_key: str) -> str | None:
        """What it stands for."""

    async def revoke(self, view_key: str) -> bool:
        """Forget it."""

    async def silent(self, before: float) -> Sequence[str]:
        """Records to which nothing has been added since then."""

    async def touch(self, subjects: Sequence[str]) -> None:
        """Keep these for longer."""

    async def forget(self, subjects: Sequence[str], before: float) -> Sequence[str]:
        """Forget these, but for those to which something has been added since then; those that are gone."""

    async def close(self) -> None:
        """Let go of everything."""


def decoded(found: Sequence[tuple[int, bytes]]) -> list[Entry]:
    """Events by their numbers; what another version wrote and this one cannot read is left out."""
    entries: list[Entry] = []
    for sequence, event in found:
        with suppress(msgspec.MsgspecError):
            entries.append(Entry(sequence, _decode(event)))
    return entries
