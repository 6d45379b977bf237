"""Servers that mint sessions well and serve them badly: forgotten, bound to a connection, without a memory."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from model_server import ModelServer, failure, success


class Forgetting(ModelServer):
    """Knows a session for a few requests only."""

    def session_fault(self, session: str | None) -> Response | None:
        fault = super().session_fault(session)
        if fault is None:
            self.sessions[session or ""] = "x" + (self.sessions[session or ""] or "")
            if len(self.sessions[session or ""] or "") > 2:
                del self.sessions[session or ""]
        return fault


class AnswersNotificationsWith200(ModelServer):
    """Takes notifications, with the wrong status."""

    async def post(self, request: Request) -> Response:
        response = await super().post(request)
        if response.status_code == 202:
            response.status_code = 200
        return response


class ByConnection(ModelServer):
    """Knows a session on the connection on which it began, like one of several processes."""

    def __init__(self) -> None:
        super().__init__()
        self.connections: dict[str, Any] = {}

    async def post(self, request: Request) -> Response:
        session = request.headers.get("mcp-session-id", "")
        if self.connections.get(session, request.client) != request.client:
            return failure(404, -32600, "Session not found")
        response = await super().post(request)
        if "mcp-session-id" in response.headers:
            self.connections[response.headers["mcp-session-id"]] = request.client
        return response


class KeepsNothing(ModelServer):
    """Validates sessions, keeps nothing in them."""

    def tool(self, params: dict[str, Any], session: str | None) -> str:
        return "nothing was echoed" if params["name"] == "replayLastEcho" else params["arguments"]["message"]


class KeepsSometimes(ModelServer):
    """Finds what it kept at every other request, like one of two processes."""

    turn = 0

    def tool(self, params: dict[str, Any], session: str | None) -> str:
        self.turn += params["name"] == "replayLastEcho"
        return "nothing was echoed" if self.turn % 2 else super().tool(params, session)


class SharesState(ModelServer):
    """Has one state for all sessions."""

    def tool(self, params: dict[str, Any], session: str | None) -> str:
        return super().tool(params, "everybody")


class EchoNeedsMore(ModelServer):
    """Its echo takes other arguments."""

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        if message["method"] == "tools/call" and message["params"]["name"] == "echo":
            return success(message, {"isError": True, "content": [{"type": "text", "text": "volume is missing"}]})
        return super().request(message, session)


class WithoutTools(ModelServer):
    """Serves ping and nothing else."""

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        if message["method"] == "ping":
            return success(message, {})
        return failure(200, -32601, "Method not found", message["id"])


class Crowded(ModelServer):
    """Has room for a few sessions."""

    def initialize(self, message: dict[str, Any]) -> Response:
        return super().initialize(message) if len(self.sessions) < 5 else failure(503, -32000, "too many sessions")


class TellsEndedFromUnknown(ModelServer):
    """Knows which sessions have ended, and answers 400 to ids that were never any session's."""

    def __init__(self) -> None:
        super().__init__()
        self.minted: set[str] = set()

    def mint(self) -> str:
        session = super().mint()
        self.minted.add(session)
        return session

    def session_fault(self, session: str | None) -> Response | None:
        if session is None or session in self.minted:
            return super().session_fault(session)
        return failure(400, -32600, "No such session has ever been")
