"""An exchange as it is taken down while requests wait, as it arrived; what it means is worked out when it is read."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Raw, Struct, structs

from mcp_echo_core import redaction
from mcp_echo_core.pace import beside
from mcp_echo_core.recording.bodies import masked
from mcp_echo_core.recording.events import ExchangeEvent, HeaderFields, Piece, decode_head

MAX_BODY_BYTES = 16 * 1024
"""Bytes of a body that are kept."""

FIXED_BYTES = 900
"""What an event costs beside its bodies."""

CHUNK = 50
"""Exchanges that are masked before another record has its turn."""

HEAVY_BYTES = 2048
"""From this size on, masking takes longer than requests should wait for."""


class Taken(Struct, array_like=True, frozen=True, gc=False):
    """One exchange; the attributes are those of ``ExchangeEvent``, bodies and queries as they arrived.

    It never leaves the process, nor the journal: whoever reads gets the ``event``.

    Attributes:
        head: Encoded, since many exchanges have the same.
        is_masked: Bodies and query are without credentials already.
    """

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
    head: Raw
    body: bytes
    body_bytes: int
    status: int
    answered: tuple[tuple[bytes, bytes], ...]
    answer: bytes
    answer_bytes: int
    pieces: tuple[Piece, ...]
    kind: str
    session: str | None
    bin: str | None
    ended_by: Literal["server", "client"] | None
    is_masked: bool = False

    @property
    def size(self) -> int:
        """What its event costs in memory, in bytes."""
        streamed = sum(len(piece.data) for piece in self.pieces)
        return FIXED_BYTES + len(self.body) + len(self.answer) + len(self.query) + streamed

    def masked(self) -> "Taken":
        """The exchange with bodies and query without credentials."""
        if self.is_masked:
            return self
        query = self.query
        return structs.replace(
            self,
            query=redaction.text(f"?{query.decode('latin-1')}").encode("utf-8", "surrogateescape") if query else b"",
            body=masked(self.body),
            answer=masked(self.answer),
            pieces=tuple(Piece(piece.after, masked(piece.data)) for piece in self.pieces),
            is_masked=True,
        )

    def event(self) -> ExchangeEvent:
        """The exchange without credentials."""
        clean = self.masked()
        return ExchangeEvent(
            number=clean.number,
            instance=clean.instance,
            at=clean.at,
            seconds=clean.seconds,
            connection=f"{clean.peer[0]}:{clean.peer[1]}",
            method=clean.method,
            path=clean.path,
            query=clean.query.decode("utf-8", "surrogateescape"),
            http_version=clean.http_version,
            scheme=clean.scheme,
            head=decode_head(clean.head),
            body=clean.body,
            body_bytes=clean.body_bytes,
            status=clean.status,
            answer_fields=_fields(clean.answered),
            answer=clean.answer,
            answer_bytes=clean.answer_bytes,
            pieces=clean.pieces,
            kind=clean.kind,
            session=clean.session,
            bin=clean.bin,
            ended_by=clean.ended_by,
        )


async def event(taken: Taken) -> ExchangeEvent:
    """The exchange without credentials; requests are served while much is masked."""
    heavy = not taken.is_masked and taken.size >= HEAVY_BYTES
    return await beside(taken.event) if heavy else taken.event()


def _fields(headers: Sequence[tuple[bytes, bytes]]) -> HeaderFields:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
