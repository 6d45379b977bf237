"""Two servers on one Redis behind nginx, which sends each request to the next: a session lives on both."""

import asyncio
import itertools
import re
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import NEWEST, tool_call
from live import WAIT, Live, serving
from many_requests import CONNECTIONS, Connection, Load, open_sessions, replayed, shared_out
from mcp_echo_core.stores.records import Session
from mcp_echo_core.stores.redis import RedisStore
from nginx_process import round_robin
from redis_process import RedisProcess, running_redis

pytestmark = pytest.mark.peers

SESSIONS, ECHOES = 1000, 10
AWAY = 5.0
"""Seconds for which Redis is away."""


@dataclass
class Cluster:
    """What runs: the port of nginx, the two servers, their Redis."""

    port: int
    servers: dict[str, Live]
    redis: RedisProcess

    async def records(self, sessions: list[str]) -> dict[str, Session]:
        """What Redis has of sessions; every one must be there."""
        store = RedisStore(self.redis.url, 3600, SESSIONS, 100)
        found = {name: await store.get(name, time.time()) for name in sessions}
        await store.close()
        lost = [name for name, record in found.items() if record is None]
        assert not lost, f"{len(lost)} sessions are lost"
        return {name: record for name, record in found.items() if record is not None}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Everything, started and stopped."""
    with ExitStack() as stack:
        folder = tmp_path / "redis"
        folder.mkdir()
        redis = stack.enter_context(running_redis(folder, keep=True))
        servers = {}
        for name in ("one", "two"):
            facts = {"MCP_SESSION_STORE": redis.url, "MCP_ECHO_INSTANCE": name, "MCP_MAX_SESSIONS": str(SESSIONS)}
            facts["MCP_ECHO_TOOLSETS"] = "diagnostics,conformance"
            servers[name] = stack.enter_context(serving("stateful", tmp_path, **facts))
        port = stack.enter_context(round_robin(tmp_path, [server.port for server in servers.values()]))
        yield Cluster(port, servers, redis)
        for server in servers.values():
            assert not [line for line in server.lines if "Traceback" in line]


def rounds(sessions: list[str], count: int) -> list[tuple[str, str]]:
    """Sessions and texts: every session in turn, again and again."""
    return [(session, f"text {number} of {session}") for number in range(count) for session in sessions]


async def test_ten_thousand_echoes_of_a_thousand_sessions_over_both_lose_nothing(cluster: Cluster) -> None:
    sessions = await open_sessions(cluster.port, SESSIONS)
    assert len(set(sessions)) == SESSIONS
    load = Load()

    async def echo(connection: Connection, item: tuple[str, str]) -> None:
        await load.echo(connection, *item)

    begun = time.monotonic()
    await shared_out(cluster.port, rounds(sessions, ECHOES), echo)
    seconds = time.monotonic() - begun
    assert load.statuses == {200: SESSIONS * ECHOES}, load.statuses
    assert min(load.by_instance["one"], load.by_instance["two"]) > SESSIONS * ECHOES * 0.4
    assert seconds < 40
    for session, text in (await replayed(cluster.port, sessions)).items():
        assert load.last[session] in text
    for session, record in (await cluster.records(sessions)).items():
        counts = (record.echo_count, record.requests, record.replay_count, record.last_echo_number)
        assert counts == (ECHOES, ECHOES + 1, 1, ECHOES), session


async def test_an_instance_that_is_killed_takes_only_its_requests_in_flight_with_it(cluster: Cluster) -> None:
    sessions = await open_sessions(cluster.port, 200)
    load = Load()

    async def echo(connection: Connection, item: tuple[str, str]) -> None:
        await load.echo(connection, *item)
        if load.statuses.total() == 500:
            cluster.servers["one"].kill(signal.SIGKILL)

    await shared_out(cluster.port, rounds(sessions, 10), echo)
    failures = load.statuses.total() - load.statuses[200]
    # 0 is an answer that broke off: nginx had passed its head on.
    assert set(load.statuses) <= {0, 200, 502}, load.statuses
    assert failures <= CONNECTIONS, load.statuses
    assert load.by_instance["two"] > load.by_instance["one"] > 0
    records = await cluster.records(sessions)
    for session, record in records.items():
        assert load.done[session] <= record.echo_count <= load.tried[session]
    replays = await replayed(cluster.port, sessions)
    assert all("text 9" in text for text in replays.values())


async def test_while_redis_is_away_there_is_only_503_and_afterwards_every_session_works(cluster: Cluster) -> None:
    sessions = await open_sessions(cluster.port, 200)
    load = Load()
    over = asyncio.Event()
    streams = [asyncio.create_task(read_stream(server.port, sessions[0])) for server in cluster.servers.values()]

    async def outage() -> None:
        await load.until(lambda: load.statuses[200] >= 300)
        await asyncio.to_thread(cluster.redis.stop)
        back = time.monotonic() + AWAY
        await load.until(lambda: time.monotonic() > back)
        answered = load.statuses[200]
        await asyncio.to_thread(cluster.redis.start)
        await load.until(lambda: load.statuses[200] >= answered + 300)
        over.set()

    def until_over() -> Iterator[tuple[str, str]]:
        for item in itertools.cycle(rounds(sessions, 10)):
            if over.is_set():
                return
            yield item

    async def echo(connection: Connection, item: tuple[str, str]) -> None:
        await load.echo(connection, *item)

    async with asyncio.timeout(40):
        away = asyncio.create_task(outage())
        await shared_out(cluster.port, until_over(), echo)
        await away
    for server in cluster.servers.values():
        assert server.get("/readyz").status == 200
    assert set(load.statuses) == {200, 503}, load.statuses
    replays = await replayed(cluster.port, sessions)
    for session, record in (await cluster.records(sessions)).items():
        assert load.done[session] <= record.echo_count <= load.tried[session]
        assert replays[session]
    for stream in streams:
        stream.cancel()
    ended = await asyncio.gather(*streams, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) or end.endswith(b"0\r\n\r\n") for end in ended), ended


async def read_stream(port: int, session: str, last_event_id: str = "", until: bytes = b"0\r\n\r\n") -> bytes:
    """Everything a stream of a session carries until it has carried that, by default its own end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    place = f"Last-Event-ID: {last_event_id}\r\n" if last_event_id else ""
    head = (
        f"GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nMcp-Session-Id: {session}\r\n{place}\r\n"
    )
    writer.write(head.encode())
    told = b""
    try:
        while until not in told and (data := await reader.read(1 << 16)):
            told += data
    finally:
        writer.close()
    return told


async def test_a_response_that_one_instance_cuts_off_is_continued_by_the_other(cluster: Cluster) -> None:
    one, two = cluster.servers.values()
    (session,) = await open_sessions(one.port, 1)
    call = tool_call("test_reconnection", {}, "cut")
    posted = await asyncio.to_thread(one.post, call, **{"mcp-session-id": session, "mcp-protocol-version": NEWEST})
    assert b"cut" not in posted.body
    (priming,) = re.findall(rb"id: (\S+)", posted.body)
    async with asyncio.timeout(WAIT):
        rest = await read_stream(two.port, session, priming.decode())
    assert b'"id":"cut"' in rest


async def test_a_stream_on_one_instance_carries_what_an_echo_on_the_other_causes(cluster: Cluster) -> None:
    one, two = cluster.servers.values()
    (session,) = await open_sessions(one.port, 1)
    stream = asyncio.create_task(read_stream(one.port, session, until=b"over there"))
    connection = Connection(two.port)
    answer = await connection.post(tool_call("echo", {"message": "over there"}), session)
    connection.close()
    assert (answer.status, answer.instance) == (200, "two")
    async with asyncio.timeout(WAIT):
        assert b"over there" in await stream
