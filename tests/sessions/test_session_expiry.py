"""docs : expired means gone at once, and sweeping only frees memory."""

import asyncio
from collections.abc import Callable

import pytest
from session_helpers import echo, heard, is_gone, listening, opened, rest

from asgi_bridge import bounded, lifespan
from harness import FakeClock, Server, note, rpc, tool_call
from mcp_echo_core.sessions import StoredSessions
from mcp_echo_core.settings import Settings

SHORT = {"MCP_SESSION_TIMEOUT": "100"}
QUICK = {**SHORT, "MCP_SSE_KEEPALIVE_INTERVAL": "0.05"}


@pytest.mark.parametrize(("seconds", "gone"), [(99.9, False), (100, True), (100.1, True), (1e6, True)])
async def test_a_session_is_gone_at_the_moment_it_expires(
    seconds: float, gone: bool, clock: FakeClock, make_app: Callable[..., Server]
) -> None:
    server = make_app("stateful", **SHORT)
    session = await opened(server)
    clock.jump(seconds)
    assert await is_gone(server, session) == gone


async def test_every_kind_of_request_finds_an_expired_session_gone(
    clock: FakeClock, make_app: Callable[..., Server]
) -> None:
    server = make_app("stateful", **SHORT)
    sessions = [await opened(server) for _ in range(5)]
    clock.jump(100)
    assert (await server.post(note("notifications/initialized"), sessions[0])).status == 404
    assert (await server.stream(sessions[1]).answer()).status == 404
    assert (await server.delete(sessions[2])).status == 404
    assert (await server.post([rpc("ping")], sessions[3])).status == 404
    assert (await server.post(tool_call("echo", {}), sessions[4])).status == 404


async def test_an_expired_session_does_not_come_back(clock: FakeClock, make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", **SHORT)
    session = await opened(server)
    clock.jump(100)
    assert await is_gone(server, session)
    clock.jump(-100)
    assert await is_gone(server, session)


@pytest.mark.parametrize(
    "message", [rpc("ping"), note("notifications/x"), {"jsonrpc": "2.0", "id": 1, "result": {}}], ids=str
)
async def test_every_message_counts_as_activity(
    message: object, clock: FakeClock, make_app: Callable[..., Server]
) -> None:
    server = make_app("stateful", **SHORT)
    session = await opened(server)
    for _ in range(3):
        clock.jump(60)
        assert (await server.post(message, session)).status in {200, 202}
    clock.jump(99)
    assert not await is_gone(server, session)


async def test_a_refused_message_of_another_session_is_no_activity(
    clock: FakeClock, make_app: Callable[..., Server]
) -> None:
    server = make_app("stateful", **SHORT)
    session, other = await opened(server), await opened(server)
    clock.jump(60)
    assert not await is_gone(server, other)
    clock.jump(60)
    assert await is_gone(server, session)
    assert not await is_gone(server, other)


async def test_an_expired_session_is_counted_and_forgotten_without_a_sweep(
    clock: FakeClock, make_app: Callable[..., Server]
) -> None:
    server = make_app("stateful", **SHORT)
    for _ in range(3):
        await opened(server)
    clock.jump(100)
    statistics = await server.app.runtime.sessions.statistics(clock.wall)
    assert statistics is not None
    assert (statistics.active, statistics.created, statistics.expired, statistics.sweeps) == (0, 3, 3, 0)
    assert statistics.lifetime_seconds == pytest.approx(300)


async def test_an_open_stream_keeps_its_session_alive(clock: FakeClock, make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", **QUICK)
    session = await opened(server)
    stream = await listening(server, session)
    for _ in range(4):
        clock.jump(60)
        for _ in range(2):  # the first may have been on its way before the jump
            event = await stream.event()
            assert event is not None
            assert event.event == "keep-alive"
    assert not await is_gone(server, session)
    await stream.leave()
    clock.jump(100)
    assert await is_gone(server, session)


@pytest.mark.parametrize(("keepalive", "timeout"), [("15", "10"), ("15", "15"), ("3600", "1"), ("0.05", "100")])
async def test_a_stream_shows_up_more_often_than_its_session_expires(keepalive: str, timeout: str) -> None:
    waits: list[float] = []

    class Recording:
        async def take(
            self, session_id: str, stream: str, after: int | None, now: float, timeout: float
        ) -> list[object]:
            waits.append(timeout)
            return []

    variables = {"MCP_SSE_KEEPALIVE_INTERVAL": keepalive, "MCP_SESSION_TIMEOUT": timeout}
    sessions = StoredSessions(Settings.from_env(variables, "stateful"), Recording(), "")  # type: ignore[arg-type]
    await sessions.take("session", "stream", None, 0.0)
    assert waits[0] < float(timeout), "the session expires under its open stream"


async def test_a_stream_ends_when_its_session_has_expired(clock: FakeClock, make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", **QUICK)
    stream = await listening(server, await opened(server))
    clock.jump(1000)
    assert {event.event for event in await rest(stream)} <= {"keep-alive"}


async def test_messages_for_an_expired_session_are_not_delivered_to_the_next(
    clock: FakeClock, make_app: Callable[..., Server]
) -> None:
    server = make_app("stateful", **QUICK)
    await echo(server, await opened(server), "old")
    clock.jump(100)
    session = await opened(server)
    await echo(server, session, "new")
    stream = await listening(server, session)
    assert [event.message["params"]["data"] for event in await heard(stream, 1)] == ["new"]
    await stream.leave()


@pytest.mark.parametrize("variable", ["MCP_SESSION_CLEANUP_INTERVAL", "ECHO_CLEANUP_INTERVAL"])
async def test_the_sweep_frees_what_has_expired(
    variable: str, clock: FakeClock, make_app: Callable[..., Server]
) -> None:
    server = make_app("stateful", **SHORT, **{variable: "0.05"})
    store = server.app.runtime.sessions._store
    swept = asyncio.Event()
    sweep = store.sweep

    async def noticed(now: float) -> int:
        freed = await sweep(now)
        if freed:
            swept.set()
        return freed

    store.sweep = noticed
    await opened(server)
    clock.jump(100)
    async with lifespan(server.app):
        await bounded(swept.wait(), "the sweep")
        assert not store._sessions


def test_the_legacy_name_of_the_interval_counts_only_alone() -> None:
    both = {"MCP_SESSION_CLEANUP_INTERVAL": "7", "ECHO_CLEANUP_INTERVAL": "9"}
    assert Settings.from_env(both, "stateful").session_cleanup_interval == 7
    assert Settings.from_env({"ECHO_CLEANUP_INTERVAL": "9"}, "stateful").session_cleanup_interval == 9
    assert Settings.from_env({}, "stateful").session_cleanup_interval == 60
