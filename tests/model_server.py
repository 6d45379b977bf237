"""A small MCP server that does everything right; a server broken on purpose overrides the one method it breaks."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

LEGACY = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
META = "io.modelcontextprotocol/"
SERVER = {"name": "model", "version": "1"}
EXPOSED = "Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate"
ALLOWED_HEADERS = (
    "content-type, accept, authorization, mcp-session-id, mcp-protocol-version, mcp-method, mcp-name, last-event-id"
)


class ModelServer:
    """An ASGI app at ``/mcp``: validates sessions, speaks both eras, echoes, streams, answers browsers."""

    keep_alive = 0.05
    """Seconds between the comments of a stream."""

    def __init__(self) -> None:
        self.sessions: dict[str, str | None] = {}
        """The last echo of every living session."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            response = await self.answer(Request(scope, receive))
            await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        if request.url.path not in ("/mcp", "/mcp/"):
            return self.elsewhere(request)
        if request.method == "OPTIONS":
            return self.preflight(request)
        if (refusal := self.guard(request)) is not None:
            return refusal
        handlers = {"POST": self.post, "GET": self.get, "DELETE": self.delete}
        if request.method not in handlers:
            return Response(status_code=405, headers={"allow": "GET, POST, DELETE"})
        response = await handlers[request.method](request)
        if "origin" in request.headers:
            response.headers["access-control-allow-origin"] = request.headers["origin"]
            response.headers["access-control-expose-headers"] = EXPOSED
        return response

    def elsewhere(self, request: Request) -> Response:
        """Any other path."""
        return Response("not found", 404)

    def guard(self, request: Request) -> Response | None:
        """What is refused before the protocol begins: foreign hosts and origins."""
        host = request.headers.get("host", "").rpartition(":")[0]
        origin = request.headers.get("origin", "http://localhost")
        if host not in ("127.0.0.1", "localhost"):
            return Response("host", 421)
        local = origin.split("://")[-1].split(":")[0] in ("127.0.0.1", "localhost")
        return None if local else Response("origin", 403)

    def preflight(self, request: Request) -> Response:
        """A browser asks first."""
        headers = {
            "access-control-allow-origin": request.headers.get("origin", "*"),
            "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
            "access-control-allow-headers": ALLOWED_HEADERS,
            "access-control-expose-headers": EXPOSED,
        }
        return Response(status_code=204, headers=headers)

    async def post(self, request: Request) -> Response:
        message = json.loads(await request.body())
        if f"{META}protocolVersion" in message.get("params", {}).get("_meta", {}):
            return self.modern(request, message)
        session = request.headers.get("mcp-session-id")
        if message["method"] == "initialize" and session is None:
            return self.initialize(message)
        if (refusal := self.session_fault(session)) is not None:
            return refusal
        version = request.headers.get("mcp-protocol-version")
        if version is not None and version not in LEGACY:
            return failure(400, -32600, "Unsupported protocol version", message.get("id"))
        if "id" not in message:
            return Response(status_code=202)
        return self.request(message, session)

    def session_fault(self, session: str | None) -> Response | None:
        """The answer to a request without a living session."""
        if session is None:
            return failure(400, -32600, "Session required")
        return None if session in self.sessions else failure(404, -32600, "Session not found")

    def initialize(self, message: dict[str, Any]) -> Response:
        asked = message["params"]["protocolVersion"]
        version = asked if asked in LEGACY else LEGACY[0]
        session = self.mint()
        self.sessions[session] = None
        capabilities = {"tools": {}}
        result = {"protocolVersion": version, "capabilities": capabilities, "serverInfo": SERVER}
        return success(message, result, {"mcp-session-id": session})

    def mint(self) -> str:
        """A new session id."""
        return str(uuid.uuid4())

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        """A legacy request in a session."""
        match message["method"]:
            case "ping":
                return success(message, {})
            case "tools/list":
                names = ("echo", "replayLastEcho")
                return success(
                    message, {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in names]}
                )
            case "tools/call":
                return success(message, {"content": [{"type": "text", "text": self.tool(message["params"], session)}]})
        return failure(200, -32601, "Method not found", message["id"])

    def tool(self, params: dict[str, Any], session: str | None) -> str:
        if params["name"] == "echo":
            self.sessions[session or ""] = params["arguments"]["message"]
            return str(params["arguments"]["message"])
        return self.sessions.get(session or "") or "nothing was echoed"

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        """A request of 2026-07-28."""
        version = message["params"]["_meta"][f"{META}protocolVersion"]
        named = (request.headers.get("mcp-protocol-version"), request.headers.get("mcp-method"))
        if named != (version, message["method"]):
            return failure(400, -32020, "Header mismatch", message.get("id"))
        if version != "2026-07-28":
            data = {"supported": ["2026-07-28"], "requested": version}
            return failure(400, -32022, "Unsupported protocol version", message.get("id"), data)
        if message["method"] not in ("server/discover", "tools/list"):
            return failure(404, -32601, "Method not found", message.get("id"))
        result = {"resultType": "complete", "ttlMs": 0, "cacheScope": "public", "_meta": {f"{META}serverInfo": SERVER}}
        if message["method"] == "tools/list":
            return success(message, {**result, "tools": []})
        return success(message, {**result, "supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}})

    async def get(self, request: Request) -> Response:
        if (refusal := self.session_fault(request.headers.get("mcp-session-id"))) is not None:
            return refusal
        headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
        return StreamingResponse(self.stream(request), media_type="text/event-stream", headers=headers)

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """What a GET stream carries."""
        last = int(request.headers.get("last-event-id") or 0)
        yield f'id: {last + 1}\ndata: {{"jsonrpc":"2.0","method":"notifications/message","params":{{}}}}\n\n'
        while True:
            await asyncio.sleep(self.keep_alive)
            yield ": keep-alive\n\n"

    async def delete(self, request: Request) -> Response:
        session = request.headers.get("mcp-session-id")
        if (refusal := self.session_fault(session)) is not None:
            return refusal
        del self.sessions[session or ""]
        return Response(status_code=204)


def success(message: dict[str, Any], result: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """A JSON-RPC result."""
    return JSONResponse({"jsonrpc": "2.0", "id": message["id"], "result": result}, headers=headers)


def failure(status: int, code: int, text: str, request_id: Any = None, data: Any = None) -> Response:
    """A JSON-RPC error."""
    error = {"code": code, "message": text, **({"data": data} if data is not None else {})}
    answer = {"jsonrpc": "2.0", **({"id": request_id} if request_id is not None else {}), "error": error}
    return JSONResponse(answer, status)
