"""Servers whose URLs lead elsewhere, or nowhere."""

from starlette.requests import Request
from starlette.responses import Response

from model_server import ModelServer


class OtherFormOf(ModelServer):
    """Answers ``/mcp``, and something else where a slash follows.

    Args:
        status: Of that answer.
        location: Where it leads, if anywhere; ``{host}`` is the one that was asked.
    """

    def __init__(self, status: int, location: str | None = None) -> None:
        super().__init__()
        self.status, self.location = status, location

    async def answer(self, request: Request) -> Response:
        return self.moved(request) if request.url.path.endswith("/") else await super().answer(request)

    def moved(self, request: Request) -> Response:
        """The answer that leads away."""
        location = self.location and self.location.format(host=request.headers["host"])
        return Response(status_code=self.status, headers={"location": location} if location else {})


class MovedTo(OtherFormOf):
    """Answers ``/mcp``, and everything else with a redirect."""

    async def answer(self, request: Request) -> Response:
        return await ModelServer.answer(self, request)

    def elsewhere(self, request: Request) -> Response:
        return self.moved(request)


class LostAt(MovedTo):
    """Leads from one path to its start page, which is none."""

    def __init__(self, path: str) -> None:
        super().__init__(307, "/")
        self.path = path

    def elsewhere(self, request: Request) -> Response:
        return self.moved(request) if request.url.path == self.path else ModelServer.elsewhere(self, request)


class Remembers(ModelServer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[str, set[str]]] = []
        """Method and header names of each request."""

    async def answer(self, request: Request) -> Response:
        self.requests.append((request.method, set(request.headers)))
        return await super().answer(request)
