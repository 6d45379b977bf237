"""Tools that talk while they run, connections closed on purpose, and who is told of changes."""

from typing import Any

import pytest
from fixture_calls import (
    EVERYTHING,
    MODERN,
    PREFIX,
    introduced,
    legacy_call,
    messages,
    modern_call,
    modern_request,
    rest_of,
    result_of,
    told,
)

from asgi_bridge import Answer, Exchange
from harness import NEWEST, Server, call, rpc

SUBSCRIPTION = f"{PREFIX}subscriptionId"
WATCHED = "test://watched-resource"


async def test_a_stream_is_hung_up_and_resumed(stateful_offering: Server) -> None:
    server = stateful_offering
    session = await introduced(server, EVERYTHING)
    posted = legacy_call(server, session, "test_reconnection")
    events = await rest_of(posted)
    assert [(event.data, event.retry is None) for event in events] == [("", False)]
    resumed = server.stream(session, last_event_id=events[0].id)
    (final,) = await messages(resumed, 1)
    assert final["id"] == 7
    assert "resuming its stream" in told(final["result"])
    assert await resumed.event() is None


async def test_a_client_may_come_back_before_the_result_is_there(stateful_offering: Server) -> None:
    server = stateful_offering
    session = await introduced(server, EVERYTHING)
    posted = legacy_call(server, session, "test_elicitation", {"message": "?"})
    priming = await posted.event()
    assert priming is not None
    (question,) = await messages(posted, 1)
    resumed = server.stream(session, last_event_id=priming.id)
    assert await messages(resumed, 1) == [question]
    answer = {"jsonrpc": "2.0", "id": question["id"], "result": {"action": "cancel"}}
    await server.post(answer, session)
    (final,) = await messages(resumed, 1)
    assert told(final["result"]) == "User response: action=cancel, content={}"
    assert await rest_of(posted) == []


@pytest.mark.parametrize("revision", ["2025-06-18", "2025-03-26"])
async def test_older_revisions_are_not_hung_up_on(stateful_offering: Server, revision: str) -> None:
    session = await introduced(stateful_offering, EVERYTHING, revision)
    assert told(await call(stateful_offering, "test_reconnection", {}, session))


async def test_a_client_that_reads_no_streams_is_not_hung_up_on(stateful_offering: Server) -> None:
    session = await introduced(stateful_offering, EVERYTHING)
    assert told(await call(stateful_offering, "test_reconnection", {}, session, accept="application/json"))


async def test_without_a_session_nothing_is_hung_up(offering: Server) -> None:
    assert told(await result_of(offering, modern_call("test_reconnection")))


@pytest.mark.parametrize(("level", "count"), [("debug", 3), ("info", 3), ("notice", 0), ("emergency", 0)])
async def test_a_session_gets_log_messages_from_its_level_upwards(
    stateful_offering: Server, level: str, count: int
) -> None:
    session = await introduced(stateful_offering, {})
    await stateful_offering.post(rpc("logging/setLevel", {"level": level}), session)
    answer = await legacy_call(stateful_offering, session, "test_tool_with_logging").answer()
    told_by = [event.message for event in answer.events if event.data] if count else []
    assert [message["method"] for message in told_by[:-1]] == ["notifications/message"] * count


@pytest.mark.parametrize(("level", "count"), [("debug", 3), ("info", 3), ("warning", 0), (None, 0)])
async def test_a_modern_request_gets_the_log_messages_it_asked_for(
    offering: Server, level: str | None, count: int
) -> None:
    meta = {} if level is None else {"logLevel": level}
    answer: Answer = await offering.send(modern_call("test_tool_with_logging", **meta))
    assert told(answer.final["result"])
    logged = [event.message["params"] for event in answer.events[:-1]] if count else []
    assert [params["data"] for params in logged] == [
        "Tool execution started", "Tool processing data", "Tool execution completed",
    ][:count]  # fmt: skip


async def test_a_diagnostic_message_comes_only_when_asked_for(offering: Server) -> None:
    silent = await offering.send(modern_call("test_logging_tool"))
    assert told(silent.message["result"])
    asked = await offering.send(modern_call("test_logging_tool", logLevel="info"))
    assert [event.message.get("method") for event in asked.events] == ["notifications/message", None]


async def test_progress_rises_to_its_total(offering: Server) -> None:
    answer = await offering.send(modern_call("test_tool_with_progress", progressToken="p"))
    progress = [event.message["params"] for event in answer.events[:-1]]
    assert [(params["progress"], params["total"]) for params in progress] == [(0, 100), (50, 100), (100, 100)]
    assert {params["progressToken"] for params in progress} == {"p"}


async def test_without_a_token_there_is_no_progress(offering: Server) -> None:
    answer = await offering.send(modern_call("test_tool_with_progress"))
    assert told(answer.message["result"])


async def subscribed(server: Server, request_id: Any, **notifications: Any) -> Exchange:
    """An open subscription that has been acknowledged."""
    stream = server.open(
        modern_request("subscriptions/listen", {"notifications": notifications}, request_id=request_id)
    )
    (acknowledged,) = await messages(stream, 1)
    assert acknowledged["method"] == "notifications/subscriptions/acknowledged"
    assert acknowledged["params"]["notifications"] == notifications
    return stream


async def test_a_change_reaches_only_subscriptions_that_asked_for_it(offering: Server) -> None:
    tools = await subscribed(offering, "t", toolsListChanged=True)
    prompts = await subscribed(offering, 2, promptsListChanged=True)
    both = await subscribed(offering, 3, toolsListChanged=True, promptsListChanged=True)
    for trigger in ("tool", "prompt", "tool"):
        assert told(await result_of(offering, modern_call(f"test_trigger_{trigger}_change")))
    assert [m["method"] for m in await messages(tools, 2)] == ["notifications/tools/list_changed"] * 2
    assert [m["method"] for m in await messages(prompts, 1)] == ["notifications/prompts/list_changed"]
    heard = await messages(both, 3)
    assert [m["method"].split("/")[1] for m in heard] == ["tools", "prompts", "tools"]
    assert all(message["params"]["_meta"] == {SUBSCRIPTION: 3} for message in heard)
    for stream in (tools, prompts, both):
        await stream.leave()


async def test_a_change_of_a_resource_reaches_who_watches_it(offering: Server) -> None:
    watching = await subscribed(offering, 1, resourceSubscriptions=[WATCHED])
    other = await subscribed(offering, 2, toolsListChanged=True)
    await result_of(offering, modern_call("test_trigger_resource_change"))
    await result_of(offering, modern_call("test_trigger_tool_change"))
    (updated,) = await messages(watching, 1)
    assert (updated["method"], updated["params"]["uri"]) == ("notifications/resources/updated", WATCHED)
    assert [m["method"] for m in await messages(other, 1)] == ["notifications/tools/list_changed"]
    await watching.leave()
    await other.leave()


async def test_what_cannot_be_watched_is_not_acknowledged(offering: Server) -> None:
    asked = {"resourceSubscriptions": [WATCHED, "test://static-text"], "resourcesListChanged": False}
    stream = offering.open(modern_request("subscriptions/listen", {"notifications": asked}))
    (acknowledged,) = await messages(stream, 1)
    assert acknowledged["params"]["notifications"] == {"resourceSubscriptions": [WATCHED]}
    await stream.leave()


async def test_a_session_is_told_of_a_resource_while_it_is_subscribed(stateful_offering: Server) -> None:
    server = stateful_offering
    session = await introduced(server, {})
    for method in ("resources/subscribe", "resources/unsubscribe", "resources/subscribe"):
        assert (await server.post(rpc(method, {"uri": WATCHED}), session)).message["result"] == {}
        await call(server, "test_trigger_resource_change", {}, session)
    stream = server.stream(session)
    assert [(m["method"], m["params"]) for m in await messages(stream, 2)] == [
        ("notifications/resources/updated", {"uri": WATCHED}),
    ] * 2
    await stream.leave()
    assert (await server.session(session)).queued == 0


async def test_only_what_exists_can_be_subscribed_to(stateful_offering: Server) -> None:
    session = await introduced(stateful_offering, {})
    answer = await stateful_offering.post(rpc("resources/subscribe", {"uri": "test://no-such-text"}), session)
    assert answer.message["error"]["code"] == -32002


def test_the_revisions_of_this_file_are_the_newest_of_each_era() -> None:
    assert (MODERN, NEWEST) == ("2026-07-28", "2025-11-25")
