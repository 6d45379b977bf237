"""protocol rules 3.1 and 3.3: of two faults in one request, the one on the earlier rung is answered.

The order inside 3.1 is free. Ours is that of the table, except that the body's size comes after the head: a foreign
host's body is not read. A body that is declared too large is refused before a byte of it is read.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import pytest
from wire_cases import UNKNOWN

from asgi_bridge import Request
from harness import POST_HEADERS, Server, encoded, header_list, note, rpc, tool_call

LARGE = b"x" * 2000


@dataclass(frozen=True)
class Rung:
    """A fault of a request, and how it is answered when no earlier one is found."""

    name: str
    status: int
    code: int
    headers: dict[str, str | None] = field(default_factory=dict)
    method: str = "POST"
    body: Any = None


COMMON = [
    Rung("host", 421, -32600, {"host": "evil.example"}),
    Rung("origin", 403, -32600, {"origin": "https://evil.example"}),
    Rung("method", 405, -32600, method="PUT"),
    Rung("content-type", 415, -32600, {"content-type": "text/plain"}),
    Rung("accept", 406, -32600, {"accept": "text/html"}),
    Rung("size", 413, -32600, body=LARGE),
    Rung("json", 400, -32700, body=b"{"),
    Rung("envelope", 400, -32600, body={"id": 1, "method": "ping"}),
]

LEGACY = [
    Rung("session", 404, -32603, {"mcp-session-id": UNKNOWN}),
    Rung("version", 400, -32600, {"mcp-protocol-version": "2025-03-26"}),
    Rung("method", 200, -32601, body=rpc("nope")),
    Rung("params", 200, -32602, body=tool_call("nope", {})),
]

NEWEST_ONLY = {"MCP_PROTOCOL_VERSIONS_SUPPORTED": "2025-11-25", "ECHO_MAX_MESSAGE_SIZE": "1000"}


async def answered(server: Server, *faults: Rung) -> tuple[int, int]:
    """Status and code of a request with these faults, the body being that of the first that has one."""
    headers = {name: value for fault in faults for name, value in fault.headers.items()}
    method = next((fault.method for fault in faults if fault.method != "POST"), "POST")
    body = next((fault.body for fault in faults if fault.body is not None), rpc("ping"))
    answer = await server.send(Request(method, headers=header_list(POST_HEADERS, headers), body=encoded(body)))
    return answer.status, answer.message["error"]["code"]


@pytest.mark.parametrize(("first", "second"), list(combinations(COMMON, 2)), ids=lambda rung: rung.name)
async def test_the_earlier_common_check_decides(
    first: Rung, second: Rung, variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, ECHO_MAX_MESSAGE_SIZE="1000")
    assert await answered(server, first, second) == (first.status, first.code)
    assert await answered(server, second) == (second.status, second.code)
    assert await server.created() == 0


@pytest.mark.parametrize("fault", COMMON, ids=lambda rung: rung.name)
async def test_the_common_checks_come_before_the_session(fault: Rung, stateful: Server) -> None:
    if fault.body is LARGE:
        fault = Rung("size", 413, -32600, body=b"x" * (1 << 21))
    assert await answered(stateful, fault, LEGACY[0]) == (fault.status, fault.code)


@pytest.mark.parametrize(("first", "second"), list(combinations(LEGACY, 2)), ids=lambda rung: rung.name)
async def test_the_earlier_legacy_check_decides(first: Rung, second: Rung, make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", **NEWEST_ONLY)
    assert await answered(server, first, second) == (first.status, first.code)
    assert await answered(server, second) == (second.status, second.code)


@pytest.mark.parametrize("fault", LEGACY[1:], ids=lambda rung: rung.name)
async def test_a_missing_session_outranks_what_comes_later(fault: Rung, make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", MCP_SESSION_REQUIRED="true", **NEWEST_ONLY)
    faulty = {name: value or "" for name, value in fault.headers.items()}
    answer = await server.post(fault.body or rpc("ping"), **faulty)
    assert answer.status == 400
    assert answer.message["error"]["code"] == -32600
    assert "Mcp-Session-Id" in answer.message["error"]["data"]["problem"]


@pytest.mark.parametrize(
    "body", [note("notifications/x"), {"jsonrpc": "2.0", "id": 1, "result": {}}], ids=["notification", "response"]
)
async def test_an_unsupported_version_outranks_the_202(body: Any, server: Server) -> None:
    assert (await server.post(body, mcp_protocol_version="1999-01-01")).status == 400


async def test_an_unknown_method_outranks_bad_params(server: Server) -> None:
    assert (await server.post(rpc("nope", {"cursor": 1}))).message["error"]["code"] == -32601


async def test_an_initialize_on_a_dead_session_is_404_whatever_its_params(stateful: Server) -> None:
    assert (await stateful.post(rpc("initialize", {}), UNKNOWN)).status == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_method_that_is_not_offered_outranks_the_version_header(
    method: str, make_app: Callable[..., Server]
) -> None:
    server = make_app("stateless")
    headers = header_list({"host": "localhost"}, {"mcp-protocol-version": "1999-01-01"})
    answer = await server.send(Request(method, headers=headers))
    assert (answer.status, answer.header("allow")) == (405, "POST")
