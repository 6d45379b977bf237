"""protocol rules 9, legacy column: progress on the request's own stream, and cancellation by notification."""

from typing import Any

import pytest

from asgi_bridge import Exchange, bounded
from harness import Server, initialize, note, rpc, tool_call

BODY, START = "http.response.body", "http.response.start"


def watched(request_id: Any = 1, token: Any = "t", message: str = "hi") -> dict[str, Any]:
    """An echo that reports progress."""
    return tool_call("echo", {"message": message}, request_id, _meta={"progressToken": token})


def cancelled(request_id: Any) -> dict[str, Any]:
    """The notification that cancels a request."""
    return note("notifications/cancelled", {"requestId": request_id, "reason": "test"})


async def running(server: Server, message: Any, session: str | None = None, held: str = BODY) -> Exchange:
    """A request that has begun to answer and waits for its client to read."""
    exchange = server.open(server.posting(message, session), held=held)
    await bounded(exchange.waiting.wait(), "the first progress")
    return exchange


@pytest.mark.parametrize("token", ["t", "", 0, 7, 2**70])
async def test_progress_comes_first_rises_and_carries_the_token(token: Any, server: Server) -> None:
    answer = await server.post(watched(5, token))
    *notes, final = [event.message for event in answer.events]
    assert final["id"] == 5
    assert notes
    assert all(note["method"] == "notifications/progress" for note in notes)
    assert all(note["params"]["progressToken"] == token for note in notes)
    values = [note["params"]["progress"] for note in notes]
    assert values == sorted(set(values))


@pytest.mark.parametrize("token", [None, True, 1.5, [], {}])
async def test_a_token_of_another_type_gets_no_progress(token: Any, server: Server) -> None:
    answer = await server.post(watched(5, token))
    assert answer.message["id"] == 5


async def test_a_client_that_reads_only_json_gets_only_the_answer(server: Server) -> None:
    answer = await server.post(watched(), accept="application/json")
    assert answer.message["result"]["isError"] is False


async def test_progress_is_delivered_while_the_request_runs(server: Server) -> None:
    exchange = await running(server, watched())
    assert exchange.status == 200
    exchange.release()
    event = await exchange.event()
    assert event is not None
    assert event.message["method"] == "notifications/progress"
    await exchange.answer()


@pytest.mark.parametrize("request_id", [7, "seven", 2**70])
async def test_a_cancelled_request_gets_no_response(request_id: Any, stateful: Server) -> None:
    session = await initialize(stateful)
    exchange = await running(stateful, watched(request_id), session)
    assert (await stateful.post(cancelled(request_id), session)).status == 202
    exchange.release()
    answer = await exchange.answer()
    assert all("id" not in event.message for event in answer.events)


@pytest.mark.parametrize("held", [START, BODY])
async def test_cancellation_at_any_moment_ends_in_a_well_formed_answer(held: str, stateful: Server) -> None:
    session = await initialize(stateful)
    exchange = await running(stateful, watched(7), session, held)
    assert (await stateful.post(cancelled(7), session)).status == 202
    exchange.release()
    assert b'"result"' not in (await exchange.answer()).body
    assert stateful.app.runtime.metrics.active == 0


@pytest.mark.parametrize("other", [8, "7", None, True, 7.0, [], {}])
async def test_cancelling_something_else_leaves_the_request_alone(other: Any, stateful: Server) -> None:
    session = await initialize(stateful)
    exchange = await running(stateful, watched(7), session)
    assert (await stateful.post(cancelled(other), session)).status == 202
    exchange.release()
    assert (await exchange.answer()).final["id"] == 7


@pytest.mark.parametrize(
    "params", [None, {}, {"requestId": None}, {"requestId": {"a": []}}, {"reason": "x"}, {"requestId": "gone"}]
)
async def test_a_cancellation_of_nothing_is_accepted(params: Any, server: Server) -> None:
    answer = await server.post(note("notifications/cancelled", params))
    assert (answer.status, answer.body) == (202, b"")


async def test_one_session_cannot_cancel_the_request_of_another(stateful: Server) -> None:
    mine, other = await initialize(stateful), await initialize(stateful)
    exchange = await running(stateful, watched(7), mine)
    assert (await stateful.post(cancelled(7), other)).status == 202
    assert (await stateful.post(cancelled(7))).status == 202
    exchange.release()
    assert (await exchange.answer()).final["id"] == 7


async def test_without_a_session_nobody_can_cancel_the_request_of_another_client(server: Server) -> None:
    exchange = await running(server, watched(7))
    assert (await server.post(cancelled(7))).status == 202
    exchange.release()
    assert (await exchange.answer()).final["id"] == 7


async def test_a_finished_request_cannot_be_cancelled_and_its_id_is_free(stateful: Server) -> None:
    session = await initialize(stateful)
    for _ in range(2):
        assert (await stateful.post(watched(7), session)).final["id"] == 7
        assert (await stateful.post(cancelled(7), session)).status == 202


async def test_a_broken_connection_is_no_cancellation(stateful: Server) -> None:
    session = await initialize(stateful)
    exchange = await running(stateful, watched(7), session)
    exchange.disconnect()
    exchange.release()
    await bounded(exchange.task, "the request's end")
    assert (await stateful.session(session or "")).echo_count == 1
    assert (await stateful.post(rpc("ping"), session)).status == 200
