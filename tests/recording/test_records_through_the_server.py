"""Records of sessions whose server is restarted, or that are served by several."""

import asyncio
from pathlib import Path

import pytest
from journal_fixtures import heard, on_redis, record_in, sqlite

from asgi_bridge import bounded
from harness import FakeClock, Server, call, initialize, introduction, rpc, tool_call
from live import Live, serving
from mcp_echo_core.app import _forget_forever
from mcp_echo_core.recording.journal import Journal
from mcp_echo_core.stores.records import Effect
from redis_process import RedisProcess, running_redis, shared_redis


def open_session(server: Live) -> str:
    return server.post(rpc("initialize", introduction())).headers["mcp-session-id"]


def echo(server: Live, session: str, text: str, **headers: str) -> None:
    reply = server.post(tool_call("echo", {"message": text}), **{"mcp-session-id": session, **headers})
    assert reply.status == 200


async def said(journal: Journal, session: str) -> list[str]:
    record = await record_in(journal, session)
    return [entry.event.body.decode() for entry in record.entries]


@pytest.mark.parametrize("store", ["sqlite", "redis"])
async def test_a_session_s_record_goes_on_after_its_server_was_restarted(store: str, tmp_path: Path) -> None:
    with running_redis(tmp_path) as redis:
        url = {"sqlite": f"sqlite://{tmp_path}/sessions.db", "redis": redis.url}[store]
        variables = {"MCP_SESSION_STORE": url}
        secret = {"authorization": "Bearer abcdefghijklmnopqrstuvwxyz"}
        with serving("stateful", tmp_path, **variables) as first:
            session = open_session(first)
            echo(first, session, "before", **secret)
            assert first.stop() == 0
        with serving("stateful", tmp_path, **variables) as second:
            echo(second, session, "after", **secret)
            assert second.stop() == 0
            assert not [line for line in second.lines if "Traceback" in line]
        journal = await (sqlite(tmp_path, 1 << 20) if store == "sqlite" else on_redis(redis))
        bodies = await said(journal, session)
        record = await record_in(journal, session)
        await journal.close()
    assert len(bodies) == 3
    assert "before" in bodies[1]
    assert "after" in bodies[2]
    assert [entry.sequence for entry in record.entries] == [1, 2, 3]
    before, after = (entry.event.head.credentials[0] for entry in record.entries[1:])
    assert before.fingerprint == after.fingerprint
    assert "abcdefghijklmnopqrstuvwxyz" not in repr(record)


def test_nothing_secret_is_in_the_file(tmp_path: Path) -> None:
    with serving("stateful", tmp_path, MCP_SESSION_STORE=f"sqlite://{tmp_path}/sessions.db") as server:
        session = open_session(server)
        echo(server, session, "hello", authorization="Bearer s3cr3t-abcdefghijklmnopqrstuvwxyz")
        assert server.stop() == 0
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("sessions.db.journal*"))
    assert session.encode() in kept
    assert b"s3cr3t-abcdefghijklmnopqrstuvwxyz" not in kept


async def instance(redis: RedisProcess, clock: FakeClock, name: str) -> Server:
    server = Server("stateful", clock, MCP_SESSION_STORE=redis.url, MCP_ECHO_INSTANCE=name)
    await server.app.runtime.sessions.open()
    assert server.app.runtime.journal is not None
    await server.app.runtime.journal.open()
    return server


async def close(server: Server) -> None:
    assert server.app.runtime.journal is not None
    await server.app.runtime.journal.close()
    await server.app.runtime.sessions.close(0.0)


async def test_a_session_served_by_two_instances_has_one_record_in_order_that_is_watched_at_either() -> None:
    redis, clock = shared_redis(), FakeClock()
    redis.ask("FLUSHDB")
    both = [await instance(redis, clock, name) for name in ("one", "two")]
    journal = both[0].app.runtime.journal
    assert journal is not None
    session = await initialize(both[0])
    assert session is not None
    await record_in(journal, session)
    viewer = journal.watch(session)
    await record_in(journal, session)
    for number in range(10):
        clock.jump(0.001)
        await call(both[number % 2], "echo", {"message": f"number {number}"}, session)
    told = await heard(viewer, 10)
    entries = (await record_in(journal, session)).entries
    assert [entry.event.instance for entry in entries[2:]] == ["one", "two"] * 5
    assert all(f'"number {number}"'.encode() in entry.event.body for number, entry in enumerate(entries[2:]))
    assert [entry.sequence for entry in entries] == list(range(1, 13))
    assert told == list(entries[2:])
    assert (await both[1].delete(session)).status == 204
    ended = await record_in(both[1].app.runtime.journal, session)  # type: ignore[arg-type]
    assert ended.ended is not None
    for server in both:
        await close(server)


async def test_the_record_of_a_session_that_has_ended_is_forgotten_and_that_of_a_living_one_kept() -> None:
    server = Server("stateful", MCP_SESSION_CLEANUP_INTERVAL="0.05")
    journal = server.app.runtime.journal
    assert journal is not None
    dead, alive = await initialize(server), await initialize(server)
    assert dead is not None
    assert alive is not None
    await server.delete(dead)
    server.clock.jump(server.app.runtime.settings.session_timeout - 1)
    await server.app.runtime.sessions.enter(alive, Effect(), server.clock.wall)
    server.clock.jump(2)
    forgetting = asyncio.create_task(_forget_forever(server.app.runtime, journal))

    async def forgotten() -> None:
        while journal.knows(dead):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)

    await bounded(forgotten(), "forgetting")
    assert journal.knows(alive)
    assert not forgetting.done()
    forgetting.cancel()
