"""Servers that want a token, and do not say properly where to get one."""

from typing import Any

from oauth_server import ISSUER, PROTECTED, ProtectedServer, base, readable
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from model_server import ModelServer

LOGIN = "<html><form>Who are you?</form></html>"


class Challenging(ProtectedServer):
    """Sends another challenge; ``{base}`` is scheme, host and port, ``None`` sends none."""

    def __init__(self, challenge: str | None, *places: str) -> None:
        super().__init__()
        self.value = challenge
        self.places = places or type(self).places

    def www_authenticate(self, request: Request) -> str | None:
        return self.value and self.value.replace("{base}", base(request))


class WithoutMetadata(Challenging):
    """Serves no metadata."""

    def elsewhere(self, request: Request) -> Response:
        return Response("not found", 404)


class RefusingWith(ProtectedServer):
    """Refuses a request without a token in another way."""

    def __init__(self, response: Response, *, metadata: bool = False) -> None:
        super().__init__()
        self.response = response
        self.places = type(self).places if metadata else ()

    def challenge(self, request: Request) -> Response:
        return self.response

    def elsewhere(self, request: Request) -> Response:
        return HTMLResponse(LOGIN) if request.url.path == "/login" else super().elsewhere(request)


class RefusingInJson(ProtectedServer):
    """Refuses with a JSON-RPC error under 200."""

    places = ()

    def challenge(self, request: Request) -> Response:
        return JSONResponse({"jsonrpc": "2.0", "id": 1, "error": {"code": -32001, "message": "Unauthorized"}})


class MetadataWith(ProtectedServer):
    """Serves other metadata; ``{base}`` is scheme, host and port, ``None`` leaves a member out."""

    def __init__(self, **members: Any) -> None:
        super().__init__()
        self.members = members

    def metadata(self, request: Request, path: str) -> Any:
        changed = {**super().metadata(request, path), **self.members}
        return {name: filled(value, request) for name, value in changed.items() if value is not None}


class PathlessMetadata(MetadataWith):
    """Serves metadata at the root only, and names it nowhere."""

    places = (PROTECTED,)

    def www_authenticate(self, request: Request) -> str | None:
        return "Bearer"


class TwoMinds(ProtectedServer):
    """Serves other metadata at the root."""

    def metadata(self, request: Request, path: str) -> Any:
        found = super().metadata(request, path)
        return {**found, "resource": base(request)} if path == PROTECTED else found


class PageInsteadOfMetadata(ProtectedServer):
    """Answers every path with its start page."""

    def elsewhere(self, request: Request) -> Response:
        return HTMLResponse(LOGIN)


class IssuerWith(ProtectedServer):
    """Its authorization server answers differently."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def issuer(self, request: Request) -> Response:
        return Response("gone", 404) if self.value is None else readable(filled(self.value, request))


class OpenIdOnly(ProtectedServer):
    """Its authorization server has a path, and speaks OpenID Connect only."""

    def metadata(self, request: Request, path: str) -> Any:
        return {**super().metadata(request, path), "authorization_servers": [f"{base(request)}/tenant"]}

    def elsewhere(self, request: Request) -> Response:
        if request.url.path == "/tenant/.well-known/openid-configuration":
            return readable({"issuer": f"{base(request)}/tenant"})
        return Response("gone", 404) if request.url.path == ISSUER else super().elsewhere(request)


class OpenWithMetadata(ModelServer):
    """Wants no token, and says where to get one."""

    def elsewhere(self, request: Request) -> Response:
        return ProtectedServer().elsewhere(request)


def filled(value: Any, request: Request) -> Any:
    """A value with ``{base}`` replaced in its texts."""
    if isinstance(value, str):
        return value.replace("{base}", base(request))
    if isinstance(value, list):
        return [filled(each, request) for each in value]
    return {name: filled(each, request) for name, each in value.items()} if isinstance(value, dict) else value
