"""Servers that show the client one thing each, most of them right in their own era."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from model_server import META, ModelServer, failure, success

ECHO = {"name": "echo", "inputSchema": {"type": "object", "properties": {"message": {"type": "string"}}}}


class LegacyOnly(ModelServer):
    """Knows nothing of 2026-07-28: a modern request is to it one without a session."""

    def __init__(self) -> None:
        super().__init__()
        self.methods: list[str] = []

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        return failure(400, -32600, "Session required", message["id"])

    async def post(self, request: Request) -> Response:
        self.methods.append(json.loads(await request.body()).get("method"))
        return await super().post(request)


class Sessionless(LegacyOnly):
    """Gives no session id and wants none."""

    def initialize(self, message: dict[str, Any]) -> Response:
        response = super().initialize(message)
        del response.headers["mcp-session-id"]
        return response

    def session_fault(self, session: str | None) -> Response | None:
        return None if session is None else failure(400, -32600, "There are no sessions here")


class ModernOnly(ModelServer):
    """Wants everything as 2026-07-28 says."""

    async def post(self, request: Request) -> Response:
        message = json.loads(await request.body())
        if f"{META}protocolVersion" not in message.get("params", {}).get("_meta", {}):
            return failure(400, -32020, "Header mismatch", message.get("id"))
        return self.modern(request, message)


class OtherRevisions(LegacyOnly):
    """Is modern and names what it speaks."""

    supported: tuple[str, ...] = ("2099-01-01",)

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        return failure(400, -32022, "Unsupported protocol version", message["id"], {"supported": self.supported})


class ErrorOfItsOwn(LegacyOnly):
    """A legacy server that happens to use a code of the modern era, without what that error says."""

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        return failure(400, -32022, "some fault of ours", message["id"])


class Refusing(LegacyOnly):
    """Refuses one method with one error."""

    def __init__(self, method: str, status: int, code: int) -> None:
        super().__init__()
        self.refused = (method, status, code)

    async def post(self, request: Request) -> Response:
        message = json.loads(await request.body())
        method, status, code = self.refused
        if message["method"] == method:
            return failure(status, code, "not here", message.get("id"))
        return await super().post(request)


class FromTheFuture(LegacyOnly):
    """Negotiates a revision that nobody knows."""

    def initialize(self, message: dict[str, Any]) -> Response:
        return success(message, {"protocolVersion": "2099-01-01"})


class Guarded(ModelServer):
    """Wants a token."""

    def guard(self, request: Request) -> Response | None:
        if request.headers.get("authorization") == "Bearer right-token":
            return None
        return Response("who are you?", 401, {"www-authenticate": 'Bearer realm="model"'})


class AsksBack(LegacyOnly):
    """Answers a call only after the client has answered a ping and refused to sample."""

    def __init__(self) -> None:
        super().__init__()
        self.replies: dict[str, dict[str, Any]] = {}
        self.replied = asyncio.Event()

    async def post(self, request: Request) -> Response:
        message = json.loads(await request.body())
        if "method" not in message:
            self.replies[message["id"]] = message
            self.replied.set()
            return Response(status_code=202)
        return await super().post(request)

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        if message["method"] != "tools/call":
            return super().request(message, session)
        return StreamingResponse(self.asking(message), media_type="text/event-stream")

    async def asking(self, message: dict[str, Any]) -> AsyncIterator[str]:
        for method in ("ping", "sampling/createMessage"):
            question = {"jsonrpc": "2.0", "id": method, "method": method}
            yield f": wait\n\ndata: {json.dumps(question)}\n\n"
            await asyncio.wait_for(self.replied.wait(), 5)
            self.replied.clear()
        result = {"content": [{"type": "text", "text": "asked"}]}
        yield f"data: {json.dumps({'jsonrpc': '2.0', 'id': message['id'], 'result': result})}\n\n"


class LateMirror(ModelServer):
    """Wants an argument repeated in a header, which its first list of tools does not say."""

    def __init__(self) -> None:
        super().__init__()
        self.lists = 0

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        complete = {"resultType": "complete"}
        if message["method"] == "tools/list":
            self.lists += 1
            facts = {"type": "string", **({"x-mcp-header": "Message"} if self.lists > 1 else {})}
            schema = {"type": "object", "properties": {"message": facts}}
            listing = {"tools": [{"name": "echo", "inputSchema": schema}], "ttlMs": 0, "cacheScope": "public"}
            return success(message, {**complete, **listing})
        if message["method"] == "tools/call":
            text = message["params"]["arguments"]["message"]
            if request.headers.get("mcp-param-message") != text:
                return failure(400, -32020, "Header mismatch", message["id"])
            return success(message, {**complete, "content": [{"type": "text", "text": text}]})
        return super().modern(request, message)


class Curious(ModernOnly):
    """Asks before it books."""

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        schema = {"type": "object", "properties": {"day": {"type": "string"}}}
        params = {"message": "Which day?", "requestedSchema": schema}
        asked = {"when": {"method": "elicitation/create", "params": params}, "odd": 5}
        if message["method"] != "tools/call":
            return super().modern(request, message)
        return success(message, {"resultType": "input_required", "inputRequests": asked, "requestState": "s"})


class Answering(LegacyOnly):
    """Its tool returns what it was made with, and its list what a subclass says."""

    def __init__(self, result: Any, tools: list[Any] | None = None) -> None:
        super().__init__()
        self.result = result
        self.tools = [ECHO] if tools is None else tools
        self.called: list[dict[str, Any]] = []

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        if message["method"] == "tools/list":
            return success(message, {"tools": self.tools})
        if message["method"] == "tools/call":
            self.called.append(message["params"])
            return success(message, self.result)
        return super().request(message, session)


class Paged(Answering):
    """Gives its tools one by one."""

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        if message["method"] != "tools/list":
            return super().request(message, session)
        place = int(message["params"].get("cursor", 0))
        more = {"nextCursor": str(place + 1)} if place + 1 < len(self.tools) else {}
        return success(message, {"tools": [self.tools[place]], **more})


class Booking(ModernOnly):
    """Has a tool that takes handles and changes the world: it says of itself that it is not read-only."""

    def __init__(self) -> None:
        super().__init__()
        self.handles: list[str | None] = []

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        complete = {"resultType": "complete"}
        if message["method"] == "tools/list":
            schema = {"type": "object", "properties": {"session": {"type": "string"}}}
            tools = [{"name": "book", "inputSchema": schema}]
            return success(message, {**complete, "tools": tools, "ttlMs": 0, "cacheScope": "public"})
        if message["method"] == "tools/call":
            self.handles.append(message["params"]["arguments"].get("session"))
            return success(message, {**complete, "content": [], "isError": True})
        return super().modern(request, message)


class Torn(LegacyOnly):
    """Begins to answer a call and stops in the middle."""

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        if message["method"] != "tools/call":
            return super().request(message, session)
        return StreamingResponse(iter([": wait\n\n", "data: half\n\n"]), media_type="text/event-stream")


class Page(ModelServer):
    """Is a web page."""

    async def post(self, request: Request) -> Response:
        return PlainTextResponse("<html>\x1b[31mWelcome</html>", 200)


class Moved(ModelServer):
    """Is elsewhere."""

    async def post(self, request: Request) -> Response:
        return JSONResponse({}, 307, {"location": "https://elsewhere.example/mcp"})


class Working(LegacyOnly):
    """Works on a call without a word, or with nothing but a comment, until it hears that nobody waits for it."""

    def __init__(self, *, begins: bool) -> None:
        super().__init__()
        self.begins = begins
        self.asked: list[dict[str, Any]] = []
        self.cancelled = asyncio.Event()

    async def post(self, request: Request) -> Response:
        message = json.loads(await request.body())
        self.asked.append({**message, "session": request.headers.get("mcp-session-id")})
        if message["method"] == "notifications/cancelled":
            self.cancelled.set()
            return Response(status_code=202)
        if message["method"] != "tools/call":
            return await super().post(request)
        if not self.begins:
            await self.cancelled.wait()
        return self.stream()

    def stream(self) -> Response:
        return StreamingResponse(self.working(), media_type="text/event-stream")

    async def working(self) -> AsyncIterator[str]:
        yield ": working\n\n"
        await self.cancelled.wait()


class Silent(ModelServer):
    """Does not answer a call."""

    def __init__(self) -> None:
        super().__init__()
        self.over = asyncio.Event()

    async def post(self, request: Request) -> Response:
        await self.over.wait()
        return Response(status_code=202)
