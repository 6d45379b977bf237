"""corsAnalysis: what a browser asked, what this server answers to it, and what follows from the two.

Source: Fetch standard, CORS protocol. Speaks of this server only: what a gateway adds or removes cannot be seen here.
"""

from msgspec import Struct

from mcp_echo_core import headers, text
from mcp_echo_core.call import Call
from mcp_echo_core.cors import Preflight
from mcp_echo_core.http import HttpRequest
from mcp_echo_core.tools.base import NoArguments, Tool

_ALLOW_ORIGIN = "Access-Control-Allow-Origin"
_ALLOW_METHODS = "Access-Control-Allow-Methods"
_ALLOW_HEADERS = "Access-Control-Allow-Headers"
_ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
_EXPOSE_HEADERS = "Access-Control-Expose-Headers"
_MAX_AGE = "Access-Control-Max-Age"

_NOT_SENT = "not sent"
_LEFT_TO_GATEWAY = [
    "CORS headers should be set by Traefik",
    "This service should not set CORS headers",
    "Use specific origins, not wildcards",
]


class SeenPreflight(Struct, rename="camel"):
    """The last preflight from the request's origin; seconds since it arrived."""

    method: str | None
    headers: str | None
    seconds_ago: float


class Asked(Struct, rename="camel"):
    """The CORS headers of the request itself."""

    origin: str | None
    method: str | None
    headers: str | None


class Result(Struct, rename="camel"):
    """What was asked, what is answered, and what the browser makes of it; ``None`` where nothing was asked.

    ``answers`` are the headers of a preflight's answer together with those of every answer.
    """

    allowed_origins: list[str]
    asked: Asked
    last_preflight: SeenPreflight | None
    answers: dict[str, str]
    origin_allowed: bool | None
    method_allowed: bool | None
    headers_allowed: bool | None
    credentials_allowed: bool
    recommendations: list[str]


async def run(arguments: NoArguments, call: Call) -> Result:  # noqa: ARG001
    """Compare the request, and the last preflight from its origin, with what this server answers."""
    request, cors = call.http, call.runtime.cors
    origin = request.header("origin")
    last = call.runtime.preflights.last(origin)
    method = request.header("access-control-request-method") or (last.method if last else None)
    wanted = request.header("access-control-request-headers") or (last.headers if last else None)
    answers = _answers(call, origin, wanted)
    allowed_methods, allowed_headers = _members(answers.get(_ALLOW_METHODS)), _members(answers.get(_ALLOW_HEADERS))
    result = Result(
        allowed_origins=[text.line(name) for name in cors.origins],
        asked=Asked(
            headers.shown(request, "origin"),
            headers.shown(request, "access-control-request-method"),
            headers.shown(request, "access-control-request-headers"),
        ),
        last_preflight=_seen(last, call.runtime.clock.wall()) if last else None,
        answers={name: text.line(value) for name, value in answers.items()},
        origin_allowed=answers.get(_ALLOW_ORIGIN) in ("*", origin) if origin else None,
        method_allowed=_members(method) <= allowed_methods if method else None,
        headers_allowed=_members(wanted) <= allowed_headers if wanted else None,
        credentials_allowed=answers.get(_ALLOW_CREDENTIALS) == "true",
        recommendations=[],
    )
    result.recommendations = _recommend(result, call) if cors.origins else _LEFT_TO_GATEWAY
    return result


def _answers(call: Call, origin: str | None, wanted: str | None) -> dict[str, str]:
    cors = call.runtime.cors
    preflight = [(b"access-control-request-headers", wanted.encode("latin-1"))] if wanted else []
    sent = [
        *cors.headers(origin.encode("latin-1") if origin else None),
        *cors.preflight_headers(HttpRequest({"headers": preflight}, started=0.0, number=0)),
    ]
    return {name.decode().title(): value.decode("latin-1") for name, value in sent}


def _members(value: str | None) -> set[str]:
    return {name.strip().lower() for name in (value or "").split(",") if name.strip()}


def _seen(last: Preflight, now: float) -> SeenPreflight:
    method, wanted = (text.line(value) if value else None for value in (last.method, last.headers))
    return SeenPreflight(method, wanted, max(0.0, now - last.at))


def _recommend(result: Result, call: Call) -> list[str]:
    origin, anyone = result.asked.origin, "*" in result.allowed_origins
    remembers = call.runtime.variant.remembered_origins > 0
    rules = [
        (origin is None, "No Origin arrived: no page of another origin sent this, or a proxy removed the header"),
        (result.origin_allowed is False, f"Add {origin} to MCP_CORS_ORIGINS to let its pages read answers"),
        (
            remembers and origin is not None and result.last_preflight is None,
            "No preflight from this origin has arrived here: if the browser sent one, a gateway answered it",
        ),
        (
            anyone and call.http.header("cookie") is not None,
            "Cookies arrived, but browsers refuse answers to credentialed requests when any origin is allowed",
        ),
        (anyone, "Use specific origins (MCP_CORS_ORIGINS), not wildcards, outside of tests"),
        (True, "This server sets CORS headers: a gateway in front must not add them a second time"),
    ]
    return [advice for holds, advice in rules if holds]


def render_stateful(result: Result) -> str:
    """The policy, whether it lets this origin in, and the evidence."""
    answers, asked = result.answers, result.asked
    policy = {
        "Allowed Origins": ", ".join(result.allowed_origins) or "none",
        "Allowed Methods": answers.get(_ALLOW_METHODS, "none"),
        "Allowed Headers": answers.get(_ALLOW_HEADERS, "none"),
        "Exposed Headers": answers.get(_EXPOSE_HEADERS, "none"),
        "Max Age": answers.get(_MAX_AGE, _NOT_SENT),
        "Credentials": "true" if result.credentials_allowed else "false",
    }
    evidence = {
        "Origin": text.or_else(asked.origin),
        "Last Preflight": _preflight(result.last_preflight),
    }
    return "\n\n".join([
        "🌐 CORS Analysis",
        "\n".join(text.lines(policy, "")),
        f"Status: {_status(result)}",
        *text.sections({"📥 Evidence:": evidence}, "- "),
        _advice(result, "- "),
    ])  # fmt: skip


def _status(result: Result) -> str:
    if not result.allowed_origins:
        return "⚠️ CORS is off here"
    if "*" in result.allowed_origins:
        return "✅ Permissive CORS configuration"
    if result.origin_allowed is False:
        return "❌ Restrictive CORS configuration, this origin is not allowed"
    return "✅ Restrictive CORS configuration"


def _preflight(last: SeenPreflight | None) -> str:
    if last is None:
        return "none seen from this origin"
    wanted = text.or_else(last.headers, "no headers")
    return f"{text.duration(last.seconds_ago)} ago, for {text.or_else(last.method, 'no method')} with {wanted}"


def render_stateless(result: Result) -> str:
    """Request, answer, verdicts and what to do."""
    asked, answers = result.asked, result.answers
    names = (_ALLOW_ORIGIN, _ALLOW_METHODS, _ALLOW_HEADERS, _ALLOW_CREDENTIALS, _MAX_AGE)
    sections = {
        "📥 Request Headers:": {
            "Origin": text.or_else(asked.origin),
            "Access-Control-Request-Method": text.or_else(asked.method),
            "Access-Control-Request-Headers": text.or_else(asked.headers),
        },
        "📤 Response Headers (Expected):": {name: answers.get(name, _NOT_SENT) for name in names},
    }
    verdicts = [
        _verdict("Origin", result.origin_allowed),
        _verdict("Method", result.method_allowed),
        _verdict("Headers", result.headers_allowed),
        _verdict("Credentials", result.credentials_allowed),
    ]
    status = "\n".join(["🔍 CORS Status:", *(f"  {verdict}" for verdict in verdicts)])
    return "\n\n".join(["🌐 CORS Analysis", *text.sections(sections, "  "), status, _advice(result, "  - ")])


def _verdict(what: str, allowed: bool | None) -> str:
    if allowed is None:
        return f"⚠️ {what} not asked for"
    return f"✅ {what} allowed" if allowed else f"❌ {what} not allowed"


def _advice(result: Result, mark: str) -> str:
    return "\n".join(["💡 Recommendations:", *(f"{mark}{advice}" for advice in result.recommendations)])


STATEFUL = Tool(
    name="corsAnalysis",
    title="CORS analysis",
    description="Analyze CORS configuration and headers: what this server answers to the request's origin",
    arguments=NoArguments,
    result=Result,
    run=run,
    render=render_stateful,
)

STATELESS = Tool(
    name="corsAnalysis",
    title="CORS analysis",
    description="Analyze the CORS headers of the request and what this server answers to them",
    arguments=NoArguments,
    result=Result,
    run=run,
    render=render_stateless,
)
