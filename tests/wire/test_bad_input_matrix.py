"""protocol rules 4, legacy column: every bad input gets exactly this status, code, id and explanation."""

from collections.abc import Callable
from typing import Any

import pytest
from wire_cases import STATEFUL, STATELESS, UNKNOWN, Case, by_variant, case_id, hold

from harness import Server, introduction, note, rpc, tool_call

PING = rpc("ping", request_id=7)
FOREIGN = "https://evil.example"


def bad(name: str, status: int, code: int | None, body: Any = PING, **more: Any) -> Case:
    """A row of the matrix; its spec reference is section 4 itself."""
    return Case(name, "bad input, legacy era", status, code, body, **more)


HEADS = [
    bad("origin-disallowed", 403, -32600, headers={"origin": FOREIGN}, seen=FOREIGN),
    bad("host-disallowed", 421, -32600, headers={"host": "evil.example"}, seen="evil.example"),
    bad("host-missing", 421, -32600, headers={"host": None}),
    *(
        bad(f"method-{method.lower()}-{variant}", 405, -32600, method=method, variants=(variant,), seen=method,
            expect={"allow": allow})
        for method in ("PUT", "PATCH", "HEAD", "TRACE", "BREW")
        for variant, allow in (("stateful", "GET, POST, DELETE"), ("stateless", "POST"))
    ),
    bad("get-without-streams", 405, -32600, b"", method="GET", variants=STATELESS, expect={"allow": "POST"}),
    bad("delete-without-sessions", 405, -32600, b"", method="DELETE", variants=STATELESS, expect={"allow": "POST"}),
    bad("get-accept-json", 406, -32600, b"", method="GET", variants=STATEFUL, session="live",
        headers={"accept": "application/json"}, seen="application/json"),
    bad("content-type-text", 415, -32600, headers={"content-type": "text/plain"}, seen="text/plain"),
    bad("content-type-missing", 415, -32600, headers={"content-type": None}),
    bad("content-type-utf16", 415, -32600, headers={"content-type": "application/json; charset=utf-16"}, seen="utf-16"),
    bad("content-type-prefix", 415, -32600, headers={"content-type": "application/jsonx"}, seen="application/jsonx"),
    bad("accept-html", 406, -32600, headers={"accept": "text/html"}, seen="text/html"),
    bad("too-large", 413, -32600, b"x" * 101, variables={"ECHO_MAX_MESSAGE_SIZE": "100"}, seen="101"),
]  # fmt: skip

BODIES = [
    bad("body-empty", 400, -32700, b""),
    bad("body-blank", 400, -32700, b" \r\n"),
    bad("body-text", 400, -32700, b"hello", seen="hello"),
    bad("body-cut", 400, -32700, b'{"jsonrpc":"2.0","id":7,"method":"pi'),
    bad("body-two-values", 400, -32700, b'{"jsonrpc":"2.0","id":7,"method":"ping"} {}'),
    bad("body-latin1", 400, -32700, '{"jsonrpc":"2.0","id":7,"method":"ping","params":{"x":"é"}}'.encode("latin-1")),
    bad("body-number", 400, -32600, b"7", seen="7"),
    bad("body-string", 400, -32600, b'"ping"', seen="ping"),
    bad("body-null", 400, -32600, b"null"),
    bad("jsonrpc-missing", 400, -32600, {"id": 7, "method": "ping"}, answer_id=7),
    bad("jsonrpc-1.0", 400, -32600, {"jsonrpc": "1.0", "id": 7, "method": "ping"}, answer_id=7, seen="1.0"),
    bad("jsonrpc-number", 400, -32600, {"jsonrpc": 2.0, "id": 7, "method": "ping"}, answer_id=7, seen="2.0"),
    bad("method-number", 400, -32600, {"jsonrpc": "2.0", "id": 7, "method": 5}, answer_id=7, seen="5"),
    bad("method-null", 400, -32600, {"jsonrpc": "2.0", "id": 7, "method": None}, answer_id=7),
    bad("method-missing", 400, -32600, {"jsonrpc": "2.0", "id": 7}, answer_id=7),
    bad("params-array", 400, -32600, rpc("ping", [1], 7), answer_id=7, seen="array"),
    bad("params-string", 400, -32600, rpc("ping", "x", "a"), answer_id="a", seen="x"),
    bad("params-null", 400, -32600, {**PING, "params": None}, answer_id=7),
    bad("notification-params-array", 400, -32600, note("notifications/initialized", [])),
    bad("id-null", 400, -32600, {**PING, "id": None}),
    bad("id-true", 400, -32600, {**PING, "id": True}),
    bad("id-fraction", 400, -32600, {**PING, "id": 1.5}, seen="1.5"),
    bad("id-whole-fraction", 400, -32600, b'{"jsonrpc":"2.0","id":1.0,"method":"ping"}'),
    bad("id-exponent", 400, -32600, b'{"jsonrpc":"2.0","id":1e3,"method":"ping"}'),
    bad("id-object", 400, -32600, {**PING, "id": {}}),
    bad("id-array", 400, -32600, {**PING, "id": [7]}),
    bad("result-and-error", 400, -32600, {"jsonrpc": "2.0", "id": 7, "result": {}, "error": {}}, answer_id=7),
    bad("response-id-true", 400, -32600, {"jsonrpc": "2.0", "id": True, "result": {}}),
]  # fmt: skip

REQUESTS = [
    bad("method-unknown", 200, -32601, rpc("nope", request_id=7), answer_id=7, seen="nope"),
    bad("method-removed", 200, -32601, rpc("server/discover", request_id=7), answer_id=7, seen="server/discover"),
    bad("method-case", 200, -32601, rpc("Ping", request_id=7), answer_id=7, seen="Ping"),
    bad("method-empty", 200, -32601, rpc("", request_id=7), answer_id=7),
    bad("set-level-undeclared", 200, -32601, rpc("logging/setLevel", {"level": "info"}, 7), answer_id=7,
        variants=STATELESS),
    bad("set-level-unknown", 200, -32602, rpc("logging/setLevel", {"level": "loud"}, 7), answer_id=7, seen="loud",
        variants=STATEFUL),
    bad("set-level-missing", 200, -32602, rpc("logging/setLevel", {}, 7), answer_id=7, variants=STATEFUL),
    bad("set-level-unhashable", 200, -32602, rpc("logging/setLevel", {"level": [{}]}, 7), answer_id=7,
        variants=STATEFUL),
    bad("tool-unknown", 200, -32602, tool_call("nope", {}, 7), answer_id=7, seen="nope"),
    bad("tool-missing", 200, -32602, rpc("tools/call", {}, 7), answer_id=7),
    bad("tool-without-params", 200, -32602, rpc("tools/call", None, 7), answer_id=7),
    bad("tool-name-array", 200, -32602, rpc("tools/call", {"name": ["echo"]}, 7), answer_id=7),
    bad("arguments-array", 200, -32602, rpc("tools/call", {"name": "echo", "arguments": []}, 7), answer_id=7),
    bad("arguments-misfit-2025-03-26", 200, -32602, tool_call("echo", {"message": 5}, 7), answer_id=7),
    bad("arguments-missing-2025-06-18", 200, -32602, tool_call("echo", {}, 7), answer_id=7,
        headers={"mcp-protocol-version": "2025-06-18"}),
    bad("cursor-foreign", 200, -32602, rpc("tools/list", {"cursor": "abc"}, 7), answer_id=7, seen="abc"),
    bad("initialize-without-params", 200, -32602, rpc("initialize", None, 7), answer_id=7),
    bad("initialize-without-client", 200, -32602, answer_id=7,
        body=rpc("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}}, 7)),
    bad("initialize-without-capabilities", 200, -32602, answer_id=7,
        body=rpc("initialize", {"protocolVersion": "2025-11-25", "clientInfo": {"name": "a", "version": "1"}}, 7)),
    bad("initialize-without-version", 200, -32602, answer_id=7,
        body=rpc("initialize", {"capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}, 7)),
    bad("initialize-client-without-version", 200, -32602, answer_id=7,
        body=rpc("initialize", {**introduction(), "clientInfo": {"name": "a"}}, 7)),
    bad("initialize-client-name-number", 200, -32602, answer_id=7,
        body=rpc("initialize", {**introduction(), "clientInfo": {"name": 1, "version": "1"}}, 7)),
    bad("initialize-capabilities-array", 200, -32602, answer_id=7,
        body=rpc("initialize", {**introduction(), "capabilities": []}, 7)),
]  # fmt: skip

STRICT = {"MCP_SESSION_REQUIRED": "true"}
SESSIONS = [
    *(
        bad(f"session-{label}-missing", 400, -32600, body, answer_id=answer_id, variants=STATEFUL, variables=STRICT)
        for label, body, answer_id in (
            ("request", PING, 7),
            ("notification", note("notifications/initialized"), None),
            ("response", {"jsonrpc": "2.0", "id": 7, "result": {}}, None),
        )
    ),
    *(
        bad(f"session-{label}-unknown", 404, -32603, body, answer_id=answer_id, variants=STATEFUL, session="unknown",
            seen=UNKNOWN)
        for label, body, answer_id in (
            ("request", PING, 7),
            ("notification", note("notifications/initialized"), None),
            ("response", {"jsonrpc": "2.0", "id": 7, "result": {}}, None),
            ("initialize", rpc("initialize", introduction(), 7), 7),
            ("call", tool_call("echo", {"message": "x"}, 7), 7),
        )
    ),
    bad("get-session-missing", 400, -32600, b"", method="GET", variants=STATEFUL),
    bad("get-session-unknown", 404, -32603, b"", method="GET", variants=STATEFUL, session="unknown", seen=UNKNOWN),
    bad("delete-session-missing", 400, -32600, b"", method="DELETE", variants=STATEFUL),
    bad("delete-session-unknown", 404, -32603, b"", method="DELETE", variants=STATEFUL, session="unknown",
        seen=UNKNOWN),
]  # fmt: skip

VERSIONS = [
    bad("version-unknown", 400, -32600, headers={"mcp-protocol-version": "1999-01-01"}, answer_id=7, seen="1999-01-01"),
    bad("version-nonsense", 400, -32600, headers={"mcp-protocol-version": "latest"}, answer_id=7, seen="latest"),
    bad("version-empty", 400, -32600, headers={"mcp-protocol-version": ""}, answer_id=7),
    bad("version-twice", 400, -32600, headers={"mcp-protocol-version": "2025-11-25, 2025-06-18"}, answer_id=7),
]  # fmt: skip

TOLERATED = [
    bad("response-posted", 202, None, {"jsonrpc": "2.0", "id": 7, "result": {}}),
    bad("error-response-posted", 202, None, {"jsonrpc": "2.0", "id": None, "error": {"code": 1, "message": "x"}}),
    bad("notification-known", 202, None, note("notifications/initialized")),
    bad("notification-unknown", 202, None, note("notifications/nope", {"x": 1})),
    bad("version-missing", 200, None),
    bad("mirrors-ignored", 200, None,
        headers={"mcp-method": "tools/call", "mcp-name": "x", "mcp-param-y": "=?base64?!?="}),
    bad("unknown-session-ignored", 200, None, variants=STATELESS, session="unknown"),
    bad("extra-members", 200, None, {**PING, "params": {"more": 1}, "more": 2}),
    bad("arguments-null", 200, None, rpc("tools/call", {"name": "echo", "arguments": None}, 7),
        headers={"mcp-protocol-version": "2025-11-25"}),
    bad("cursor-null", 200, None, rpc("tools/list", {"cursor": None}, 7)),
]  # fmt: skip


@pytest.mark.parametrize(("variant", "case"), by_variant(HEADS + BODIES + REQUESTS + SESSIONS + VERSIONS), ids=case_id)
async def test_a_bad_input_is_refused_as_the_matrix_says(
    variant: str, case: Case, make_app: Callable[..., Server]
) -> None:
    await hold(make_app(variant, **case.variables), case)


@pytest.mark.parametrize(("variant", "case"), by_variant(TOLERATED), ids=case_id)
async def test_an_input_that_looks_odd_is_served(variant: str, case: Case, make_app: Callable[..., Server]) -> None:
    await hold(make_app(variant, **case.variables), case)


@pytest.mark.parametrize("body", [case.body for case in TOLERATED if case.status == 202], ids=str)
async def test_a_message_that_wants_no_answer_gets_an_empty_202(server: Server, body: Any) -> None:
    created = await server.created()
    answer = await server.post(body)
    assert (answer.status, answer.body) == (202, b"")
    assert await server.created() == created


async def test_bad_arguments_are_a_tool_error_that_names_field_value_and_expectation(server: Server) -> None:
    answer = await server.post(tool_call("echo", {"message": 5}), mcp_protocol_version="2025-11-25")
    result = answer.message["result"]
    assert result["isError"] is True
    for part in ("'message'", "5", "string"):
        assert part in result["content"][0]["text"]


async def test_a_refusal_that_cannot_be_read_as_json_comes_as_an_event(server: Server) -> None:
    answer = await server.post(rpc("nope", request_id=7), accept="text/event-stream")
    assert answer.status == 200
    assert [event.message["error"]["code"] for event in answer.events] == [-32601]


@pytest.mark.parametrize(
    ("code", "body"), [(-32601, rpc("nope")), (-32602, tool_call("nope", {}))], ids=["method", "tool"]
)
async def test_a_refusal_names_what_exists(server: Server, code: int, body: Any) -> None:
    error = (await server.post(body)).message["error"]
    assert error["code"] == code
    assert ("tools/call" if code == -32601 else "echo") in error["data"]["fix"]
