"""What to do about an answer to the first request that is none of MCP, by its status."""

from http import HTTPStatus

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe.verdicts import is_page
from mcp_echo_core.redaction import text as redacted

HINTS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "give --bearer or --header",
    HTTPStatus.FORBIDDEN: "give --bearer or --header, or let the server allow this host and this caller",
    HTTPStatus.NOT_FOUND: "check the path of the URL",
    HTTPStatus.METHOD_NOT_ALLOWED: "no POST at this path; check the path of the URL",
    HTTPStatus.MISDIRECTED_REQUEST: "the Host header is refused: let the server or its gateway allow this host",
    HTTPStatus.TOO_MANY_REQUESTS: "the rate is limited: ask later, or raise the limit for this caller",
    HTTPStatus.NOT_IMPLEMENTED: "what answers knows no POST; check host, port and path of the URL",
    HTTPStatus.BAD_GATEWAY: "a gateway gets no good answer from the server: see whether that runs",
    HTTPStatus.SERVICE_UNAVAILABLE: "overloaded, or no server behind the gateway: see whether that runs",
    HTTPStatus.GATEWAY_TIMEOUT: "a gateway gets no answer from the server in time: see whether that runs",
}
"""By status."""


def _has_credentials(answer: Answer) -> bool:
    return any(name.lower() in ("authorization", "cookie") for name, _ in answer.exchange.request_headers)


def hint(answer: Answer) -> str:
    """What to do about an answer without a result; empty when nothing is known."""
    if answer.timed_out:
        return "raise --timeout, or look for what holds the answer back"
    if answer.status is not None and answer.status // 100 == 3:  # noqa: PLR2004 - RFC 9110 section 15.4
        target = redacted(answer.secrecy.text(answer.headers.get("location", "nowhere")))
        return f"it redirects to {target}; ask there"
    if answer.status == HTTPStatus.UNAUTHORIZED and _has_credentials(answer):
        return "the credentials that were given are not accepted"
    if answer.status in HINTS:
        return HINTS[answer.status]
    if answer.message is None and is_page(answer.body[:100].decode("latin-1")):
        return "that is a web page; check the path of the URL"
    return ""
