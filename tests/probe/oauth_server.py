"""A server that does authorization right, with its authorization server on the same host."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from model_server import EXPOSED, ModelServer

TOKEN = "let-me-in"
PROTECTED = "/.well-known/oauth-protected-resource"
ISSUER = "/.well-known/oauth-authorization-server"


class ProtectedServer(ModelServer):
    """Wants ``Authorization: Bearer let-me-in``."""

    readable_challenge = True
    challenge_exposes = EXPOSED
    places: tuple[str, ...] = (f"{PROTECTED}/mcp", PROTECTED)
    """Where it serves its metadata."""

    def guard(self, request: Request) -> Response | None:
        if (refusal := super().guard(request)) is not None:
            return refusal
        return None if self.authorized(request) else self.challenge(request)

    def authorized(self, request: Request) -> bool:
        """Whether the request has the token."""
        return request.headers.get("authorization") == f"Bearer {TOKEN}"

    def challenge(self, request: Request) -> Response:
        """What a request without the token gets."""
        value = self.www_authenticate(request)
        headers = {"www-authenticate": value} if value is not None else {}
        if "origin" in request.headers and self.readable_challenge:
            headers |= {
                "access-control-allow-origin": request.headers["origin"],
                "access-control-expose-headers": self.challenge_exposes,
            }
        return Response("token", 401, headers)

    def www_authenticate(self, request: Request) -> str | None:
        """The challenge."""
        return f'Bearer resource_metadata="{base(request)}{PROTECTED}/mcp", scope="mcp:use"'

    def elsewhere(self, request: Request) -> Response:
        path = request.url.path
        if path in self.places:
            return readable(self.metadata(request, path))
        return self.issuer(request) if path == ISSUER else super().elsewhere(request)

    def metadata(self, request: Request, path: str) -> Any:
        """The protected-resource metadata at one of its places."""
        return {"resource": f"{base(request)}/mcp", "authorization_servers": [base(request)]}

    def issuer(self, request: Request) -> Response:
        """The authorization server's metadata."""
        return readable({"issuer": base(request), "token_endpoint": f"{base(request)}/token"})


def base(request: Request) -> str:
    """Scheme, host and port."""
    return f"http://{request.headers['host']}"


def readable(value: Any) -> Response:
    """A document that pages can read, too."""
    return JSONResponse(value, headers={"access-control-allow-origin": "*"})
