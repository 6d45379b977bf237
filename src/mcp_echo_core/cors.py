"""CORS: what this server answers to a browser, decided once, and what the last preflight of an origin asked."""

import re
from collections import OrderedDict
from collections.abc import Sequence

from msgspec import Struct

from mcp_echo_core.http import HttpRequest
from mcp_echo_core.settings import Settings

ALLOWED_METHODS = ("GET", "POST", "DELETE", "OPTIONS")
ALLOWED_HEADERS = (
    "Content-Type",
    "Accept",
    "Authorization",
    "Mcp-Session-Id",
    "Mcp-Protocol-Version",
    "Last-Event-ID",
    "Mcp-Method",
    "Mcp-Name",
)
"""Request headers that are always allowed; what a preflight asks for beyond them, such as ``Mcp-Param-*``, too."""

EXPOSED_HEADERS = ("Mcp-Session-Id", "Mcp-Protocol-Version", "WWW-Authenticate", "Mcp-Echo-Instance", "Server-Timing")
MAX_AGE = 86400
"""Seconds that a browser may remember a preflight's answer."""

MAX_TEXT = 1024
"""Characters that are remembered of each header of a preflight."""

MAX_ORIGINS = 100
"""Origins whose last preflight is remembered."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A field name (RFC 9110 section 5.6.2)."""

Headers = Sequence[tuple[bytes, bytes]]


class Preflight(Struct, frozen=True):
    """A CORS preflight that arrived; ``at`` is wall-clock seconds."""

    origin: str
    method: str | None
    headers: str | None
    at: float


class Cors:
    """The CORS headers of this server's answers (Fetch standard, HTTP extensions).

    Args:
        settings: ``cors_origins``; none turns CORS off, ``*`` allows any origin without credentials.
    """

    def __init__(self, settings: Settings) -> None:
        self.origins = settings.cors_origins
        self.any_origin = "*" in self.origins
        self._exposed: Headers = [(b"access-control-expose-headers", ", ".join(EXPOSED_HEADERS).encode())]
        self._to_anyone: Headers = [(b"access-control-allow-origin", b"*"), *self._exposed]

    def allows(self, origin: str) -> bool:
        """Whether answers are readable for pages of this origin."""
        return self.any_origin or origin in self.origins

    def headers(self, origin: bytes | None) -> Headers:
        """What every answer carries for a request with this ``Origin``; nothing for one that is not from a page."""
        if origin is None or not self.origins:
            return ()
        if self.any_origin:
            return self._to_anyone
        if not self.allows(origin.decode("latin-1")):
            return [(b"vary", b"Origin")]
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"vary", b"Origin"),
            *self._exposed,
        ]

    def preflight_headers(self, request: HttpRequest) -> Headers:
        """What a preflight's answer carries beyond ``headers``."""
        if not self.origins:
            return ()
        asked = [name.strip() for name in (request.header("access-control-request-headers") or "").split(",")]
        known = {name.lower() for name in ALLOWED_HEADERS}
        further = [name for name in asked if _TOKEN.fullmatch(name) and name.lower() not in known]
        return [
            (b"access-control-allow-methods", ", ".join(ALLOWED_METHODS).encode()),
            (b"access-control-allow-headers", ", ".join([*ALLOWED_HEADERS, *further]).encode("latin-1")),
            (b"access-control-max-age", str(MAX_AGE).encode()),
        ]


class Preflights:
    """Remembers the last preflight of each origin.

    Args:
        limit: Origins to remember; 0 remembers nothing.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._last: OrderedDict[str, Preflight] = OrderedDict()

    def record(self, request: HttpRequest, at: float) -> None:
        """Remember a preflight."""
        origin = request.header("origin")
        if origin is None or not self._limit:
            return
        origin = origin[:MAX_TEXT]
        method, headers = (request.header(f"access-control-request-{what}") for what in ("method", "headers"))
        self._last[origin] = Preflight(origin, method and method[:MAX_TEXT], headers and headers[:MAX_TEXT], at)
        self._last.move_to_end(origin)
        if len(self._last) > self._limit:
            self._last.popitem(last=False)

    def last(self, origin: str | None) -> Preflight | None:
        """The last preflight of an origin, if it is remembered."""
        return self._last.get(origin[:MAX_TEXT]) if origin else None
