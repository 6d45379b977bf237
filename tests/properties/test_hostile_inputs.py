"""docs : no input may cause a 500, a traceback in the answer or a dead worker."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hostile_inputs import check_exchange, encode, fields, members, messages, messages_of, one_field, refused, values
from hypothesis import given, settings
from hypothesis import strategies as st

from asgi_bridge import Answer, Request
from harness import POST_HEADERS, VARIANT_NAMES, Server, header_list, rpc

bounded_search = settings(max_examples=300, deadline=None)
METHODS = ["POST", "POST", "GET", "DELETE", "OPTIONS", "PUT", "HEAD", "CONNECT", "x"]
ROOMY = {"MCP_MAX_SESSIONS": "1000000", "MCP_READ_TIMEOUT": "1"}


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for all examples."""
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def servers() -> dict[str, Server]:
    """Both servers, with room for a session per example."""
    return {name: Server(name, **ROOMY) for name in VARIANT_NAMES}


async def survive(server: Server, request: Request) -> Answer:
    """Send a request; whatever it was, the exchange is sound and a refusal has made no session."""
    before = await server.created()
    exchange = server.open(request)
    if request.method == "GET":
        await exchange.head()
        exchange.disconnect()
        await exchange.task
        answer = Answer(exchange.status, exchange.headers, b"") if not exchange.ended else await exchange.answer()
        assert answer.status < 500
    else:
        answer = await exchange.answer()
        check_exchange(answer, request.method)
        if answer.body and all(map(refused, messages_of(answer))):
            assert await server.created() == before, "a refused request made a session"
    assert server.app.runtime.metrics.active == 0
    return answer


def posted(body: bytes | list[bytes], **headers: str | None) -> Request:
    """A POST of a body."""
    return Request(headers=header_list(POST_HEADERS, headers), body=body)


@bounded_search
@given(chunks=st.lists(st.binary(max_size=40), min_size=1, max_size=4))
def test_any_bytes_are_answered(chunks: list[bytes], runner: asyncio.Runner, servers: dict[str, Server]) -> None:
    for server in servers.values():
        answer = runner.run(survive(server, posted(chunks)))
        assert answer.status in {200, 202, 400}


@bounded_search
@given(start=st.integers(0, 60), noise=st.binary(min_size=1, max_size=6), cut=st.integers(0, 6))
def test_a_damaged_message_is_answered(
    start: int, noise: bytes, cut: int, runner: asyncio.Runner, servers: dict[str, Server]
) -> None:
    body = encode(rpc("tools/call", {"name": "echo", "arguments": {"message": "x:y"}}))
    for server in servers.values():
        runner.run(survive(server, posted(body[:start] + noise + body[start + cut :])))


@bounded_search
@given(value=values)
def test_any_json_value_is_answered(value: Any, runner: asyncio.Runner, servers: dict[str, Server]) -> None:
    for server in servers.values():
        runner.run(survive(server, posted(encode(value))))


@bounded_search
@given(
    message=messages,
    version=st.sampled_from([None, "2025-11-25", "2025-03-26", "2026-07-28"]),
    accept=st.sampled_from(["application/json", "text/event-stream", "*/*"]),
)
def test_anything_like_a_message_is_answered(
    message: Any, version: str | None, accept: str, runner: asyncio.Runner, servers: dict[str, Server]
) -> None:
    for server in servers.values():
        runner.run(survive(server, posted(encode(message), mcp_protocol_version=version, accept=accept)))


@bounded_search
@given(message=members)
def test_a_readable_id_is_repeated_and_no_other_is_made_up(
    message: dict[str, Any], runner: asyncio.Runner, servers: dict[str, Server]
) -> None:
    body = encode(message)
    sent = json.loads(body).get("id")
    for server in servers.values():
        answer = runner.run(survive(server, posted(body, accept="application/json")))
        if answer.body and "id" in answer.message:
            assert answer.message["id"] == sent
            assert type(answer.message["id"]) is type(sent)


@bounded_search
@given(method=st.sampled_from(METHODS), headers=fields, keep=st.booleans())
def test_any_header_fields_are_answered(
    method: str, headers: list[tuple[bytes, bytes]], keep: bool, runner: asyncio.Runner, servers: dict[str, Server]
) -> None:
    defaults = header_list(POST_HEADERS, {}) if keep else []
    body = b"" if method == "GET" else encode(rpc("tools/call", {"name": "printHeader", "arguments": {}}))
    for server in servers.values():
        runner.run(survive(server, Request(method, headers=defaults + headers, body=body)))


@bounded_search
@given(headers=fields, client=st.sampled_from([("127.0.0.1", 1), ("203.0.113.9", 0), ("", 0), ("::1%lo", 5), None]))
def test_any_peer_and_preflight_is_answered(
    headers: list[tuple[bytes, bytes]], client: Any, runner: asyncio.Runner, servers: dict[str, Server]
) -> None:
    for server in servers.values():
        runner.run(survive(server, Request("OPTIONS", headers=headers, client=client)))


@bounded_search
@given(field=one_field, other=one_field, twice=st.booleans())
def test_a_good_request_with_a_strange_field_is_answered(
    field: tuple[bytes, bytes],
    other: tuple[bytes, bytes],
    twice: bool,
    runner: asyncio.Runner,
    servers: dict[str, Server],
) -> None:
    headers = [*header_list(POST_HEADERS, {}), field, *([other] if twice else [])]
    for server in servers.values():
        runner.run(survive(server, Request(headers=headers, body=encode(rpc("ping")))))
