"""Servers that want to know who asks, most of them in a wrong way."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from model_server import ModelServer, failure


class Authenticating(ModelServer):
    """Wants a bearer token, any one; ``binding`` keeps sessions to the token they began with."""

    def __init__(self, *, binding: bool) -> None:
        super().__init__()
        self.binding = binding
        self.owners: dict[str, str] = {}
        self.caller = ""

    def guard(self, request: Request) -> Response | None:
        self.caller = request.headers.get("authorization", "")
        return super().guard(request) if self.caller else Response(status_code=401)

    def initialize(self, message: dict[str, Any]) -> Response:
        response = super().initialize(message)
        self.owners[response.headers["mcp-session-id"]] = self.caller
        return response

    def session_fault(self, session: str | None) -> Response | None:
        if self.binding and session in self.sessions and self.owners[session or ""] != self.caller:
            return failure(404, -32600, "Session not found")
        return super().session_fault(session)


class BindsAndAnswersEveryDelete(Authenticating):
    """Keeps sessions to their callers, and answers DELETE alike whether there was something to end or not."""

    async def delete(self, request: Request) -> Response:
        await super().delete(request)
        return Response(status_code=204)


class BindsToAnyHeader(Authenticating):
    """Demands no token, and keeps sessions to the one they began with, if any."""

    def guard(self, request: Request) -> Response | None:
        self.caller = request.headers.get("authorization", "none")
        return None


class ChecksTokens(ModelServer):
    """Demands no token, but refuses one that it does not know."""

    def guard(self, request: Request) -> Response | None:
        return Response(status_code=401) if "authorization" in request.headers else super().guard(request)
