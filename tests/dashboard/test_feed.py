"""The feed: what is told, when, to whom, and how it ends; as server-sent events and on a WebSocket."""

import asyncio
import time
from collections.abc import Callable

import msgspec
import pytest
from dashboards import Onlooker, Socket, in_bin, session_in_bin

from asgi_bridge import lifespan
from harness import Server, call, initialize, rpc
from mcp_echo_core.dashboard import desk, feed, streams
from mcp_echo_core.drain import Drain
from mcp_echo_core.recording.taken import Taken
from mcp_echo_core.stores.base import StoreUnavailable


async def test_an_exchange_is_told_within_a_second(onlooker: Onlooker, stateful: Server, session: str) -> None:
    told = await onlooker.watch(session)
    began = time.monotonic()
    await call(stateful, "echo", {"message": "live"}, session)
    summary = await told.exchange_told()
    assert time.monotonic() - began < 1
    assert (summary["sequence"], summary["kind"], summary["name"]) == (4, "tools/call", "echo")
    await told.exchange.leave()


async def test_what_was_missed_is_told_first(onlooker: Onlooker, stateful: Server, session: str) -> None:
    for resumed in (await onlooker.watch(session, last_event_id="1"), await onlooker.watch(session, "?after=1")):
        assert [(await resumed.exchange_told())["sequence"] for _ in range(2)] == [2, 3]
        await resumed.exchange.leave()
    told = await onlooker.watch(session, last_event_id="3")
    await call(stateful, "echo", {"message": "next"}, session)
    assert (await told.exchange_told())["sequence"] == 4
    await told.exchange.leave()


@pytest.mark.parametrize("number", ["99999", "0"])
async def test_a_number_of_another_life_of_the_record_brings_everything(
    onlooker: Onlooker, session: str, number: str
) -> None:
    told = await onlooker.watch(session, last_event_id=number)
    assert [(await told.exchange_told())["sequence"] for _ in range(3)] == [1, 2, 3]
    await told.exchange.leave()


@pytest.mark.parametrize("number", ["x", "-1", "1" * 5000, ""])
async def test_what_is_no_number_brings_nothing_of_the_past(onlooker: Onlooker, session: str, number: str) -> None:
    told = await onlooker.watch(session, last_event_id=number)
    first = await told.next("exchange", "state")
    assert first is not None
    assert first.event == "state"
    await told.exchange.leave()


async def test_those_who_resume_get_more_than_a_backlog_holds(
    onlooker: Onlooker, stateful: Server, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "BACKLOG", 2)
    told = await onlooker.watch(session, last_event_id="0")
    assert [(await told.exchange_told())["sequence"] for _ in range(3)] == [1, 2, 3]
    await told.exchange.leave()


async def test_a_stream_s_end_is_told_with_the_key_of_its_beginning(
    onlooker: Onlooker, stateful: Server, session: str
) -> None:
    told = await onlooker.watch(session)
    stream = stateful.stream(session)
    await stream.event()
    opened = await told.exchange_told()
    await stream.leave()
    ended = await told.exchange_told()
    assert (opened["open"], ended["open"]) == (True, False)
    assert ended["key"] == opened["key"]
    await told.exchange.leave()


async def test_the_state_is_told_at_once_and_after_changes(onlooker: Onlooker, stateful: Server, session: str) -> None:
    told = await onlooker.watch(session)
    first = await told.next("state")
    await stateful.post(rpc("ping"), session, accept="application/json")
    second = await told.next("state")
    assert first is not None
    assert second is not None
    assert first.message.keys() == {"session", "report", "gateway", "dropped"}
    counted = {"must", "should", "suspicions", "notes", "exchanges", "dropped", "replayed"}
    assert first.message["report"].keys() == counted | {"scope", "complete", "refused", "findings"}
    rules = [finding["rule"] for finding in second.message["report"]["findings"]]
    assert "accept-both-types" in rules
    await told.exchange.leave()


async def test_the_state_is_told_now_and_then_although_nothing_happens(
    onlooker: Onlooker, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "STATE_SECONDS", 0.01)
    monkeypatch.setattr(feed, "STATE_SILENCE", 0.02)
    told = await onlooker.watch(session)
    assert [await told.next("state") for _ in range(3)]
    await told.exchange.leave()


async def test_silence_is_filled_with_comments(make_app: Callable[..., Server]) -> None:
    onlooker = Onlooker(make_app("stateful", MCP_SSE_KEEPALIVE_INTERVAL="0.05"))
    told = await onlooker.watch("quiet-bin")
    await told.next("state")
    event = await told.exchange.event()
    assert event is not None
    assert (event.event, event.data) == (None, None)
    await told.exchange.leave()


async def test_one_who_does_not_keep_up_is_dropped_and_told_so(
    onlooker: Onlooker, stateful: Server, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "BACKLOG", 3)
    slow = stateful.open(onlooker.request(f"/dashboard/{session}/events"), held="http.response.body")
    await slow.waiting.wait()
    slow.release()
    await slow.event()
    slow._gate.clear()  # from now on it does not read
    quick = await onlooker.watch(session)
    for number in range(8):
        await call(stateful, "echo", {"message": str(number)}, session)
        await quick.exchange_told()
    slow.release()
    names = []
    while (event := await slow.event()) is not None:
        names.append(event.event)
    assert names[-1] == "too-slow"
    assert (await slow.answer()).status == 200
    await quick.exchange.leave()


async def test_more_at_once_than_anybody_waits_for_loses_nothing_of_the_record(
    onlooker: Onlooker, stateful: Server, session: str
) -> None:
    await onlooker.record(session)
    journal = stateful.app.runtime.journal
    assert journal is not None
    record = await journal.read(session)
    assert record is not None
    ring = journal._rings[session]  # type: ignore[attr-defined] - as many events in one go as no client makes
    last = msgspec.msgpack.decode(ring.kept[-1], type=Taken)
    for _ in range(300):
        journal.append([session], last)
    assert (await onlooker.record(session))["exchanges"][-1]["sequence"] == 303


async def test_a_record_that_is_no_longer_kept_ends_its_feed(
    onlooker: Onlooker, stateful: Server, session: str
) -> None:
    told = await onlooker.watch(session)
    await stateful.delete(session)

    async def nobody(_: str) -> bool:
        return False

    journal = stateful.app.runtime.journal
    assert journal is not None
    await journal.sweep(stateful.clock.wall + 10_000, 1.0, nobody)
    assert await told.next("gone")
    assert (await told.exchange.answer()).status == 200


async def test_a_process_that_drains_ends_its_feeds(stateful: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    drains: list[Drain] = []
    install = Drain.install
    monkeypatch.setattr(Drain, "install", lambda self, loop: (drains.append(self), install(self, loop))[1])
    async with lifespan(stateful.app):
        onlooker, session = Onlooker(stateful), await initialize(stateful)
        told = await onlooker.watch(session)
        socket = Socket(stateful, f"/dashboard/{session}/ws")
        assert await socket.status() == 101
        await socket.told("state")
        stopped = asyncio.Event()
        drains[0].begin(stopped.set)
        while await told.exchange.event():
            pass
        assert (await told.exchange.answer()).status == 200
        while (message := await socket.message())["type"] == "websocket.send":
            pass
        assert (message["type"], message["code"]) == ("websocket.close", 1001)
        await asyncio.wait_for(stopped.wait(), 5)


async def test_a_websocket_gets_the_same_feed(onlooker: Onlooker, stateful: Server, session: str) -> None:
    socket = Socket(stateful, f"/dashboard/{session}/ws?after=2")
    assert await socket.status() == 101
    missed = await socket.told("exchange")
    assert (missed["id"], missed["data"]["sequence"]) == (3, 3)
    state = await socket.told("state")
    assert (state["id"], "report" in state["data"]) == (None, True)
    socket.incoming.put_nowait({"type": "websocket.receive", "text": "nobody listens"})
    await call(stateful, "echo", {"message": "live"}, session)
    assert (await socket.told("exchange"))["data"]["sequence"] == 4
    await socket.leave()


async def test_a_websocket_to_a_record_that_goes_is_closed(onlooker: Onlooker, stateful: Server, session: str) -> None:
    key = await onlooker.share(session)
    socket = Socket(stateful, f"/dashboard/view/{key}/ws")
    assert await socket.status() == 101
    await onlooker.send("DELETE", f"/dashboard/{session}/share/{key}")
    await socket.told("gone")
    assert (await socket.message())["code"] == 1000


async def test_the_feed_of_a_bin_begins_before_it_is_used(onlooker: Onlooker, stateful: Server) -> None:
    told = await onlooker.watch("new-bin")
    session = await session_in_bin(stateful, "new-bin")
    assert [(await told.exchange_told())["session"] for _ in range(2)] == [session[:8]] * 2
    await told.exchange.leave()


async def test_the_number_of_feeds_is_bounded(
    onlooker: Onlooker, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "MAX_LISTENERS", 1)
    first = await onlooker.watch(session)
    assert (await onlooker.get(f"/dashboard/{session}/events")).status == 503
    assert await Socket(onlooker.server, f"/dashboard/{session}/ws").status() == 503
    await first.exchange.leave()
    assert (await onlooker.get(f"/dashboard/{session}/events")).status == 200


async def test_a_head_of_a_feed_ends(onlooker: Onlooker, session: str) -> None:
    answer = await onlooker.send("HEAD", f"/dashboard/{session}/events")
    assert (answer.status, answer.body) == (200, b"")


async def test_records_nobody_looks_at_are_put_away(
    onlooker: Onlooker, stateful: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "MAX_IDLE", 2)
    journal = stateful.app.runtime.journal
    assert journal is not None
    for number in range(5):
        await in_bin(stateful, f"bin-{number}", rpc("ping"))
        assert len((await onlooker.record(f"bin-{number}"))["exchanges"]) == 1
    assert len(journal._audience._viewers) <= 3  # type: ignore[attr-defined] - who follows costs every exchange a little


async def test_an_outage_of_the_records_is_told_as_such(
    onlooker: Onlooker, stateful: Server, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: str) -> None:
        raise StoreUnavailable("redis://:canary-password@host is away")

    monkeypatch.setattr(stateful.app.runtime.journal, "read", away)
    for path in ("record.json", "events", "report.md"):
        answer = await onlooker.get(f"/dashboard/{session}/{path}")
        assert (answer.status, answer.header("retry-after")) == (503, "1")
        assert b"canary" not in answer.body
    assert await Socket(stateful, f"/dashboard/{session}/ws").status() == 503


async def test_a_key_that_was_revoked_elsewhere_ends_the_feed_soon(
    onlooker: Onlooker, stateful: Server, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "CHECK_SECONDS", 0.0)
    key = await onlooker.share(session)
    told = await onlooker.watch(f"view/{key}")
    journal = stateful.app.runtime.journal
    assert journal is not None
    await journal.revoke(key)
    await call(stateful, "echo", {"message": "more"}, session)
    assert await told.next("gone")
