"""echo with progressSteps in the legacy era: what arrives when, and what ends it early."""

import asyncio
from typing import Any

import pytest

from asgi_bridge import Exchange, bounded
from harness import REVISIONS, Server, initialize, note, rpc, tool_call

META = {"progressToken": "t"}


def steps(count: int = 2, interval: float = 0.01, request_id: Any = 1, **params: Any) -> dict[str, Any]:
    """An echo in steps."""
    arguments = {"message": "hi", "progressSteps": count, "progressInterval": interval}
    return tool_call("echo", arguments, request_id, **params)


async def first_step(exchange: Exchange) -> Any:
    """What the first step says; a priming event may come before it."""
    while (event := await exchange.event()) is not None and not event.data:
        pass
    assert event is not None
    return event.message["params"]["message"]


async def stopped(exchange: Exchange) -> None:
    """Stop a request, as an engine does at the end of its patience."""
    exchange.task.cancel()
    await bounded(asyncio.wait({exchange.task}), "the end of the request")


@pytest.mark.parametrize("revision", REVISIONS)
async def test_the_steps_come_one_by_one_before_the_answer(revision: str, server: Server) -> None:
    session = await initialize(server, revision)
    answer = await server.post(steps(3, _meta=META), session, mcp_protocol_version=revision)
    *notes, final = [event.message for event in answer.events if event.data]
    assert [entry["method"] for entry in notes] == ["notifications/progress"] * 3
    assert [(entry["params"]["progress"], entry["params"]["total"]) for entry in notes] == [(1, 3), (2, 3), (3, 3)]
    assert final["result"]["content"][0]["text"].startswith("hi")


async def test_the_first_step_is_sent_long_before_the_answer(server: Server) -> None:
    session = await initialize(server)
    exchange = server.open(server.posting(steps(6, 10, _meta=META), session))
    assert await first_step(exchange) == "step 1 of 6, sent at 2027-01-15T08:00:00.000000Z"
    assert not exchange.ended
    await stopped(exchange)


@pytest.mark.parametrize(("message", "accept"), [(steps(), None), (steps(_meta=META), "application/json")])
async def test_steps_that_cannot_be_sent_are_a_failure_of_the_tool(
    message: Any, accept: str | None, server: Server
) -> None:
    session = await initialize(server)
    answer = await server.post(message, session, **({"accept": accept} if accept else {}))
    assert answer.message["result"]["isError"] is True
    assert "_meta.progressToken" in answer.message["result"]["content"][0]["text"]


async def test_a_batch_has_no_steps(server: Server) -> None:
    session = await initialize(server, "2025-03-26")
    answer = await server.post([steps(_meta=META)], session, mcp_protocol_version="2025-03-26")
    result = answer.message[0]["result"]
    assert result["isError"] is True
    assert "batch" in result["content"][0]["text"]


async def test_a_cancellation_ends_the_wait_for_the_next_step(stateful: Server) -> None:
    session = await initialize(stateful)
    exchange = stateful.open(stateful.posting(steps(6, 10, 7, _meta=META), session))
    await first_step(exchange)
    assert (await stateful.session(session or "")).last_echo == "hi"
    assert (await stateful.post(note("notifications/cancelled", {"requestId": 7}), session)).status == 202
    assert b'"result"' not in (await exchange.answer()).body
    assert stateful.app.runtime.metrics.active == 0


async def test_other_requests_are_served_between_the_steps(server: Server) -> None:
    session = await initialize(server)
    exchange = server.open(server.posting(steps(6, 10, _meta=META), session))
    await first_step(exchange)
    assert (await server.post(rpc("ping"), session)).status == 200
    await stopped(exchange)
