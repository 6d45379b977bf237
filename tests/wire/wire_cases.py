"""What a row of the bad-input tables says, and how an answer is held to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from asgi_bridge import Answer, Request
from harness import POST_HEADERS, STREAM_HEADERS, VARIANT_NAMES, Server, encoded, header_list, initialize

STATEFUL = ("stateful",)
STATELESS = ("stateless",)

SECRET = "Bearer sk-live-0123456789abcdefghijklmnopqrstuvwxyz"
"""Sent with every bad request; must not come back."""

UNKNOWN = "00000000-0000-4000-8000-000000000000"
"""A session id that no server has given out."""

EXPLAINED = ("problem", "rule", "spec", "fix")


@dataclass(frozen=True)
class Case:
    """One bad (or tolerated) input.

    Attributes:
        name: Stable id.
        spec: Row of ``protocol rules ``.
        body: JSON value or raw bytes.
        status: HTTP status.
        code: JSON-RPC error code; ``None`` when the answer is no error.
        answer_id: The id of the error; ``None`` when it has none.
        headers: Changes to the request's headers; ``None`` leaves one out.
        session: ``live`` or ``unknown`` sends a session id of that kind.
        seen: Text that ``error.data.seen`` contains.
        expect: Response headers and the value each has.
    """

    name: str
    spec: str
    status: int
    code: int | None = None
    body: Any = b""
    answer_id: Any = None
    method: str = "POST"
    path: str = "/mcp"
    headers: Mapping[str, str | None] = field(default_factory=dict)
    session: str = ""
    variants: tuple[str, ...] = VARIANT_NAMES
    variables: Mapping[str, str] = field(default_factory=dict)
    seen: str | None = None
    expect: Mapping[str, str] = field(default_factory=dict)
    client: tuple[str, int] = ("127.0.0.1", 50000)


def by_variant(cases: list[Case]) -> list[Any]:
    """The parameters ``variant, case`` of a table, each with its id."""
    return [(variant, case) for case in cases for variant in case.variants]


def case_id(value: Any) -> str | None:
    """The id of a parameter."""
    return value.name if isinstance(value, Case) else None


async def submit(server: Server, case: Case) -> Answer:
    """Send what the case describes."""
    defaults = POST_HEADERS if case.method == "POST" else STREAM_HEADERS
    session = {"live": initialize, "unknown": _unknown}[case.session](server) if case.session else None
    changes = {"authorization": SECRET, "mcp-session-id": await session if session else None, **case.headers}
    request = Request(
        case.method,
        case.path,
        header_list(defaults, changes),
        encoded(case.body) if case.body else b"",
        client=case.client,
    )
    return await server.send(request)


async def hold(server: Server, case: Case) -> None:
    """Send what the case describes and compare everything that comes back."""
    if case.session == "live":
        await initialize(server)
    created = await server.created()
    answer = await submit(server, case)
    assert answer.status == case.status, answer
    for name, value in case.expect.items():
        assert answer.header(name) == value, name
    if case.code is not None:
        check_error(answer, case.code, case.answer_id, case.seen)
        minted = await server.created() - created - (case.session == "live" and server.variant == "stateful")
        assert minted == 0, "a refused request made a session"
        assert answer.header("mcp-session-id") is None


def check_error(answer: Answer, code: int, answer_id: Any, seen: str | None = None) -> Mapping[str, Any]:
    """An error that is complete, explains itself and repeats no credential; its ``data``."""
    assert SECRET.encode() not in answer.body
    assert SECRET.split()[1].encode() not in answer.body
    message = answer.final
    assert message["jsonrpc"] == "2.0"
    assert message["error"]["code"] == code, message
    assert message["error"]["message"]
    assert ("id" in message) == (answer_id is not None), message
    assert message.get("id") == answer_id
    assert type(message.get("id")) is type(answer_id)
    data: Mapping[str, Any] = message["error"]["data"]
    missing = [name for name in EXPLAINED if not data.get(name)]
    assert not missing, f"error.data lacks {missing}: {json.dumps(data)}"
    if seen is not None:
        assert seen in str(data["seen"])
    return data


async def _unknown(_: Server) -> str:
    return UNKNOWN
