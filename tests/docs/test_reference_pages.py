"""The reference pages that say what is answered: the servers answer so."""

from collections.abc import Callable
from pathlib import Path

import pytest

from asgi_bridge import Request
from harness import Server, header_list, initialize, note, rpc, tool_call
from mcp_echo_core import errors

DOCS = Path(__file__).resolve().parents[2] / "docs"


def rows(page: str, first: str) -> list[list[str]]:
    """The cells of the table whose header begins with some words."""
    table = (DOCS / page).read_text(encoding="utf-8").partition(f"\n| {first} |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines()[2:]]


def asked(method: str, path: str, **headers: str) -> Request:
    return Request(method=method, path=path, headers=header_list({"host": "localhost"}, headers))


def test_every_kind_of_refusal_has_its_row() -> None:
    shown = {row[0] for row in rows("errors.md", "refusal")}
    assert shown == {kind.message for kind in errors.Refusal.__subclasses__() if kind is not errors.HttpRefusal}


@pytest.mark.parametrize("path", ["/mcp", "/mcp/", "/b/<name>/mcp", "/b/<name>/mcp/"])
async def test_the_endpoint_answers_each_method_as_the_page_says(path: str, make_app: Callable[..., Server]) -> None:
    shown = {(row[1], name): row[column] for row in rows("endpoints.md", "path") if f"`{path}`" in row[0]
             for name, column in (("stateful", 2), ("stateless", 3))}  # fmt: skip
    path = path.replace("<name>", "some-name")
    for variant in ("stateful", "stateless"):
        server = make_app(variant)
        if shown["POST", variant] == "–":
            assert (await server.send(asked("POST", path))).status == 404
            continue
        session = await initialize(server) or "none"
        preflight = {"origin": "http://localhost", "access-control-request-method": "POST"}
        statuses = {
            "OPTIONS": (await server.send(asked("OPTIONS", path, **preflight))).status,
            "DELETE": (await server.send(asked("DELETE", path, mcp_session_id=session))).status,
            "GET": (await server.send(asked("GET", path))).status,
        }
        for method in ("GET", "DELETE"):
            assert (statuses[method] == 405) == (shown[method, variant] == "405"), (method, variant)
        assert statuses["OPTIONS"] == 204
        assert "204" in shown["OPTIONS", "stateful"]
        if variant == "stateful":
            assert statuses["DELETE"] == 204
            assert "204" in shown["DELETE", "stateful"]


async def test_notifications_and_messages_get_the_statuses_on_the_page(server: Server) -> None:
    (told,) = (row[2] for row in rows("endpoints.md", "path") if row[:2] == ["`/mcp`, `/mcp/`", "POST"])
    assert told == "a message: 200 with JSON or an event stream, 202 for a notification"
    assert (await server.post(rpc("ping"))).status == 200
    assert (await server.post(note("notifications/initialized"))).status == 202


async def test_what_operators_ask_is_answered_by_both(server: Server) -> None:
    for path, method, *_ in rows("endpoints.md", "path"):
        if path in {"`/health`", "`/livez`", "`/readyz`", "`/metrics`"}:
            assert (await server.send(asked(method, path.strip("`"), host="gateway.example"))).status == 200


async def test_refusals_have_the_codes_and_statuses_on_the_page(make_app: Callable[..., Server]) -> None:
    shown = {row[0]: row[1:5] for row in rows("errors.md", "refusal")}
    server = make_app("stateful", MCP_SESSION_RATE_LIMIT="1/h", MCP_MAX_SESSIONS="1")
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "tester", "version": "1"}}  # fmt: skip
    modern = {"mcp_protocol_version": "2026-07-28"}
    session = await initialize(server)
    await server.post(rpc("ping"), session)
    unknown = {**rpc("nothing"), "params": {"_meta": meta}}
    cases = {
        "Parse error": await server.post(b"{"),
        "Invalid request": await server.post({"jsonrpc": "2.0"}),
        "Method not found": await server.post(rpc("nothing")),
        "Invalid params": await server.post(tool_call("nothing", {})),
        "Session not found or expired": await server.post(rpc("ping"), "550e8400-e29b-41d4-a716-446655440000"),
        "Too many requests": await server.post(rpc("ping"), session),
    }
    for kind, answer in cases.items():
        assert [f"`{answer.message['error']['code']}`", str(answer.status)] == shown[kind][:2], kind
    newer = {
        "Method not found": await server.post(unknown, mcp_method="nothing", **modern),
        "Header mismatch": await server.post(unknown, mcp_method="other", **modern),
    }
    for kind, answer in newer.items():
        assert [f"`{answer.message['error']['code']}`", str(answer.status)] == shown[kind][2:], kind
