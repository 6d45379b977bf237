"""Clients that take up streams in the wrong way, too soon, or not at all."""

from typing import Any

import pytest
from scripted import Client
from synthetic import exchange, findings

from asgi_bridge import Event
from harness import FakeClock, Server, introduction, note, rpc, tool_call
from mcp_echo_core.toolsets.conformance import running

LEGACY = ("2025-03-26", "2025-06-18", "2025-11-25")
HELLO = rpc("initialize", introduction(), 1)
WELCOME = {"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "2025-11-25", "capabilities": {}}}


@pytest.fixture
def cutting(make_app: Any, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server with a tool that closes the connection before the result is there."""
    monkeypatch.setattr(running, "PAUSE", 0.0)
    server: Server = make_app("stateful", MCP_ECHO_TOOLSETS="diagnostics,conformance")
    return server


async def cut(server: Server, settling: float = 30) -> tuple[Client, str]:
    """A client whose call was cut, and the last event it saw."""
    client = Client(server)
    await client.initialize()
    server.clock.jump(settling)
    answer = await client.call("test_reconnection")
    [priming] = answer.events
    assert priming.id is not None
    return client, priming.id


async def resumed(client: Client, last_event_id: str) -> list[Event]:
    """What is left of a stream."""
    stream = client.open("GET", headers={"last-event-id": last_event_id})
    seen = []
    while (event := await stream.event()) is not None:
        seen.append(event)
    return seen


async def test_whoever_waits_and_names_the_last_event_gets_the_rest(cutting: Server, clock: FakeClock) -> None:
    client, event_id = await cut(cutting)
    clock.jump(1)
    seen = await resumed(client, event_id)
    assert seen[-1].message["id"] == client.ids
    assert (await client.report()).findings == ()


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("revision", LEGACY)
async def test_a_last_event_id_on_anything_but_a_get_is_convicted(stateful: Server, method: str, revision: str) -> None:
    client = Client(stateful)
    await client.initialize(revision)
    body = rpc("ping", None, client.next_id()) if method == "POST" else b""
    await client.send(method, body, {"last-event-id": "g00000000-1"})
    [finding] = await client.findings("last-event-id-use")
    assert (finding.level, finding.revision, finding.evidence) == ("should", revision, (3,))


@pytest.mark.parametrize("event_id", ["", "42", "g00000000", "g00000000-1", "null"])
async def test_a_last_event_id_of_no_event_is_convicted(stateful: Server, event_id: str) -> None:
    client = Client(stateful)
    await client.initialize()
    await listened(client, event_id)
    [finding] = await client.findings("last-event-id-use")
    assert (finding.level, finding.certainty, finding.evidence) == ("should", "certain", (4,))


async def test_what_an_open_stream_has_carried_is_not_known(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    stream = client.open("GET")
    await stream.head()
    await listened(client, "g00000000-1")
    assert await client.findings("last-event-id-use") == []
    await stream.leave()


def test_what_was_said_before_the_record_begins_is_not_known() -> None:
    get = exchange(method="GET", at=5, session="a", headers={"last-event-id": "g00000000-1"})
    hello = exchange(HELLO, answer=WELCOME, session="a")
    assert len(findings("last-event-id-use", hello, get)) == 1
    assert findings("last-event-id-use", get) == []
    assert findings("last-event-id-use", hello, get, dropped=1) == []
    long = exchange(rpc("x", None, 2), at=1, pieces=((0.1, b"id: p00000000-0\ndata:\n\n"),), session="a")
    assert len(findings("last-event-id-use", hello, long, get)) == 1
    cut_record = exchange(
        rpc("x", None, 2), at=1, pieces=((0.1, b"id: p00000000-0\ndata:\n\n"),), session="a", answer_bytes=99_999
    )
    assert findings("last-event-id-use", hello, cut_record, get) == []


async def test_a_get_that_forgets_the_cut_stream_is_convicted(cutting: Server, clock: FakeClock) -> None:
    client, _ = await cut(cutting)
    clock.jump(1)
    await listened(client)
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.certainty) == ("resume-with-last-event-id", "should", "likely")
    assert (finding.revision, finding.evidence) == ("2025-11-25", (4, 6))


async def test_the_first_stream_of_a_session_is_no_reconnection(cutting: Server) -> None:
    client, _ = await cut(cutting, settling=1)
    await listened(client)
    assert await client.findings("resume-with-last-event-id") == []


async def test_a_stream_that_is_continued_later_was_not_forgotten(cutting: Server, clock: FakeClock) -> None:
    client, event_id = await cut(cutting)
    clock.jump(1)
    await listened(client)
    clock.jump(1)
    await resumed(client, event_id)
    assert (await client.report()).findings == ()


async def test_a_listener_that_broke_is_opened_again_and_that_is_all(cutting: Server, clock: FakeClock) -> None:
    client = Client(cutting)
    await client.initialize()
    await listened(client)
    clock.jump(30)
    await client.call("test_reconnection")
    clock.jump(1)
    await listened(client)
    assert await client.findings("resume-with-last-event-id") == []


async def test_a_get_long_after_the_cut_or_a_cancelled_call_proves_nothing(cutting: Server, clock: FakeClock) -> None:
    late, _ = await cut(cutting)
    clock.jump(61)
    await listened(late)
    assert await late.findings("resume-with-last-event-id") == []
    other, _ = await cut(cutting)
    await other.post(note("notifications/cancelled", {"requestId": other.ids}))
    clock.jump(1)
    await listened(other)
    assert await other.findings("resume-with-last-event-id") == []


async def test_whoever_comes_back_too_soon_is_convicted(cutting: Server, clock: FakeClock) -> None:
    client, event_id = await cut(cutting)
    clock.jump(0.9)
    await resumed(client, event_id)
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.certainty) == ("retry-delay-respected", "must", "likely")
    assert (finding.revision, finding.evidence) == ("2025-11-25", (4, 6))
    assert "900 ms" in finding.says[0]


PRIMED = (0.1, b"id: g00000000-0\nretry: 1000\ndata:\n\n")


def listening(**changes: Any) -> Any:
    facts = {"method": "GET", "at": 10, "seconds": 20.0, "pieces": (PRIMED,), "session": "a", **changes}
    return exchange(**facts)


def again(at: float, **changes: Any) -> Any:
    headers = {"last-event-id": "g00000000-0", "mcp-protocol-version": "2025-11-25"}
    return exchange(method="GET", at=at, headers=headers, session="a", **changes)


def test_a_listener_that_comes_back_too_soon_is_certainly_wrong() -> None:
    hello = exchange(HELLO, answer=WELCOME, session="a")
    [finding] = findings("retry-delay-respected", hello, listening(), again(30.5))
    assert (finding.certainty, finding.evidence) == ("certain", (2, 3))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (listening(), again(30.96)),
        (listening(), again(29)),
        (listening(), again(30)),
        (listening(), again(30.5, instance="two")),
        (listening(seconds=None), again(30.5)),
        (listening(ended_by="client"), again(30.5)),
        (listening(pieces=((0.1, b"id: g00000000-0\ndata:\n\n"),)), again(30.5)),
        (listening(pieces=((0.1, b"id: g11111111-0\nretry: 1000\ndata:\n\n"),)), again(30.5)),
        (listening(pieces=(PRIMED, (0.2, b'data: {"jsonrpc":"2.0","id":7,"result":{}}\n\n'))), again(30.5)),
        (listening(answer_bytes=99_999), again(30.5)),
        (
            listening(method="POST", body=tool_call("t", {}, 7)),
            exchange(note("notifications/cancelled", {"requestId": 7}), at=10.15, session="a"),
        ),
    ],
)
def test_where_nobody_can_tell_who_closed_what_when_nobody_came_too_soon(before: Any, after: Any) -> None:
    hello = exchange(HELLO, answer=WELCOME, session="a")
    more = [again(10.2)] if after.method == "POST" else []
    assert findings("retry-delay-respected", hello, before, after, *more) == []


def test_older_revisions_announce_no_delay() -> None:
    welcome = {**WELCOME, "result": {"protocolVersion": "2025-06-18", "capabilities": {}}}
    hello = exchange(HELLO, answer=welcome, session="a")
    assert findings("retry-delay-respected", hello, listening(), again(30.5)) == []


async def listened(client: Client, last_event_id: str | None = None) -> None:
    """A GET whose client leaves at once."""
    stream = client.open("GET", headers={"last-event-id": last_event_id})
    await stream.head()
    await stream.leave()
