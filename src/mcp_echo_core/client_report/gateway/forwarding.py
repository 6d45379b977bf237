"""Names, addresses and schemes as proxies pass them on, and proxies that name themselves."""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.gateway.observation import Case, Look, each, person
from mcp_echo_core.client_report.heard import Heard
from mcp_echo_core.client_report.rule import quoted
from mcp_echo_core.client_report.traces import (
    forwarded,
    host_of,
    is_loopback,
    listed,
    protocols,
    told_hosts,
)
from mcp_echo_core.guard import is_loopback_name

MARKERS = frozenset({
    "via", "cdn-loop", "x-request-id", "x-amzn-trace-id", "x-amz-cf-id", "cf-ray", "cf-connecting-ip", "cf-visitor",
    "true-client-ip", "x-real-ip", "x-cloud-trace-context", "x-original-host", "x-fastly-ff", "fastly-client-ip",
    "x-vercel-id", "x-railway-edge", "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host",
    "x-forwarded-port", "x-forwarded-server", "x-varnish", "x-arr-log-id", "x-scheme",
})  # fmt: skip
MARKER_PREFIXES = ("x-envoy-", "x-azure-", "fly-", "x-akamai-", "x-ngrok-", "x-kong-", "x-traefik-", "x-nginx-")

_OF_A_PROXY = ("via", "cdn-loop", "cf-ray", "x-amzn-trace-id", "x-amz-cf-id", "x-varnish")
_FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host")


_KEEP_ALIVE = re.compile(r"(python-httpx2?|undici|bun)/.*|node|undici", re.IGNORECASE)
"""How programs name themselves that keep their connections, and say so, unless somebody else speaks for them."""

ENOUGH = 3
"""So many requests that say the same are no accident."""

_OLD_VERSION = (
    "Suspicion: requests came over HTTP/1.0, which clients hardly speak any more; it is what nginx speaks upstream by "
    "default, and what streams suffer from: proxy_http_version 1.1 changes that."
)
_NOT_KEPT = (
    'Suspicion: every request says "Connection: close", from a program that keeps its connections; it is what nginx '
    'says upstream by default: proxy_http_version 1.1 and proxy_set_header Connection "" change that.'
)


def is_marker(name: str) -> bool:
    """Whether a header, in lower case, comes from something between client and server."""
    return name in MARKERS or name.startswith(MARKER_PREFIXES)


def _host(heard: Heard) -> Iterator[str]:
    hosts = heard.headers("host")
    if not hosts and heard.event.http_version == "1.1":
        yield "There was no Host."
    elif len(hosts) > 1:
        yield f"Host came {len(hosts)} times."
    elif hosts and (told := told_hosts(heard)) and host_of(hosts[0]) not in told:
        yield f"Host is {quoted(hosts[0])}; clients know the server as {quoted(', '.join(sorted(told)))}."
    elif hosts and not told_hosts(heard) and _passed_on(heard, host_of(hosts[0])):
        old = ", over HTTP/1.0, which clients no longer speak" if heard.event.http_version == "1.0" else ""
        yield f"Host is {quoted(hosts[0])}, although the request came from this machine{old}."


def _passed_on(heard: Heard, host: str) -> bool:
    """Whether a Host names the server as a gateway's configuration does rather than as a client would."""
    if not is_loopback(heard.event.connection) or not host or is_loopback_name(host):
        return False
    return "." not in host or heard.event.http_version == "1.0"


def _unforwarded(heard: Heard) -> Iterator[str]:
    seen = [name for name in _OF_A_PROXY if heard.headers(name)]
    if seen and not any(heard.headers(name) for name in _FORWARDING):
        yield f"{', '.join(seen)} came, but neither Forwarded nor X-Forwarded-For, -Proto or -Host."


def _inconsistent(heard: Heard) -> Iterator[str]:
    schemes = set(protocols(heard))
    if len(schemes) > 1:
        yield f"The scheme is said to be {' and '.join(sorted(map(quoted, schemes)))}."
    hosts = {host_of(each) for each in listed(heard, "x-forwarded-host")}
    others = {host_of(each) for each in forwarded(heard, "host")}
    if hosts and others and not hosts & others:
        yield "X-Forwarded-Host and Forwarded name different hosts."
    origin = heard.header("origin") or ""
    if (
        schemes == {"http"}
        and origin.startswith("https://")
        and host_of(origin[len("https://") :]) in told_hosts(heard)
    ):
        yield "The scheme is said to be http, but the page of the same host was loaded with https."
    if (given := _given_by_the_client(heard)) is not None:
        yield f"X-Forwarded-For begins with {quoted(given)}, which no proxy in front can have seen."


def _given_by_the_client(heard: Heard) -> str | None:
    """The first address of a chain, if it is none that can have reached the next one over the Internet."""
    chain = listed(heard, "x-forwarded-for")
    try:
        public = any(ip_address(address).is_global for address in chain[1:])
    except ValueError:
        return None
    if not public:
        return None
    try:
        return None if ip_address(chain[0]).is_global else chain[0]
    except ValueError:
        return chain[0]


def _markers(conversation: Conversation) -> Iterator[Case]:
    people: dict[tuple[str, ...], list[Heard]] = {}
    for heard in conversation.heard:
        people.setdefault(person(heard), []).append(heard)
        for says in _named(heard):
            yield says, (heard,)
        if heard.event.http_version == "1.0":
            yield _OLD_VERSION, (heard,)
    for exchanges in people.values():
        if len(exchanges) >= ENOUGH and all(map(_closes, exchanges)):
            yield _NOT_KEPT, tuple(exchanges)


def _closes(heard: Heard) -> bool:
    """Whether a request of a program that keeps its connections says that it does not."""
    keeps = _KEEP_ALIVE.fullmatch(heard.header("user-agent") or "") is not None
    return keeps and heard.event.http_version == "1.1" and (heard.header("connection") or "").strip().lower() == "close"


def _named(heard: Heard) -> Iterator[str]:
    names = dict.fromkeys(name.lower() for name, _ in heard.event.head.fields)
    if seen := [name for name in names if is_marker(name)]:
        via = heard.header("via")
        yield f"{', '.join(seen)} came{'' if via is None else f'; Via says {quoted(via)}'}."


def _downgrade(heard: Heard) -> Iterator[str]:
    bearer = any(
        each.header == "authorization" and each.scheme.lower() == "bearer" for each in heard.event.head.credentials
    )
    plain = heard.event.scheme == "http" and "https" not in protocols(heard)
    if bearer and plain and not is_loopback(heard.event.connection):
        yield "A bearer token came over http from another machine, and nothing says that it was https before."


LOOKS = (
    Look(
        id="gw-host-missing-or-changed",
        title="Host is missing, doubled, or not the name that clients use",
        meaning="A proxy sets Host: checks against DNS rebinding and the URLs in metadata see the wrong name.",
        basis="RFC 9110 section 7.2",
        cases=each(_host),
    ),
    Look(
        id="gw-forwarded-missing",
        title="A proxy passes requests on without Forwarded or X-Forwarded",
        meaning="The server cannot tell which scheme, host and address its clients have.",
        basis="RFC 7239 section 4",
        cases=each(_unforwarded),
    ),
    Look(
        id="gw-forwarded-inconsistent",
        title="What proxies say about the request does not fit together",
        meaning="Two proxies disagree, or one passes on what clients make up: do not decide about access by it.",
        basis="RFC 7239 section 8",
        cases=each(_inconsistent),
    ),
    Look(
        id="gw-proxy-markers",
        title="Something between client and server names itself",
        meaning="It may buffer, limit sizes and close what is quiet for long.",
        basis="RFC 9110 section 7.6.3",
        cases=_markers,
    ),
    Look(
        id="gw-scheme-downgrade",
        title="A bearer token came over plain HTTP",
        meaning="Either TLS ends at a proxy that should say so, or the token can be read on the way.",
        basis="basic/authorization, Communication Security; OAuth 2.1 section 1.5",
        cases=each(_downgrade),
    ),
)
