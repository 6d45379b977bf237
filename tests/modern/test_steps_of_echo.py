"""echo with progressSteps in 2026-07-28: its stream, and its end when the client goes away."""

from modern_requests import ask, begin, call_of, modern, result_of

from harness import Server

STEPS = {"message": "hi", "progressSteps": 3, "progressInterval": 0.01}
SLOW = {"message": "hi", "progressSteps": 6, "progressInterval": 10}


async def test_the_steps_come_one_by_one_before_the_answer(server: Server) -> None:
    answer = await ask(server, call_of("echo", STEPS, progressToken=7, logLevel="info"))
    *notes, log, final = [event.message for event in answer.events]
    assert [entry["params"]["progress"] for entry in notes] == [1, 2, 3]
    assert all(entry["params"]["progressToken"] == 7 for entry in notes)
    assert all("sent at 2027-01-15T08:00:00.000000Z" in entry["params"]["message"] for entry in notes)
    assert log["params"]["data"] == "hi"
    assert final["result"]["structuredContent"]["message"] == "hi"


async def test_a_client_that_leaves_ends_the_wait_for_the_next_step(server: Server) -> None:
    exchange = begin(server, call_of("echo", SLOW, progressToken="t"))
    event = await exchange.event()
    assert event is not None
    assert event.message["params"]["message"].startswith("step 1 of 6")
    await exchange.leave()
    assert server.app.runtime.metrics.active == 0


async def test_steps_that_cannot_be_sent_are_a_failure_of_the_tool(server: Server) -> None:
    for wish, accept in (({"logLevel": "debug"}, None), ({"progressToken": 1}, "application/json")):
        headers = {"accept": accept} if accept else {}
        result = await result_of(server, call_of("echo", SLOW, **wish), **headers)
        assert result["isError"] is True
        assert "text/event-stream" in result["content"][0]["text"]


async def test_the_list_names_both_arguments(server: Server) -> None:
    listed = (await result_of(server, modern("tools/list")))["tools"][0]["inputSchema"]["properties"]
    assert listed["progressSteps"].items() >= {"type": "integer", "minimum": 1, "maximum": 100}.items()
    assert listed["progressInterval"].items() >= {"type": "number", "minimum": 0.01, "maximum": 10}.items()
