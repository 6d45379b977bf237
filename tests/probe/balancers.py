"""Load balancers in front of model servers, each with its own idea of which instance is next."""

import itertools
import random
import uuid
import zlib
from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from model_server import ModelServer


class Instance(ModelServer):
    """A model server that gives its name, as instances behind a load balancer do."""

    def __init__(self, name: str, sessions: dict[str, str | None] | None = None) -> None:
        super().__init__()
        self.name = name
        self.dice = random.Random(name)
        if sessions is not None:
            self.sessions = sessions

    def mint(self) -> str:
        """The same ids in every run, so that they always lead to the same instances."""
        return str(uuid.UUID(int=self.dice.getrandbits(128), version=4))

    async def answer(self, request: Request) -> Response:
        response = await super().answer(request)
        response.headers["x-served-by"] = self.name
        return response


def separate() -> list[ModelServer]:
    """Two instances that know nothing of each other's sessions."""
    return [Instance("one"), Instance("two")]


def sharing() -> list[ModelServer]:
    """Two instances with one store."""
    store: dict[str, str | None] = {}
    return [Instance("one", store), Instance("two", store)]


class RoundRobin:
    """Each request goes to the next instance."""

    def __init__(self, instances: list[ModelServer]) -> None:
        self.instances: list[Any] = instances
        self.turns = itertools.cycle(range(len(instances)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.instances[self.chosen(scope)](scope, receive, send)

    def chosen(self, scope: Scope) -> int:
        return next(self.turns)


class Randomly(RoundRobin):
    """Each request goes to any instance."""

    dice = random.Random(7)

    def chosen(self, scope: Scope) -> int:
        return self.dice.randrange(len(self.instances))


class ByConnection(RoundRobin):
    """Each connection goes to the next instance and stays with it."""

    def __init__(self, instances: list[ModelServer]) -> None:
        super().__init__(instances)
        self.connections: dict[Any, int] = {}

    def chosen(self, scope: Scope) -> int:
        if scope["client"] not in self.connections:
            self.connections[scope["client"]] = next(self.turns)
        return self.connections[scope["client"]]


class BySession(RoundRobin):
    """Sends requests where the session id leads to, as nginx does with a hash of that header."""

    def chosen(self, scope: Scope) -> int:
        return zlib.crc32(dict(scope["headers"]).get(b"mcp-session-id", b"")) % len(self.instances)


class Elsewhere(RoundRobin):
    """Begins sessions on one instance and sends everything else to the other."""

    def chosen(self, scope: Scope) -> int:
        return int(b"mcp-session-id" in dict(scope["headers"]))


class ByCookie(RoundRobin):
    """Gives each client a cookie that leads it back to its instance."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            cookie = SimpleCookie(dict(scope["headers"]).get(b"cookie", b"").decode()).get("route")
            chosen = next(self.turns) if cookie is None else int(cookie.value)
            await self.instances[chosen](scope, receive, _setting(send, f"route={chosen}; Path=/; HttpOnly"))


class Forgetful(Instance):
    """Ends a session after some calls."""

    calls = 25

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        self.calls -= 1
        if not self.calls:
            self.sessions.clear()
        return super().request(message, session)


class Careless(Instance):
    """Takes any session id for one of its own."""

    def session_fault(self, session: str | None) -> Response | None:
        return None


class Sessionless(Careless):
    """Gives out no session ids."""

    def initialize(self, message: dict[str, Any]) -> Response:
        response = super().initialize(message)
        del response.headers["mcp-session-id"]
        return response


class Busy(Instance):
    """Has no time for calls."""

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        return Response("later", 429)


class Refusing(Instance):
    """Answers no call, session or not."""

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        return Response("no", 400)


class Numbering(Instance):
    """Gives each answer a number, in a header that could name an instance."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.numbers = itertools.count()

    async def answer(self, request: Request) -> Response:
        response = await super().answer(request)
        response.headers["x-backend"] = str(next(self.numbers))
        return response


class Streaming(Instance):
    """Answers calls on event streams."""

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        answer = bytes(super().request(message, session).body)
        return Response(b"data: %s\n\n" % answer, media_type="text/event-stream")


class Pingless(Instance):
    """Has never heard of ping."""

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        return super().request({**message, "method": "pong"} if message["method"] == "ping" else message, session)


def _setting(send: Send, cookie: str) -> Callable[[Any], Awaitable[None]]:
    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"set-cookie", cookie.encode())]}
        await send(message)

    return sending


BALANCERS: dict[str, Callable[[list[ModelServer]], ASGIApp]] = {
    "round-robin": RoundRobin,
    "random": Randomly,
    "sticky-connection": ByConnection,
    "sticky-cookie": ByCookie,
    "by-session": BySession,
}
"""By what the probe calls them."""
