"""Answers on which no verdict rests: a gateway gave them in the server's place, or they never were complete.

429, 502, 503 and 504 tell of a limit or of a gateway that reached nobody (RFC 6585 section 4, RFC 9110 sections 15.6.3
to 15.6.5); 401 and 403 tell of the caller, where the first request was let in; a page of HTML is nobody's JSON-RPC.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from http import HTTPStatus

from mcp_echo_core.client.evidence import Exchange

BUSY = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)  # fmt: skip
"""What is answered by, or as by, a gateway that could not pass the request on."""

REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
"""What is answered to a caller who may not."""

MEANING = {
    HTTPStatus.UNAUTHORIZED: "credentials are wanted",
    HTTPStatus.FORBIDDEN: "the caller is refused",
    HTTPStatus.TOO_MANY_REQUESTS: "the rate is limited",
    HTTPStatus.BAD_GATEWAY: "a gateway got no good answer",
    HTTPStatus.SERVICE_UNAVAILABLE: "overloaded, or nobody behind the gateway",
    HTTPStatus.GATEWAY_TIMEOUT: "a gateway got no answer in time",
}
"""What such a status says."""

_PAGES = ("<!doctype html", "<html")


def is_page(body: str) -> bool:
    """Whether a body is a page of HTML."""
    return body.lstrip("\ufeff \t\r\n")[:14].lower().startswith(_PAGES)


def why_none(exchange: Exchange, judges: AbstractSet[int | None]) -> str | None:
    """Why no verdict rests on an exchange; ``None`` when one does.

    Args:
        exchange: What was asked and answered.
        judges: Statuses that are judged nevertheless, ``None`` for no answer at all; whoever judges any, judges pages.
    """
    status = exchange.status
    if status in judges:
        return None
    if status is None:
        return exchange.failure or "no answer"
    if status in BUSY | REFUSED:
        return f"{status} ({MEANING[HTTPStatus(status)]})"
    if exchange.failure is not None and not _streams(exchange):
        return f"{status}, but {exchange.failure}"
    if exchange.method == "POST" and not judges and is_page(exchange.body):
        return f"{status} with a page of HTML"
    return None


def reasons(exchanges: Iterable[Exchange], judges: AbstractSet[int | None]) -> dict[str, int]:
    """Why no verdict rests on exchanges, and on how many for that reason."""
    found: dict[str, int] = {}
    for exchange in exchanges:
        if (reason := why_none(exchange, judges)) is not None:
            found[reason] = found.get(reason, 0) + 1
    return found


def _streams(exchange: Exchange) -> bool:
    return any(name.lower() == "content-type" and "text/event-stream" in value for name, value in exchange.headers)
