"""Servers that treat pages in a browser wrongly, each in one way."""

from oauth_server import ProtectedServer
from starlette.requests import Request
from starlette.responses import Response

from model_server import ModelServer

ALLOW_ORIGIN = "access-control-allow-origin"


class NoCors(ModelServer):
    """Has never heard of CORS."""

    def preflight(self, request: Request) -> Response:
        return Response(status_code=405, headers={"allow": "GET, POST, DELETE"})

    async def answer(self, request: Request) -> Response:
        response = await super().answer(request)
        del response.headers[ALLOW_ORIGIN]
        return response


class PreflightWith(ModelServer):
    """Answers a preflight with other headers; an empty value leaves one out."""

    def __init__(self, **headers: str) -> None:
        super().__init__()
        self.changes = {name.replace("_", "-"): value for name, value in headers.items()}

    def preflight(self, request: Request) -> Response:
        response = super().preflight(request)
        for name, value in self.changes.items():
            del response.headers[f"access-control-{name}"]
            if value:
                response.headers[f"access-control-{name}"] = value
        return response


class EveryPageWithCookies(PreflightWith):
    """Lets every page in and use the user's cookies."""

    def __init__(self) -> None:
        super().__init__(allow_credentials="true")

    def guard(self, request: Request) -> Response | None:
        return None


class ProtectedPreflightWith(PreflightWith, ProtectedServer):
    """The same, and wants a token."""


class RefusesTheWhole(ModelServer):
    """Says nothing at all to a preflight with a header it does not know."""

    def preflight(self, request: Request) -> Response:
        asked = request.headers["access-control-request-headers"]
        return Response(status_code=204) if "mcp-param-x" in asked else super().preflight(request)


class OneMethodAtATime(ModelServer):
    """Allows the method it is asked for."""

    def preflight(self, request: Request) -> Response:
        response = super().preflight(request)
        response.headers["access-control-allow-methods"] = request.headers["access-control-request-method"]
        return response


class PreflightStatus(ModelServer):
    """Refuses preflights, and says whom it would let in."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status

    def preflight(self, request: Request) -> Response:
        return Response("no", self.status, {"location": "/login"})


class PickyPreflight(ModelServer):
    """Answers 400 when a header is asked for that it does not allow, and lists those it does."""

    def preflight(self, request: Request) -> Response:
        response = super().preflight(request)
        response.headers["access-control-allow-headers"] = "content-type"
        response.status_code = 400
        return response


class AnswerWith(ModelServer):
    """Changes a CORS header of its answers, the preflights aside."""

    def __init__(self, header: str, value: str) -> None:
        super().__init__()
        self.header, self.value = f"access-control-{header}", value

    async def answer(self, request: Request) -> Response:
        response = await super().answer(request)
        if request.method != "OPTIONS":
            del response.headers[self.header]
            if self.value:
                response.headers[self.header] = self.value
        return response


class UnreadableChallenge(ProtectedServer):
    """Its 401 comes from a gateway that knows nothing of CORS."""

    readable_challenge = False


class HiddenChallenge(ProtectedServer):
    """Its 401 can be read, but not what it says."""

    challenge_exposes = "Mcp-Session-Id"


class Twice(ModelServer):
    """Stands behind a gateway that adds CORS headers of its own."""

    def __init__(self, *, preflights: bool = True) -> None:
        super().__init__()
        self.preflights = preflights

    async def answer(self, request: Request) -> Response:
        response = await super().answer(request)
        if (request.method == "OPTIONS") == self.preflights:
            response.raw_headers.append((ALLOW_ORIGIN.encode(), b"*"))
        return response
