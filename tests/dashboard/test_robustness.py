"""What goes wrong shows nothing it should not, and takes nothing else with it."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from dashboards import DATA, Onlooker, Socket, in_bin

from asgi_bridge import Request
from harness import POST_HEADERS, Server, call, encoded, header_list, initialize, rpc, tool_call
from mcp_echo_core.dashboard import board, desk, feed, overview, pages, routes, shares, summary
from mcp_echo_core.dashboard.encoding import as_json
from mcp_echo_core.recording.events import Entry
from mcp_echo_core.recording.taken import Taken
from mcp_echo_core.stores.base import StoreUnavailable


async def test_a_defect_is_answered_blandly(
    onlooker: Onlooker, stateful: Server, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ValueError("canary-inside")

    monkeypatch.setattr(routes, "overview", broken)
    answer = await onlooker.get(f"/dashboard/{session}/record.json")
    assert (answer.status, answer.message) == (500, {"error": "The dashboard failed to answer"})
    assert answer.header("referrer-policy") == "no-referrer"


async def test_an_exchange_that_cannot_be_shown_does_not_hide_the_others(
    onlooker: Onlooker, stateful: Server, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = summary.Summariser.summary

    def fragile(self: summary.Summariser, entry: Entry) -> summary.Summary:
        if entry.sequence in {2, 4}:
            raise ValueError
        return whole(self, entry)

    monkeypatch.setattr(summary.Summariser, "summary", fragile)
    told = await onlooker.watch(session)
    for text in "ab":
        await call(stateful, "echo", {"message": text}, session)
    assert (await told.exchange_told())["sequence"] == 5
    assert [each["sequence"] for each in (await onlooker.record(session))["exchanges"]] == [1, 3, 5]
    assert (await onlooker.get(f"/dashboard/{session}/exchanges/2")).status == 404
    await told.exchange.leave()


async def test_a_state_that_cannot_be_told_is_told_when_it_can(
    onlooker: Onlooker, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "STATE_SECONDS", 0.01)
    monkeypatch.setattr(feed, "STATE_SILENCE", 0.02)
    failures = [ValueError("once")]

    async def fragile(*facts: object) -> overview.State:
        if failures:
            raise failures.pop()
        return await overview.state(*facts)  # type: ignore[arg-type]

    monkeypatch.setattr(desk, "state", fragile)
    told = await onlooker.watch(session)
    assert await told.next("state")
    await told.exchange.leave()


async def test_while_the_store_is_away_the_record_is_shown(
    onlooker: Onlooker, stateful: Server, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(stateful.app.runtime.sessions, "peek", away)
    record = await onlooker.record(session)
    assert (record["session"]["alive"], len(record["exchanges"])) == (None, 3)
    document = (await onlooker.get(f"/dashboard/{session}/export.md")).body.decode()
    assert "its store cannot be reached" in document


async def test_a_record_that_was_lost_sight_of_is_read_again_when_that_is_possible(
    onlooker: Onlooker, stateful: Server, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(feed, "BACKLOG", 1000)
    told = await onlooker.watch(session)
    await told.next("state")
    journal = stateful.app.runtime.journal
    assert journal is not None
    read, failures = journal.read, [StoreUnavailable("away")]

    async def fragile(subject: str) -> object:
        if failures:
            raise failures.pop()
        return await read(subject)

    monkeypatch.setattr(journal, "read", fragile)
    ring = journal._rings[session]  # type: ignore[attr-defined] - more in one go than any client sends
    last = msgspec.msgpack.decode(ring.kept[-1], type=Taken)
    for _ in range(300):
        journal.append([session], last)
    while (await told.exchange_told())["sequence"] < 303:
        pass
    await told.exchange.leave()


async def test_what_is_kept_of_a_record_is_bounded(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", MCP_JOURNAL_MAX_BYTES="30000")
    onlooker, session = Onlooker(server), await initialize(server)
    await onlooker.record(session)
    for number in range(10):
        await call(server, "echo", {"message": str(number) + "x" * 5000}, session)
    record = await onlooker.record(session)
    assert 0 < len(record["exchanges"]) < 4
    assert record["dropped"] == 12 - len(record["exchanges"])
    assert record["exchanges"][-1]["sequence"] == 12


async def test_compressed_answers_are_not_shown_as_text(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", ECHO_ENABLE_COMPRESSION="true")
    session = await initialize(server)
    await server.post(tool_call("echo", {"message": "x" * 5000}), session, accept_encoding="gzip")
    detail = await Onlooker(server).json(f"/dashboard/{session}/exchanges/3")
    assert detail["answer_body"].startswith("(compressed, ")


async def test_headers_that_no_client_should_send_are_remarked_on(
    onlooker: Onlooker, stateful: Server, session: str
) -> None:
    odd = [(b"x-many", b"1")] * 3 + [(b"te", b"trailers"), (b"user-agent", b"a"), (b"user-agent", b"b")]
    odd += [
        (b"x-space", b" a "),
        (b"x-control", b"a\x07b"),
        (b"x-long", b"y" * 9000),
        (b"mcp-session-id", session.encode()),
    ]
    headers = [*header_list(POST_HEADERS, {}), *odd]
    await stateful.send(Request(headers=headers, body=encoded(rpc("ping"))))
    fields = (await onlooker.json(f"/dashboard/{session}/exchanges/4"))["request_headers"]
    found = {each["name"]: each for each in fields}
    assert found["x-many"]["odd"] == ["sent 3 times"]
    assert found["te"]["odd"] == ["meant for one hop only"]
    assert found["user-agent"]["odd"] == ["sent twice", "holds one value only"]
    assert found["x-space"]["odd"] == ["white space around the value"]
    assert found["x-control"]["odd"] == ["control characters"]
    assert found["x-long"]["value"].endswith("… (9000 characters)")


async def test_shares_of_records_that_were_forgotten_are_not_remembered(
    onlooker: Onlooker, stateful: Server, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "MAX_RECORDS", 1)
    first = await onlooker.share(session)
    await in_bin(stateful, "another", rpc("ping"))
    await onlooker.share("another")
    assert (await onlooker.send("DELETE", f"/dashboard/{session}/share/{first}")).status == 204


async def test_an_installation_without_the_page_says_so(
    onlooker: Onlooker, session: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    pages._read.cache_clear()
    assert (await onlooker.get(f"/dashboard/{session}")).status == 500
    pages._read.cache_clear()


async def test_routes_outlive_a_client_that_leaves_at_once(onlooker: Onlooker, session: str) -> None:
    exchange = onlooker.open(f"/dashboard/{session}/events")
    await exchange.leave()
    socket = Socket(onlooker.server, f"/dashboard/{session}/ws")
    await socket.leave()
    assert (await onlooker.get(f"/dashboard/{session}/events")).status == 200


@pytest.mark.parametrize("method", ["HEAD", "GET"])
async def test_heads_are_those_of_the_answers(onlooker: Onlooker, session: str, method: str) -> None:
    for name in DATA:
        if name != "events":
            answer = await onlooker.send(method, f"/dashboard/{session}/{name}")
            assert answer.status == 200


def test_values_that_json_does_not_have_are_written_as_texts() -> None:
    odd = {"surrogate": "\ud800", "numbers": [float("inf"), float("nan"), 1 << 70], "deep": ({"x": None},)}
    assert json.loads(as_json(odd)) == {
        "surrogate": "\ud800", "numbers": ["inf", "nan", 1 << 70], "deep": [{"x": None}],
    }  # fmt: skip
