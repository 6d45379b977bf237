"""An exchange as it is taken down while requests wait: references only; what it means is worked out when it is read."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from mcp_echo_core import redaction
from mcp_echo_core.recording.bodies import masked
from mcp_echo_core.recording.events import ExchangeEvent, Head, HeaderFields, Piece

MAX_BODY_BYTES = 16 * 1024
"""Bytes of a body that are kept."""

FIXED_BYTES = 900
"""What an exchange costs beside its bodies; ``benchmarks/sessions.py`` measures it."""


class Taken(Struct, frozen=True, gc=False):
    """One exchange; the attributes are those of ``ExchangeEvent``, bodies and queries as they arrived.

    It never leaves the process, nor the journal: whoever reads gets the ``event``.

    Attributes:
        size: What it costs in memory, in bytes.
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

    def event(self) -> ExchangeEvent:
        """The exchange without credentials."""
        return ExchangeEvent(
            number=self.number,
            instance=self.instance,
            at=self.at,
            seconds=self.seconds,
            connection=f"{self.peer[0]}:{self.peer[1]}",
            method=self.method,
            path=self.path,
            query=redaction.text(f"?{self.query.decode('latin-1')}") if self.query else "",
            http_version=self.http_version,
            scheme=self.scheme,
            head=self.head,
            body=masked(self.body),
            body_bytes=self.body_bytes,
            status=self.status,
            answer_fields=_fields(self.answered),
            answer=masked(self.answer),
            answer_bytes=self.answer_bytes,
            pieces=tuple(Piece(piece.after, masked(piece.data)) for piece in self.pieces),
            kind=self.kind,
            session=self.session,
            bin=self.bin,
            ended_by=self.ended_by,
        )


def _fields(headers: Sequence[tuple[bytes, bytes]]) -> HeaderFields:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
