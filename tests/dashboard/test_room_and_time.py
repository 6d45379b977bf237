"""What is looked at costs those who talk to the server nothing, and memory once."""

import asyncio
import threading

import pytest
from dashboards import Onlooker, Socket, in_bin

from asgi_bridge import WAIT
from harness import Server, call, rpc, tool_call
from mcp_echo_core.dashboard import board, desk, shares, streams, verdicts
from mcp_echo_core.dashboard.shelf import Shelf
from mcp_echo_core.dashboard.summary import Summariser
from mcp_echo_core.recording import taken
from mcp_echo_core.recording.events import Record
from mcp_echo_core.stores.base import StoreUnavailable


async def test_a_record_is_masked_and_summarised_once_and_never_on_the_loop(
    onlooker: Onlooker, stateful: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, masked, whole = threading.get_ident(), taken.masked, Summariser.summary
    calls: list[int] = []
    summaries: list[int] = []

    def counted(data: bytes) -> bytes:
        calls.append(threading.get_ident())
        return masked(data)

    def summary(self: Summariser, entry: object) -> object:
        summaries.append(threading.get_ident())
        return whole(self, entry)  # type: ignore[arg-type]

    for _ in range(30):
        await in_bin(stateful, "heavy-1", tool_call("echo", {"message": "?a=%25253Db&" * 1300}))
    monkeypatch.setattr(taken, "masked", counted)
    monkeypatch.setattr(board.Summariser, "summary", summary)
    await asyncio.gather(*(onlooker.record("heavy-1") for _ in range(20)))
    key = await onlooker.share("heavy-1")
    await onlooker.record(f"view/{key}")
    assert len(calls) == 60
    assert loop not in {*calls, *summaries}


async def test_what_comes_live_is_masked_beside_the_loop_when_it_is_long(
    onlooker: Onlooker, stateful: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, masked = threading.get_ident(), taken.masked
    threads: list[int] = []

    def counted(data: bytes) -> bytes:
        threads.append(threading.get_ident())
        return masked(data)

    told = await onlooker.watch("live-1")
    monkeypatch.setattr(taken, "masked", counted)
    await in_bin(stateful, "live-1", tool_call("echo", {"message": "?a=%25253Db&" * 1300}))
    assert (await told.exchange_told())["kind"] == "tools/call"
    assert threads
    assert loop not in threads
    await told.exchange.leave()


async def test_all_that_lies_open_has_one_bound(
    onlooker: Onlooker, stateful: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = stateful
    monkeypatch.setattr(desk, "Shelf", lambda _: Shelf(100_000))
    feeds = [await onlooker.watch(f"watched-{number}") for number in range(5)]
    for number in range(5):
        for _ in range(4):
            await in_bin(server, f"watched-{number}", tool_call("echo", {"message": "x" * 5000}))
            await feeds[number].exchange_told()
    records = [await onlooker.record(f"watched-{number}") for number in range(5)]
    kept = [len(record["exchanges"]) for record in records]
    assert 5 <= sum(kept) < 100_000 / 5000
    assert min(kept) >= 1
    assert all(record["dropped"] == 4 - count for record, count in zip(records, kept, strict=True))
    for feed in feeds:
        await feed.exchange.leave()


async def test_feeds_are_bounded_also_when_they_open_at_the_same_time(
    onlooker: Onlooker, stateful: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "MAX_LISTENERS", 3)
    await in_bin(stateful, "many-1", rpc("ping"))
    exchanges = [onlooker.open("/dashboard/many-1/events") for _ in range(8)]
    heads = await asyncio.gather(*(exchange.head() for exchange in exchanges))
    assert sorted(head.status for head in heads) == [200] * 3 + [503] * 5
    for exchange in exchanges:
        await exchange.leave()
    told = await onlooker.watch("many-1")
    await told.exchange.leave()
    assert (await onlooker.send("HEAD", "/dashboard/many-1/events")).status == 200
    for _ in range(4):
        socket = Socket(stateful, "/dashboard/many-1/ws")
        assert await socket.status() == 101
        await socket.leave()


async def test_a_key_is_made_without_reading_what_lies_open(
    onlooker: Onlooker, stateful: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_bin(stateful, "shared-1", rpc("ping"))
    await onlooker.record("shared-1")

    async def never(_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(stateful.app.runtime.journal, "read", never)
    await asyncio.gather(*(onlooker.share("shared-1") for _ in range(shares.MAX_KEYS)))


@pytest.mark.parametrize("operation", ["read", "share", "shared", "revoke"])
async def test_while_records_cannot_be_reached_every_route_says_so(
    onlooker: Onlooker, session: str, stateful: Server, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    key = "0" * 32 if operation == "shared" else await onlooker.share(session)

    async def away(_: object) -> None:
        raise StoreUnavailable("redis://:hunter2@store:6379 does not answer")

    monkeypatch.setattr(stateful.app.runtime.journal, operation, away)
    asked = {
        "read": ("GET", "/dashboard/never-opened-1/record.json"),
        "share": ("POST", f"/dashboard/{session}/share"),
        "shared": ("GET", f"/dashboard/view/{key}/record.json"),
        "revoke": ("DELETE", f"/dashboard/{session}/share/{key}"),
    }
    answer = await onlooker.send(*asked[operation])
    assert (answer.status, answer.header("retry-after")) == (503, "1")
    assert "store:6379 does not answer" in answer.message["error"]
    assert "hunter2" not in answer.message["error"]


async def test_a_connection_that_its_engine_has_closed_is_over_without_a_traceback(
    onlooker: Onlooker, session: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried = asyncio.Event()

    async def closed(*_: object) -> None:
        tried.set()
        raise RuntimeError("Unexpected ASGI message 'websocket.send', after sending 'websocket.close'.")

    monkeypatch.setattr(streams.WebSocket, "send_text", closed)
    socket = Socket(onlooker.server, f"/dashboard/{session}/ws")
    assert await socket.status() == 101
    await tried.wait()
    await socket.leave()
    assert "Traceback" not in caplog.text
    assert "a stream failed" not in caplog.text


async def test_requests_are_served_while_a_record_is_masked(
    onlooker: Onlooker, stateful: Server, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    masked, release = taken.masked, threading.Event()

    def waiting(data: bytes) -> bytes:
        assert release.wait(WAIT)
        return masked(data)

    await in_bin(stateful, "waited-for-1", tool_call("echo", {"message": "x"}))
    monkeypatch.setattr(taken, "masked", waiting)
    reading = asyncio.create_task(onlooker.record("waited-for-1"))
    for _ in range(20):
        await call(stateful, "echo", {"message": "meanwhile"}, session)
    assert not reading.done()
    release.set()
    assert len((await reading)["exchanges"]) == 1


async def test_a_verdict_that_takes_long_keeps_no_other_record_waiting(
    onlooker: Onlooker, stateful: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict_on, release = verdicts.verdict_on, threading.Event()

    def slow(record: Record) -> verdicts.Verdict:
        assert record.subject != "slow-1" or release.wait(WAIT)
        return verdict_on(record)

    for name in ("slow-1", "quick-1", "quick-2"):
        await in_bin(stateful, name, rpc("ping"))
    monkeypatch.setattr(verdicts, "verdict_on", slow)
    reading = asyncio.create_task(onlooker.record("slow-1"))
    for name in ("quick-1", "quick-2"):
        assert (await onlooker.record(name))["report"]["exchanges"] == 1
    assert not reading.done()
    release.set()
    await reading
    # Its rest is its own, too.
    assert (await onlooker.record("quick-1"))["report"]["exchanges"] == 1
