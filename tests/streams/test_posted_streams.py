"""protocol rules 5.2 and 5.3: what the stream of a POST in a session looks like, in every revision."""

import pytest
from stream_helpers import begin, events, ids, rest, slow, started, stream_of, told

from asgi_bridge import Event
from extra_tools import Pace
from harness import REVISIONS, Server, call, initialize, rpc

NEWEST, OLDER = "2025-11-25", REVISIONS[1:]


async def opened(server: Server, revision: str = NEWEST) -> str:
    return await initialize(server, revision) or ""


async def first_events(server: Server, session: str, pace: Pace) -> dict[str, Event]:
    """The first event of a POST stream and of a GET stream, each of which has something to say."""
    post = begin(server, session)
    pace.step("a")
    found = {"POST": await post.event()}
    pace.finish()
    await post.answer()
    await call(server, "echo", {"message": "x"}, session)
    get = server.stream(session)
    found["GET"] = await get.event()
    await get.leave()
    return {name: event for name, event in found.items() if event is not None}


async def test_both_kinds_of_stream_are_primed_in_the_newest_revision(paced: Server, pace: Pace) -> None:
    first = await first_events(paced, await opened(paced), pace)
    assert first.keys() == {"POST", "GET"}
    for event in first.values():
        assert event.data == ""
        assert event.event is None
        assert event.id
        assert int(event.retry or 0) > 0
    assert stream_of(first["POST"].id) != stream_of(first["GET"].id)


@pytest.mark.parametrize("revision", OLDER)
async def test_no_stream_of_an_older_revision_is_primed(revision: str, paced: Server, pace: Pace) -> None:
    first = await first_events(paced, await opened(paced, revision), pace)
    assert {name: event.event for name, event in first.items()} == {"POST": "message", "GET": "message"}
    assert all(event.data and event.retry is None for event in first.values())


@pytest.mark.parametrize("revision", REVISIONS)
async def test_messages_come_in_order_the_response_last_and_then_the_stream_ends(
    revision: str, paced: Server, pace: Pace
) -> None:
    stream = begin(paced, await opened(paced, revision), request_id="r")
    pace.step(*"abc")
    pace.finish()
    assert told(await rest(stream)) == ["a", "b", "c", "result r"]


async def test_a_session_that_was_not_asked_for_is_served_alike(paced: Server, pace: Pace) -> None:
    answer = await paced.post(rpc("ping"))
    stream = begin(paced, answer.header("mcp-session-id") or "")
    pace.step("a")
    pace.finish()
    assert told(await rest(stream)) == ["a", "result 1"]


async def test_event_ids_name_their_stream_and_are_unique_in_the_session(paced: Server, pace: Pace) -> None:
    session = await opened(paced)
    listener = paced.stream(session)
    every: list[str] = []
    names = set()
    for number in range(3):
        lane = str(number)
        stream = begin(paced, session, lane)
        pace.step(*"ab", lane=lane)
        pace.finish(lane)
        answer = await stream.answer()
        found = [event.id or "" for event in answer.events]
        assert len({stream_of(event_id) for event_id in found}) == 1
        names.add(stream_of(found[0]))
        every += found
    await call(paced, "echo", {"message": "x"}, session)
    (echo,) = await events(listener, 1)
    every.append(echo.id or "")
    names.add(stream_of(echo.id))
    await listener.leave()
    assert len(set(every)) == len(every) == 13
    assert len(names) == 4
    assert all(every)


async def test_event_ids_stay_unique_when_more_streams_are_open_than_are_kept(paced: Server, pace: Pace) -> None:
    session = await opened(paced, "2025-06-18")
    streams = [(await started(paced, session, pace, "a", lane=str(number))) for number in range(40)]
    every = [event_id for _, found in streams for event_id in ids(found)]
    for number, (stream, _) in enumerate(streams):
        pace.step("b", lane=str(number))
        pace.finish(str(number))
        found = await rest(stream)
        assert told(found) == ["b", "result 1"]
        every += ids(found)
    assert len(set(every)) == len(every)


async def test_two_streams_at_once_are_each_complete_and_in_order(paced: Server, pace: Pace) -> None:
    session = await opened(paced)
    streams = {lane: begin(paced, session, lane, request_id=lane) for lane in ("x", "y")}
    for number in range(50):
        pace.step(f"x{number}", lane="x")
        pace.step(f"y{number}", lane="y")
    for lane in "yx":
        pace.finish(lane)
    for lane, stream in streams.items():
        assert told(await rest(stream)) == [*(f"{lane}{number}" for number in range(50)), f"result {lane}"]


async def test_no_message_of_a_request_reaches_a_get_stream(unsteady: Server, pace: Pace) -> None:
    session = await opened(unsteady)
    listener = unsteady.stream(session)
    await listener.event()
    stream = begin(unsteady, session)
    pace.step(*"abc")
    pace.finish()
    assert len(await rest(stream)) == 4
    event = await listener.event()
    assert event is not None
    assert event.event == "keep-alive"
    await unsteady.delete(session)
    assert await rest(listener) == []


async def test_no_message_of_the_session_reaches_the_stream_of_a_request(paced: Server, pace: Pace) -> None:
    session = await opened(paced)
    stream, _ = await started(paced, session, pace, "a")
    await call(paced, "echo", {"message": "for the GET stream"}, session)
    pace.finish()
    assert told(await rest(stream)) == ["result 1"]
    assert (await paced.session(session)).queued == 1


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_client_that_reads_only_streams_gets_everything_on_one(
    revision: str, paced: Server, pace: Pace
) -> None:
    session = await opened(paced, revision)
    stream = begin(paced, session, accept="text/event-stream")
    pace.step("a")
    pace.finish()
    assert told(await rest(stream)) == ["a", "result 1"]
    quick = await paced.post(rpc("ping"), session, accept="text/event-stream")
    assert quick.final == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert (quick.events[0].data == "") == (revision == NEWEST)
    assert quick.events[-1].id
    refusal = await paced.post(rpc("nope"), session, accept="text/event-stream")
    assert (refusal.status, refusal.final["error"]["code"]) == (200, -32601)


@pytest.mark.parametrize("accept", ["application/json", "application/*", "application/json, text/event-stream;q=0"])
async def test_a_client_that_reads_only_json_gets_one_plain_answer(accept: str, paced: Server, pace: Pace) -> None:
    session = await opened(paced)
    running = begin(paced, session, accept=accept)
    pace.step(*"abc")
    pace.finish()
    answer = await running.answer()
    assert answer.message["result"]["structuredContent"] == {"steps": 3}
    assert answer.header("content-length")


async def test_an_answer_without_notifications_is_plain_json(paced: Server) -> None:
    answer = await paced.post(rpc("tools/list"), await opened(paced))
    assert answer.header("content-type") == "application/json"


async def test_without_a_token_there_is_no_progress_and_no_stream(paced: Server, pace: Pace) -> None:
    message = slow()
    del message["params"]["_meta"]
    running = paced.open(paced.posting(message, await opened(paced)))
    pace.step("a")
    pace.finish()
    assert (await running.answer()).message["id"] == 1
