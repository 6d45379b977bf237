"""HTTP requests around the bodies: odd methods, paths, queries and header fields, bodies in pieces, early leavers."""

import base64
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import fuzz_messages
from fuzz_choices import Choices
from fuzz_messages import HEAD_CANARY

Header = tuple[bytes, bytes]

BASIC = base64.b64encode(f"user:{HEAD_CANARY}".encode()).decode()
CREDENTIALS: tuple[tuple[str, str], ...] = (
    ("authorization", f"Bearer {HEAD_CANARY}"), ("authorization", f"Basic {BASIC}"), ("authorization", HEAD_CANARY),
    ("authorization", f"Bearer\t{HEAD_CANARY}"), ("authorization", f'Digest username="u", response="{HEAD_CANARY}"'),
    ("cookie", f"sid={HEAD_CANARY}; theme=dark"), ("cookie", HEAD_CANARY), ("x-api-key", HEAD_CANARY),
    ("proxy-authorization", f"Bearer {HEAD_CANARY}"), ("x-auth-token", HEAD_CANARY),
    ("referer", f"https://u:{HEAD_CANARY}@h/?access_token={HEAD_CANARY}"),
    ("x-forwarded-uri", f"/x?token={HEAD_CANARY}"),
    ("origin", f"https://u:{HEAD_CANARY}@localhost"), ("host", f"u:{HEAD_CANARY}@localhost"),
    ("x-amz-security-token", HEAD_CANARY), ("link", f"<https://u:{HEAD_CANARY}@h/>; rel=x"),
)  # fmt: skip
"""Header fields that hold a credential."""

NAMES = (
    "accept", "accept-encoding", "content-type", "content-length", "host", "origin", "mcp-session-id",
    "mcp-protocol-version", "mcp-method", "mcp-name", "mcp-param-region", "last-event-id", "x-forwarded-for",
    "x-forwarded-proto", "forwarded", "via", "transfer-encoding", "content-encoding", "expect", "connection", "upgrade",
    "access-control-request-method", "access-control-request-headers", "x-request-id", "user-agent",
    "sec-fetch-site", "mcp-echo-replay", "traceparent", "cf-ray", "x-odd!#$%&'*+.^_`|~",
)  # fmt: skip
VALUES = (
    "application/json", "text/event-stream", "*/*", "*/*;q=0", "gzip", "gzip;q=x", "2025-11-25", "2026-07-28",
    "localhost", "localhost:3000", "[::1]", "[::1", "null", "http://localhost", "https://evil.example", "-1", "0", "5",
    "99999999999999999999", "=?base64?w6k=?=", "=?base64?!?=", "a-1", "1", "eyJ.eyJ.", "\t", "", ",,;=", "http://[",
    "127.0.0.1:x", 'for="[2001:db8::1]";proto=https', "203.0.113.7, 10.0.0.1", "chunked", "100-continue", "websocket",
    "Jürgen", "\x07", "x" * 4000, "tools/call", "echo", "application/json; charset=utf-16", "same-origin", "true",
)  # fmt: skip
METHODS = ("POST", "GET", "DELETE", "OPTIONS", "HEAD", "PUT", "PATCH", "TRACE", "CONNECT", "x", "")
PATHS = (
    "/mcp", "/mcp/", "/b/{bin}/mcp", "/b/{bin}/mcp/", "/dashboard/{session}", "/dashboard/{bin}",
    "/dashboard/{session}/record.json", "/dashboard/{bin}/record.json", "/dashboard/{bin}/exchanges/{number}",
    "/dashboard/{session}/exchanges/{number}", "/dashboard/{bin}/events", "/dashboard/{session}/events",
    "/dashboard/{bin}/report.json", "/dashboard/{session}/report.md", "/dashboard/{bin}/report.junit",
    "/dashboard/{session}/export.har", "/dashboard/{bin}/export.json", "/dashboard/{bin}/export.md",
    "/dashboard/view/{key}", "/dashboard/view/{key}/record.json", "/dashboard/view/{key}/export.har",
    "/dashboard/{bin}/share", "/dashboard/{bin}/share/{key}", "/dashboard/static/page.js", "/dashboard/static/../x",
    "/b", "/health", "/livez", "/readyz", "/metrics", "/", "//mcp", "/mcp/x", "/dashboard", "/b//mcp", "/b/a/b/mcp",
    "/.well-known/oauth-protected-resource", "/dashboard/\ufffd", "/dashboard/%2e%2e", "/\x00",
)  # fmt: skip
"""The later half is not drawn for messages."""

QUERIES = (
    "", f"token={HEAD_CANARY}", f"access_token={HEAD_CANARY}&a=b", "after=5", "after=-1", "token=wrong", "%",
    "a=%zz&&=",
    "token=", f"api%5Fkey={HEAD_CANARY}", "after=99999999999999999999", "x" * 3000,
)  # fmt: skip
PEERS: tuple[Any, ...] = (("127.0.0.1", 50000), ("203.0.113.9", 0), ("::1", 1), ("", 0), None)
BINS = ("bin-a", "bin-b", "echo")


@dataclass
class Known:
    """What earlier answers of the same input gave out."""

    sessions: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@dataclass
class Sent:
    """A request.

    Attributes:
        pieces: The body as it arrives.
        whole: Whether its end arrives; else the client leaves in the middle.
        leaves: Whether the client leaves at once.
        fails: Whether sending to a client that has left raises, as with some servers.
    """

    method: str
    path: str
    query: str
    headers: list[Header]
    pieces: list[bytes]
    peer: Any = PEERS[0]
    whole: bool = True
    leaves: bool = False
    fails: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)


def request(choices: Choices, known: Known) -> Sent:
    """The next request."""
    method = "POST" if choices.below(4) < 3 else choices.pick(("GET", "GET", *METHODS))
    place = choices.below(len(PATHS)) if method != "POST" or choices.rarely(6) else choices.below(3)
    path = _filled(PATHS[place], choices, known)
    query = choices.pick(QUERIES) if choices.rarely(4) else ""
    body, called = fuzz_messages.body(choices, known.sessions) if method == "POST" else (b"", "")
    headers = _headers(choices, known, method, called)
    return Sent(
        method,
        path,
        query,
        headers,
        _pieces(choices, body),
        peer=choices.pick(PEERS) if choices.rarely(10) else PEERS[0],
        whole=not choices.rarely(24),
        leaves=choices.rarely(24),
        fails=choices.rarely(2),
    )


def _filled(path: str, choices: Choices, known: Known) -> str:
    if "{" not in path:
        return path
    session = choices.pick(known.sessions or ("5f0c1d0e-0000-4000-8000-000000000000",))
    return path.format(
        bin=choices.pick(BINS),
        session=quote(session, safe=""),
        key=choices.pick(known.keys or ["A" * 22]),
        number=choices.pick(("1", "2", "0", "-1", "9" * 400, "x", "١")),
    )


def _headers(choices: Choices, known: Known, method: str, called: str) -> list[Header]:
    fields = [("host", "localhost")]
    if method == "POST":
        fields.append(("content-type", "application/json"))
    fields.append(
        ("accept", choices.pick(("application/json, text/event-stream", "application/json", "text/event-stream")))
    )
    if known.sessions and choices.below(4):
        fields.append(("mcp-session-id", choices.pick(known.sessions[::-1])))
    if choices.rarely(2):
        fields.append(("mcp-protocol-version", choices.pick(fuzz_messages.REVISIONS)))
    if choices.rarely(2):
        fields += [("mcp-method", called or "ping"), ("mcp-name", choices.pick(fuzz_messages.TOOLS))]
    if choices.rarely(2):
        fields.append(choices.pick(CREDENTIALS))
    for _ in range(choices.below(4) if choices.rarely(2) else 0):
        fields.append((choices.pick(NAMES), choices.pick(VALUES)))
    if choices.rarely(12):
        fields.append((choices.pick(NAMES), choices.raw(20).decode("latin-1")))
    if choices.rarely(16):
        del fields[choices.below(len(fields))]
    if choices.rarely(32):
        fields += [(f"x-{number}", "y") for number in range(200)]
    return [(name.encode(), _value(value)) for name, value in fields]


@lru_cache(1024)
def _value(text: str) -> bytes:
    """A value as HTTP servers let it through (RFC 9110 section 5.5)."""
    return text.encode("latin-1", "replace").translate(None, b"\r\n\x00").strip(b" \t")


def _pieces(choices: Choices, body: bytes) -> list[bytes]:
    if not choices.rarely(6) or not body:
        return [body]
    cuts = sorted({choices.below(len(body)) for _ in range(choices.below(5))} | {0, len(body)})
    pieces = [body[start:end] for start, end in pairwise(cuts)]
    return [*pieces, b""] if choices.rarely(2) else pieces
