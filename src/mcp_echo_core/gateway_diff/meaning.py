"""What a difference means: whether it matters, what breaks, and what to change at the gateway."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from msgspec import Struct

from mcp_echo_core.gateway_diff.compare import ORDER, Change, Difference, Field
from mcp_echo_core.gateway_diff.known import BY_NAME

Happened = Change | Literal["redirected", "refused", "passed on", "compressed"]


class Line(Struct, frozen=True, kw_only=True):
    """One line of the report.

    Attributes:
        direction: On which way it happened.
        name: Of the field, or of what stands for it.
        change: What happened.
        sent: Its values as they were sent.
        arrived: Its values as they arrived.
        matters: Whether anything breaks; otherwise it is a note.
        meaning: What breaks, or why nothing does.
        fix: What to change at the gateway.
        reference: Where the rule stands.
    """

    direction: Literal["request", "answer"] = "request"
    name: str
    change: Happened
    sent: tuple[str, ...] = ()
    arrived: tuple[str, ...] = ()
    matters: bool = False
    meaning: str
    fix: str = ""
    reference: str = ""


HARMLESS: Mapping[Change, tuple[str, str]] = {
    "respelled": ("names have no case; HTTP/2 has them in lower case", "RFC 9110 section 5.1"),
    "joined": ("one line with commas means the same as several lines", "RFC 9110 section 5.3"),
    "split": ("several lines mean the same as one with commas", "RFC 9110 section 5.3"),
}
"""What may happen to any field whose value is a list."""

ADDED: Sequence[tuple[str, str]] = (
    ("x-forwarded-", "tells the server how the client reached the gateway"),
    ("forwarded", "tells the server how the client reached the gateway"),
    ("x-real-ip", "tells the server the client's address"),
    ("x-request-id", "names the request in logs"),
    ("x-correlation-id", "names the request in logs"),
    ("via", "names the proxies on the way"),
    ("transfer-encoding", "the body came in chunks"),
    ("cdn-loop", "keeps content networks from calling themselves"),
    ("cf-", "Cloudflare's own"),
    ("x-amz-", "Amazon's own"),
    ("x-amzn-", "Amazon's own"),
    ("x-envoy-", "Envoy's own"),
    ("x-b3-", "Zipkin's trace"),
    ("x-cloud-trace-context", "Google's trace"),
    ("accept-encoding", "the gateway takes compressed answers"),
    ("connection", "belongs to one connection only"),
    ("keep-alive", "belongs to one connection only"),
    ("te", "belongs to one connection only"),
)
"""What gateways add, by how its name begins, and why."""

DANGEROUS: Mapping[str, str] = {
    "origin": "servers take the request for one from a web page and check it: 403",
    "mcp-session-id": "servers refuse a session that they did not give: 404",
    "content-encoding": "servers refuse a body that is declared as compressed with 415",
}
"""What nobody but the client may add."""

FIXES: Mapping[Change, str] = {
    "removed": "Look for what clears it: nginx 'proxy_set_header {name} \"\";', Traefik an empty"
    " customRequestHeaders.{name}; and for a list of allowed headers, as content networks have.",
    "changed": "Look for what sets it: nginx 'proxy_set_header {name} …;', Traefik customRequestHeaders.{name}.",
    "added": "Look for what sets it: nginx 'proxy_set_header {name} …;', Traefik customRequestHeaders.{name}.",
    "repeated": "Look for what adds it once more; a gateway sets a header in the place of what came.",
}


class _Verdict(NamedTuple):
    meaning: str
    matters: bool = False
    fix: str = ""
    reference: str = ""


def judged(difference: Difference) -> Line:
    """One difference of the request, with what it means."""
    name, change = difference.name, difference.change
    if change == "added":
        verdict = _added(name.lower())
    elif change == "respelled" or (change in HARMLESS and not name.lower().startswith("mcp-param-")):
        verdict = _Verdict(HARMLESS[change][0], reference=HARMLESS[change][1])
    elif name == ORDER:
        verdict = _Verdict("fields of different names have no order", reference="RFC 9110 section 5.3")
    else:
        verdict = _of_field(name.lower(), change)
    return Line(
        name=name, change=change, sent=difference.sent, arrived=difference.arrived, matters=verdict.matters,
        meaning=verdict.meaning, fix=verdict.fix.format(name=name), reference=verdict.reference,
    )  # fmt: skip


def passed_on(sent: Sequence[Field], arrived: Sequence[Field]) -> list[Line]:
    """Notes on what a gateway should have stopped; only for a way on which there is one."""
    lines = []
    for field in sent:
        known = BY_NAME.get(field.key)
        theirs = [other.value for other in arrived if other.key == field.key]
        if known is not None and known.passed_on and theirs == [field.value]:
            line = Line(
                name=known.name, change="passed on", sent=(field.value,), arrived=(field.value,),
                meaning=known.passed_on, reference=known.reference,
            )  # fmt: skip
            lines.append(line)
    return lines


def _of_field(key: str, change: Change) -> _Verdict:
    known = BY_NAME.get(key)
    fix = FIXES.get(change, FIXES["changed"])
    if known is None:
        return _Verdict("a header that you gave does not arrive as you gave it", matters=True, fix=fix)
    if change in known.usual or not known.breaks:
        return _Verdict(known.usual.get(change, next(iter(known.usual.values()))), reference=known.reference)
    return _Verdict(known.breaks, matters=True, fix=known.fix or fix, reference=known.reference)


def _added(key: str) -> _Verdict:
    if key in DANGEROUS:
        return _Verdict(DANGEROUS[key], matters=True, fix=FIXES["added"])
    usual = (why for prefix, why in ADDED if key == prefix or (prefix.endswith("-") and key.startswith(prefix)))
    return _Verdict(next(usual, "was not sent; nothing of the protocol is touched"))
