"""One request in any revision, by its own era's rules."""

from collections.abc import Mapping
from typing import Any

from modern_requests import MODERN, ask, modern

from asgi_bridge import Answer
from harness import REVISIONS, Server, initialize, rpc

EVERY_REVISION = (MODERN, *REVISIONS)


class Speaker:
    """A client of one server in one revision.

    Args:
        server: Whom it talks to.
        revision: What it speaks.
    """

    def __init__(self, server: Server, revision: str) -> None:
        self.server = server
        self.revision = revision
        self.modern = revision == MODERN
        self.session: str | None = None

    async def send(self, method: str, params: Mapping[str, Any] | None = None) -> Answer:
        """The answer to a request."""
        if self.modern:
            return await ask(self.server, modern(method, params))
        if self.session is None:
            self.session = await initialize(self.server, self.revision)
        message = rpc(method, dict(params or {}))
        return await self.server.post(message, self.session, mcp_protocol_version=self.revision)

    async def result(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The result of a request that is served."""
        answer = await self.send(method, params)
        assert answer.status == 200, answer
        result: dict[str, Any] = answer.final["result"]
        return result

    async def error(self, method: str, params: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """The error of a request that is not; refused params and methods have the status of their era."""
        answer = await self.send(method, params)
        error: Mapping[str, Any] = answer.message["error"]
        modern_status = 404 if error["code"] == -32601 else 400
        assert answer.status == (modern_status if self.modern else 200), answer
        return error

    async def capabilities(self) -> dict[str, Any]:
        """What the server declares to this client."""
        if self.modern:
            return (await self.result("server/discover"))["capabilities"]
        params = {"protocolVersion": self.revision, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
        return (await self.server.post(rpc("initialize", params))).message["result"]["capabilities"]
