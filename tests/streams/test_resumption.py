"""protocol rules 5.3, Resumability and Redelivery: a cut stream goes on where it was cut, and nowhere else."""

import pytest
from stream_helpers import begin, events, ids, rest, started, stream_of, told

from extra_tools import Pace
from harness import REVISIONS, Server, call, initialize, rpc


async def opened(server: Server, revision: str = "2025-11-25") -> str:
    return await initialize(server, revision) or ""


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("seen", [1, 2, 3, 4])
async def test_a_cut_stream_is_resumed_with_exactly_the_rest_and_then_ends(
    seen: int, revision: str, paced: Server, pace: Pace
) -> None:
    session = await opened(paced, revision)
    stream = begin(paced, session)
    pace.step(*"abc")
    first = await events(stream, min(seen, 3))
    pace.finish()
    if seen == 4:
        first += await rest(stream)
    else:
        stream.disconnect()
        await stream.task
    resumed = paced.stream(session, last_event_id=first[-1].id)
    following = await rest(resumed)
    assert told(first + following) == ["a", "b", "c", "result 1"]
    assert len(set(ids(first + following))) == 4
    assert {stream_of(event_id) for event_id in ids(first + following)} == {stream_of(first[0].id)}


async def test_a_stream_that_was_cut_after_its_first_event_loses_nothing(paced: Server, pace: Pace) -> None:
    session = await opened(paced)
    stream = begin(paced, session)
    pace.step("a")
    priming = await stream.event()
    assert priming is not None
    stream.disconnect()
    pace.step(*"bc")
    pace.finish()
    await stream.task
    resumed = paced.stream(session, last_event_id=priming.id)
    assert told(await rest(resumed)) == ["a", "b", "c", "result 1"]
    assert pace.cancelled == 0, "a cut is no cancellation"


async def test_a_cut_request_goes_on_and_its_response_is_delivered_later(paced: Server, pace: Pace) -> None:
    session = await opened(paced)
    stream, seen = await started(paced, session, pace, "a")
    stream.disconnect()
    resumed = paced.stream(session, last_event_id=ids(seen)[-1])
    pace.step("b")
    assert told(await events(resumed, 1)) == ["b"]
    pace.step("c")
    pace.finish()
    assert told(await rest(resumed)) == ["c", "result 1"]


async def test_the_response_is_delivered_even_if_the_client_returns_after_it(paced: Server, pace: Pace) -> None:
    session = await opened(paced)
    stream, seen = await started(paced, session, pace, "a")
    stream.disconnect()
    pace.finish()
    await stream.task
    for _ in range(2):  # the next connection may break, too
        resumed = paced.stream(session, last_event_id=ids(seen)[-1])
        assert told(await rest(resumed)) == ["result 1"]


async def test_resuming_an_open_stream_moves_it_and_nothing_comes_twice(paced: Server, pace: Pace) -> None:
    session = await opened(paced)
    stream, seen = await started(paced, session, pace, "a", "b")
    resumed = paced.stream(session, last_event_id=ids(seen)[0])
    moved = await events(resumed, 1)
    assert told(moved) == ["b"], "what the client says it has not seen"
    pace.step("c")
    moved += await events(resumed, 1)
    assert await stream.event() is None, "the connection that was left carries nothing more"
    assert stream.ended
    pace.finish()
    moved += await rest(resumed)
    await stream.answer()
    assert told(moved) == ["b", "c", "result 1"]


async def test_a_resumed_stream_can_be_cut_and_resumed_again(paced: Server, pace: Pace) -> None:
    session = await opened(paced)
    stream, seen = await started(paced, session, pace, "a")
    stream.disconnect()
    for text in "bcd":
        resumed = paced.stream(session, last_event_id=ids(seen)[-1])
        pace.step(text)
        seen += await events(resumed, 1)
        await resumed.leave()
    pace.finish()
    seen += await rest(paced.stream(session, last_event_id=ids(seen)[-1]))
    assert told(seen) == ["a", "b", "c", "d", "result 1"]
    assert len(set(ids(seen))) == 5


async def test_only_its_own_stream_is_repeated(paced: Server, pace: Pace) -> None:
    session = await opened(paced)
    first, seen = await started(paced, session, pace, "a", lane="1", request_id="one")
    second, other = await started(paced, session, pace, "z", lane="2", request_id="two")
    for stream in (first, second):
        stream.disconnect()
    await call(paced, "echo", {"message": "waits for a GET stream"}, session)
    for lane in "12":
        pace.finish(lane)
    assert told(await rest(paced.stream(session, last_event_id=ids(other)[-1]))) == ["result two"]
    assert told(await rest(paced.stream(session, last_event_id=ids(seen)[-1]))) == ["result one"]
    assert (await paced.session(session)).queued == 1


async def test_a_response_of_another_session_cannot_be_resumed(paced: Server, pace: Pace) -> None:
    mine, other = await opened(paced, "2025-06-18"), await opened(paced, "2025-06-18")
    stream, seen = await started(paced, other, pace, "secret")
    stream.disconnect()
    pace.finish()
    await call(paced, "echo", {"message": "own"}, mine)
    thief = paced.stream(mine, last_event_id=ids(seen)[0])
    (event,) = await events(thief, 1)
    assert event.message["params"]["data"] == "own"
    await paced.delete(mine)
    assert await rest(thief) == []
    assert told(await rest(paced.stream(other, last_event_id=ids(seen)[0]))) == ["result 1"]


@pytest.mark.parametrize("event_id", ["p00000000-1", "p00000000-0", "x-1", "nonsense", "p-", "-1", "p1-x"])
async def test_a_stream_that_does_not_exist_repeats_nothing_and_carries_what_is_new(
    event_id: str, paced: Server
) -> None:
    session = await opened(paced, "2025-06-18")
    await call(paced, "echo", {"message": "waiting"}, session)
    stream = paced.stream(session, last_event_id=event_id)
    await call(paced, "echo", {"message": "new"}, session)
    found = await events(stream, 2)
    assert [event.message["params"]["data"] for event in found] == ["waiting", "new"]
    await stream.leave()


async def test_an_event_that_has_not_happened_yet_repeats_nothing(paced: Server, pace: Pace) -> None:
    session = await opened(paced)
    stream, seen = await started(paced, session, pace, "a")
    stream.disconnect()
    pace.finish()
    await stream.task
    far = f"{stream_of(ids(seen)[0])}-999"
    assert await rest(paced.stream(session, last_event_id=far)) == []


async def test_what_does_not_fit_the_memory_of_a_stream_is_lost_from_its_beginning(pace: Pace, paced: Server) -> None:
    small = Server("stateful", MCP_SESSION_QUEUE_SIZE="3")
    session = await opened(small)
    stream, seen = await started(small, session, pace, "a")
    stream.disconnect()
    pace.step(*"bcdef")
    pace.finish()
    await stream.task
    assert told(await rest(small.stream(session, last_event_id=ids(seen)[-1]))) == ["e", "f", "result 1"]


async def test_a_cancelled_request_leaves_a_stream_that_ends_without_a_response(paced: Server, pace: Pace) -> None:
    session = await opened(paced)
    stream, seen = await started(paced, session, pace, "a", request_id=7)
    note = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}
    assert (await paced.post(note, session)).status == 202
    assert await rest(stream) == []
    assert pace.cancelled == 1
    resumed = paced.stream(session, last_event_id=ids(seen)[-1])
    assert await rest(resumed) == []


async def test_a_modern_header_on_the_get_cannot_resume(paced: Server, pace: Pace) -> None:
    session = await opened(paced)
    stream, seen = await started(paced, session, pace, "a")
    refused = paced.stream(session, last_event_id=ids(seen)[-1], mcp_protocol_version="2026-07-28")
    assert (await refused.answer()).status == 405
    pace.finish()
    assert told(await rest(stream)) == ["result 1"]
    assert (await paced.post(rpc("ping"), session)).status == 200


async def test_a_listening_stream_that_is_resumed_has_one_reader(paced: Server) -> None:
    session = await opened(paced)
    first = paced.stream(session)
    await call(paced, "echo", {"message": "one"}, session)
    seen = await events(first, 1)
    second = paced.stream(session, last_event_id=ids(seen)[0])
    assert await rest(first) == [], "the connection before it ends"
    for text in ("two", "three", "four"):
        await call(paced, "echo", {"message": text}, session)
    assert [event.message["params"]["data"] for event in await events(second, 3)] == ["two", "three", "four"]
