"""What request heads tell about the way a request took: names of the server, addresses, forwarding headers."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from mcp_echo_core.client_report.heard import Heard

_PAIR = re.compile(r'(?:^|[;,])\s*(host|proto|for|by)\s*=\s*("[^"]*"|[^;,\s]*)', re.IGNORECASE)
_INSIDE = (".local", ".internal", ".localhost", ".lan", ".svc", ".test", ".example", ".home.arpa", ".intranet")


def forwarded(heard: Heard, name: str) -> list[str]:
    """The values of one parameter of ``Forwarded``, of all its elements (RFC 7239 section 4)."""
    value = heard.header("forwarded") or ""
    return [found[2].strip('"') for found in _PAIR.finditer(value) if found[1].lower() == name]


def listed(heard: Heard, name: str) -> list[str]:
    """The parts of a header that is a list."""
    return [part.strip() for part in (heard.header(name) or "").split(",") if part.strip()]


def host_of(authority: str) -> str:
    """A host without its port, in lower case."""
    try:
        return (urlsplit(f"//{authority}").hostname or "").lower()
    except ValueError:
        return ""


def told_hosts(heard: Heard) -> set[str]:
    """The names under which proxies say that clients know this server."""
    named = [*listed(heard, "x-forwarded-host"), *listed(heard, "x-original-host"), *forwarded(heard, "host")]
    return {host for each in named if (host := host_of(each))}


def public_hosts(heard: Heard) -> tuple[set[str], bool]:
    """The names under which clients may know this server, and whether a proxy told them."""
    told = told_hosts(heard)
    host = host_of(heard.header("host") or "")
    return ({host} if host else set()) | told, bool(told)


def is_local(host: str) -> bool:
    """Whether a name or an address is one that only the inside of a network knows."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_INSIDE)


def is_loopback(connection: str) -> bool:
    """Whether a peer, given as address and port, is on this machine."""
    address = connection.rpartition(":")[0].strip("[]")
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return not address or address == "localhost"


def protocols(heard: Heard) -> list[str]:
    """The schemes that proxies say the request came with, as they said it."""
    return [each.lower() for each in (*listed(heard, "x-forwarded-proto"), *forwarded(heard, "proto"))]
