"""Requests that run at the same time: each sees its own head, its own session and gets its own answer."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from asgi_bridge import Answer, Exchange, Request, bounded
from harness import POST_HEADERS, Server, encoded, header_list, initialize, rpc, tool_call

MANY = 200


def asking(number: int, message: Any, session: str | None = None) -> Request:
    """A request with a header and a connection of its own."""
    headers = header_list(POST_HEADERS, {"x-client": f"client-{number:03}-end", "mcp-session-id": session})
    return Request(headers=headers, body=encoded(message), client=("127.0.0.1", 40_000 + number))


async def all_of(exchanges: list[Exchange]) -> list[Answer]:
    """All answers, in the order of the requests."""
    return await bounded(asyncio.gather(*(exchange.answer() for exchange in exchanges)), "all answers")


def progressing(tool: str, arguments: dict[str, Any], request_id: Any) -> dict[str, Any]:
    """A call that reports progress, so that it is suspended while it runs."""
    return tool_call(tool, arguments, request_id, _meta={"progressToken": request_id})


@pytest.mark.parametrize("same_session", [False, True], ids=["no-session", "one-session"])
async def test_each_of_many_requests_sees_its_own_headers(same_session: bool, server: Server) -> None:
    session = await initialize(server) if same_session else None
    requests = [asking(number, tool_call("printHeader", {}, number), session) for number in range(MANY)]
    answers = await all_of([server.open(request) for request in requests])
    for number, answer in enumerate(answers):
        assert answer.message["id"] == number
        shown = answer.message["result"]["content"][0]["text"]
        assert f"client-{number:03}-end" in shown
        assert shown.count("client-") == 1


async def test_suspended_requests_do_not_see_each_other(server: Server) -> None:
    session = await initialize(server)
    exchanges = [
        server.open(
            asking(number, progressing("echo", {"message": f"text-{number}"}, number), session),
            held="http.response.body",
        )
        for number in range(MANY)
    ]
    for exchange in exchanges:
        await bounded(exchange.waiting.wait(), "the first progress")
    assert server.app.runtime.metrics.active == MANY
    for exchange in reversed(exchanges):
        exchange.release()
    for number, answer in enumerate(await all_of(exchanges)):
        *progress, final = [event.message for event in answer.events if event.data]
        assert {message["params"]["progressToken"] for message in progress} == {number}
        assert final["id"] == number
        assert final["result"]["content"][0]["text"].split("\n")[0] == f"text-{number}"
    assert server.app.runtime.metrics.active == 0


@pytest.mark.parametrize("request_id", [1, "same"])
async def test_every_request_that_reuses_an_id_in_flight_gets_its_answer(request_id: Any, server: Server) -> None:
    session = await initialize(server)
    exchanges = [
        server.open(
            asking(number, progressing("echo", {"message": str(number)}, request_id), session),
            held="http.response.body",
        )
        for number in range(5)
    ]
    for exchange in exchanges:
        await bounded(exchange.waiting.wait(), "the first progress")
    for exchange in exchanges:
        exchange.release()
    answers = await all_of(exchanges)
    assert {answer.final["id"] for answer in answers} == {request_id}
    assert [answer.final["result"]["content"][0]["text"].split("\n")[0] for answer in answers] == [*"01234"]


async def test_an_id_that_was_reused_is_cancelled_without_hurting_later_requests(stateful: Server) -> None:
    session = await initialize(stateful)
    exchanges = [
        stateful.open(asking(number, progressing("echo", {"message": "x"}, 1), session), held="http.response.body")
        for number in range(2)
    ]
    for exchange in exchanges:
        await bounded(exchange.waiting.wait(), "the first progress")
    await stateful.post({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}, session)
    for exchange in exchanges:
        exchange.release()
    await all_of(exchanges)
    assert (await stateful.post(progressing("echo", {"message": "x"}, 1), session)).final["result"]["isError"] is False


async def test_each_session_counts_only_its_own_requests(stateful: Server) -> None:
    sessions = [await initialize(stateful) for _ in range(20)]
    requests = [
        asking(number, tool_call("echo", {"message": sessions[number % 20] or ""}, number), sessions[number % 20])
        for number in range(MANY)
    ]
    for number, answer in enumerate(await all_of([stateful.open(request) for request in requests])):
        own = sessions[number % 20] or ""
        assert answer.message["result"]["content"][0]["text"].split("\n")[0] == own
    for session in sessions:
        record = await stateful.session(session or "")
        assert (record.echo_count, record.last_echo) == (MANY // 20, session)


async def test_many_clients_without_a_session_get_one_each(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", MCP_MAX_SESSIONS="1000")
    answers = await all_of([server.open(asking(number, rpc("ping", request_id=number))) for number in range(MANY)])
    minted = Counter(answer.header("mcp-session-id") for answer in answers)
    assert len(minted) == MANY
    assert None not in minted


async def test_clients_that_leave_do_not_disturb_those_that_stay(server: Server) -> None:
    exchanges = [
        server.open(asking(number, progressing("echo", {"message": str(number)}, number)), held="http.response.body")
        for number in range(20)
    ]
    for exchange in exchanges:
        await bounded(exchange.waiting.wait(), "the first progress")
    for exchange in exchanges[::2]:
        exchange.disconnect()
    for exchange in exchanges:
        exchange.release()
    for exchange in exchanges[::2]:
        await bounded(exchange.task, "the end of a request whose client left")
    for number, answer in zip(range(1, 20, 2), await all_of(exchanges[1::2]), strict=True):
        assert answer.final["id"] == number
