"""A workbench for single tools: real runtime, sessions and arguments, without HTTP and without an era."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from unittest import mock

import msgspec
from jsonschema import Draft202012Validator
from msgspec import Struct

from harness import FakeClock
from mcp_echo_core.app import create_app
from mcp_echo_core.call import Call
from mcp_echo_core.http import HttpRequest
from mcp_echo_core.settings import Settings
from mcp_echo_core.stores.records import ClientInfo, Session
from mcp_echo_core.tools import tools_for
from mcp_echo_core.tools.base import COUNTED, Tool, schema
from mcp_echo_core.variants import VARIANTS

Fields = Mapping[str, str] | Sequence[tuple[str, str]]


class Outcome(Struct):
    """What a tool returned: its text, and its structured content as JSON values."""

    text: str
    data: dict[str, Any]
    blocks: list[dict[str, Any]]


class Bench:
    """One server's tools.

    Args:
        variant: ``stateful`` or ``stateless``.
        flags: Settings from the command line.
        environ: Environment variables.
    """

    def __init__(self, variant: str, flags: Mapping[str, str | None] | None = None, **environ: str) -> None:
        self.clock = FakeClock(wall=1704107130.0)
        self.settings = Settings.from_env(environ, variant, flags)
        kind = VARIANTS[variant]
        self.runtime = create_app(kind, self.settings, environ=environ, clock=self.clock.as_clock()).runtime
        self.clock.jump(3600)  # it is 2024-01-01 12:05:30 UTC, and the server has been up for an hour
        self.tools = {tool.name: tool for tool in tools_for(kind.tools, self.settings)}
        self.session: Session | None = None

    async def open_session(self, session_id: str = "550e8400-e29b-41d4-a716-446655440000", **facts: Any) -> Session:
        """Mint the session that further calls belong to, under a known id."""
        with mock.patch("mcp_echo_core.sessions.uuid4", return_value=session_id):
            session = await self.runtime.sessions.mint(self.clock.wall, **facts)
        assert session is not None
        self.session = session
        return session

    def tool(self, name: str) -> Tool[Any, Any]:
        """A tool by name."""
        return self.tools[name]

    def request(self, headers: Fields = (), peer: str | None = "127.0.0.1") -> HttpRequest:
        """A request head; the header values are sent as latin-1."""
        pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
        return self.raw_request(raw, peer)

    def raw_request(self, raw: list[tuple[bytes, bytes]], peer: str | None = "127.0.0.1") -> HttpRequest:
        """A request head of bytes."""
        scope = {"headers": raw, "client": (peer, 4711) if peer else None}
        return HttpRequest(scope, started=self.clock.monotonic, number=1)

    async def use(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        headers: Fields = (),
        *,
        http: HttpRequest | None = None,
        revision: str = "2025-06-18",
        client: ClientInfo | None = None,
        seconds: float = 0.0,
    ) -> Outcome:
        """Call a tool as the dispatcher does, and hold its structured content to its schema.

        Args:
            name: The tool.
            arguments: Its arguments, as JSON values.
            headers: Header fields of the request.
            http: The request head, instead of ``headers``.
            revision: Protocol revision.
            client: Who the client says it is.
            seconds: Time that has passed since the request came in.

        Raises:
            ToolFailure: The tool could not do it.
        """
        tool = self.tools[name]
        fitting = msgspec.convert(dict(arguments or {}), tool.arguments)
        request = http or self.request(headers)
        self.clock.jump(seconds)
        if self.session is not None:
            effect = tool.effect(fitting) if tool.effect else COUNTED
            self.session = await self.runtime.sessions.enter(self.session.id, effect, self.clock.wall)
        call = Call(runtime=self.runtime, http=request, revision=revision, session=self.session, client=client)
        result = await tool.run(fitting, call)
        data = msgspec.json.decode(msgspec.json.encode(result))
        Draft202012Validator(schema(tool.result)).validate(data)
        text = tool.render(result)
        text.encode()
        return Outcome(text, data, list(tool.blocks(result)) if tool.blocks else [])


@cache
def shared_bench(variant: str) -> Bench:
    """One bench per server for tests that try many inputs and change nothing."""
    return Bench(variant)


def has_lines(output: str, sample: str) -> None:
    """Assert that all lines of a sample stand in an output, in their order."""
    rest = iter(output.split("\n"))
    for line in sample.split("\n"):
        assert line in rest, f"{line!r} is missing, or too early, in:\n{output}"
