"""Gateways in front of our servers that do one thing wrong each, and the diff pointed at them."""

from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness import Server
from in_loop import served
from mcp_echo_core.commands.connection import Connection
from mcp_echo_core.commands.diff import diff
from mcp_echo_core.gateway_diff.meaning import Line
from mcp_echo_core.gateway_diff.report import Report

Fields = list[tuple[bytes, bytes]]
Change = Callable[[Fields], Fields]


def same(fields: Fields) -> Fields:
    """Change nothing."""
    return fields


class Gateway:
    """Passes requests on and answers back.

    Args:
        app: The server behind it.
        request: What it does to the fields of requests.
        answer: What it does to the fields of answers.
        refusal: The status with which it refuses a request for its fields; ``None`` lets it through.
    """

    def __init__(
        self,
        app: ASGIApp,
        request: Change = same,
        answer: Change = same,
        refusal: Callable[[dict[bytes, bytes]], int | None] = lambda _: None,
    ) -> None:
        self.app = app
        self.request = request
        self.answer = answer
        self.refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if (status := self.refusal(dict(scope["headers"]))) is not None:
            await PlainTextResponse("no", status, {"server": "gate"})(scope, receive, send)
            return

        async def back(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self.answer(list(message["headers"]))}
            await send(message)

        await self.app({**scope, "headers": self.request(list(scope["headers"]))}, receive, back)


def without(*names: str) -> Change:
    """Take fields out."""
    return lambda fields: [(name, value) for name, value in fields if name.decode() not in names]


def replacing(**values: str) -> Change:
    """Set fields, names with underscores, in the place of what came."""
    new = [(name.replace("_", "-").encode(), value.encode()) for name, value in values.items()]
    return lambda fields: [*(field for field in fields if field[0] not in dict(new)), *new]


def adding(name: str, value: str) -> Change:
    """Add a field, whatever came."""
    return lambda fields: [*fields, (name.encode(), value.encode())]


async def report_on(app: ASGIApp, *headers: tuple[str, str]) -> Report:
    """What the diff finds at an app; spellings cannot be seen there."""
    async with served(app) as url:
        return await diff(Connection(url, headers, 5.0, verify=True))


async def report_through(variant: str = "stateful", *headers: tuple[str, str], **wrong: object) -> Report:
    """What the diff finds through a gateway that does this wrong."""
    return await report_on(Gateway(Server(variant).app, **wrong), *headers)


def told(lines: list[Line]) -> list[tuple[str, str]]:
    """What happened, and to what."""
    return [(line.change, line.name) for line in lines]
