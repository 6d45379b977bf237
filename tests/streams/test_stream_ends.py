"""protocol rules 5.4 and docs : response streams end cleanly with their session and their process."""

import asyncio
import signal
from collections.abc import Iterator

import pytest
from stream_helpers import begin, events, ids, rest, started, told

from asgi_bridge import bounded, lifespan
from extra_tools import Pace
from harness import FakeClock, Server, initialize, rpc


async def opened(server: Server, revision: str = "2025-11-25") -> str:
    return await initialize(server, revision) or ""


@pytest.fixture
def stopped() -> Iterator[asyncio.Event]:
    """Set when the engine's own signal handler is called, as uvicorn's would be."""
    event = asyncio.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: event.set())
    yield event
    signal.signal(signal.SIGTERM, before)


async def test_a_request_that_outlives_its_session_still_gets_its_answer(paced: Server, pace: Pace) -> None:
    session = await opened(paced)
    stream, seen = await started(paced, session, pace, "a")
    assert (await paced.delete(session)).status == 204
    pace.step("b", "c")
    pace.finish()
    seen += await rest(stream)
    assert told(seen) == ["a", "b", "c", "result 1"]
    known = [event.id for event in seen if event.id]
    assert len(set(known)) == len(known), "event ids repeat after the end of the session"


async def test_a_stream_whose_session_has_ended_cannot_be_resumed(paced: Server, pace: Pace) -> None:
    session = await opened(paced)
    stream, seen = await started(paced, session, pace, "a")
    await paced.delete(session)
    refused = await paced.stream(session, last_event_id=ids(seen)[0]).answer()
    assert (refused.status, refused.message["error"]["code"]) == (404, -32603)
    pace.finish()
    await stream.answer()


async def test_the_end_of_a_session_ends_its_resumed_streams(paced: Server, pace: Pace) -> None:
    session = await opened(paced)
    stream, seen = await started(paced, session, pace, "a")
    resumed = paced.stream(session, last_event_id=ids(seen)[0])
    assert (await resumed.event() or seen[0]).data == ""
    await paced.delete(session)
    assert await rest(resumed) == []
    pace.finish()
    await stream.answer()
    assert paced.app.runtime.metrics.active == 0


async def test_an_expired_session_ends_its_resumed_streams(unsteady: Server, pace: Pace, clock: FakeClock) -> None:
    session = await opened(unsteady)
    stream, seen = await started(unsteady, session, pace, "a")
    resumed = unsteady.stream(session, last_event_id=ids(seen)[0])
    await resumed.event()
    clock.jump(10_000)
    assert await rest(resumed) == []
    pace.finish()
    assert told(await rest(stream)) == ["result 1"]


async def test_a_resumed_stream_keeps_its_session_alive(unsteady: Server, pace: Pace, clock: FakeClock) -> None:
    session = await opened(unsteady)
    stream, seen = await started(unsteady, session, pace, "a")
    resumed = unsteady.stream(session, last_event_id=ids(seen)[0])
    await resumed.event()
    for _ in range(4):
        clock.jump(600)
        for _ in range(2):
            event = await resumed.event()
            assert event is not None
            assert event.event == "keep-alive"
    assert (await unsteady.post(rpc("ping"), session)).status == 200
    pace.finish()
    assert told(await rest(resumed)) == ["result 1"]
    await stream.answer()


async def test_a_drain_ends_get_streams_and_lets_requests_finish(
    unsteady: Server, pace: Pace, stopped: asyncio.Event
) -> None:
    async with lifespan(unsteady.app):
        session = await opened(unsteady)
        listener = unsteady.stream(session)
        await listener.event()
        stream = begin(unsteady, session)
        pace.step("a")
        await events(stream, 1)
        signal.raise_signal(signal.SIGTERM)
        assert await rest(listener) == []
        await bounded(stopped.wait(), "the engine's stop, which waits for requests itself")
        pace.step("b")
        pace.finish()
        assert told(await rest(stream)) == ["b", "result 1"]


async def test_a_drain_ends_a_resumed_stream_whose_request_still_runs(
    unsteady: Server, pace: Pace, stopped: asyncio.Event
) -> None:
    async with lifespan(unsteady.app):
        session = await opened(unsteady)
        stream, seen = await started(unsteady, session, pace, "a")
        resumed = unsteady.stream(session, last_event_id=ids(seen)[0])
        await resumed.event()
        signal.raise_signal(signal.SIGTERM)
        assert await rest(resumed) == []
        pace.finish()
        await stream.answer()
        await bounded(stopped.wait(), "the engine's stop")
