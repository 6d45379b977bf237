"""protocol rules 3.1 step 1, docs : bodies that are large, slow, cut off, or come in pieces."""

import asyncio
from collections.abc import Callable

import pytest

from asgi_bridge import Exchange, Request, bounded
from harness import POST_HEADERS, FakeClock, Server, encoded, header_list, initialize, note, rpc, tool_call

PING = encoded(rpc("ping"))
LIMIT = {"ECHO_MAX_MESSAGE_SIZE": str(len(PING))}


def posted(*chunks: bytes, complete: bool = True, **headers: str) -> Request:
    """A POST whose body comes in these chunks."""
    return Request(headers=header_list(POST_HEADERS, headers), body=chunks, complete=complete)


@pytest.mark.parametrize("size", [1, 2, 7, len(PING)])
async def test_a_body_may_come_in_pieces(size: int, variant: str, make_app: Callable[..., Server]) -> None:
    server = make_app(variant, **LIMIT)
    chunks = [PING[start : start + size] for start in range(0, len(PING), size)]
    assert (await server.send(posted(*chunks, b""))).message["result"] == {}


async def test_a_body_of_exactly_the_limit_is_read(variant: str, make_app: Callable[..., Server]) -> None:
    server = make_app(variant, **LIMIT)
    assert (await server.send(posted(PING, content_length=str(len(PING))))).status == 200


async def test_a_body_that_is_declared_too_large_is_refused_unread(
    variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, **LIMIT)
    answer = await server.send(posted(complete=False, content_length=str(len(PING) + 1)))
    assert answer.status == 413
    assert "ECHO_MAX_MESSAGE_SIZE" in answer.message["error"]["data"]["rule"]
    assert "id" not in answer.message


@pytest.mark.parametrize("declared", [str(10**30), "9" * 5000])
async def test_an_absurd_declaration_is_too_large(declared: str, server: Server) -> None:
    assert (await server.send(posted(complete=False, content_length=declared))).status == 413


async def test_a_body_that_turns_out_too_large_is_refused_before_its_end(
    variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, **LIMIT)
    answer = await server.send(posted(PING, b"x", complete=False))
    assert (answer.status, answer.message["error"]["code"]) == (413, -32600)
    assert await server.created() == 0


@pytest.mark.parametrize("size", [len(PING) + 1, 10 * len(PING)])
async def test_a_body_in_one_piece_is_refused_before_it_is_parsed(
    size: int, variant: str, make_app: Callable[..., Server]
) -> None:
    assert (await make_app(variant, **LIMIT).send(posted(b"{" * size))).status == 413


@pytest.mark.parametrize("declared", ["abc", "-1", "+5", "1e3", "", " ", "5, 5", "0x10", "\u00b2"])
async def test_a_declaration_that_is_no_number_is_no_reason_to_fail(declared: str, server: Server) -> None:
    assert (await server.send(posted(PING, content_length=declared))).status in {200, 400}


async def test_a_declaration_with_leading_zeros_is_read(server: Server) -> None:
    assert (await server.send(posted(PING, content_length=f"{len(PING):020}"))).status == 200


@pytest.mark.parametrize("started", [1_000.0, 1e12], ids=["clock-behind-the-loop", "clock-ahead-of-the-loop"])
async def test_a_body_that_does_not_arrive_in_time_gets_408(started: float, variant: str) -> None:
    server = Server(variant, FakeClock(monotonic=started), MCP_READ_TIMEOUT="0.05")
    answer = await server.send(posted(PING[:5], complete=False))
    assert (answer.status, answer.message["error"]["code"]) == (408, -32600)
    assert "MCP_READ_TIMEOUT" in answer.message["error"]["data"]["rule"]
    assert await server.created() == 0


async def test_one_slow_client_does_not_cost_another_its_time(variant: str, make_app: Callable[..., Server]) -> None:
    server = make_app(variant, MCP_READ_TIMEOUT="0.2")
    slow = server.open(posted(PING[:5], complete=False))
    looked: list[Exchange] = []
    loop = asyncio.get_running_loop()
    loop.call_later(0.15, lambda: looked.append(server.open(posted(PING[:5], complete=False))))
    assert (await slow.answer()).status == 408
    late = looked[0]
    assert not late.status, "a client that just came was cut off with the slow one"
    late.feed(PING[5:], complete=True)
    assert (await late.answer()).status == 200


async def test_a_slow_body_that_arrives_in_time_is_served(server: Server) -> None:
    exchange = server.open(posted(PING[:5], complete=False))
    await asyncio.sleep(0)
    exchange.feed(PING[5:], complete=True)
    assert (await exchange.answer()).status == 200


async def test_running_requests_are_not_cut_off_by_the_time_for_bodies(
    variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, MCP_READ_TIMEOUT="0.05")
    message = tool_call("echo", {"message": "x"}, _meta={"progressToken": 1})
    running = server.open(server.posting(message), held="http.response.body")
    await bounded(running.waiting.wait(), "the first progress")
    assert (await server.send(posted(PING[:5], complete=False))).status == 408
    running.release()
    assert (await running.answer()).final["result"]["isError"] is False


@pytest.mark.parametrize("chunks", [(), (PING[:9],), (PING[:9], PING[9:20])], ids=len)
async def test_a_client_that_leaves_in_the_middle_of_its_body_is_forgotten(
    chunks: tuple[bytes, ...], server: Server
) -> None:
    exchange = server.open(posted(*chunks, complete=False))
    await exchange.leave()
    assert exchange.status == 0
    assert await server.created() == 0
    assert server.app.runtime.metrics.active == 0
    assert (await server.post(rpc("ping"))).status == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD"])
async def test_other_methods_are_refused_without_reading_a_body(method: str, server: Server) -> None:
    answer = await server.send(Request(method, headers=header_list({"host": "localhost"}, {}), complete=False))
    assert answer.status == 405
    assert answer.header("allow") == ("GET, POST, DELETE" if server.variant == "stateful" else "POST")


async def test_the_path_with_a_slash_answers_the_same_without_redirect(server: Server) -> None:
    for method, body in (("POST", PING), ("POST", b"{"), ("PUT", b""), ("OPTIONS", b""), ("DELETE", b"")):
        answers = [
            await server.send(
                Request(method, path, header_list(POST_HEADERS, {"content-type": "application/json"}), body)
            )
            for path in ("/mcp", "/mcp/")
        ]
        assert (answers[0].status, answers[0].body) == (answers[1].status, answers[1].body)
        assert answers[0].status not in range(300, 400)


async def test_a_query_does_not_change_the_endpoint(server: Server) -> None:
    answer = await server.send(Request(path="/mcp?token=secret", headers=header_list(POST_HEADERS, {}), body=PING))
    assert answer.status == 200


@pytest.mark.parametrize("path", ["/", "/mcp/x", "/MCP", "/sse"])
async def test_another_path_says_where_the_endpoint_is(path: str, server: Server) -> None:
    answer = await server.send(Request(path=path, headers=header_list(POST_HEADERS, {}), body=PING))
    assert answer.status == 404
    assert "/mcp" in answer.body.decode()


async def test_an_answer_without_content_declares_no_length(stateful: Server) -> None:
    session = await initialize(stateful)
    preflight = await stateful.send(Request("OPTIONS", headers=header_list({"host": "localhost"}, {})))
    for answer in (await stateful.delete(session), preflight):
        assert (answer.status, answer.body) == (204, b"")
        assert answer.header("content-length") is None, "RFC 9110 section 8.6 forbids it"


@pytest.mark.parametrize(
    "message", [rpc("ping"), rpc("nope"), b"{", note("x")], ids=["result", "error", "refusal", "202"]
)
async def test_the_declared_length_is_the_length(message: object, server: Server) -> None:
    answer = await server.post(message)
    assert answer.header("content-length") == str(len(answer.body))
    assert (answer.header("content-type") == "application/json") == bool(answer.body)


async def test_a_send_that_fails_because_the_client_left_stays_inside(server: Server) -> None:
    exchange = server.open(server.posting(rpc("ping")), held="http.response.start", errors=True)
    await bounded(exchange.waiting.wait(), "the answer")
    exchange.disconnect()
    exchange.release()
    await bounded(asyncio.shield(exchange.task), "the end of the exchange")
    assert server.app.runtime.metrics.active == 0
