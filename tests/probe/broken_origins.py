"""Servers that know no strangers, or turn them away wrongly."""

from typing import Any

from oauth_server import ProtectedServer
from starlette.requests import Request
from starlette.responses import Response

from mcp_echo_core.probe.origins import EVIL
from model_server import ModelServer, failure


class Open(ModelServer):
    """Looks at neither Host nor Origin."""

    def guard(self, request: Request) -> Response | None:
        return None


class OpenWithoutCors(Open):
    """The same, and pages cannot read its answers."""

    async def answer(self, request: Request) -> Response:
        response = await super().answer(request)
        del response.headers["access-control-allow-origin"]
        return response


class OpenButProtected(ProtectedServer):
    """Looks at the token only."""

    def guard(self, request: Request) -> Response | None:
        return None if self.authorized(request) else self.challenge(request)


class HostOnly(ModelServer):
    """Looks at Host only."""

    def guard(self, request: Request) -> Response | None:
        return Response("host", 421) if EVIL in request.headers["host"] else None


class OriginOnly(ModelServer):
    """Looks at Origin only, and answers with the status that it is given."""

    def __init__(self, status: int = 403, refused: tuple[str, ...] = (EVIL, "null")) -> None:
        super().__init__()
        self.status, self.refused = status, refused

    def guard(self, request: Request) -> Response | None:
        origin = request.headers.get("origin", "")
        return Response("origin", self.status) if any(part in origin for part in self.refused) else None


class OldOriginOnly(OriginOnly):
    """The same, and speaks 2025-06-18 only."""

    def initialize(self, message: dict[str, Any]) -> Response:
        message["params"]["protocolVersion"] = "2025-06-18"
        return super().initialize(message)

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        return failure(400, -32600, "Session required")


class ModernOnly(ModelServer):
    """Speaks 2026-07-28 only."""

    def initialize(self, message: dict[str, Any]) -> Response:
        return failure(400, -32602, "params._meta names no protocol version", message["id"])


class Ailing(ModelServer):
    """Serves nobody."""

    def guard(self, request: Request) -> Response | None:
        return Response("later", 503)
