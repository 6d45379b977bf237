"""Servers that break one rule about revisions each."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from model_server import LEGACY, META, ModelServer, failure, success

MODERN_RESULT = {"resultType": "complete", "ttlMs": 0, "cacheScope": "public"}


def granting(server: ModelServer, message: dict[str, Any], version: Any) -> Response:
    """An answer to ``initialize`` that grants a version, whatever was asked for."""
    response = ModelServer.initialize(server, {**message, "params": {"protocolVersion": LEGACY[0]}})
    result = {"protocolVersion": version, "capabilities": {}, "serverInfo": {}}
    return success(message, result, {"mcp-session-id": response.headers["mcp-session-id"]})


class Refusing(ModelServer):
    """Refuses versions it does not know, and the oldest one."""

    def initialize(self, message: dict[str, Any]) -> Response:
        if message["params"]["protocolVersion"] not in LEGACY[:3]:
            return failure(200, -32602, "Unsupported protocol version", message["id"])
        return super().initialize(message)


class Agreeing(ModelServer):
    """Grants whatever it is asked for."""

    def initialize(self, message: dict[str, Any]) -> Response:
        return granting(self, message, message["params"]["protocolVersion"])


class Contradicting(ModelServer):
    """Offers for 2024-11-05 a version that it does not grant."""

    def initialize(self, message: dict[str, Any]) -> Response:
        asked = message["params"]["protocolVersion"]
        offers = {**dict(zip(LEGACY, LEGACY, strict=True)), "2024-11-05": "2025-03-26", "2025-03-26": "2025-06-18"}
        return granting(self, message, offers.get(asked, LEGACY[0]))


class Newest(ModelServer):
    """Knows only the newest version, and offers it for every other, as the rule says."""

    def initialize(self, message: dict[str, Any]) -> Response:
        return granting(self, message, LEGACY[0])


class Conservative(ModelServer):
    """Offers an old version to whoever asks for an unknown one."""

    def initialize(self, message: dict[str, Any]) -> Response:
        asked = message["params"]["protocolVersion"]
        return granting(self, message, asked if asked in LEGACY else LEGACY[2])


class Old(ModelServer):
    """Speaks a version that does not define the version header."""

    def initialize(self, message: dict[str, Any]) -> Response:
        return granting(self, message, "2025-03-26")


class Versionless(ModelServer):
    """Does not say which version it grants to old clients."""

    def initialize(self, message: dict[str, Any]) -> Response:
        asked = message["params"]["protocolVersion"]
        return granting(self, message, asked if asked == LEGACY[0] else None)


class Tired(ModelServer):
    """Has no time for a second handshake."""

    shaken = 0

    def initialize(self, message: dict[str, Any]) -> Response:
        self.shaken += 1
        return super().initialize(message) if self.shaken == 1 else Response("later", 429)


class HeaderStatus(ModelServer):
    """Answers a version header that it does not know with a status, or serves it.

    Args:
        status: 200 to serve it.
    """

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status

    async def post(self, request: Request) -> Response:
        if request.headers.get("mcp-protocol-version") != "nonsense":
            return await super().post(request)
        if self.status != 200:
            return Response("no", self.status)
        message = await request.json()
        return self.request(message, request.headers["mcp-session-id"])


class HeaderNeeded(ModelServer):
    """Refuses requests without a version header."""

    async def post(self, request: Request) -> Response:
        message = await request.json()
        if "mcp-protocol-version" not in request.headers and message["method"] != "initialize":
            return failure(400, -32600, "Version header missing")
        return await super().post(request)


class LegacyOnly(ModelServer):
    """Has never heard of the modern era, and wants a session."""

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        return failure(400, -32600, "Session required", message.get("id"))


class LegacyAnswering(ModelServer):
    """Has never heard of the modern era, and answers what it knows."""

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        return self.request(message, None)


class LegacyErrors(ModelServer):
    """Has never heard of the modern era, and says so with status 200."""

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        return failure(200, -32600, "Session required", message.get("id"))


class LegacyPretending(ModelServer):
    """Speaks the legacy era alone, and answers modern requests with an error of the modern one."""

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        return failure(400, -32022, "Unsupported protocol version", message.get("id"))


class ModernOnly(ModelServer):
    """Knows no handshake."""

    def initialize(self, message: dict[str, Any]) -> Response:
        return failure(400, -32602, "Use 2026-07-28", message["id"])


class Neither(ModernOnly, LegacyOnly):
    """Speaks to nobody."""


class Shapeless(ModelServer):
    """Leaves ``resultType`` out of the answers to a method.

    Args:
        method: Of JSON-RPC.
    """

    def __init__(self, method: str) -> None:
        super().__init__()
        self.method = method

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        if message["method"] != self.method:
            return super().modern(request, message)
        return success(message, {"supportedVersions": ["2026-07-28"], "tools": []})


class Toolless(ModelServer):
    """Has nothing but what every modern server has."""

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        if message["method"] == "tools/list":
            return failure(404, -32601, "Method not found", message["id"])
        return super().modern(request, message)


class Minting(ModelServer):
    """Gives out session ids in the modern era."""

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        response = super().modern(request, message)
        response.headers["mcp-session-id"] = self.mint()
        return response


class Strict(ModelServer):
    """Looks for the session of modern requests that name one."""

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        if "mcp-session-id" in request.headers:
            return failure(404, -32600, "Session not found", message["id"])
        return super().modern(request, message)


class Unsupporting(ModelServer):
    """Answers unknown modern versions in its own way.

    Args:
        status: Of the answer.
        code: Of the error; 0 to serve the request.
        data: Of the error.
    """

    def __init__(self, status: int, code: int, data: Any) -> None:
        super().__init__()
        self.told = (status, code, data)

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        if message["params"]["_meta"][f"{META}protocolVersion"] == "2026-07-28":
            return super().modern(request, message)
        status, code, data = self.told
        if not code:
            return success(message, {**MODERN_RESULT, "supportedVersions": []})
        return failure(status, code, "Unsupported protocol version", message["id"], data)


class Trusting(ModelServer):
    """Does not compare a header with the body.

    Args:
        header: The one that it does not look at.
    """

    def __init__(self, header: str) -> None:
        super().__init__()
        self.header = header

    def modern(self, request: Request, message: dict[str, Any]) -> Response:
        known = {"mcp-method": message["method"], "mcp-protocol-version": "2026-07-28"}
        if request.headers[self.header] != known[self.header]:
            return JSONResponse({"jsonrpc": "2.0", "id": message["id"], "result": MODERN_RESULT})
        return super().modern(request, message)


class ByHeader(ModelServer):
    """Tells the eras apart by the version header alone."""

    async def post(self, request: Request) -> Response:
        if request.headers.get("mcp-protocol-version") in LEGACY and "mcp-session-id" not in request.headers:
            return failure(400, -32600, "Session required")
        return await super().post(request)
