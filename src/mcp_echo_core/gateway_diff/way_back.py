"""The way back: the heads of answers beside what our servers are known to send."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcp_echo_core.client.answers import Answer, media_type
from mcp_echo_core.gateway_diff.ask import Kind, Observation
from mcp_echo_core.gateway_diff.known import STATEFUL_SERVER
from mcp_echo_core.gateway_diff.meaning import Happened, Line
from mcp_echo_core.redaction import header as shown

TYPES: Mapping[Kind, str] = {"json": "application/json", "page": "application/json", "initialize": "application/json",
                             "stream": "text/event-stream"}  # fmt: skip

_SESSIONS = "2025-11-25 basic/transports, Session Management"
_STREAMS = "2026-07-28 basic/transports/streamable-http, Receiving Messages"
_NO_TRANSFORM = "RFC 9111 section 5.2.2.6"

OWN = frozenset({
    "date", "connection", "keep-alive", "content-type", "content-length", "transfer-encoding", "content-encoding",
    "vary", "cache-control", "x-accel-buffering", "mcp-session-id", "mcp-echo-instance",
})  # fmt: skip
"""What our servers, and the engine below them, may send."""

CORS = "access-control-"

ENGINES = ("uvicorn", "hypercorn", "granian", "daphne")
"""How ``Server`` begins where our application runs in an engine of the operator's choice, which is no gateway."""

ADDED: Mapping[str, str] = {
    "server": "names the gateway",
    "via": "names the proxies on the way",
    "set-cookie": "a gateway that wants its cookie back, to lead every request to the same instance; clients without a"
    " cookie jar, as most MCP clients are, do not send it",
    "alt-svc": "offers HTTP/3",
    "strict-transport-security": "browsers keep to https",
}
"""What gateways add to answers, and why."""

DOUBLED: Mapping[str, tuple[str, str, str]] = {
    "Access-Control-Allow-Origin": (
        "browsers refuse an answer that allows origins twice",
        "Let only one of the two set CORS headers: MCP_CORS_ORIGINS=none turns the server's off.",
        "Fetch standard, CORS check",
    ),
    "Content-Type": ("clients take one of the two, or none", "Look for what adds it a second time.", _STREAMS),
    "Mcp-Session-Id": ("clients take one of the two, or none", "Look for what adds it a second time.", _SESSIONS),
}
"""What must not come twice: what that breaks, the fix, and where it stands."""


def compared(seen: Observation) -> list[Line]:
    """What happened to the answers on their way back, each thing once."""
    lines: dict[tuple[str, str], Line] = {}
    for kind, answer in seen.answers:
        for line in [*_types(kind, answer), *_codings(kind, answer), *_additions(answer), *_doubles(answer)]:
            lines.setdefault((line.name.lower(), line.change), line)
        if kind == "stream":
            lines.update({(line.name.lower(), line.change): line for line in _stream(answer)})
    return [*lines.values(), *_session(seen), *_instances([answer for _, answer in seen.answers])]


def _types(kind: Kind, answer: Answer) -> Iterator[Line]:
    arrived = answer.headers.get("content-type", "")
    if media_type(answer.headers) != TYPES[kind]:
        yield _line(
            "Content-Type", "changed", (TYPES[kind],), (arrived,), matters=True, reference=_STREAMS,
            meaning="clients read an answer by its type: this one they cannot",
            fix="Look for what sets it: nginx 'default_type' or 'add_header Content-Type', a page for errors.",
        )  # fmt: skip


def _codings(kind: Kind, answer: Answer) -> Iterator[Line]:
    coding = answer.headers.get("content-encoding")
    if coding is None:
        return
    if kind == "stream":
        yield _line(
            "Content-Encoding (of the event stream)", "compressed", (), (coding,), matters=True,
            reference=_NO_TRANSFORM,
            meaning="the stream says 'no-transform'; what compresses it anyway may hold events back until there is more"
            " to compress: 'mcp-echo stream' measures that",
            fix="nginx: leave text/event-stream out of gzip_types; Traefik: excludedContentTypes of compress.",
        )  # fmt: skip
    else:
        yield _line(
            "Content-Encoding", "compressed", (), (coding,), reference="RFC 9110 section 8.4",
            meaning="JSON was compressed, as the request allowed; by the server itself only if it is set to",
        )  # fmt: skip


def _additions(answer: Answer) -> Iterator[Line]:
    for name in dict.fromkeys(answer.headers.keys()):
        values = tuple(shown(name, value) for value in answer.headers.get_list(name))
        is_engine = name == "server" and all(value.startswith(ENGINES) for value in values)
        if name not in OWN and not name.startswith(CORS) and not is_engine:
            yield _line(
                name.title(), "added", (), values, meaning=ADDED.get(name, "no client of the protocol looks at it")
            )


def _doubles(answer: Answer) -> Iterator[Line]:
    for name, (meaning, fix, reference) in DOUBLED.items():
        values = tuple(shown(name, value) for value in answer.headers.get_list(name))
        if len(values) > 1:
            yield _line(
                name, "repeated", values[:1], values, matters=True, meaning=meaning, fix=fix, reference=reference
            )


def _stream(answer: Answer) -> Iterator[Line]:
    cache = answer.headers.get("cache-control", "")
    if "no-transform" not in cache or "no-cache" not in cache:
        yield _line(
            "Cache-Control", "changed" if cache else "removed", ("no-cache, no-transform",), (cache,) if cache else (),
            matters=True, reference=_NO_TRANSFORM,
            meaning="what comes after this gateway may keep the stream or compress it, and so hold events back",
            fix="Look for what sets it: nginx 'expires' or 'proxy_hide_header Cache-Control', a caching rule.",
        )  # fmt: skip
    if "x-accel-buffering" not in answer.headers:
        yield _line(
            "X-Accel-Buffering", "removed", ("no",), (), reference=_STREAMS,
            meaning="nginx takes it out and, unless 'proxy_ignore_headers' says otherwise, buffers no event streams,"
            " whatever proxy_buffering says; 'mcp-echo stream' measures it",
        )  # fmt: skip


def _session(seen: Observation) -> Iterator[Line]:
    if seen.server == STATEFUL_SERVER and seen.session is None:
        yield _line(
            "Mcp-Session-Id", "removed", ("(an id)",), (), matters=True, reference=_SESSIONS,
            meaning="clients never learn their session: nothing is remembered between requests",
            fix="Look for what takes it out: nginx 'proxy_hide_header Mcp-Session-Id;', a list of allowed headers.",
        )  # fmt: skip


def _instances(answers: Sequence[Answer]) -> Iterator[Line]:
    names = tuple(dict.fromkeys(answer.headers.get("mcp-echo-instance", "") for answer in answers))
    if len(names) > 1 and all(names):
        yield _line(
            "Mcp-Echo-Instance", "changed", names[:1], names, reference=_SESSIONS,
            meaning=f"{len(names)} instances answered: sessions survive that only in a store which they share",
        )  # fmt: skip


def _line(name: str, change: Happened, sent: tuple[str, ...], arrived: tuple[str, ...], **more: Any) -> Line:
    return Line(direction="answer", name=name, change=change, sent=sent, arrived=arrived, **more)
