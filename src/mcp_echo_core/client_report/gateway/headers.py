"""Headers that should not have arrived, arrived twice, or did not arrive."""

from collections.abc import Iterator

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.gateway.observation import Case, Look, each, person
from mcp_echo_core.client_report.heard import Heard, Message
from mcp_echo_core.client_report.mirrored import name_of
from mcp_echo_core.client_report.rule import quoted
from mcp_echo_core.eras.classify import VERSION_KEY
from mcp_echo_core.eras.envelope import CAPABILITIES_KEY

SINGLE = (
    "mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name", "authorization", "content-type", "origin",
    "host",
)  # fmt: skip
_NEVER_LISTS = ("mcp-session-id", "mcp-protocol-version", "mcp-method", "origin", "host")

REPLACEMENTS = (
    "x-forwarded-authorization", "x-original-authorization", "x-forwarded-access-token", "x-amzn-oidc-data",
    "x-amzn-oidc-accesstoken", "x-auth-request-access-token", "cf-access-jwt-assertion", "x-goog-iap-jwt-assertion",
    "x-ms-token-aad-access-token",
)  # fmt: skip
"""Where gateways put a credential that they took or made themselves."""

ENOUGH = 3
"""So many requests without something that others had are no accident."""

WITH_VERSION_HEADER = ("2025-06-18", "2025-11-25")


def _hop_by_hop(heard: Heard) -> Iterator[str]:
    always = [name for name in ("proxy-authorization", "proxy-connection") if heard.headers(name)]
    # From a client that is connected directly, the others are its own.
    behind = [name for name in ("keep-alive", "trailer", "upgrade") if heard.proxied and heard.headers(name)]
    options = [part.strip().lower() for part in (heard.header("connection") or "").split(",")]
    named = [name for name in options if heard.proxied and name not in (*behind, "close") and heard.headers(name)]
    te = (heard.header("te") or "trailers").strip().lower()
    coding = ["te"] if heard.proxied and te != "trailers" else []
    if seen := list(dict.fromkeys((*always, *behind, *named, *coding))):
        yield f"{', '.join(map(quoted, seen))} arrived, which each hop should keep to itself."
    if heard.headers("connection") and heard.event.http_version.startswith("2"):
        yield "Connection arrived over HTTP/2, which has no such field."


def _lengths(heard: Heard) -> Iterator[str]:
    lengths = {part.strip() for value in heard.headers("content-length") for part in value.split(",")}
    if len(lengths) > 1:
        yield f"Content-Length says {' and '.join(sorted(map(quoted, lengths)))}."
    if lengths and heard.headers("transfer-encoding"):
        yield "Content-Length and Transfer-Encoding came together."


def _duplicates(heard: Heard) -> Iterator[str]:
    for name in SINGLE:
        values = heard.headers(name)
        if len(values) > 1:
            same = "the same twice, as if something added it once more" if len(set(values)) == 1 else "with two values"
            yield f"{name} came {len(values)} times, {same}."
        elif values and name in _NEVER_LISTS and "," in values[0]:
            yield f"{name} came with several values joined by commas."


def _authorization(conversation: Conversation) -> Iterator[Case]:
    together: dict[tuple[str, ...], list[Heard]] = {}
    for heard in conversation.heard:
        if (group := _together(heard)) is not None:
            together.setdefault(group, []).append(heard)
        replaced = [name for name in REPLACEMENTS if heard.headers(name)]
        if replaced and not heard.headers("authorization"):
            yield f"There is no Authorization, but {', '.join(replaced)}.", (heard,)
    for exchanges in together.values():
        carrying = [heard for heard in exchanges if heard.headers("authorization")]
        if not carrying:
            continue
        since = [heard for heard in exchanges if heard.arrived > carrying[-1].arrived]
        if len(since) >= ENOUGH:
            says = "Suspicion: Authorization came at first and does not come any more; or the client sends none."
            yield says, (carrying[-1], *since)
        bearer = [heard for heard in carrying if _scheme(heard) == "bearer"]
        other = [heard for heard in carrying if bearer and _scheme(heard) != "bearer"]
        if other:
            says = (
                "Suspicion: the scheme of Authorization changed from Bearer to another one; or the client changed it."
            )
            yield says, (bearer[0], *other)


def _together(heard: Heard) -> tuple[str, ...] | None:
    """What an exchange can be compared with: its session, or what came through the same proxy from the same client.

    Two visits without a proxy between need not have the same credentials.
    """
    if not heard.modern and heard.event.session is not None:
        return (heard.event.session,)
    return person(heard) if heard.proxied else None


def _scheme(heard: Heard) -> str:
    credentials = heard.event.head.credentials
    return next((each.scheme.lower() for each in credentials if each.header == "authorization"), "")


def _stripped(conversation: Conversation) -> Iterator[Case]:
    for heard in conversation.heard:
        if len(heard.messages) == 1 and _bare(heard.messages[0]):
            yield "A request has a whole envelope and none of the headers that repeat it.", (heard,)
    for session in conversation.sessions.values():
        if session.initialize is None or session.version is None:
            continue
        opened = session.initialize.heard
        later = [
            heard
            for heard in conversation.heard
            if heard.sender == opened.sender
            and heard.arrived > (opened.answered or opened.arrived)
            and _in_session(heard)
        ]
        if len(later) >= ENOUGH and not any(heard.headers("mcp-session-id") for heard in later):
            versions = any(heard.headers("mcp-protocol-version") for heard in later)
            alone = versions or session.version not in WITH_VERSION_HEADER
            what = "Mcp-Session-Id does" if alone else "Mcp-Session-Id and MCP-Protocol-Version do"
            yield f"After the handshake, {what} not come with any request.", (opened, *later)


def _bare(message: Message) -> bool:
    whole = isinstance(message.meta.get(VERSION_KEY), str) and isinstance(message.meta.get(CAPABILITIES_KEY), dict)
    names = ["mcp-protocol-version", "mcp-method", *(["mcp-name"] if name_of(message) is not None else [])]
    return message.is_request and whole and not any(message.heard.headers(name) for name in names)


def _in_session(heard: Heard) -> bool:
    return not heard.modern and not heard.opens and heard.event.method == "POST" and bool(heard.messages)


LOOKS = (
    Look(
        id="gw-hop-by-hop-forwarded",
        title="Headers of one hop were passed on",
        meaning="The gateway forwards what it should consume: streams may break, and requests may be smuggled.",
        basis="RFC 9110 section 7.6.1",
        cases=each(_hop_by_hop),
    ),
    Look(
        id="gw-length-and-transfer-encoding",
        title="The length of a body is told twice",
        meaning="Two readers see different ends of the request, which is how requests are smuggled: refuse it.",
        basis="RFC 9112 section 6.3",
        cases=each(_lengths),
    ),
    Look(
        id="gw-duplicated-headers",
        title="A header that has one value has several",
        meaning="Readers that take the first and readers that take the last disagree; modern servers answer -32020.",
        basis="RFC 9110 section 5.3; 2026-07-28 basic/transports/streamable-http, Server Validation",
        cases=each(_duplicates),
    ),
    Look(
        id="gw-authorization-stripped",
        title="Authorization gets lost or is replaced on the way",
        meaning="The gateway authenticates by itself: the server sees nobody, and clients end in a loop of 401.",
        basis="RFC 9110 section 11.6.2",
        cases=_authorization,
    ),
    Look(
        id="gw-mcp-headers-stripped",
        title="MCP headers do not arrive although the client has to know them",
        meaning="If all are missing, a gateway passes on only headers that it knows; if one is, the client forgets it.",
        basis="2026-07-28 basic/transports/streamable-http, Server Behavior for Custom Headers; RFC 9110 section 5.1",
        cases=_stripped,
    ),
)
