"""Whatever is wrong with a modern request, its answer is one of the ladder's: no defect, no other code, no session."""

import asyncio
import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from modern_requests import (
    CAPABILITIES,
    CLIENT,
    LOG_LEVEL,
    MODERN,
    PREFIX,
    VERSION,
    call_of,
    header_value,
    mirrored,
    modern,
    sentinel,
)

from asgi_bridge import Answer, Request
from harness import POST_HEADERS, VARIANT_NAMES, Server, encoded, header_list
from mcp_echo_core.eras.classify import Era, classify

LADDER = {-32700, -32600, -32601, -32602, -32020, -32021, -32022}
STATUSES = {200, 202, 400, 404, 406}

VALID = [
    modern("server/discover"),
    modern("tools/list"),
    call_of("echo", {"message": "x"}, progressToken="t", logLevel="debug"),
    call_of("replayLastEcho", {"session": "x"}),
    modern("prompts/get", {"name": "diagnose-connection", "arguments": {"symptom": "x"}}),
    modern("resources/read", {"uri": "echo://server/health"}),
    modern("completion/complete", {"ref": {"type": "ref/prompt", "name": "diagnose-connection"}, "argument": {}}),
    modern("tools/call", {"name": "echo", "arguments": {"message": "x"}, "requestState": "AAAA", "inputResponses": {}}),
]

texts = st.text(max_size=12) | st.sampled_from(
    ["", "2025-11-25", MODERN, "echo", "=?base64?", "=?base64?é?=", "é", "\x00"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
junk = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
places = st.sampled_from(
    [
        ("jsonrpc",),
        ("id",),
        ("method",),
        ("params",),
        *(("params", name) for name in ("_meta", "name", "arguments", "uri", "cursor", "ref", "argument")),
        *(("params", name) for name in ("requestState", "inputResponses", "notifications")),
        *(
            ("params", "_meta", name)
            for name in (VERSION, CAPABILITIES, CLIENT, LOG_LEVEL, "progressToken", f"{PREFIX}x")
        ),
        *(("params", "arguments", name) for name in ("message", "session", "other")),
    ]
)
bodies = st.lists(st.tuples(places, st.just(...) | junk), max_size=3)

field_values = (
    st.text(st.characters(min_codepoint=9, max_codepoint=255), max_size=16)
    | st.text(max_size=8).map(header_value)
    | st.text(max_size=8).map(sentinel)
    | st.sampled_from([MODERN, "2025-11-25", "tools/call", "echo", "=?base64?é?=", "=?base64?=?="])
)
field_names = st.sampled_from(
    ["mcp_protocol_version", "mcp_method", "mcp_name", "mcp_param_x", "mcp_session_id", "last_event_id", "accept"]
)
heads = st.lists(st.tuples(field_names, st.none() | field_values), max_size=3)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for all examples."""
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def servers() -> dict[str, Server]:
    """Both servers, with room for a handle per example."""
    return {name: Server(name, MCP_MAX_SESSIONS="1000000") for name in VARIANT_NAMES}


def mutated(message: dict[str, Any], changes: list[tuple[tuple[str, ...], Any]]) -> dict[str, Any]:
    """A message with members replaced or, for an ellipsis, left out."""
    message = copy.deepcopy(message)
    for path, value in changes:
        target: Any = message
        for step in path[:-1]:
            target = target.get(step) if isinstance(target, dict) else None
        if not isinstance(target, dict):
            continue
        if value is ...:
            target.pop(path[-1], None)
        else:
            target[path[-1]] = value
    return message


def truthful(message: dict[str, Any]) -> dict[str, str | None]:
    """Routing headers that follow the body where they can."""
    params = message.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    version = meta.get(VERSION) if isinstance(meta, dict) else None
    readable = message if isinstance(meta, dict) else {"method": message.get("method")}
    headers = mirrored(readable) | {"mcp_protocol_version": version if isinstance(version, str) else MODERN}
    return {name: header_value(value) if isinstance(value, str) else None for name, value in headers.items()}


def request_of(message: dict[str, Any], head: list[tuple[str, str | None]]) -> tuple[Request, str | None]:
    """The POST of a message and its version header."""
    headers = truthful(message) | {name: value for name, value in head if value is None or value.isprintable()}
    request = Request(headers=header_list(POST_HEADERS, headers), body=encoded(message))
    return request, headers["mcp_protocol_version"]


async def answered(server: Server, request: Request, *, listens: bool) -> Answer | None:
    """The answer; a subscription is left as soon as it may be open."""
    exchange = server.open(request)
    if not listens:
        return await exchange.answer()
    exchange.disconnect()
    await exchange.task
    return None


def check(answer: Answer, message: dict[str, Any]) -> None:
    """An answer of the ladder, with the id of its request."""
    assert answer.status in STATUSES, answer
    assert answer.header("mcp-session-id") is None
    if not answer.body:
        assert (answer.status, "id" in message) == (202, False)
        return
    final = answer.final
    if "error" in final:
        code = final["error"]["code"]
        assert code in LADDER, final
        assert (answer.status == 404) == (code == -32601)
    else:
        assert answer.status == 200
    well_formed = type(message.get("method")) is str and type(message.get("params", {})) is dict
    if well_formed and type(message.get("id")) in (int, str) and answer.status != 406:
        assert final["id"] == message["id"]


@settings(max_examples=400, deadline=None)
@given(message=st.sampled_from(VALID), changes=bodies, head=heads)
@example(message=VALID[2], changes=[(("params", "name"), "é")], head=[("mcp_name", "=?base64?é?=")])
@example(message=VALID[7], changes=[(("params", "requestState"), "é")], head=[])
@example(message=VALID[2], changes=[(("method",), "subscriptions/listen")], head=[])
def test_a_mutated_request_is_answered_by_the_ladder(
    message: dict[str, Any],
    changes: list[tuple[tuple[str, ...], Any]],
    head: list[tuple[str, str | None]],
    runner: asyncio.Runner,
    servers: dict[str, Server],
) -> None:
    body = mutated(message, changes)
    request, version = request_of(body, head)
    listens = body.get("method") == "subscriptions/listen"
    for server in servers.values():
        before = runner.run(server.created())
        answer = runner.run(answered(server, request, listens=listens))
        assert server.app.runtime.metrics.active == 0
        if answer is None or classify(version, body, (MODERN,)) is Era.LEGACY:
            continue
        check(answer, body)
        if answer.body and "error" in answer.final:
            assert runner.run(server.created()) == before, "a refused request minted a handle"


@settings(max_examples=300, deadline=None)
@given(head=heads)
def test_mutated_headers_of_a_valid_request_give_a_result_or_a_code_of_the_ladder(
    head: list[tuple[str, str | None]], runner: asyncio.Runner, servers: dict[str, Server]
) -> None:
    for server in servers.values():
        for message in VALID[1:3]:
            answer = runner.run(server.send(request_of(message, head)[0]))
            check(answer, message)
            if answer.status not in {200, 406}:
                assert answer.message["error"]["code"] == -32020


@settings(max_examples=200, deadline=None)
@given(body=st.sampled_from(VALID).map(encoded), start=st.integers(0, 250), noise=st.binary(max_size=4))
def test_a_damaged_body_gives_no_defect(
    body: bytes, start: int, noise: bytes, runner: asyncio.Runner, servers: dict[str, Server]
) -> None:
    damaged = body[:start] + noise + body[start + len(noise) :]
    headers = header_list(POST_HEADERS, {"mcp-protocol-version": MODERN, "mcp-method": "tools/list"})
    for server in servers.values():
        answer = runner.run(server.send(Request(headers=headers, body=damaged)))
        assert answer.status in STATUSES
        if answer.body and "error" in answer.final:
            assert answer.final["error"]["code"] in LADDER
