"""What ``mcp_server_operation_duration_seconds`` says of both eras, and how little strangers can add to it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from modern_requests import ask, call_of, modern

from asgi_bridge import Request
from harness import Server, call, initialize, note, rpc, tool_call
from mcp_echo_core.exposition import LABELS, RequestFigures, carried, expose, labels_of
from mcp_echo_core.metrics import Operation

Labels = set[tuple[str, ...]]


def counted(server: Server) -> Labels:
    """The operations that were counted, by the labels of the metric."""
    return {labels_of(operation) for operation in server.app.runtime.metrics.series if carried(operation)}


def operation(method: str, tool: str, era: str, version: str, outcome: str) -> Operation:
    return method, tool, era, version, outcome


@pytest.mark.parametrize(
    ("arguments", "outcome"), [({"message": "a"}, "ok"), ({"message": 7}, "tool_error"), ({}, "tool_error")]
)
async def test_a_tool_call_is_counted_by_tool_era_revision_and_outcome(
    server: Server, arguments: dict[str, Any], outcome: str
) -> None:
    session = await initialize(server)
    await call(server, "echo", arguments, session, **{"MCP-Protocol-Version": "2025-11-25"})
    await ask(server, call_of("echo", arguments))
    assert {
        operation("initialize", "", "legacy", "2025-11-25", "ok"),
        operation("notification", "", "legacy", "unknown", "ok"),
        operation("tools/call", "echo", "legacy", "2025-11-25", outcome),
        operation("tools/call", "echo", "modern", "2026-07-28", outcome),
    } == counted(server)


async def test_older_revisions_are_told_apart(server: Server) -> None:
    session = await initialize(server, "2025-03-26")
    await server.post(rpc("tools/list"), session, **{"MCP-Protocol-Version": "2025-03-26"})
    assert operation("tools/list", "", "legacy", "2025-03-26", "ok") in counted(server)


async def test_an_unusable_state_handle_is_an_error_of_its_tool(stateful: Server) -> None:
    await ask(stateful, call_of("replayLastEcho", {"session": "x"}))
    assert counted(stateful) == {operation("tools/call", "replayLastEcho", "modern", "2026-07-28", "tool_error")}


async def test_a_prompt_is_no_tool(server: Server) -> None:
    session = await initialize(server)
    prompts = (await server.post(rpc("prompts/list"), session)).message["result"]["prompts"]
    prompt = next(entry for entry in prompts if not any(a.get("required") for a in entry.get("arguments", [])))
    await ask(server, modern("prompts/get", {"name": prompt["name"]}))
    assert operation("prompts/get", "", "modern", "2026-07-28", "ok") in counted(server)


@pytest.mark.parametrize("name", ["no such tool", "echo ", "x" * 300, 'a"} 1', None, 7, {}])
async def test_names_of_tools_that_do_not_exist_are_counted_together(server: Server, name: Any) -> None:
    session = await initialize(server)
    await server.post(rpc("tools/call", {"name": name}), session)
    await ask(server, modern("tools/call", {"name": name}), **{"Mcp-Name": "x"})
    tools = {labels[1] for labels in counted(server) if labels[0] == "tools/call"}
    assert tools == {"other"}


async def test_revisions_that_are_not_served_add_no_series(server: Server) -> None:
    for number in range(20):
        await server.post(rpc("ping"), **{"MCP-Protocol-Version": f"2031-01-{number:02}"})
        message = modern("tools/list")
        message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = f"2031-02-{number:02}"
        await ask(server, message)
    assert {labels[3] for labels in counted(server)} <= {"unknown", "2025-11-25"}


async def test_what_carried_no_message_is_no_operation(server: Server) -> None:
    await server.post(b"{")
    await server.post(rpc("ping"), host="evil.example")
    for method in ("GET", "DELETE", "OPTIONS", "PUT", "HEAD", "BREW"):
        await server.send(Request(method=method, headers=[(b"host", b"localhost")]))
    assert counted(server) == set()
    assert server.app.runtime.metrics.requests == 8


async def test_a_refused_operation_keeps_what_was_known_of_it(server: Server) -> None:
    await server.post(rpc("no/such"), **{"MCP-Protocol-Version": "2025-06-18"})
    await ask(server, call_of("echo", {"message": "a"}), **{"Mcp-Name": "requestTiming"})
    assert counted(server) == {
        operation("other", "", "legacy", "2025-06-18", "error"),
        operation("tools/call", "echo", "modern", "2026-07-28", "error"),
    }


async def test_a_request_whose_task_is_cancelled_is_no_success(server: Server) -> None:
    exchange = server.open(replace(server.posting(rpc("ping")), complete=False))
    await asyncio.sleep(0)
    exchange.task.cancel()
    await asyncio.gather(exchange.task, return_exceptions=True)
    assert {labels[4] for labels in server.app.runtime.metrics.series} == {"cancelled"}


async def test_a_batch_is_one_operation_whatever_it_holds(stateful: Server) -> None:
    session = await initialize(stateful, "2025-03-26")
    batch = [tool_call("echo", {"message": "a"}), tool_call("echo", {"message": "b"}, 2), note("notifications/x")]
    await stateful.post(batch, session, **{"MCP-Protocol-Version": "2025-03-26"})
    assert operation("batch", "", "legacy", "2025-03-26", "ok") in counted(stateful)


async def test_what_is_refused_within_a_batch_is_counted_as_an_error(stateful: Server) -> None:
    session = await initialize(stateful, "2025-03-26")
    batch = [rpc("no/such"), tool_call("echo", {"message": "b"}, 2)]
    await stateful.post(batch, session, **{"MCP-Protocol-Version": "2025-03-26"})
    assert operation("batch", "", "legacy", "2025-03-26", "error") in counted(stateful)
    assert stateful.app.runtime.metrics.errors == {"-32601": 1}


async def test_http_methods_are_no_operations(server: Server) -> None:
    await server.delete("x")
    await server.post(rpc("ping"))
    text = expose(RequestFigures(server.app.runtime.metrics.snapshots())).decode()
    lines = [line for line in text.splitlines() if line.startswith("mcp_server_operation_duration_seconds_count")]
    assert len(lines) == 1
    assert 'method="ping"' in lines[0]
    assert all(f'{label}="' in lines[0] for label in LABELS)


async def test_a_request_that_is_cancelled_is_counted_so(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful")
    session = await initialize(server)
    steps = {"message": "a", "progressSteps": 100, "progressInterval": 0.5}
    slow = tool_call("echo", steps, 5, _meta={"progressToken": 1})
    exchange = server.open(server.posting(slow, session))
    await exchange.head()
    await server.post(note("notifications/cancelled", {"requestId": 5}), session)
    await exchange.answer()
    assert operation("tools/call", "echo", "legacy", "2025-11-25", "cancelled") in counted(server)
