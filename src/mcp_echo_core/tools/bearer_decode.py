"""bearerDecode: what a JSON Web Token says, without asking whether it is true."""

import json
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from mcp_echo_core import text, tokens
from mcp_echo_core.call import Call
from mcp_echo_core.errors import ToolFailure
from mcp_echo_core.tokens import Date, TokenFault
from mcp_echo_core.tools.base import Tool

_NOTICE = """⚠️ Security Notice:
  This analysis does NOT verify the token signature.
  Token may be forged or tampered with.
  Use only for debugging purposes."""


class Arguments(Struct, forbid_unknown_fields=True):
    """Arguments of bearerDecode."""

    token: (
        Annotated[str, Meta(description="JWT token to decode (uses Authorization header if not provided)")] | UnsetType
    ) = UNSET


class Result(Struct, rename="camel"):
    """What the token says; ``now`` is the moment, in seconds since 1970, that status and ages refer to."""

    verified: bool
    source: str
    header: dict[str, Any]
    payload: dict[str, Any]
    issued: Date | None
    not_before: Date | None
    expires: Date | None
    status: str
    now: float


async def run(arguments: Arguments, call: Call) -> Result:
    """Decode the token of the argument, else of the Authorization header.

    Raises:
        ToolFailure: There is none, or it cannot be decoded.
    """
    given = arguments.token is not UNSET
    source = "token argument" if given else "Authorization header"
    value = arguments.token if arguments.token is not UNSET else _from_header(call)
    try:
        token = tokens.decode(value)
    except TokenFault as fault:
        raise ToolFailure(f"The token ({source}) cannot be decoded. {fault}") from None
    issued, not_before, expires = (tokens.date(token.payload, claim) for claim in ("iat", "nbf", "exp"))
    now = call.runtime.clock.wall()
    status = tokens.status(not_before, expires, now)
    return Result(False, source, token.header, token.payload, issued, not_before, expires, status, now)


def _from_header(call: Call) -> str:
    values = call.http.values("authorization")
    if not values:
        raise ToolFailure(
            "No token to decode: pass one as the argument 'token', or send the header Authorization: Bearer <token>."
        )
    if len(values) > 1:
        raise ToolFailure(f"There are {len(values)} Authorization headers: send one, or pass the argument 'token'.")
    scheme, space, _ = values[0].strip().partition(" ")
    if space and scheme.lower() not in tokens.BEARER_SCHEMES:
        raise ToolFailure(
            f"The Authorization header does not carry a bearer token but the scheme {text.line(scheme, 20)!r}: "
            "send Authorization: Bearer <token>, or pass the argument 'token'."
        )
    return values[0]


def render_stateful(result: Result) -> str:
    """The token, its dates and what they mean now."""
    dates = {"Issued": result.issued, "Not Before": result.not_before, "Expires": result.expires}
    rows = [f"- {label}: {date}" for label, date in dates.items() if date is not None]
    rows += [f"- Status: {result.status}", *text.lines(_spans(result), "- ")]
    return (
        f"🔍 JWT Token Analysis\n\nHeader:\n{_json(result.header)}\n\nPayload:\n{_json(result.payload)}\n\n"
        f"⏱️ Token Status:\n" + "\n".join([*rows, "- Signature: not verified"])
    )


def render_stateless(result: Result) -> str:
    """The token, its dates, its age and the time that is left."""
    spans, rows = _spans(result), []
    dates = {"Issued At": result.issued, "Not Before": result.not_before, "Expires At": result.expires}
    for label, date in dates.items():
        if date is not None:
            rows.append(f"  {label}: {date}{_number(date)}")
        rows += [f"  {name}: {spans[name]}" for name in _BELOW[label] if name in spans]
    return (
        f"🔍 JWT Token Analysis (Unverified)\n\n📄 Header:\n{_json(result.header)}\n\n"
        f"📦 Payload:\n{_json(result.payload)}\n\n"
        "⏱️ Token Timeline:\n" + "\n".join(rows or ["  No dates in this token"]) + f"\n\n{_NOTICE}"
    )


_BELOW = {"Issued At": ("Age",), "Not Before": ("Valid In",), "Expires At": ("Time Left", "Expired")}
"""Which span stands below which date."""


def _spans(result: Result) -> dict[str, str]:
    now, dates, spans = result.now, (result.issued, result.not_before, result.expires), {}
    issued, starts, ends = (date.seconds if date else None for date in dates)
    if issued is not None:
        spans["Age"] = tokens.span(issued, now) if issued <= now else "issued in the future"
    if starts is not None and starts > now:
        spans["Valid In"] = tokens.span(now, starts)
    if ends is not None and ends > now:
        spans["Time Left"] = tokens.span(now, ends)
    elif ends is not None:
        spans["Expired"] = f"{tokens.span(ends, now)} ago"
    return spans


def _number(date: Date) -> str:
    return "" if date.seconds is None else f" ({date.seconds:.0f})"


def _json(value: dict[str, Any]) -> str:
    return text.block(json.dumps(value, indent=2, ensure_ascii=False))


STATEFUL = Tool(
    name="bearerDecode",
    title="Decode bearer token",
    description="Decode JWT tokens without verification (debugging only)",
    arguments=Arguments,
    result=Result,
    run=run,
    render=render_stateful,
)

STATELESS = Tool(
    name="bearerDecode",
    title="Decode bearer token",
    description="Decode a JWT Bearer token without verifying its signature (debugging only)",
    arguments=Arguments,
    result=Result,
    run=run,
    render=render_stateless,
)
