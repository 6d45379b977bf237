"""Evidence: what was sent and what came back, fit to be shown to anybody."""

from collections.abc import Iterable

from msgspec import Struct

from mcp_echo_core import redaction
from mcp_echo_core.client.secrecy import Secrecy

MAX_BODY_CHARACTERS = 2000
"""Characters of a body that are kept as evidence."""

MAX_VALUE_CHARACTERS = 300
"""Characters of a header's value that are kept as evidence."""

Fields = tuple[tuple[str, str], ...]


class Exchange(Struct, frozen=True, kw_only=True):
    """One HTTP exchange, credentials redacted.

    Attributes:
        number: Its place in the sequence, from 1.
        purpose: Why it was made.
        method: Of HTTP.
        url: Without userinfo and secrets in the query.
        request_headers: In the order in which they were sent.
        request_body: An excerpt.
        status: HTTP status; ``None`` when no answer came.
        headers: Of the answer, in the order in which they arrived.
        body: An excerpt of the answer.
        failure: What went wrong on the way, if something did.
        connection: The local address it was sent from: the same one means the same connection.
        at: Seconds after the first exchange.
        head_seconds: Until the head of the answer was there.
        seconds: Until the answer was complete or no longer read.
    """

    number: int
    purpose: str
    method: str
    url: str
    request_headers: Fields
    request_body: str
    status: int | None = None
    headers: Fields = ()
    body: str = ""
    failure: str | None = None
    connection: str | None = None
    at: float = 0.0
    head_seconds: float | None = None
    seconds: float = 0.0


def shown_headers(headers: Iterable[tuple[str, str]], secrecy: Secrecy) -> Fields:
    """Header fields as evidence shows them."""
    return tuple((name, _cut(secrecy.header(name, value), MAX_VALUE_CHARACTERS)) for name, value in headers)


def shown_body(body: bytes, secrecy: Secrecy) -> str:
    """A body as evidence shows it."""
    whole = secrecy.text(body.decode("utf-8", "replace"))
    return _cut(redaction.text(whole[: MAX_BODY_CHARACTERS * 2]), MAX_BODY_CHARACTERS)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… (cut)"
