"""protocol rules 4, modern column: every kind of bad input, and those that are tolerated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from modern_requests import CAPABILITIES, CLIENT, MODERN, VERSION, ask, call_of, modern

from asgi_bridge import Answer, Request
from harness import POST_HEADERS, Server, encoded, header_list

EXPLAINED = ("problem", "rule", "spec", "fix")
LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
REMOVED = ("initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe")
NEVER_THERE = ("nope", "", "tools", "tools/List", "tasks/get", "tasks/list", "roots/list", "sampling/createMessage")


@dataclass(frozen=True)
class Bad:
    """A bad input and its answer; ``body`` replaces the whole message."""

    name: str
    status: int
    code: int
    body: Any = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    method: str = "POST"
    has_id: bool = False


LIST = modern("tools/list")
RAW = [
    Bad("foreign origin", 403, -32600, headers={"origin": "https://evil.example"}),
    Bad("foreign host", 421, -32600, headers={"host": "evil.example"}),
    Bad("host missing", 421, -32600, headers={"host": None}),
    Bad("PUT", 405, -32600, method="PUT"),
    Bad("PATCH", 405, -32600, method="PATCH"),
    Bad("GET without stream", 405, -32600, method="GET", headers={"accept": "application/json"}),
    Bad("GET", 405, -32600, method="GET"),
    Bad("DELETE", 405, -32600, method="DELETE"),
    Bad("content type", 415, -32600, headers={"content-type": "text/plain"}),
    Bad("content type missing", 415, -32600, headers={"content-type": None}),
    Bad("accept", 406, -32600, headers={"accept": "text/html"}),
    Bad("too large", 413, -32600, body=b" " * (1 << 20) + b"{}"),
    Bad("no JSON", 400, -32700, body=b"{"),
    Bad("empty", 400, -32700, body=b""),
    Bad("not UTF-8", 400, -32700, body=encoded(modern("x", {"a": "é"})).replace(b"\\u00e9", b"\xe9")),
    Bad("UTF-16", 400, -32700, body=encoded(LIST).decode().encode("utf-16")),
    Bad("byte order mark", 400, -32700, body=b"\xef\xbb\xbf" + encoded(LIST)),
    Bad("NaN", 400, -32700, body=encoded(LIST).replace(b'"id": 1', b'"id": NaN')),
    Bad("a member twice", 400, -32700, body=encoded(LIST).replace(b'"id": 1', b'"id": 1, "id": 2')),
    Bad("nested too deeply", 400, -32700, body=b"[" * 100_000),
    Bad("no jsonrpc", 400, -32600, body={k: v for k, v in LIST.items() if k != "jsonrpc"}, has_id=True),
    Bad("jsonrpc 1.0", 400, -32600, body={**LIST, "jsonrpc": "1.0"}, has_id=True),
    Bad("params an array", 400, -32600, body={**LIST, "params": []}, has_id=True),
    Bad("params null", 400, -32600, body={**LIST, "params": None}, has_id=True),
    Bad("method a number", 400, -32600, body={**LIST, "method": 1}, has_id=True),
    *(Bad(f"id {value!r}", 400, -32600, body={**LIST, "id": value}) for value in (None, 1.5, True, [], {})),
    Bad("batch", 400, -32600, body=[LIST]),
    Bad("empty batch", 400, -32600, body=[]),
    Bad("response", 400, -32600, body={"jsonrpc": "2.0", "id": 1, "result": {}}),
    Bad("error response", 400, -32600, body={"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "x"}}),
    Bad("no object", 400, -32600, body="x"),
]


def explained(answer: Answer) -> Mapping[str, Any]:
    """The error of an answer, which explains itself."""
    error: Mapping[str, Any] = answer.message["error"]
    missing = [name for name in EXPLAINED if not error["data"].get(name)]
    assert not missing, f"error.data lacks {missing}: {error}"
    return error


@pytest.mark.parametrize("bad", RAW, ids=lambda bad: bad.name)
async def test_what_is_no_request_is_refused_before_the_envelope_is_read(bad: Bad, server: Server) -> None:
    headers = {"mcp-protocol-version": MODERN, "mcp-method": "tools/list", **bad.headers}
    body = encoded(LIST if bad.body is None else bad.body) if bad.method == "POST" else b""
    answer = await server.send(Request(bad.method, headers=header_list(POST_HEADERS, headers), body=body))
    assert answer.status == bad.status, answer
    assert explained(answer)["code"] == bad.code
    assert ("id" in answer.message) == bad.has_id
    assert await server.created() == 0


def tampered(*path: str, value: Any = ..., message: dict[str, Any] = LIST) -> dict[str, Any]:
    """A request in which a member of ``params`` is another one, or is missing."""
    params = {**message["params"], "_meta": dict(message["params"]["_meta"])}
    target = params if len(path) == 1 else params["_meta"]
    if value is ...:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return {**message, "params": params}


WRONG: list[Any] = [None, 1, "", [], "x"]
ENVELOPES = [
    ("no _meta", tampered("_meta")),
    *((f"_meta {value!r}", tampered("_meta", value=value)) for value in [*WRONG, {}]),
    ("no version", tampered("_meta", VERSION)),
    *((f"version {value!r}", tampered("_meta", VERSION, value=value)) for value in (None, 1, [], {})),
    ("no capabilities", tampered("_meta", CAPABILITIES)),
    *((f"capabilities {value!r}", tampered("_meta", CAPABILITIES, value=value)) for value in WRONG),
]


@pytest.mark.parametrize("message", [row[1] for row in ENVELOPES], ids=[row[0] for row in ENVELOPES])
async def test_an_incomplete_envelope_is_400_and_invalid_params(message: Any, server: Server) -> None:
    headers = {"mcp_protocol_version": MODERN, "mcp_method": "tools/list"}
    answer = await server.post(message, **headers)
    assert (answer.status, answer.message["id"]) == (400, 1)
    error = explained(answer)
    assert error["code"] == -32602
    assert error["data"]["supported"] == [MODERN]


@pytest.mark.parametrize(
    "info", [..., None, "x", {}, {"name": 1, "version": 2}, {"name": "x"}, {"name": "x" * 5000, "version": ""}]
)
async def test_who_the_client_is_may_be_missing_or_nonsense(info: Any, server: Server) -> None:
    assert (await ask(server, tampered("_meta", CLIENT, value=info))).status == 200


@pytest.mark.parametrize("method", [*REMOVED, *NEVER_THERE])
async def test_an_unknown_or_removed_method_is_404(method: str, server: Server) -> None:
    answer = await ask(server, modern(method, {"level": "info", "uri": "x"}, "a"))
    assert (answer.status, answer.message["id"]) == (404, "a")
    error = explained(answer)
    assert error["code"] == -32601
    assert "tools/call" in error["data"]["fix"]


CALL = {"name": "echo", "arguments": {"message": "x"}}
OTHER_LISTS = ("prompts/list", "resources/list", "resources/templates/list")
BAD_LEVELS = ("loud", "INFO", "", 3, [], {}, True)
PARAMS = [
    ("unknown tool", call_of("nope")),
    ("tool name missing", modern("tools/call", {"arguments": {}})),
    ("tool name a number", modern("tools/call", {"name": 7})),
    ("arguments an array", modern("tools/call", {"name": "echo", "arguments": []})),
    *((f"cursor {c!r}", modern("tools/list", {"cursor": c})) for c in ("x", "", 1)),
    *(
        (f"cursor of {m}", modern(m, {"cursor": "x"}))
        for m in ("prompts/list", "resources/list", "resources/templates/list")
    ),
    ("unknown prompt", modern("prompts/get", {"name": "nope"})),
    ("prompt name missing", modern("prompts/get", {})),
    ("unknown resource", modern("resources/read", {"uri": "echo://nope"})),
    ("uri missing", modern("resources/read", {})),
    *(
        (f"log level {level!r}", modern("tools/list", logLevel=level))
        for level in ("loud", "INFO", "", 3, [], {}, True)
    ),
    (
        "inputResponses an array",
        modern("tools/call", {**CALL, "inputResponses": []}),
    ),
    (
        "requestState forged",
        modern("tools/call", {**CALL, "requestState": "Zm9v"}),
    ),
]


@pytest.mark.parametrize("message", [row[1] for row in PARAMS], ids=[row[0] for row in PARAMS])
async def test_bad_params_are_400_and_invalid_params(message: Any, server: Server) -> None:
    answer = await ask(server, message)
    assert (answer.status, answer.message["id"]) == (400, 1), answer
    assert explained(answer)["code"] == -32602


@pytest.mark.parametrize("state", ["é", "", "!", "=", "AAAA", "A" * 5000, 1, [], {}, "\u0000"])
async def test_a_request_state_that_is_not_ours_is_refused(state: Any, server: Server) -> None:
    answer = await ask(server, modern("tools/call", {**CALL, "requestState": state}))
    assert (answer.status, answer.message["error"]["code"]) == (400, -32602)


@pytest.mark.parametrize("depth", [100, *range(940, 1000, 2), 995, 5000])
async def test_no_depth_of_nesting_is_a_defect(depth: int, server: Server) -> None:
    nested = "[" * depth + "]" * depth
    message = modern("tools/call", {"name": "echo", "arguments": {"message": "@"}, "requestState": "AAAA"})
    body = encoded(message).replace(b'"@"', nested.encode())
    answer = await server.post(body, mcp_protocol_version=MODERN, mcp_method="tools/call", mcp_name="echo")
    assert answer.status == 400
    assert answer.message["error"]["code"] in {-32602, -32700}


@pytest.mark.parametrize("level", LEVELS)
async def test_every_level_of_the_protocol_is_known(level: str, server: Server) -> None:
    assert (await ask(server, modern("tools/list", logLevel=level))).status == 200


@pytest.mark.parametrize("arguments", [{}, {"message": 1}, {"message": "x", "other": 1}, {"message": None}])
async def test_arguments_that_break_the_schema_are_a_tool_error(arguments: Any, server: Server) -> None:
    answer = await ask(server, call_of("echo", arguments))
    assert answer.status == 200
    result = answer.message["result"]
    assert (result["isError"], result["resultType"]) == (True, "complete")
    assert "echo" in result["content"][0]["text"]


@pytest.mark.parametrize("request_id", [0, -1, 2**53, 2**70, "", "x" * 1000, "é"])
async def test_any_id_is_repeated_as_it_was(request_id: Any, server: Server) -> None:
    for message in (modern("tools/list", request_id=request_id), modern("nope", request_id=request_id)):
        answer = (await ask(server, message)).message
        assert answer["id"] == request_id
        assert type(answer["id"]) is type(request_id)


@pytest.mark.parametrize("accept", ["text/event-stream", "application/json, text/event-stream"])
async def test_a_defect_of_the_server_is_200_with_an_id_and_without_details(accept: str, workshop: Server) -> None:
    answer = await ask(workshop, call_of("broken", request_id="b"), accept=accept)
    assert answer.status == 200
    assert answer.final["id"] == "b"
    assert answer.final["error"]["code"] == -32603
    assert b"a defect" not in answer.body
