"""docs : a stream ends cleanly when its session, its client or its process does."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from session_helpers import echo, heard, is_gone, listening, opened, rest, texts

from asgi_bridge import Request, bounded, exchange, lifespan
from harness import STREAM_HEADERS, FakeClock, Server, header_list, rpc


@pytest.fixture
def stopped() -> Iterator[asyncio.Event]:
    """Set when the engine's own signal handler is called, as uvicorn's would be."""
    event = asyncio.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: event.set())
    yield event
    signal.signal(signal.SIGTERM, before)


async def ready(server: Server) -> int:
    """The status of ``/readyz``."""
    return (await exchange(server.app, Request("GET", "/readyz", [(b"host", b"localhost")]))).status


async def test_delete_ends_all_streams_of_its_session_and_no_other(stateful: Server) -> None:
    session, other = await opened(stateful), await opened(stateful)
    ending = [await listening(stateful, session) for _ in range(3)]
    going_on = await listening(stateful, other)
    assert (await stateful.delete(session)).status == 204
    for stream in ending:
        assert await rest(stream) == []
    await echo(stateful, other, "x")
    assert texts(await heard(going_on, 1)) == ["x"]
    await going_on.leave()


async def test_a_request_that_finds_its_session_expired_ends_its_streams(
    clock: FakeClock, make_app: Callable[..., Server]
) -> None:
    server = make_app("stateful", MCP_SESSION_TIMEOUT="100")
    session = await opened(server)
    stream = await listening(server, session)
    await asyncio.sleep(0)
    clock.jump(1000)
    assert await is_gone(server, session)
    assert await rest(stream) == []


async def test_a_session_that_makes_room_ends_its_streams(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", MCP_MAX_SESSIONS="1")
    session = (await server.post(rpc("ping"))).header("mcp-session-id") or ""
    stream = await listening(server, session)
    await opened(server)
    assert await rest(stream) == []


async def test_a_client_that_leaves_is_noticed(stateful: Server) -> None:
    session = await opened(stateful)
    stream = await listening(stateful, session)
    assert stateful.app.runtime.metrics.active == 1
    await stream.leave()
    assert stateful.app.runtime.metrics.active == 0
    await echo(stateful, session, "kept")
    assert (await stateful.session(session)).queued == 1


@pytest.mark.parametrize("errors", [False, True], ids=["ignored", "raised"])
async def test_a_write_to_a_client_that_left_stays_inside(errors: bool, stateful: Server) -> None:
    session = await opened(stateful)
    request = Request("GET", headers=header_list(STREAM_HEADERS, {"mcp-session-id": session}))
    stream = stateful.open(request, held="http.response.body", errors=errors)
    await stream.head()
    await echo(stateful, session, "x")
    await bounded(stream.waiting.wait(), "a write")
    stream.disconnect()
    stream.release()
    await bounded(asyncio.shield(stream.task), "the end of the stream")
    assert stateful.app.runtime.metrics.active == 0


async def test_the_end_of_the_application_ends_its_streams(stateful: Server) -> None:
    async with lifespan(stateful.app):
        stream = await listening(stateful, await opened(stateful))
    assert await rest(stream) == []


async def test_sigterm_ends_streams_turns_readiness_off_and_stops_the_engine_last(
    stopped: asyncio.Event, make_app: Callable[..., Server]
) -> None:
    server = make_app("stateful", MCP_DRAIN_TIMEOUT="5")
    async with lifespan(server.app):
        session = await opened(server)
        stream = await listening(server, session)
        assert await ready(server) == 200
        signal.raise_signal(signal.SIGTERM)
        assert await rest(stream) == []
        assert await ready(server) == 503
        assert (await server.post(rpc("ping"), session)).status == 200
        await bounded(stopped.wait(), "the engine's stop")


async def test_a_stream_that_is_opened_while_the_process_drains_ends_at_once(
    stopped: asyncio.Event, make_app: Callable[..., Server]
) -> None:
    server = make_app("stateful", MCP_DRAIN_TIMEOUT="5", MCP_DRAIN_DELAY="0.2")
    async with lifespan(server.app):
        session = await opened(server)
        before = await listening(server, session)
        signal.raise_signal(signal.SIGTERM)
        await rest(before)
        await rest(server.stream(session))
        await bounded(stopped.wait(), "the engine's stop")


async def test_a_request_in_flight_finishes_while_the_engine_stops(
    stopped: asyncio.Event, make_app: Callable[..., Server]
) -> None:
    server = make_app("stateful", MCP_DRAIN_TIMEOUT="5")
    async with lifespan(server.app):
        stream = await listening(server, await opened(server))
        running = server.open(server.posting(rpc("ping")), held="http.response.start")
        await bounded(running.waiting.wait(), "the answer")
        signal.raise_signal(signal.SIGTERM)
        await rest(stream)
        await bounded(stopped.wait(), "the engine's stop, which waits for requests itself")
        running.release()
        answer: Any = await running.answer()
        assert answer.message["result"] == {}
