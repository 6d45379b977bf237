"""What is refused for its HTTP head alone: Host, Origin, Content-Type, Content-Encoding, Accept.

A verdict depends on a header value, some also on whether the peer is local, and is remembered by them, so a client
that repeats its headers, as clients do, costs one look-up each. Sources: basic/transports, Security Warning; RFC 9110
sections 8.3 and 12.5.1.
"""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from mcp_echo_core.errors import HttpRefusal
from mcp_echo_core.head_refusals import accept_refusal, coding_refusal, host_refusal, origin_refusal, two_hosts_refusal
from mcp_echo_core.http import HttpRequest
from mcp_echo_core.settings import Settings

MAX_REMEMBERED = 512
"""Distinct values of one header whose verdict is remembered."""

JSON_TYPE = "application/json"
SSE_TYPE = "text/event-stream"


MAX_REMEMBERED_BYTES = 256
"""A longer header value is judged anew each time: what is remembered must not grow with what strangers send."""

V = TypeVar("V")


def remembered(judge: Callable[..., V]) -> Callable[..., V]:
    """A pure function of a header value, and perhaps more, that remembers its verdicts on short values."""
    cached = lru_cache(MAX_REMEMBERED)(judge)

    def verdict(value: bytes | None, *more: bool) -> V:
        if value is None or len(value) <= MAX_REMEMBERED_BYTES:
            return cached(value, *more)
        return judge(value, *more)

    return verdict


class Accepted(NamedTuple):
    """What the client can read, from its ``Accept`` header."""

    json: bool
    sse: bool


class Guard:
    """Checks request heads against the settings.

    Args:
        settings: ``allowed_hosts`` and ``allowed_origins`` decide; unset, peers on loopback must name loopback
            (protection against DNS rebinding).
    """

    def __init__(self, settings: Settings) -> None:
        self._hosts = settings.allowed_hosts
        self._origins = settings.allowed_origins
        self._host_verdict = remembered(self._judge_host)
        self._origin_verdict = remembered(self._judge_origin)
        self._admitted: dict[tuple[bytes | str | None, ...], Accepted] = {}

    def admit_post(self, request: HttpRequest) -> Accepted:
        """Check the whole head of a POST; one that was admitted before costs one look-up.

        Raises:
            HttpRefusal: As ``check_source`` and ``check_post``.
        """
        fields = request.fields
        client = request.scope.get("client")
        head = (
            client[0] if client is not None else None,
            fields.get(b"host"),
            fields.get(b"origin"),
            fields.get(b"content-type"),
            fields.get(b"content-encoding"),
            fields.get(b"accept"),
            fields.get(b"x-forwarded-for"),
        )
        accepted = None if request.repeated else self._admitted.get(head)
        if accepted is None:
            self.check_source(request)
            accepted = self.check_post(request)
            if not request.repeated and sum(len(value) for value in head if value) <= MAX_REMEMBERED_BYTES:
                if len(self._admitted) >= MAX_REMEMBERED:
                    self._admitted.clear()
                self._admitted[head] = accepted
        return accepted

    def check_source(self, request: HttpRequest) -> None:
        """Host and Origin.

        Raises:
            HttpRefusal: 421 for the host, 403 for the origin.
        """
        client = request.scope.get("client")
        local = client is not None and (is_loopback(client[0]) or _is_hearsay(client[0], request))
        if request.repeated and len(request.values("host")) > 1:
            raise two_hosts_refusal(request)
        host = request.fields.get(b"host")
        if not self._host_verdict(host, local):
            raise host_refusal(host, self._hosts)
        origin = request.fields.get(b"origin")
        if origin is not None and not self._origin_verdict(origin, local):
            raise origin_refusal(origin, self._origins)

    def check_post(self, request: HttpRequest) -> Accepted:
        """Content-Type and Accept of a POST.

        Raises:
            HttpRefusal: 415 or 406.
        """
        content_type = request.fields.get(b"content-type", b"")
        if not is_json(content_type):
            raise HttpRefusal(
                415,
                "Unsupported media type",
                problem="Content-Type is not application/json" if content_type else "Content-Type is missing",
                seen=content_type.decode("latin-1"),
                rule="A message is posted as application/json",
                spec="basic/transports, Sending Messages to the Server; RFC 9110 section 8.3",
                fix="Send 'Content-Type: application/json'.",
            )
        coding = request.fields.get(b"content-encoding")
        if coding is not None and coding.lower() != b"identity":
            raise coding_refusal(coding)
        accepted = self.accepted(request)
        if not (accepted.json or accepted.sse):
            raise accept_refusal(request, "A POST is answered with application/json or text/event-stream")
        return accepted

    def check_get(self, request: HttpRequest) -> None:
        """Accept of a GET.

        Raises:
            HttpRefusal: 406 when an event stream cannot be read.
        """
        if not self.accepted(request).sse:
            raise accept_refusal(request, "A GET is answered with text/event-stream")

    def accepted(self, request: HttpRequest) -> Accepted:
        """What the client can read; no header means everything (RFC 9110 section 12.5.1)."""
        value = request.fields.get(b"accept")
        if value is None:
            return _EVERYTHING
        if request.repeated:
            value = (request.header("accept") or "").encode("latin-1")
        return parse_accept(value)

    def _judge_host(self, host: bytes | None, local: bool) -> bool:
        if "*" in self._hosts:
            return True
        if not self._hosts:
            return not local or (host is not None and is_loopback_name(_split_port(host.decode("latin-1"))[0]))
        return host is not None and _matches(host.decode("latin-1").lower(), self._hosts)

    def _judge_origin(self, origin: bytes, local: bool) -> bool:
        if "*" in self._origins:
            return True
        text = origin.decode("latin-1").lower()
        if self._origins:
            return _matches(text, self._origins)
        if not local:
            return True
        try:
            parts = urlsplit(text)
            return parts.scheme in ("http", "https") and is_loopback_name(parts.hostname or "")
        except ValueError:
            return False


_EVERYTHING = Accepted(json=True, sse=True)
JSON_ONLY = Accepted(json=True, sse=False)
"""What a client is taken to read before its Accept header has been looked at."""


@remembered
def is_json(content_type: bytes) -> bool:
    """Whether a Content-Type is JSON in UTF-8, whatever its other parameters."""
    media_type, *parameters = content_type.decode("latin-1").lower().split(";")
    charsets = [
        value.strip(' "') for name, _, value in (p.partition("=") for p in parameters) if name.strip() == "charset"
    ]
    return media_type.strip() == JSON_TYPE and all(charset in ("utf-8", "utf8") for charset in charsets)


@remembered
def parse_accept(value: bytes) -> Accepted:
    """Read an Accept header: the most specific range decides, ``q=0`` refuses (RFC 9110 section 12.5.1)."""
    weights: dict[str, float] = {}
    for part in value.decode("latin-1").lower().split(","):
        media_range, *parameters = (piece.strip() for piece in part.split(";"))
        if media_range:
            weights[media_range] = next((_quality(p) for p in parameters if p.startswith("q=")), 1.0)

    def readable(media_type: str) -> bool:
        ranges = (media_type, media_type.partition("/")[0] + "/*", "*/*")
        return next((weights[r] for r in ranges if r in weights), 0.0) > 0

    return Accepted(readable(JSON_TYPE), readable(SSE_TYPE)) if weights else _EVERYTHING


@lru_cache(MAX_REMEMBERED)
def is_loopback(address: str) -> bool:
    """Whether an IP address is this machine's own, IPv4-mapped IPv6 included."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


def is_loopback_name(host: str) -> bool:
    """Whether a host name or address literal means this machine (RFC 6761 section 6.3)."""
    name = host.lower().rstrip(".")
    return name == "localhost" or name.endswith(".localhost") or is_loopback(name.strip("[]"))


def _is_hearsay(address: str, request: HttpRequest) -> bool:
    """Whether an engine may have taken the peer's address from a header, as uvicorn does for peers on loopback."""
    return b"x-forwarded-for" in request.fields and address in (request.header("x-forwarded-for") or "")


def _quality(parameter: str) -> float:
    try:
        return float(parameter[2:])
    except ValueError:
        return 1.0


def _split_port(host: str) -> tuple[str, str]:
    if host.startswith("["):
        name, _, port = host.partition("]")
        return name + "]", port.lstrip(":")
    name, _, port = host.partition(":")
    return name, port


def _matches(value: str, allowed: tuple[str, ...]) -> bool:
    scheme, separator, host = value.rpartition("://")
    name, _ = _split_port(host)
    return any(entry.lower() in (value, f"{scheme}{separator}{name}:*") for entry in allowed)
