"""A small ForwardAuth service: who may pass, as Traefik's ForwardAuth and nginx's auth_request ask it.

``/verify`` answers 200 with the user in header fields, or 401 with the challenge; ``/.well-known/…`` tells clients
where to get a token (RFC 9728). It stands in for an OAuth proxy where there is none yet: tokens come from a file and
never expire. Reachable for gateways only, whose X-Forwarded-* it believes.

    python -m uvicorn --app-dir deploy/auth forward_auth:app --host 0.0.0.0 --port 9000

Environment:
    AUTH_TOKENS_FILE: JSON object; SHA-256 of a token in hex → ``{"user": …, "email": …, "groups": [...]}``, of which
        ``user`` is required. Read once, at the start. The file holds no token.
    AUTH_SERVERS: Comma list of the authorization servers (issuer URLs) that issue the tokens; may be empty.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

METADATA = "/.well-known/oauth-protected-resource"
HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
PATH = re.compile(r"/[A-Za-z0-9/_.~-]*")
TEXT = re.compile(r"[!-~]([ -~]*[!-~])?")
"""What a header field may hold whatever reads it (RFC 9110 section 5.5)."""

EXAMPLE = '{"user": "jane", "groups": ["staff"]}'


class ForwardAuth:
    """Answers gateways.

    Args:
        users: Header fields of a user, by the SHA-256 of the token in hex.
        servers: Issuer URLs of the authorization servers.
    """

    def __init__(self, users: Mapping[str, Mapping[str, str]], servers: list[str]) -> None:
        self._users = users
        self._servers = servers

    async def verify(self, request: Request) -> Response:
        """200 and who it is, or 401 and where a token comes from (RFC 6750 section 3, RFC 9728 section 5.1)."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not token:
            return self._challenge(request, "")
        user = self._users.get(hashlib.sha256(token.strip().encode()).hexdigest())
        if scheme.lower() != "bearer" or user is None:
            return self._challenge(request, ', error="invalid_token", error_description="The token is not known here"')
        return Response(headers=dict(user))

    async def metadata(self, request: Request) -> Response:
        """The protected resource that the path names (RFC 9728 section 3)."""
        resource = _origin(request) + request.path_params.get("resource", "")
        facts = {"resource": resource, "authorization_servers": self._servers, "bearer_methods_supported": ["header"]}
        return JSONResponse(facts)

    async def ready(self, request: Request) -> Response:
        """For ``mcp-echo healthcheck``."""
        return JSONResponse({"status": "ready"})

    def _challenge(self, request: Request, error: str) -> Response:
        path = request.headers.get("x-forwarded-uri", "").partition("?")[0]
        resource = path if PATH.fullmatch(path) else ""
        challenge = f'Bearer resource_metadata="{_origin(request)}{METADATA}{resource}"{error}'
        return Response(status_code=401, headers={"www-authenticate": challenge})


def _origin(request: Request) -> str:
    """The gateway's origin, as the client names it."""
    host = request.headers.get("x-forwarded-host") or request.headers.get("host", "")
    scheme = "https" if request.headers.get("x-forwarded-proto") == "https" else "http"
    return f"{scheme}://{host if HOST.fullmatch(host) else 'localhost'}"


def users_of(text: str) -> dict[str, dict[str, str]]:
    """The header fields of every user in a token file.

    Raises:
        ValueError: It is not what the module's description says.
    """
    found = json.loads(text)
    problem = "it has to map each token's SHA-256 in hex to its user"
    for digest, user in found.items() if isinstance(found, dict) else [("", None)]:
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise ValueError(f"AUTH_TOKENS_FILE has the key {digest[:6]}…; {problem}")
        if not (isinstance(user, dict) and isinstance(user.get("groups", []), list) and "user" in user):
            raise ValueError(f"AUTH_TOKENS_FILE says of {digest[:6]}… what is no user; write {EXAMPLE}")
    return {digest: _fields(digest, user) for digest, user in found.items()}


def _fields(digest: str, user: Mapping[str, Any]) -> dict[str, str]:
    groups = ",".join(str(group) for group in user.get("groups", []))
    said = {"user": user["user"], "email": user.get("email"), "groups": groups or None}
    for name, value in said.items():
        if value is not None and not TEXT.fullmatch(str(value)):
            raise ValueError(f"{name} of {digest[:6]}… in AUTH_TOKENS_FILE cannot be a header field; write it in ASCII")
    return {f"x-auth-request-{name}": str(value) for name, value in said.items() if value is not None}


def create_app(environ: Mapping[str, str]) -> Starlette:
    """The service of these environment variables.

    Raises:
        KeyError: AUTH_TOKENS_FILE is not set.
        OSError: The token file cannot be read.
        ValueError: The token file cannot be used.
    """
    users = users_of(Path(environ["AUTH_TOKENS_FILE"]).read_text(encoding="utf-8"))
    servers = [server.strip() for server in environ.get("AUTH_SERVERS", "").split(",") if server.strip()]
    auth = ForwardAuth(users, servers)
    return Starlette(
        routes=[
            Route("/verify", auth.verify),  # gateways ask with GET, whatever they are asked themselves
            Route(METADATA, auth.metadata),
            Route(METADATA + "{resource:path}", auth.metadata),
            Route("/readyz", auth.ready),
        ]
    )


def __getattr__(name: str) -> Starlette:
    """``app``, made from the environment when it is asked for."""
    if name == "app":
        return create_app(os.environ)
    raise AttributeError(name)
