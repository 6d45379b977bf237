"""Spans by OpenTelemetry's semantic conventions for MCP, as a collector gets them."""

import dataclasses
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from collector import Collector, Telling, Told

from harness import FakeClock, Server, initialize, note, rpc, tool_call
from mcp_echo_core import __version__
from mcp_echo_core.exchange import CANCELLED, Exchange
from mcp_echo_core.telemetry.facts import error_type
from mcp_echo_core.timing import PHASES

MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "tester", "version": "1.0"},
}
MODERN_HEADERS = {"mcp_protocol_version": MODERN, "mcp_method": "tools/call", "mcp_name": "echo"}
COMMON = {
    "client.address": "127.0.0.1",
    "client.port": 50000,
    "network.transport": "tcp",
    "network.protocol.name": "http",
    "network.protocol.version": "1.1",
    "http.response.status_code": 200,
}


def conventional(span: Told) -> dict[str, Any]:
    """The attributes of a span without our own."""
    return {name: value for name, value in span.attributes.items() if not name.startswith("mcp_echo.")}


async def test_a_tool_call_of_the_legacy_era_is_a_span(telling: Telling, collector: Collector) -> None:
    async with telling() as server:
        session = await initialize(server)
        assert session is not None
        await server.post(tool_call("echo", {"message": "hi"}, "seven"), session)
    span = collector.span("tools/call echo")
    assert conventional(span) == {
        **COMMON,
        "mcp.method.name": "tools/call",
        "mcp.protocol.version": "2025-11-25",
        "mcp.session.id": f"{session[:8]}...",
        "gen_ai.tool.name": "echo",
        "gen_ai.operation.name": "execute_tool",
        "jsonrpc.request.id": "seven",
    }
    assert (span.kind, span.parent, span.links, span.failed) == ("SPAN_KIND_SERVER", "", [], False)


async def test_a_tool_call_of_the_modern_era_is_a_span(telling: Telling, collector: Collector, variant: str) -> None:
    async with telling(variant) as server:
        answer = await server.post(tool_call("echo", {"message": "hi"}, 7, _meta=META), **MODERN_HEADERS)
        assert answer.status == 200, answer
    attributes = conventional(collector.span("tools/call echo"))
    handle = attributes.pop("mcp.session.id", None)
    assert (handle is None) == (variant == "stateless"), "a state handle is the session of this era"
    assert attributes == {
        **COMMON,
        "mcp.method.name": "tools/call",
        "mcp.protocol.version": MODERN,
        "gen_ai.tool.name": "echo",
        "gen_ai.operation.name": "execute_tool",
        "jsonrpc.request.id": "7",
    }


async def test_a_span_tells_the_phases_of_its_request_and_its_name_in_the_log(
    telling: Telling, collector: Collector
) -> None:
    async with telling("stateless", MCP_ECHO_SERVER_TIMING="true") as server:
        await server.post(tool_call("echo", {"message": "hi"}), x_request_id="from-the-gateway")
    ours = {name: value for name, value in collector.spans[0].attributes.items() if name.startswith("mcp_echo.")}
    assert ours.pop("mcp_echo.request_id") == "from-the-gateway"
    assert ours == {f"mcp_echo.phase.{name}": 0.0 for name in PHASES}


async def test_the_resource_is_the_server_unless_the_environment_says_otherwise(
    telling: Telling, collector: Collector
) -> None:
    named = {"OTEL_SERVICE_NAME": "edge", "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=lab"}
    async with telling("stateless", MCP_ECHO_INSTANCE="one") as server:
        await server.post(rpc("ping"))
    async with telling("stateless", **named) as server:
        await server.post(rpc("ping"))
    ours, told = (span.resource for span in collector.spans)
    assert ours["service.name"] == "mcp-echo-streamablehttp-server-stateless"
    assert (ours["service.version"], ours["service.instance.id"]) == (__version__, "one")
    assert (told["service.name"], told["deployment.environment.name"]) == ("edge", "lab")


REFUSED: Mapping[str, tuple[Any, str, str, str, dict[str, Any]]] = {
    "unknown tool": (
        tool_call("nowhere", {}), "tools/call", "-32602", "Invalid params", {"gen_ai.tool.name": "nowhere"},
    ),
    "unknown prompt": (
        rpc("prompts/get", {"name": "no"}), "prompts/get", "-32602", "Invalid params", {"gen_ai.prompt.name": "no"},
    ),
    "unknown method": (
        rpc("tools/cal"), "_OTHER", "-32601", "Method not found",
        {"mcp.method.name": "_OTHER", "rpc.method_original": "tools/cal"},
    ),
    "unknown resource": (
        rpc("resources/read", {"uri": "echo://no"}), "resources/read", "-32002", "Resource not found",
        {"mcp.resource.uri": "echo://no"},
    ),
    "old JSON-RPC": (
        {"jsonrpc": "1.0", "id": 1, "method": "ping"}, "_OTHER", "-32600", "Invalid request",
        {"jsonrpc.protocol.version": "1.0"},
    ),
    "no JSON": (b"{", "POST /mcp", "-32700", "Parse error", {"http.route": "/mcp", "http.request.method": "POST"}),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
async def test_a_refusal_is_a_span_with_its_code_and_message(telling: Telling, collector: Collector, case: str) -> None:
    body, name, code, message, told = REFUSED[case]
    async with telling() as server:
        await server.post(body)
    span = collector.span(name)
    assert (span.failed, span.description) == (True, message)
    assert {**span.attributes, "error.type": code, "rpc.response.status_code": code, **told} == span.attributes


async def test_a_tool_that_fails_is_a_span_with_an_error_and_without_a_code(
    telling: Telling, collector: Collector
) -> None:
    async with telling() as server:
        await server.post(tool_call("echo", {"message": 1}), await initialize(server))
    span = collector.span("tools/call echo")
    assert (span.failed, span.attributes["error.type"]) == (True, "tool_error")
    assert "rpc.response.status_code" not in span.attributes


async def test_a_resource_that_is_read_is_named_but_not_in_the_name_of_the_span(
    telling: Telling, collector: Collector
) -> None:
    async with telling() as server:
        listed = await server.post(rpc("resources/list"))
        uri = listed.message["result"]["resources"][0]["uri"]
        await server.post(rpc("resources/read", {"uri": uri}), listed.header("mcp-session-id"))
    assert collector.span("resources/read").attributes["mcp.resource.uri"] == uri


async def test_a_notification_is_a_span_by_its_method_and_an_unknown_one_by_none(
    telling: Telling, collector: Collector
) -> None:
    async with telling() as server:
        session = await initialize(server)
        await server.post(note("notifications/made-up"), session)
    told = collector.span("notifications/initialized").attributes
    assert (told["http.response.status_code"], told["mcp.session.id"]) == (202, f"{str(session)[:8]}...")
    assert "jsonrpc.request.id" not in told
    assert collector.span("_OTHER").attributes["rpc.method_original"] == "notifications/made-up"


async def test_a_stream_is_one_span_as_long_as_somebody_listened(
    telling: Telling, collector: Collector, clock: FakeClock
) -> None:
    async with telling() as server:
        session = await initialize(server)
        began = clock.wall
        stream = server.stream(session)
        assert (await stream.head()).status == 200
        clock.jump(30.5)
        await stream.leave()
        await server.delete(session)
    span = collector.span("GET /mcp")
    assert (span.start, span.end) == (pytest.approx(began, abs=1e-3), pytest.approx(began + 30.5, abs=1e-3))
    assert not span.failed
    assert span.attributes["mcp.session.id"] == f"{str(session)[:8]}..."
    assert collector.span("DELETE /mcp").attributes["http.response.status_code"] == 204


async def test_a_client_that_leaves_before_it_has_sent_everything_is_an_error(
    telling: Telling, collector: Collector
) -> None:
    async with telling("stateless") as server:
        exchange = server.open(dataclasses.replace(server.posting(b"{"), complete=False))
        await exchange.leave()
    span = collector.span("POST /mcp")
    assert (span.failed, span.attributes["error.type"]) == (True, "cancelled")
    assert span.attributes["http.response.status_code"] == 499


@pytest.mark.parametrize(("kind", "told"), [("tools/call", "cancelled"), ("GET", None), ("subscriptions/listen", None)])
def test_a_stream_that_its_listener_has_left_has_not_failed(kind: str, told: str | None) -> None:
    assert error_type(cast("Exchange", SimpleNamespace(kind=kind, outcome=CANCELLED))) == told


async def test_whoever_is_believed_about_addresses_names_the_client(telling: Telling, collector: Collector) -> None:
    async with telling("stateless") as server:
        await server.post(rpc("ping"), x_forwarded_for="203.0.113.7")
    told = collector.span("ping").attributes
    assert told["client.address"] == "203.0.113.7"
    assert "client.port" not in told


async def test_nothing_that_opens_a_session_or_record_and_no_credential_is_told(
    telling: Telling, collector: Collector
) -> None:
    async with telling() as server:
        session = await initialize(server)
        assert session is not None
        await server.post(rpc("resources/read", {"uri": "https://jane:open-sesame@host/?token=open-sesame"}), session)
        await server.post(rpc("ping", request_id="Bearer open-sesame-2"), session, authorization="Bearer open-sesame")
        await server.delete("never-known-id-of-somebody")
        await server.post(rpc("ping"), session, x_forwarded_for="https://jane:open-sesame@host/" + "x" * 1000)
        await in_bin(server, "open-sesame")
        await server.delete(session)
    told = b"".join(collector.raw)
    assert collector.span("POST /b/{bin}/mcp").attributes["http.route"] == "/b/{bin}/mcp"
    assert session[:8].encode() in told
    for secret in (session, "open-sesame", "never-kn", "x" * 300):
        assert secret.encode() not in told


async def in_bin(server: Server, name: str) -> None:
    """Send something that is no message to a bin."""
    await server.send(dataclasses.replace(server.posting(b"{"), path=f"/b/{name}/mcp"))


async def test_a_sampler_that_wants_nothing_gets_nothing(telling: Telling, collector: Collector) -> None:
    async with telling("stateless", OTEL_TRACES_SAMPLER="always_off") as server:
        await server.post(rpc("ping"))
    assert collector.spans == []
    assert collector.points


async def test_a_batch_fails_as_its_last_refused_message_did(telling: Telling, collector: Collector) -> None:
    async with telling() as server:
        await server.post([rpc("ping"), rpc("no/such", None, 2)], mcp_protocol_version="2025-03-26")
    assert collector.span("batch").attributes["error.type"] == "-32601"
