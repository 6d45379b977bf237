"""authContext: who a request says it comes from: header fields of gateways and the token, none of it verified."""

import json
from typing import Any, Literal

import msgspec
from msgspec import Struct

from mcp_echo_core import headers, identity, redaction, text, tokens
from mcp_echo_core.call import Call
from mcp_echo_core.identity import Fact, Identity
from mcp_echo_core.tokens import Token, TokenFault
from mcp_echo_core.tools.base import NoArguments, Tool

Status = Literal["authenticated", "token expired", "not authenticated"]

_STATEFUL_STATUS = {
    "authenticated": "✅ Authenticated",
    "token expired": "⚠️ Token expired",
    "not authenticated": "❌ Not authenticated",
}
_STATELESS_STATUS = {
    "authenticated": "✅ Authentication Status: AUTHENTICATED",
    "token expired": "⚠️ Authentication Status: TOKEN EXPIRED",
    "not authenticated": "❌ Authentication Status: NOT AUTHENTICATED",
}
_UNVERIFIED = "not verified"
_CLIENT_UNKNOWN = f"{text.NOT_AVAILABLE} (clients name themselves in initialize, and nothing is kept of it)"


class Credential(Struct, frozen=True, rename="camel"):
    """What the Authorization header carries.

    Attributes:
        type: The scheme.
        length: Characters of the credential.
        preview: Its masked form.
        fault: Why it is not a readable JWT; without one the following fields are from the JWT, unverified.
        expired: Its ``exp`` has passed.
    """

    type: str
    length: int
    preview: str
    fault: str | None = None
    algorithm: str | None = None
    issuer: str | None = None
    audience: str | None = None
    expired: bool = False


class Result(Struct, rename="camel"):
    """The authentication context; nothing in it is verified."""

    status: Status
    verified: bool
    user: Identity
    token: Credential | None
    session_id: str | None
    client: str | None
    protocol_version: str
    request_id: str
    origin: str | None
    ip_address: str | None
    user_agent: str | None


async def run(arguments: NoArguments, call: Call) -> Result:  # noqa: ARG001
    """Read the authentication context from the request."""
    authorization = call.http.header("authorization")
    token, fault = _decode(authorization or "")
    user = identity.read(call.http, token.payload if token else {})
    credential = None
    if authorization is not None:
        credential = _credential(authorization, token, fault, call.runtime.clock.wall())
    client = call.client or (call.session.client if call.session else None)
    address = call.runtime.proxies.client_address(call.http)
    return Result(
        status=_judge(credential, user),
        verified=False,
        user=user,
        token=credential,
        session_id=call.session.id if call.session else headers.shown(call.http, "mcp-session-id"),
        client=text.line(str(client)) if client else None,
        protocol_version=call.revision,
        request_id=text.line(call.http.id),
        origin=headers.shown(call.http, "origin"),
        ip_address=text.line(address) if address else None,
        user_agent=headers.shown(call.http, "user-agent"),
    )


def _decode(authorization: str) -> tuple[Token | None, str | None]:
    scheme, secret = redaction.split_scheme(authorization)
    if scheme and not secret:
        return None, f"there is no credential after {scheme}"
    if scheme and scheme.lower() not in tokens.BEARER_SCHEMES:
        return None, f"{scheme} credentials are no JWT"
    try:
        return tokens.decode(secret), None
    except TokenFault as fault:
        return None, str(fault)


def _credential(authorization: str, token: Token | None, fault: str | None, now: float) -> Credential:
    scheme, secret = redaction.split_scheme(authorization)
    plain = Credential(scheme or "unknown", len(secret), text.line(redaction.preview(scheme, secret)), fault)
    if token is None:
        return plain
    expires = tokens.date(token.payload, "exp")
    return msgspec.structs.replace(
        plain,
        algorithm=_spelled(token.header.get("alg")),
        issuer=_spelled(token.payload.get("iss")),
        audience=_spelled(token.payload.get("aud")),
        expired=tokens.status(None, expires, now) == "EXPIRED",
    )


def _spelled(value: Any) -> str | None:
    if value is None:
        return None
    return text.line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _judge(credential: Credential | None, user: Identity) -> Status:
    if credential is not None and credential.expired:
        return "token expired"
    return "authenticated" if user.by_headers or (credential and credential.length) else "not authenticated"


def render_stateful(result: Result) -> str:
    """User, token and what follows from them."""
    user, token = result.user, result.token
    details = {
        "Token Type": token.type if token else text.NOT_PROVIDED,
        "Token Length": f"{token.length} characters" if token else text.NOT_PROVIDED,
        "Token Preview": token.preview if token else text.NOT_PROVIDED,
    }
    sections = {
        "👤 User Information:": {
            "User ID": _fact(user.user_id),
            "Username": _fact(user.username),
            "GitHub User": _fact(user.github_user),
        },
        "🎫 Token Details:": details | _signature(token),
        "🔑 Derived Information:": {
            "Authentication": _STATEFUL_STATUS[result.status],
            "Session": text.or_else(result.session_id, text.NOT_AVAILABLE),
            "Request ID": result.request_id,
        },
    }
    return "\n\n".join(["🔐 Authentication Context", *text.sections(sections, "- ")])


def render_stateless(result: Result) -> str:
    """User, token, session header and request."""
    user = result.user
    sections = {
        "👤 User Information:": {
            "User ID": _fact(user.user_id),
            "Username": _fact(user.username),
            "Email": _fact(user.email),
            "Roles": _fact(user.roles),
        },
        "🎫 Token Analysis:": _token_rows(result.token) | _signature(result.token),
        "🔑 Session Information:": {
            "Session ID": text.or_else(result.session_id),
            "Client": result.client or _CLIENT_UNKNOWN,
            "Protocol": result.protocol_version,
        },
        "🌐 Request Context:": {
            "Origin": text.or_else(result.origin),
            "IP Address": text.or_else(result.ip_address, text.NOT_AVAILABLE),
            "User Agent": text.or_else(result.user_agent),
        },
    }
    title = "🔐 Authentication Context Analysis"
    return "\n\n".join([title, *text.sections(sections, "  "), _STATELESS_STATUS[result.status]])


def _token_rows(token: Credential | None) -> dict[str, str]:
    if token is None:
        return dict.fromkeys(("Type", "Length", "Algorithm", "Issuer", "Audience"), text.NOT_PROVIDED)
    rows = {"Type": token.type, "Length": f"{token.length} characters"}
    if token.fault:
        return rows | {"Algorithm": f"{text.NOT_AVAILABLE} ({token.fault})"}
    algorithm = f"{token.algorithm} (from header)" if token.algorithm else text.NOT_PROVIDED
    named = {"Issuer": token.issuer or text.NOT_PROVIDED, "Audience": token.audience or text.NOT_PROVIDED}
    return rows | {"Algorithm": algorithm} | named


def _signature(token: Credential | None) -> dict[str, str]:
    return {"Signature": _UNVERIFIED} if token is not None and token.fault is None else {}


def _fact(fact: Fact | None) -> str:
    return str(fact) if fact else text.NOT_PROVIDED


STATEFUL = Tool(
    name="authContext",
    title="Authentication context",
    description="Show the complete authentication context: user, token and what follows from them, nothing verified",
    arguments=NoArguments,
    result=Result,
    run=run,
    render=render_stateful,
)

STATELESS = Tool(
    name="authContext",
    title="Authentication context",
    description="Analyze the authentication context of the request headers; nothing is verified",
    arguments=NoArguments,
    result=Result,
    run=run,
    render=render_stateless,
)
