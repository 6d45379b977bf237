"""An exchange as it is taken down while requests wait: references only; what it means is worked out when it is read."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from mcp_echo_core import redaction
from mcp_echo_core.pace import beside
from mcp_echo_core.recording.bodies import masked
from mcp_echo_core.recording.events import ExchangeEvent, Head, HeaderFields, Piece

MAX_BODY_BYTES = 16 * 1024
"""Bytes of a body that are kept."""

FIXED_BYTES = 900
"""What an exchange costs beside its bodies; ``benchmarks/sessions.py`` measures it."""

CHUNK = 50
"""Exchanges that are masked before another record has its turn."""

HEAVY_BYTES = 2048
"""From this size on, masking takes longer than requests should wait for."""


class Taken(Struct, gc=False):
    """One exchange; the attributes are those of ``ExchangeEvent``, bodies and queries as they arrived.

    It never leaves the process, nor the journal: whoever reads gets the ``event``. What the first reader has masked
    takes the place of what arrived, so that it is masked once; two at a time do the same, one of them in vain.

    Attributes:
        size: What it costs in memory, in bytes; as it arrived, so that sums of it stay right.
        is_masked: Bodies and query are without credentials already.
    """

    size: int
    number: int
    instance: str
    at: float
    seconds: float | None
    peer: tuple[str, int]
    method: str
    path: str
    query: bytes
    http_version: str
    scheme: str
    head: Head
    body: bytes
    body_bytes: int
    status: int
    answered: Sequence[tuple[bytes, bytes]]
    answer: bytes
    answer_bytes: int
    pieces: Sequence[Piece]
    kind: str
    session: str | None
    bin: str | None
    ended_by: Literal["server", "client"] | None
    is_masked: bool = False

    @property
    def heavy(self) -> bool:
        """Whether ``event`` is to be called where nobody waits for it."""
        return not self.is_masked and self.size - FIXED_BYTES + len(self.query) >= HEAVY_BYTES

    def event(self) -> ExchangeEvent:
        """The exchange without credentials."""
        if not self.is_masked:
            self._mask()
        return ExchangeEvent(
            number=self.number,
            instance=self.instance,
            at=self.at,
            seconds=self.seconds,
            connection=f"{self.peer[0]}:{self.peer[1]}",
            method=self.method,
            path=self.path,
            query=self.query.decode("utf-8", "surrogateescape"),
            http_version=self.http_version,
            scheme=self.scheme,
            head=self.head,
            body=self.body,
            body_bytes=self.body_bytes,
            status=self.status,
            answer_fields=_fields(self.answered),
            answer=self.answer,
            answer_bytes=self.answer_bytes,
            pieces=tuple(self.pieces),
            kind=self.kind,
            session=self.session,
            bin=self.bin,
            ended_by=self.ended_by,
        )

    def _mask(self) -> None:
        query, body, answer, pieces = self.query, self.body, self.answer, self.pieces
        shown = redaction.text(f"?{query.decode('latin-1')}").encode("utf-8", "surrogateescape") if query else b""
        masks = masked(body), masked(answer), tuple(Piece(piece.after, masked(piece.data)) for piece in pieces)
        if not self.is_masked:
            self.query, (self.body, self.answer, self.pieces) = shown, masks
            self.is_masked = True


async def events(taken: Sequence[Taken]) -> list[ExchangeEvent]:
    """Exchanges without credentials; requests are served meanwhile."""
    made: list[ExchangeEvent] = []
    for start in range(0, len(taken), CHUNK):
        made += await beside(_events, taken[start : start + CHUNK])
    return made


async def event(taken: Taken) -> ExchangeEvent:
    """The same of one exchange."""
    return (await beside(_events, [taken]))[0] if taken.heavy else taken.event()


def _events(taken: Sequence[Taken]) -> list[ExchangeEvent]:
    return [each.event() for each in taken]


def _fields(headers: Sequence[tuple[bytes, bytes]]) -> HeaderFields:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
