"""Who may see the dashboard, and how little a browser may do with it.

Ids and view keys are capabilities: nothing lists them, and an answer never tells whether one existed. Host and Origin
are checked as for messages (DNS rebinding); what changes something must come from a page of this server, or from no
page at all.
"""

import hashlib
import hmac
import logging
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response

from mcp_echo_core import redaction
from mcp_echo_core.body import Receive
from mcp_echo_core.dashboard.encoding import as_json
from mcp_echo_core.errors import HttpRefusal, Refusal
from mcp_echo_core.exchange import Send
from mcp_echo_core.guard import Guard
from mcp_echo_core.http import HttpRequest
from mcp_echo_core.settings import Settings
from mcp_echo_core.stores.base import StoreUnavailable

COOKIE = "mcp-echo-dashboard"

SAFE_METHODS = frozenset({"GET", "HEAD"})

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

HEADERS: Mapping[bytes, bytes] = {
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
    b"content-security-policy": CONTENT_POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
}
"""What every answer carries, unless it says something else itself."""

_DEFAULT_PORTS = {"http": 80, "https": 443}

log = logging.getLogger(__name__)


class Secured:
    """An application behind the checks that all of the dashboard has in common.

    Args:
        app: The application.
        settings: Which origins are allowed.
        guard: Checks Host and Origin.
    """

    def __init__(self, app: Any, settings: Settings, guard: Guard) -> None:
        self._app = app
        self._guard = guard
        # A star says that messages may come from anywhere; it opens no records to every page there is.
        self._origins_listed = bool(settings.allowed_origins) and "*" not in settings.allowed_origins

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        started = False

        async def secured(message: Any) -> None:
            nonlocal started
            started = True
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                message["headers"] = _with_defaults(message["headers"])
            await send(message)

        try:
            self._check(scope)
            await self._app(scope, receive, secured)
        except Refusal as refusal:
            await refused(refusal)(scope, receive, secured)
        except StoreUnavailable as outage:
            if started:
                raise
            reason = redaction.shorten(str(outage))
            log.warning("the record cannot be read", extra={"problem": reason})
            told = problem(503, f"The record cannot be read now: {reason}", "Try again.", {"retry-after": "1"})
            await told(scope, receive, secured)
        except HTTPException as error:
            if started:
                raise
            await problem(error.status_code, error.detail, headers=error.headers)(scope, receive, secured)
        except Exception:
            if started:
                raise
            log.exception("the dashboard failed to answer")
            await problem(500, "The dashboard failed to answer")(scope, receive, secured)

    def _check(self, scope: Any) -> None:
        http = HttpRequest(scope, 0.0, 0)
        self._guard.check_source(http)
        if scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS:
            self._check_page(http)

    def _check_page(self, http: HttpRequest) -> None:
        """Let nothing through that a page of somebody else's sends."""
        origin = http.single(b"origin")
        if origin is None or self._origins_listed or http.single(b"sec-fetch-site") == "same-origin":
            return
        if not _same(origin, http.single(b"host") or ""):
            raise HttpRefusal(
                403,
                "Forbidden origin",
                problem="The page that sent this is not one of this server's",
                seen=origin,
                rule="Origin names the host that Host names, or one of MCP_ALLOWED_ORIGINS",
                spec="RFC 6455 section 10.2; Fetch standard",
                fix="Open the dashboard from this server, or add the origin to MCP_ALLOWED_ORIGINS.",
            )


class Gate:
    """Asks for the token, where there is one.

    Args:
        settings: ``dashboard_token``.
    """

    def __init__(self, settings: Settings) -> None:
        self._token = settings.dashboard_token.encode()
        self._old_token = _latin(settings.dashboard_token)
        # What the cookie holds is worth nothing to anybody but this dashboard.
        self._pass = hmac.new(self._token, b"mcp-echo dashboard", hashlib.sha256).hexdigest()

    def refusal(self, request: HTTPConnection, *, page: bool = False) -> Response | None:
        """What a request without the token is answered; ``None`` for one that may pass.

        Args:
            request: The request.
            page: Whether a person may be asked.
        """
        if not self._token or self._carries(request):
            return None
        given = request.query_params.get("token")
        if given is None or not _equal(given.encode("utf-8", "surrogateescape"), self._token):
            return _asking(page)
        # What changes something is done at once: a redirect would make a GET of it.
        safe = request.scope["type"] == "http" and request.scope["method"] in SAFE_METHODS
        return self._let_in(request) if safe else None

    def _carries(self, request: HTTPConnection) -> bool:
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        # As it was sent, in UTF-8 or in Latin-1: header fields do not say which (RFC 9110 section 5.5).
        if scheme.lower() == "bearer" and _equal(credential.strip().encode("latin-1"), self._token, self._old_token):
            return True
        return _equal(request.cookies.get(COOKIE, "").encode("latin-1", "replace"), self._pass.encode())

    def _let_in(self, request: HTTPConnection) -> Response:
        """Remember it in a cookie, and forget it in the address."""
        query = request.scope["query_string"].decode("latin-1")
        rest = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "token"]
        # Relative, so that it holds behind a gateway that serves this under another path.
        place = "./" + quote(request.scope["path"].rpartition("/")[2], safe="")
        answer = RedirectResponse(place + (f"?{urlencode(rest)}" if rest else ""), 303)
        answer.set_cookie(
            COOKIE, self._pass, path="/", httponly=True, samesite="strict", secure=request.scope["scheme"] == "https"
        )
        return answer


def problem(status: int, text: str, fix: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """An answer that says what is wrong."""
    told = {"error": text, **({"fix": fix} if fix else {})}
    return Response(as_json(told), status, headers, "application/json")


def refused(refusal: Refusal) -> Response:
    """The answer to what the guard refuses."""
    answer = Response(
        as_json({"error": refusal.message, **refusal.data()}), refusal.http_status, media_type="application/json"
    )
    answer.raw_headers.extend(refusal.headers)
    return answer


def page(status: int, title: str, text: str, form: str = "") -> Response:
    """A page of a few words."""
    html = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n"
        f"<p>{escape(text)}</p>\n{form}</main>\n</body>\n</html>\n"
    )
    return Response(html, status, media_type="text/html")


_FORM = (
    '<form method="get">\n<label>Token <input name="token" type="password" autocomplete="current-password" required>'
    "</label>\n<button>Open</button>\n</form>\n"
)


def _asking(for_person: bool) -> Response:
    challenge = {"www-authenticate": 'Bearer realm="mcp-echo dashboard"'}
    fix = "Send the token as Authorization: Bearer, or open the page once with ?token=."
    if not for_person:
        return problem(401, "The dashboard asks for a token", fix, challenge)
    answer = page(401, "The dashboard asks for a token", "It is what MCP_ECHO_DASHBOARD_TOKEN holds.", _FORM)
    answer.headers.update(challenge)
    return answer


def _with_defaults(headers: Any) -> list[tuple[bytes, bytes]]:
    own = [(name, value) for name, value in headers]
    named = {name.lower() for name, _ in own}
    return own + [(name, value) for name, value in HEADERS.items() if name not in named]


def _latin(token: str) -> bytes:
    try:
        return token.encode("latin-1")
    except UnicodeEncodeError:
        return b""


def _equal(given: bytes, *expected: bytes) -> bool:
    return any(hmac.compare_digest(given, each) for each in expected if each)


def _same(origin: str, host: str) -> bool:
    """Whether an origin is what a Host names (RFC 6454 section 4)."""
    try:
        page_at, server = urlsplit(origin.lower()), urlsplit(f"//{host.lower()}")
        default = _DEFAULT_PORTS.get(page_at.scheme)
        ports = (page_at.port or default, server.port or default)
    except ValueError:
        return False
    names = (page_at.hostname, server.hostname)
    return default is not None and ports[0] == ports[1] and names[0] == names[1] is not None
