"""protocol rules 9, 2026-07-28 server/utilities/logging: what a request's own stream carries, and its end."""

from typing import Any

import pytest
from modern_requests import MODERN, ask, begin, call_of, modern

from asgi_bridge import Answer, bounded
from extra_tools import Pace
from harness import Server, initialize, note

LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
ECHO = {"message": "hi"}


def methods(answer: Answer) -> list[str]:
    """The methods of the notifications before the response; a JSON answer has none."""
    if answer.header("content-type") == "application/json":
        return []
    return [event.message["method"] for event in answer.events[:-1]]


@pytest.mark.parametrize("level", LEVELS)
async def test_log_messages_come_from_the_wanted_level_upwards(level: str, server: Server) -> None:
    answer = await ask(server, call_of("echo", ECHO, logLevel=level))
    wanted = LEVELS.index(level) <= LEVELS.index("info")
    assert methods(answer) == (["notifications/message"] if wanted else [])
    assert answer.final["result"]["isError"] is False
    if wanted:
        assert answer.events[0].message["params"] == {"level": "info", "logger": "echo", "data": "hi"}


async def test_without_the_member_there_are_no_log_messages(server: Server) -> None:
    assert methods(await ask(server, call_of("echo", ECHO))) == []
    assert methods(await ask(server, call_of("echo", ECHO, progressToken="t"))) == ["notifications/progress"] * 2


async def test_the_level_of_one_request_says_nothing_about_the_next(stateful: Server) -> None:
    answer = await ask(stateful, call_of("echo", ECHO, logLevel="debug"))
    handle = answer.final["result"]["structuredContent"]["session"]
    assert methods(await ask(stateful, call_of("echo", {**ECHO, "session": handle}))) == []


@pytest.mark.parametrize(
    "wish", [{"logLevel": "debug"}, {"progressToken": 1}, {"logLevel": "debug", "progressToken": 1}]
)
async def test_a_client_that_reads_only_json_gets_one_answer_and_no_notification(wish: Any, server: Server) -> None:
    answer = await ask(server, call_of("echo", ECHO, **wish), accept="application/json")
    assert answer.header("content-type") == "application/json"
    assert answer.message["result"]["isError"] is False


@pytest.mark.parametrize("token", ["t", "", 0, 7, 2**70, -1])
async def test_progress_rises_carries_its_token_and_ends_before_the_response(token: Any, server: Server) -> None:
    answer = await ask(server, call_of("echo", ECHO, "p", progressToken=token))
    *notes, final = [event.message for event in answer.events]
    assert (final["id"], "result" in final) == ("p", True)
    params = [entry["params"] for entry in notes]
    assert [entry["method"] for entry in notes] == ["notifications/progress"] * 2
    assert all(type(p["progressToken"]) is type(token) and p["progressToken"] == token for p in params)
    values = [p["progress"] for p in params]
    assert values == sorted(set(values))


@pytest.mark.parametrize("token", [None, True, 1.5, [], {}])
async def test_a_token_of_another_type_gets_no_progress(token: Any, server: Server) -> None:
    assert methods(await ask(server, call_of("echo", ECHO, progressToken=token))) == []


async def test_a_stream_of_this_era_has_no_event_ids_and_is_not_primed(server: Server) -> None:
    answer = await ask(server, call_of("echo", ECHO, progressToken=1, logLevel="debug"), last_event_id="p1-0")
    assert len(answer.events) == 4
    assert all(event.id is None and event.retry is None and event.data for event in answer.events)
    assert answer.header("x-accel-buffering") == "no"
    assert answer.header("mcp-session-id") is None


async def test_no_notification_of_a_request_carries_a_subscription(server: Server) -> None:
    answer = await ask(server, call_of("echo", ECHO, progressToken=1, logLevel="debug"))
    assert b"subscriptionId" not in answer.body


async def test_progress_arrives_while_the_request_runs(workshop: Server, pace: Pace) -> None:
    running = begin(workshop, call_of("paced", progressToken="t"))
    for number, text in enumerate("abc", 1):
        pace.step(text)
        event = await running.event()
        assert event is not None
        assert event.message["params"] == {"progressToken": "t", "progress": number, "message": text}
    pace.finish()
    assert (await running.answer()).final["result"]["structuredContent"] == {"steps": 3}


async def test_two_requests_with_one_id_and_one_token_keep_their_streams_apart(workshop: Server, pace: Pace) -> None:
    running = {lane: begin(workshop, call_of("paced", {"lane": lane}, 1, progressToken="t")) for lane in "ab"}
    for lane in "abba":
        pace.step(lane, lane=lane)
        event = await running[lane].event()
        assert event is not None
        assert event.message["params"]["message"] == lane
    for lane, exchange in running.items():
        pace.finish(lane)
        assert (await exchange.answer()).final["id"] == 1


@pytest.mark.parametrize("wish", [{"progressToken": 1}, {"logLevel": "debug"}])
async def test_closing_the_stream_cancels_the_request(wish: Any, workshop: Server, pace: Pace) -> None:
    running = begin(workshop, call_of("paced", **wish))
    if "progressToken" in wish:
        pace.step("a")
        assert await running.event() is not None
    else:
        begun = begin(workshop, call_of("paced", {"lane": "b"}, progressToken=1))
        pace.step("b", lane="b")
        await begun.event()
        await begun.leave()
        pace.cancelled = 0
    await running.leave()
    assert pace.cancelled == 1
    assert workshop.app.runtime.metrics.active == 0


async def test_nothing_is_sent_after_the_client_has_gone(workshop: Server, pace: Pace) -> None:
    running = begin(workshop, call_of("paced", progressToken=1))
    pace.step("a")
    await running.event()
    await running.leave()
    pace.step("b")
    pace.finish()
    assert await running.event() is None
    assert pace.cancelled == 1


async def test_a_posted_cancellation_is_accepted_and_changes_nothing(workshop: Server, pace: Pace) -> None:
    running = begin(workshop, call_of("paced", request_id=7, progressToken=1))
    pace.step("a")
    await running.event()
    session = await initialize(workshop)
    for header in (MODERN, None):
        message = note("notifications/cancelled", {"requestId": 7})
        assert (await workshop.post(message, session, mcp_protocol_version=header)).status == 202
    pace.finish()
    answer = await running.answer()
    assert answer.final["id"] == 7
    assert pace.cancelled == 0


async def test_one_client_that_leaves_does_not_cancel_another(workshop: Server, pace: Pace) -> None:
    running = {lane: begin(workshop, call_of("paced", {"lane": lane}, 7, progressToken=1)) for lane in "ab"}
    for lane, exchange in running.items():
        pace.step("x", lane=lane)
        await exchange.event()
    await running["a"].leave()
    pace.finish("b")
    assert (await running["b"].answer()).final["result"]["structuredContent"] == {"steps": 1}
    assert (pace.started, pace.cancelled) == (2, 1)


async def test_a_client_that_leaves_before_anything_was_sent_is_noticed(workshop: Server, pace: Pace) -> None:
    running = begin(workshop, call_of("paced", progressToken=1), held="http.response.start")
    pace.step("a")
    await bounded(running.waiting.wait(), "the first notification")
    running.disconnect()
    running.release()
    await bounded(running.task, "the end of the exchange")
    assert pace.cancelled == 1


async def test_a_list_with_a_token_is_still_one_json_answer(server: Server) -> None:
    answer = await ask(server, modern("tools/list", progressToken=1, logLevel="debug"))
    assert answer.header("content-type") == "application/json"
