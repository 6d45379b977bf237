"""Access tokens: where they are sent, what follows a refusal, and whom they were issued for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.heard import Heard
from mcp_echo_core.client_report.rule import ALL, Certainty, Found, Rule, found, quoted, subject
from mcp_echo_core.client_report.traces import is_local, public_hosts
from mcp_echo_core.eras.envelope import CLIENT_KEY

SINCE_2025_06 = ("2025-06-18", "2025-11-25", "2026-07-28")
SINCE_2025_11 = ("2025-11-25", "2026-07-28")

BLIND_SECONDS = 60.0
MAX_BLIND = 2
"""So often the same may be sent again after a 401; once more is blind."""

STEP_UP_SECONDS = 600.0
MAX_STEP_UPS = 3
AT_ONCE_SECONDS = 5.0
"""So soon after a 403, nobody has obtained another token."""

METADATA_PATH = "/.well-known/oauth-protected-resource"

_UNAUTHORIZED = 401
_FORBIDDEN = 403
_PARAMETERS = {"access_token": None, "token": "likely", "bearer": "likely"}
_WEB_TOKEN = re.compile(r"eyJ[\w-]*\.\.\.[\w-]*")
_METADATA = re.compile(r'resource_metadata\s*=\s*"([^"]*)"', re.IGNORECASE)

_TOKEN_SPEC = (
    "2025-03-26, 2025-06-18, 2025-11-25 basic/authorization, Token Requirements",
    "2026-07-28 basic/authorization, Token Requirements",
)
_DISCOVERY_SPEC = (
    "2025-11-25 basic/authorization, Protected Resource Metadata Discovery Requirements",
    "2026-07-28 basic/authorization/authorization-server-discovery, Protected Resource Metadata Discovery Requirements",
)


def _challenge(heard: Heard) -> str | None:
    """The Bearer challenge of a 401 or 403."""
    value = heard.answer_header("www-authenticate")
    refused = heard.event.status in (_UNAUTHORIZED, _FORBIDDEN)
    return value if refused and value is not None and "bearer" in value.lower() else None


def _challenged(conversation: Conversation) -> bool:
    """Whether this server demands tokens, as far as the record shows."""
    return any(heard.event.status == _UNAUTHORIZED and _challenge(heard) is not None for heard in conversation.heard)


def _in_query(heard: Heard) -> Iterator[tuple[str, Certainty | None]]:
    for name, value in parse_qsl(heard.event.query.removeprefix("?")):
        if (plain := name.lower()) in _PARAMETERS:
            yield f"the query parameter {quoted(plain)}", "likely" if _PARAMETERS[plain] else None
        elif _WEB_TOKEN.fullmatch(value):
            yield f"the query parameter {quoted(name)}, which holds a JSON Web Token", "likely"


def _place(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    demanded = _challenged(conversation)
    for heard in conversation.of(*revisions):
        for place, certainty in _in_query(heard):
            yield found(heard, f"{subject(heard)} came with a token in {place}.", certainty=certainty)
        schemes = [each.scheme for each in heard.event.head.credentials if each.header == "authorization"]
        if demanded and "" in schemes:
            yield found(heard, f"{subject(heard)} came with an Authorization that names no scheme.")


def _person(heard: Heard) -> tuple[str, ...]:
    """Who sent an exchange, whatever token they used."""
    client = next((message.meta.get(CLIENT_KEY) for message in heard.messages), None)
    return (str(client), *heard.sender[:-1]) if heard.modern else (heard.event.session or "", *heard.sender[:-1])


def _every_request(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    if not _challenged(conversation):
        return
    accepted: dict[tuple[str, ...], Heard] = {}
    for heard in conversation.of(*revisions):
        person = _person(heard)
        if heard.fingerprint is not None:
            if heard.event.status not in (_UNAUTHORIZED, _FORBIDDEN):
                accepted.setdefault(person, heard)
        elif (first := accepted.get(person)) is not None and not heard.headers("authorization"):
            says = f"{subject(heard)} came without Authorization, which other requests carry."
            yield found(heard, says, first)


def _fetches(conversation: Conversation, person: tuple[str, ...]) -> list[Heard]:
    """The fetches of resource metadata by one client, in order."""
    return [
        heard
        for heard in conversation.heard
        if heard.event.method == "GET" and heard.event.path.startswith(METADATA_PATH) and heard.sender[:-1] == person
    ]


def _blind(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    groups: dict[tuple[str, ...], list[Heard]] = {}
    for heard in conversation.of(*revisions):
        if heard.event.status == _UNAUTHORIZED and _challenge(heard) is not None:
            groups.setdefault(heard.sender, []).append(heard)
    for sender, refused in groups.items():
        fetched = [each.arrived for each in _fetches(conversation, sender[:-1])]
        for place, first in enumerate(refused):
            again = _within(first, refused[place + 1 :], BLIND_SECONDS)
            looked = again and any(first.arrived <= at <= again[-1].arrived for at in fetched)
            if len(again) > MAX_BLIND and not looked:
                sent = "the same token" if sender[-1] else "no token"
                says = f"401 was followed by {len(again)} requests with {sent}, and no fetch of metadata was seen."
                # The metadata may lie on another host, or on a path that is not recorded.
                yield found(again[0], says, first, *again, certainty="heuristic")
                break


def _within(first: Heard, later: Sequence[Heard], seconds: float) -> list[Heard]:
    """Those that were sent after the first one's answer, and soon."""
    since = first.answered
    return [each for each in later if since is not None and since <= each.arrived <= since + seconds]


def _order(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    told: set[tuple[str, ...]] = set()
    for refused in conversation.of(*revisions):
        challenge, person = _challenge(refused), refused.sender[:-1]
        if challenge is None or refused.event.status != _UNAUTHORIZED or person in told or refused.proxied:
            continue
        told.add(person)
        fetches = [each for each in _fetches(conversation, person) if each.arrived >= refused.arrived]
        if fetches and (case := _out_of_order(challenge, refused, fetches[0])) is not None:
            yield found(refused, case, fetches[0])


def _out_of_order(challenge: str, refused: Heard, first: Heard) -> str | None:
    """What was fetched before what, if it should not have been."""
    given = _METADATA.search(challenge)
    fetched = first.event.path.rstrip("/")
    if given is None:
        path = refused.event.path.rstrip("/")
        expected = f"{METADATA_PATH}{path}"
        return f"{METADATA_PATH} was fetched before {expected}." if path and fetched == METADATA_PATH else None
    try:
        url = urlsplit(given[1])
    except ValueError:
        return None
    here = url.netloc.lower() == (first.header("host") or "").lower()
    return None if not here or url.path.rstrip("/") == fetched else f"{fetched} was fetched before {url.path}."


def _step_up(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for exchanges in _by_person(conversation, revisions).values():
        groups: dict[str, list[Heard]] = {}
        for heard in exchanges:
            insufficient = "insufficient_scope" in (_challenge(heard) or "").lower()
            if heard.event.status == _FORBIDDEN and insufficient and len(heard.messages) == 1:
                message = heard.messages[0]
                named = quoted(message.params.get("name", message.params.get("uri")))
                groups.setdefault(f"{quoted(message.method)} of {named}", []).append(heard)
        for operation, refused in groups.items():
            yield from _too_often(operation, refused)


def _by_person(conversation: Conversation, revisions: Sequence[str]) -> Mapping[Any, list[Heard]]:
    groups: dict[tuple[str, ...], list[Heard]] = {}
    for heard in conversation.of(*revisions):
        groups.setdefault(_person(heard), []).append(heard)
    return groups


def _too_often(operation: str, refused: Sequence[Heard]) -> Iterator[Found]:
    for place, first in enumerate(refused):
        again = _within(first, refused[place + 1 :], STEP_UP_SECONDS)
        same = [
            each for each in _within(first, again, AT_ONCE_SECONDS) if each.fingerprint == first.fingerprint is not None
        ]
        if len(again) >= MAX_STEP_UPS:
            says = f"{operation} was tried {len(again) + 1} times although its scope does not suffice."
            yield found(first, says, *again)
            return
        if same:
            yield found(first, f"{operation} was tried again at once with the same token.", same[0])
            return


def _audience(heard: Heard) -> Iterator[str]:
    for credential in heard.event.head.credentials:
        claims = credential.claims if credential.header == "authorization" else None
        aud = (claims or {}).get("aud")
        for each in aud if isinstance(aud, list) else [aud]:
            if isinstance(each, str):
                yield each


def _host(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.hostname if parts.scheme in ("http", "https") else None


def _for_this_server(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for heard in conversation.of(*revisions):
        hosts, told = public_hosts(heard)
        named = [_host(each) for each in _audience(heard)]
        # A name that only the inside knows, or an audience that is no URL, tells nothing.
        if not named or None in named or not hosts or any(is_local(host) for host in hosts):
            continue
        if not hosts & set(named):
            says = f"aud of the token names {quoted(', '.join(sorted(filter(None, named))))}"
            here = quoted(", ".join(sorted(hosts)))
            yield found(heard, f"{says}, this server is {here}.", certainty=None if told else "heuristic")


RULES = (
    Rule(
        id="bearer-header-not-query",
        area="auth",
        revisions=ALL,
        level="must",
        title="Tokens are sent in Authorization and not in the URL",
        fix="Send 'Authorization: Bearer <token>', and nothing of it in the URL, which ends up in logs.",
        spec=_TOKEN_SPEC,
        judge=_place,
    ),
    Rule(
        id="auth-on-every-request",
        area="auth",
        revisions=ALL,
        level="must",
        certainty="likely",
        title="Each request carries Authorization",
        fix="Add Authorization where all requests pass, GET, DELETE and notifications too.",
        spec=_TOKEN_SPEC,
        judge=_every_request,
    ),
    Rule(
        id="auth-401-handled",
        area="auth",
        revisions=SINCE_2025_06,
        level="must",
        certainty="likely",
        title="After a 401 the client discovers how to get a token",
        fix="Read WWW-Authenticate, fetch the metadata it names, obtain a token, and only then try again.",
        spec=("2025-06-18 basic/authorization, Authorization Server Location", *_DISCOVERY_SPEC),
        judge=_blind,
    ),
    Rule(
        id="prm-wellknown-order",
        area="auth",
        revisions=SINCE_2025_11,
        level="must",
        title="Resource metadata is looked up in the defined order",
        fix="Fetch what resource_metadata names; without it, the form with the endpoint's path before the root form.",
        spec=_DISCOVERY_SPEC,
        judge=_order,
    ),
    Rule(
        id="stepup-retry-limit",
        area="auth",
        revisions=SINCE_2025_11,
        level="should",
        certainty="heuristic",
        title="What a token's scope does not allow is tried only a few times",
        fix="Ask for the scopes of the challenge, try again with the new token, and give up after a few attempts.",
        spec=(
            "2025-11-25 basic/authorization, Step-Up Authorization Flow",
            "2026-07-28 basic/authorization, Step-Up Authorization Flow",
        ),
        judge=_step_up,
    ),
    Rule(
        id="token-for-this-server",
        area="auth",
        revisions=SINCE_2025_06,
        level="must",
        certainty="likely",
        title="The token was issued for this server",
        fix="Name this server as resource when you ask for a token; never pass on those of another service.",
        spec=(
            "2025-06-18, 2025-11-25 basic/authorization, Token Handling",
            "2026-07-28 basic/authorization, Token Handling and Resource Parameter Implementation",
        ),
        judge=_for_this_server,
    ),
)
