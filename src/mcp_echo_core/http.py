"""What arrived over HTTP, as tools and eras see it: the request's head and its times, without any body or reply."""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from mcp_echo_core import redaction
from mcp_echo_core.timing import Laps

_USABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
"""An ``X-Request-Id`` that is taken over."""

RawHeaders = Sequence[tuple[bytes, bytes]]

WRITTEN_NAMES = "mcp_echo.header_names"
"""Member of the scope in which an engine tells how header names were written; ASGI has them in lower case."""


class HttpRequest:
    """The head of one HTTP request.

    Attributes:
        scope: The ASGI scope.
        fields: Header fields by lower-case name, the last one where a name came twice.
        started: Monotonic seconds at which the request reached the endpoint.
        laps: How far it has come, if anybody wants to know.
        number: Counts the requests of this process, from 1.
        repeated: Some header field came more than once.
        id: Name of the request in logs: the caller's ``X-Request-Id`` where it sent a usable one.
    """

    __slots__ = ("_id_prefix", "fields", "laps", "number", "repeated", "scope", "started")

    def __init__(self, scope: Any, started: float, number: int, id_prefix: str = "") -> None:
        self.scope = scope
        raw_headers = scope["headers"]
        self.fields: dict[bytes, bytes] = dict(raw_headers)
        self.repeated = len(self.fields) != len(raw_headers)
        self.started = started
        self.laps: Laps | None = None
        self.number = number
        self._id_prefix = id_prefix

    @property
    def raw_headers(self) -> RawHeaders:
        """All header fields in the order they arrived, duplicates kept, names in lower case."""
        headers: RawHeaders = self.scope["headers"]
        return headers

    @property
    def written_names(self) -> Sequence[bytes | None]:
        """The names of ``raw_headers`` as they were written; ``None`` for each where the engine does not tell."""
        written: Sequence[bytes] = self.scope.get(WRITTEN_NAMES, ())
        names = [name for name, _ in self.raw_headers]
        # What stands between engine and application may have changed the fields, and then nobody knows which is which.
        return written if [name.lower() for name in written] == names else [None] * len(names)

    @property
    def id(self) -> str:
        given = self.header("x-request-id") or ""
        if _USABLE_ID.fullmatch(given) and redaction.text(given) == given:
            return given
        return f"req_{self._id_prefix}{self.number:x}"

    @property
    def peer(self) -> str | None:
        """Address of the other end of the connection, if it has one."""
        client = self.scope.get("client")
        return client[0] if client else None

    def header(self, name: str) -> str | None:
        """Value of a header field by lower-case name; several values joined by commas (RFC 9110 section 5.3)."""
        values = self.values(name)
        return ", ".join(values) if values else None

    def single(self, name: bytes) -> str | None:
        """Value of a header field that is sent once; if it came twice, both, so that the value matches nothing."""
        value = self.fields.get(name)
        if value is None:
            return None
        return value.decode("latin-1") if not self.repeated else self.header(name.decode())

    def values(self, name: str) -> list[str]:
        """All values of a header field by lower-case name, in order."""
        wanted = name.encode("latin-1")
        if wanted not in self.fields:
            return []
        return [value.decode("latin-1") for key, value in self.raw_headers if key == wanted]


class TrustedProxies:
    """Who is believed about the addresses it forwards.

    Args:
        allowed: Addresses, networks or ``*``, as in ``FORWARDED_ALLOW_IPS``; names of sockets are ignored.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self._everyone = "*" in allowed
        self._networks = [network for network in map(_network, allowed) if network is not None]

    def client_address(self, request: HttpRequest) -> str | None:
        """Address of the client: the peer, or what trusted proxies said in ``X-Forwarded-For``."""
        address = request.peer
        forwarded = [
            part.strip() for value in request.values("x-forwarded-for") for part in value.split(",") if part.strip()
        ]
        while forwarded and self.trusts(address):
            address = forwarded.pop()
        return address

    def trusts(self, address: str | None) -> bool:
        """Whether what this address forwards is believed."""
        if self._everyone or address is None:
            return self._everyone
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed
        return any(parsed in network for network in self._networks)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
