"""protocol rules 3.1 steps 6 and 7, 5.2: Content-Type, Accept, and the form of the answer; compression."""

import gzip
from collections.abc import Callable

import pytest

from asgi_bridge import Request
from harness import POST_HEADERS, STREAM_HEADERS, Server, encoded, header_list, initialize, rpc, tool_call

JSON = "application/json"
SSE = "text/event-stream"

ACCEPTS = {
    "both": (f"{JSON}, {SSE}", JSON),
    "json": (JSON, JSON),
    "sse": (SSE, SSE),
    "absent": (None, JSON),
    "empty": ("", JSON),
    "anything": ("*/*", JSON),
    "application": ("application/*", JSON),
    "text": ("text/*", SSE),
    "case": ("Application/JSON", JSON),
    "parameters": (f"{JSON};charset=utf-8", JSON),
    "quality": (f"{JSON};q=0.5, {SSE};q=0.1", JSON),
    "json-refused": (f"{JSON};q=0, {SSE}", SSE),
    "json-refused-among-all": (f"{JSON}; q=0.000, */*", SSE),
    "sse-refused-among-all": (f"*/*;q=0.1, {SSE};q=0", JSON),
    "range-refused": ("application/*;q=0, */*", SSE),
    "exact-beats-range": (f"application/*;q=0, {JSON}", JSON),
    "browser": ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
    "nothing": ("*/*;q=0", None),
    "both-refused": (f"{JSON};q=0, {SSE};q=0.0", None),
    "other": ("text/html, image/*", None),
    "similar": ("application/jsonl, text/event-streams", None),
}


@pytest.mark.parametrize(("accept", "expected"), ACCEPTS.values(), ids=ACCEPTS)
async def test_the_answer_has_a_form_that_the_client_accepts(
    accept: str | None, expected: str | None, server: Server
) -> None:
    answer = await server.post(rpc("ping"), accept=accept)
    if expected is None:
        assert (answer.status, answer.message["error"]["code"]) == (406, -32600)
        return
    assert (answer.status, answer.header("content-type")) == (200, expected)
    assert answer.final == {"jsonrpc": "2.0", "id": 1, "result": {}}


@pytest.mark.parametrize(("first", "second", "expected"), [("text/html", JSON, JSON), (SSE, "image/png", SSE)])
async def test_several_accept_lines_count_as_one(first: str, second: str, expected: str, server: Server) -> None:
    headers = [*header_list(POST_HEADERS, {"accept": first}), (b"accept", second.encode())]
    answer = await server.send(Request(headers=headers, body=encoded(rpc("ping"))))
    assert (answer.status, answer.header("content-type")) == (200, expected)


@pytest.mark.parametrize(("accept", "status"), [
    (SSE, 200), (None, 200), ("*/*", 200), ("text/*", 200), (JSON, 406), (f"*/*, {SSE};q=0", 406),
])  # fmt: skip
async def test_get_needs_a_client_that_reads_event_streams(accept: str | None, status: int, stateful: Server) -> None:
    stream = stateful.stream(await initialize(stateful), accept=accept)
    assert (await stream.head()).status == status
    await stream.leave()


CONTENT_TYPES = {
    JSON: 200,
    "application/json; charset=utf-8": 200,
    'application/json;charset="UTF-8"': 200,
    "Application/JSON": 200,
    "application/json; profile=x": 200,
    " application/json ": 200,
    "application/json; charset=latin-1": 415,
    "application/json, application/json": 415,
    "application/vnd.api+json": 415,
    "application/x-www-form-urlencoded": 415,
    "text/json": 415,
    "": 415,
}


@pytest.mark.parametrize(("content_type", "status"), CONTENT_TYPES.items())
async def test_a_message_is_posted_as_json(content_type: str, status: int, server: Server) -> None:
    assert (await server.post(rpc("ping"), content_type=content_type)).status == status


async def test_an_event_stream_answer_is_one_message_and_can_not_be_held_back(server: Server) -> None:
    answer = await server.post(rpc("tools/list"), accept=SSE)
    assert [event.event for event in answer.events] == ["message"]
    assert "no-cache" in (answer.header("cache-control") or "")
    assert answer.header("x-accel-buffering") == "no"
    assert answer.header("content-length") is None


LONG = tool_call("echo", {"message": "long " * 2000})


@pytest.mark.parametrize("coding", ["gzip", "deflate, gzip;q=0.5", "*", "GZIP"])
async def test_long_json_answers_are_compressed_when_both_sides_want_it(
    coding: str, variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, ECHO_ENABLE_COMPRESSION="true")
    answer = await server.post(LONG, accept_encoding=coding)
    assert answer.header("content-encoding") == "gzip"
    assert answer.header("content-length") == str(len(answer.body))
    assert b"long long" in gzip.decompress(answer.body)
    assert "accept-encoding" in (answer.header("vary") or "").lower()


@pytest.mark.parametrize("coding", [None, "identity", "br", "gzip;q=0", "gzip; q=0.0, identity"])
async def test_nothing_is_compressed_for_a_client_that_does_not_accept_it(
    coding: str | None, variant: str, make_app: Callable[..., Server]
) -> None:
    answer = await make_app(variant, ECHO_ENABLE_COMPRESSION="true").post(LONG, accept_encoding=coding)
    assert answer.header("content-encoding") is None
    assert answer.message["id"] == 1


async def test_nothing_is_compressed_unless_it_is_switched_on(server: Server) -> None:
    answer = await server.post(LONG, accept_encoding="gzip")
    assert answer.header("content-encoding") is None
    assert answer.header("vary") is None
    assert answer.message["id"] == 1


async def test_event_streams_are_never_compressed(variant: str, make_app: Callable[..., Server]) -> None:
    server = make_app(variant, ECHO_ENABLE_COMPRESSION="true")
    answer = await server.post(LONG, accept=SSE, accept_encoding="gzip")
    assert answer.header("content-encoding") is None
    assert answer.events[0].message["id"] == 1
    if variant == "stateful":
        stream = server.open(Request("GET", headers=header_list(STREAM_HEADERS, {
            "accept-encoding": "gzip", "mcp-session-id": await initialize(server)})))  # fmt: skip
        assert (await stream.head()).header("content-encoding") is None
        await stream.leave()
