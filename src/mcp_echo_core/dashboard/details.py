"""An exchange in full: its head with what is odd about it, both bodies, its credentials, and code that repeats it."""

from typing import Any

import msgspec
from msgspec import Struct

from mcp_echo_core import text, tokens
from mcp_echo_core.client_report.report import Finding
from mcp_echo_core.dashboard import oddities, snippets
from mcp_echo_core.dashboard.summary import Summary
from mcp_echo_core.dashboard.verdicts import Verdict
from mcp_echo_core.recording.events import Credential, Entry, ExchangeEvent, Record
from mcp_echo_core.recording.recorder import MAX_STREAM_BYTES
from mcp_echo_core.recording.taken import MAX_BODY_BYTES

DATES = ("exp", "nbf", "iat", "auth_time")
"""Claims that are dates (RFC 7519 section 4.1, OpenID Connect Core section 2)."""

MAX_SAME = 100
"""Exchanges with the same credential that are listed."""

NOW_SECONDS = 1.0
"""A date this near counts as now."""


class DateShown(Struct, frozen=True, kw_only=True):
    """A date in a token.

    Attributes:
        claim: Its name.
        at: Seconds since 1970; ``None`` where it is no date.
        says: What it means for the exchange.
    """

    claim: str
    at: float | None
    says: str


class CredentialShown(Struct, frozen=True, kw_only=True):
    """A credential that was sent, as far as it may be told.

    Attributes:
        header: The field that carried it.
        scheme: Such as Bearer.
        fingerprint: The same credential has the same one.
        same_as: Other exchanges that carried it.
        token_header: Of a JSON Web Token, not verified.
        claims: Likewise.
        times: Its dates.
    """

    header: str
    scheme: str
    fingerprint: str
    same_as: tuple[int, ...]
    token_header: dict[str, Any] | None
    claims: dict[str, Any] | None
    times: tuple[DateShown, ...]


class Detail(Summary, frozen=True, kw_only=True):
    """One exchange in full.

    Attributes:
        http_version: Such as 1.1.
        request_headers: As they arrived.
        request_body: Credentials masked.
        request_truncated: Not all of it was kept.
        answer_headers: But for those that the engine adds.
        answer_body: Credentials masked; an event stream as it was sent.
        answer_truncated: Not all of it was kept.
        credentials: What was masked in the head.
        curl: The command that sends the request again.
        httpx: The Python lines that do.
        findings: What it is evidence of.
    """

    http_version: str
    request_headers: tuple[oddities.Field, ...]
    request_body: str
    request_truncated: bool
    answer_headers: tuple[tuple[str, str], ...]
    answer_body: str
    answer_truncated: bool
    credentials: tuple[CredentialShown, ...]
    curl: str
    httpx: str
    findings: tuple[Finding, ...]


def detail(summary: Summary, entry: Entry, record: Record, verdict: Verdict) -> Detail:
    """An exchange in full."""
    event = entry.event
    return Detail(
        **msgspec.structs.asdict(summary),
        http_version=event.http_version,
        request_headers=oddities.fields(event.head),
        request_body=event.body.decode("utf-8", "replace"),
        request_truncated=event.body_bytes > MAX_BODY_BYTES,
        answer_headers=event.answer_fields,
        answer_body=answer_of(event),
        answer_truncated=event.answer_bytes > (MAX_STREAM_BYTES if event.pieces else MAX_BODY_BYTES),
        credentials=tuple(_credential(each, entry, record) for each in event.head.credentials),
        curl=snippets.curl(event, unread=bool(summary.unread)),
        httpx=snippets.httpx(event, unread=bool(summary.unread)),
        findings=verdict.findings_of(entry.sequence),
    )


def answer_of(event: ExchangeEvent) -> str:
    """An answer's body; of an event stream, what is kept of it."""
    if any(name.lower() == "content-encoding" for name, _ in event.answer_fields):
        return f"(compressed, {event.answer_bytes} bytes)"
    data = b"".join(piece.data for piece in event.pieces) if event.pieces else event.answer
    return data.decode("utf-8", "replace")


def _credential(credential: Credential, entry: Entry, record: Record) -> CredentialShown:
    carriers = (other.sequence for other in record.entries if _has(other, credential))
    claims = credential.claims
    return CredentialShown(
        header=credential.header,
        scheme=credential.scheme,
        fingerprint=credential.fingerprint,
        same_as=tuple(number for number in carriers if number != entry.sequence)[:MAX_SAME],
        token_header=tokens.presentable(credential.token_header),
        claims=tokens.presentable(claims),
        times=() if claims is None else tuple(_times(claims, entry.event.at)),
    )


def _has(entry: Entry, credential: Credential) -> bool:
    return any(each.fingerprint == credential.fingerprint for each in entry.event.head.credentials)


def _times(claims: dict[str, Any], at: float) -> list[DateShown]:
    dates = [date for claim in DATES if (date := tokens.date(claims, claim)) is not None]
    return [DateShown(claim=date.claim, at=date.seconds, says=_says(date, at)) for date in dates]


def _says(date: tokens.Date, at: float) -> str:
    """What a date means, seen from the exchange."""
    if date.seconds is None:
        return date.fault or text.NOT_AVAILABLE
    past, future = _VERBS[date.claim]
    if abs(at - date.seconds) < NOW_SECONDS:
        return f"{past} at this moment"
    if date.seconds < at:
        return f"{past} {tokens.span(date.seconds, at)} ago"
    return f"{future} in {tokens.span(at, date.seconds)}"


_VERBS = {
    "exp": ("expired", "expires"),
    "nbf": ("became valid", "not valid yet: valid"),
    "iat": ("issued", "issued in the future:"),
    "auth_time": ("logged in", "logged in in the future:"),
}
"""How each date is told when it is past, and when it is to come."""
