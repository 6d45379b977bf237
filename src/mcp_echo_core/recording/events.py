"""What is recorded of an exchange: a value without any credential in it."""

from typing import Any, Literal

import msgspec
from msgspec import Struct

HeaderFields = tuple[tuple[str, str], ...]


class Credential(Struct, frozen=True):
    """What may be told of a credential that was sent.

    Attributes:
        header: The field that carried it, in lower case.
        scheme: Such as Bearer; empty where the field has none.
        fingerprint: The same credential has the same one, as long as the journal keeps its key.
        token_header: Of a JSON Web Token, its decoded first part, not verified.
        claims: Of a JSON Web Token, its decoded second part, not verified.
    """

    header: str
    scheme: str
    fingerprint: str
    token_header: dict[str, Any] | None = None
    claims: dict[str, Any] | None = None


class Head(Struct, frozen=True):
    """Header fields of a request; exchanges with the same head share it.

    Attributes:
        fields: Names and values in the order they arrived, credentials masked.
        written: The names as they were written; ``None`` where the engine does not tell.
        credentials: What was masked.
    """

    fields: HeaderFields
    written: tuple[str, ...] | None = None
    credentials: tuple[Credential, ...] = ()


decode_head = msgspec.msgpack.Decoder(Head).decode
"""A ``Head`` from its encoded form, in which exchanges carry it."""


class Piece(Struct, frozen=True, array_like=True):
    """A piece of an event stream.

    Attributes:
        after: Seconds after the request arrived.
        data: Bytes as they were sent.
    """

    after: float
    data: bytes


class ExchangeEvent(Struct, frozen=True, kw_only=True):
    """One exchange, or the opening of a stream that has not ended.

    Attributes:
        number: Of the request in its process.
        instance: The process that answered.
        at: When it arrived, in seconds since 1970.
        seconds: Until its answer was complete; ``None`` while it is a stream that goes on.
        connection: Address and port of the peer.
        method: Of HTTP.
        path: Without the query.
        query: Secrets masked.
        http_version: Such as 1.1.
        scheme: As the engine sees it.
        head: The request's header fields.
        body: The request's body, credentials masked, cut to ``MAX_BODY_BYTES``.
        body_bytes: How long it was.
        status: Of the answer; 499 when the client went away before there was one.
        answer_fields: Header fields of the answer, but for those that the engine adds.
        answer: The answer's body, credentials masked, cut; empty when it was an event stream.
        answer_bytes: How long it was.
        pieces: What an event stream carried, as far as it is kept.
        kind: The JSON-RPC method, or what else it was, as metrics count it.
        session: The session it belongs to.
        bin: The bin it was sent to.
        ended_by: Who ended an event stream.
    """

    number: int
    instance: str
    at: float
    seconds: float | None
    connection: str
    method: str
    path: str
    query: str
    http_version: str
    scheme: str
    head: Head
    body: bytes
    body_bytes: int
    status: int
    answer_fields: HeaderFields
    answer: bytes
    answer_bytes: int
    pieces: tuple[Piece, ...] = ()
    kind: str
    session: str | None
    bin: str | None = None
    ended_by: Literal["server", "client"] | None = None

    @property
    def key(self) -> tuple[str, int]:
        """What an open stream's event and the one that ends it have in common."""
        return self.instance, self.number


class Entry(Struct, frozen=True):
    """An event's place in a record.

    Attributes:
        sequence: Counts the events of a record, from 1, those that are no longer kept included.
        event: The event.
    """

    sequence: int
    event: ExchangeEvent


class Record(Struct, frozen=True, kw_only=True):
    """What is kept of a session or a bin.

    Attributes:
        subject: The session's id or the bin's name.
        began: When it was opened, in seconds since 1970.
        dropped: Events that are no longer kept.
        ended: When its session ended, and why.
        entries: Oldest first; of an open stream and its end, only the end.
    """

    subject: str
    began: float
    dropped: int
    ended: tuple[float, str] | None
    entries: tuple[Entry, ...]
