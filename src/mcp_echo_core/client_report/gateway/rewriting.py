"""Names and values that seem to have been changed on the way."""

from collections.abc import Iterator
from urllib.parse import unquote

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.gateway.observation import Case, Look, each, person
from mcp_echo_core.client_report.heard import Heard
from mcp_echo_core.client_report.mirrored import Repeated, Tools, arguments_of, masked, name_of
from mcp_echo_core.client_report.rule import quoted
from mcp_echo_core.guard import JSON_TYPE, SSE_TYPE

MIN_PIECE = 8
"""Characters by which the beginning of a value is recognised."""

COMPRESSING = ("cf-ray", "x-amz-cf-id", "x-vercel-id", "x-fastly-ff", "x-azure-ref", "x-varnish")
"""Marks of what is known to compress answers."""

_NO_CHOICE = frozenset({"*/*", "text/html"})
_CODINGS = ("gzip", "br", "zstd", "deflate")


def _case(heard: Heard) -> Iterator[str]:
    written = heard.event.head.written
    # Clients without a gateway may spell names as they like; HTTP/2 knows only lower case.
    if written and heard.proxied and heard.event.http_version.startswith("1") and all(n == n.lower() for n in written):
        yield "All names of headers arrived in lower case over HTTP/1."


def _values(conversation: Conversation) -> Iterator[Case]:
    tools = Tools(conversation)
    for heard in conversation.heard:
        if len(heard.messages) != 1 or not heard.modern:
            continue
        message = heard.messages[0]
        name = name_of(message)
        mirrored = arguments_of(message, tools.mirrors(message)[0]) if message.method == "tools/call" else ()
        for repeated in (*([] if name is None else [name]), *mirrored):
            if (change := _change(repeated)) is not None:
                yield f"{repeated.name} arrived {change}.", (heard,)


def _change(repeated: Repeated) -> str | None:
    """What was done to a header's value on the way, going by the body's."""
    sent = repeated.value
    if len(repeated.values) != 1 or not isinstance(sent, str) or masked(sent, repeated.values[0]):
        return None
    arrived = repeated.values[0]
    changes = {
        "as UTF-8, as if its base64 had been decoded": not sent.isascii() and arrived == _as_bytes(sent),
        "with its percent-encoding decoded": "%" in sent and arrived == unquote(sent),
        "with underscores for hyphens": "-" in sent and arrived == sent.replace("-", "_"),
        "with its blanks collapsed": "  " in sent and arrived == " ".join(sent.split()),
        "without its end": MIN_PIECE <= len(arrived) < len(sent) and sent.startswith(arrived) and sent.strip() == sent,
    }
    return next((change for change, seen in changes.items() if seen and arrived != sent), None)


def _as_bytes(text: str) -> str:
    return text.encode("utf-8", "replace").decode("latin-1")


def _accept(conversation: Conversation) -> Iterator[Case]:
    posts: dict[tuple[str, ...], list[Heard]] = {}
    for heard in conversation.heard:
        if heard.event.method == "POST" and heard.headers("accept"):
            posts.setdefault(person(heard), []).append(heard)
    for exchanges in posts.values():
        choosing = [heard for heard in exchanges if _lists_both(heard)]
        replaced = [heard for heard in exchanges if (heard.header("accept") or "").strip() in _NO_CHOICE]
        if choosing and replaced:
            shown = quoted(replaced[0].header("accept"))
            yield f"Accept is {shown} at times, where it lists both types at others.", (choosing[0], *replaced)
    for session in conversation.sessions.values():
        told = [heard for heard in session.exchanges if heard.event.method == "POST"]
        plain = [heard for heard in told if (heard.header("accept-encoding") or "").strip().lower() == "identity"]
        if plain and len(plain) < len(told):
            yield "Accept-Encoding is identity for some requests of a session and not for others.", tuple(plain)


def _lists_both(heard: Heard) -> bool:
    accept = (heard.header("accept") or "").lower()
    return JSON_TYPE in accept and SSE_TYPE in accept


def _compression(heard: Heard) -> Iterator[str]:
    coding = (heard.header("content-encoding") or "identity").strip().lower()
    if coding != "identity":
        yield f"A request came with Content-Encoding {quoted(coding)}."
    accepted = (heard.header("accept-encoding") or "").lower()
    compressing = [name for name in COMPRESSING if heard.headers(name)]
    streamed = SSE_TYPE in (heard.answer_header("content-type") or "")
    if compressing and streamed and any(name in accepted for name in _CODINGS):
        yield f"Streams were allowed to be compressed, and {', '.join(compressing)} tells of what compresses."


LOOKS = (
    Look(
        id="gw-header-case-rewritten",
        title="Names of headers arrive in another case",
        meaning="It does no harm but to software that compares names letter by letter.",
        basis="RFC 9110 section 5.1; 2026-07-28 basic/transports/streamable-http, Case Sensitivity",
        cases=each(_case),
    ),
    Look(
        id="gw-header-value-rewritten",
        title="The value of a header was normalised on the way",
        meaning="Something rewrites values, and calls fail with -32020 through no fault of the client.",
        basis="2026-07-28 basic/transports/streamable-http, Value Encoding",
        cases=_values,
    ),
    Look(
        id="gw-accept-rewritten",
        title="Accept or Accept-Encoding changes between requests",
        meaning="The gateway negotiates for itself: event streams may be refused or buffered.",
        basis="RFC 9110 section 12.5.1",
        cases=_accept,
    ),
    Look(
        id="gw-compression",
        title="Bodies are compressed, or answers may be",
        meaning="Compressed event streams tend to be buffered; ask for no-transform, and limit what bodies expand to.",
        basis="RFC 9110 section 8.4; 2026-07-28 basic/transports/streamable-http, Receiving Messages",
        cases=each(_compression),
    ),
)
