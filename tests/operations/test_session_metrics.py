"""The figures of sessions in ``/metrics`` and in the log's last line."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from asgi_bridge import Request, lifespan
from harness import FakeClock, Server, call, initialize, rpc
from mcp_echo_core.stores.base import REASONS

Samples = dict[tuple[str, str], float]


async def samples(server: Server) -> Samples:
    """All samples about sessions, by name and reason."""
    answer = await server.send(Request(method="GET", path="/metrics", headers=[(b"host", b"localhost")]))
    assert answer.status == 200
    return {
        (sample.name.removeprefix("mcp_echo_"), sample.labels.get("reason", "")): sample.value
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
        if sample.name.startswith("mcp_echo_session")
    }


async def durations(server: Server, reason: str) -> dict[str, float]:
    """The histogram of how long the sessions lived that ended for a reason: buckets by bound, ``count`` and ``sum``."""
    answer = await server.send(Request(method="GET", path="/metrics", headers=[(b"host", b"localhost")]))
    return {
        sample.labels.get("le", sample.name.rpartition("_")[2]): sample.value
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
        if family.name == "mcp_server_session_duration_seconds" and sample.labels["reason"] == reason
    }


@pytest.fixture(params=["memory", "sqlite"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return "memory://" if request.param == "memory" else f"sqlite://{tmp_path}/sessions.db"


async def test_the_life_of_all_sessions_is_told(
    make_app: Callable[..., Server], clock: FakeClock, store_url: str
) -> None:
    server = make_app("stateful", MCP_SESSION_STORE=store_url, MCP_SESSION_TIMEOUT="60", MCP_MAX_SESSIONS="3")
    async with lifespan(server.app):
        idle = await initialize(server)
        clock.jump(60)
        deleted = await initialize(server)
        clock.jump(5)
        await server.delete(deleted)
        await server.post(rpc("ping"))
        sessions = [await initialize(server) for _ in range(3)]
        await call(server, "echo", {"message": "waits"}, sessions[0])
        found = await samples(server)
    assert idle != deleted
    assert found == {
        ("session_store_up", ""): 1,
        ("sessions_active", ""): 3,
        ("sessions_created_total", ""): 6,
        ("sessions_ended_total", "delete"): 1,
        ("sessions_ended_total", "idle"): 1,
        ("sessions_ended_total", "cap"): 1,
        ("sessions_ended_total", "drain"): 0,
        ("session_queue_messages", ""): 1,
    }


async def test_a_histogram_tells_how_long_sessions_lived(
    make_app: Callable[..., Server], clock: FakeClock, store_url: str
) -> None:
    server = make_app("stateful", MCP_SESSION_STORE=store_url, MCP_SESSION_TIMEOUT="3600")
    async with lifespan(server.app):
        for seconds in (0, 7, 10, 20_000):
            session = await initialize(server)
            for _ in range(seconds // 3000):
                clock.jump(3000)
                await server.post(rpc("ping"), session)
            clock.jump(seconds % 3000)
            await server.delete(session)
        await initialize(server)
        clock.jump(3600)
        deleted, idle = await durations(server, "delete"), await durations(server, "idle")
    assert (deleted["count"], deleted["sum"]) == (4, 20_017)
    bounds = ("0.01", "5.0", "10.0", "7200.0", "21600.0", "+Inf")
    assert [deleted[bound] for bound in bounds] == [1, 1, 3, 3, 4, 4]
    assert (idle["1800.0"], idle["3600.0"], idle["count"], idle["sum"]) == (0, 1, 1, 3600)


async def test_a_store_that_knows_no_beginning_tells_no_durations(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", MCP_SESSION_STORE="noop://")
    await server.delete(await initialize(server))
    assert (await samples(server))["sessions_ended_total", "delete"] == 1
    assert await durations(server, "delete") == {}


async def test_a_fresh_server_tells_every_reason(stateful: Server) -> None:
    found = await samples(stateful)
    for reason in REASONS:
        assert found["sessions_ended_total", reason] == (await durations(stateful, reason))["count"] == 0


async def test_a_server_without_sessions_tells_nothing_about_them(make_app: Callable[..., Server]) -> None:
    server = make_app("stateless")
    assert await samples(server) == await durations(server, "idle") == {}


async def test_two_servers_on_one_store_tell_the_same(make_app: Callable[..., Server], tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/sessions.db"
    one, two = (make_app("stateful", MCP_SESSION_STORE=url) for _ in range(2))
    async with lifespan(one.app), lifespan(two.app):
        for server in (one, two):
            await initialize(server)
            await server.delete(await initialize(server))
        assert await samples(one) == await samples(two)
        assert (await samples(one))["sessions_active", ""] == 2
        assert await durations(one, "delete") == await durations(two, "delete")
        assert (await durations(one, "delete"))["count"] == 2


async def test_sessions_in_memory_end_with_their_process(
    stateful: Server, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with lifespan(stateful.app):
        for _ in range(2):
            await initialize(stateful)
        clock.jump(3600)
        for _ in range(3):
            await initialize(stateful)
    found = await samples(stateful)
    assert (found["sessions_ended_total", "drain"], found["sessions_ended_total", "idle"]) == (3, 2)
    assert found["sessions_active", ""] == 0
    (line,) = [vars(record) for record in caplog.records if record.message == "session store closed"]
    counts = {name: value for name, value in line.items() if name.startswith(("ended_", "sessions_"))}
    assert counts == {
        "sessions_created": 5,
        "sessions_alive": 0,
        "ended_delete": 0,
        "ended_idle": 2,
        "ended_cap": 0,
        "ended_drain": 3,
    }


async def test_sessions_in_a_file_outlive_it(
    make_app: Callable[..., Server], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server = make_app("stateful", MCP_SESSION_STORE=f"sqlite://{tmp_path}/sessions.db")
    async with lifespan(server.app):
        await initialize(server)
    (line,) = [vars(record) for record in caplog.records if record.message == "session store closed"]
    assert (line["sessions_alive"], line["ended_drain"]) == (1, 0)
