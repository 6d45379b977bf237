"""Clients with odd progress tokens, log levels, cursors and pings."""

from typing import Any

import pytest
from questioned import INITIALIZE, initialized
from scripted import META, MODERN, Client
from synthetic import exchange, findings

from harness import FakeClock, Server, rpc, tool_call

UNIQUE = "progress-token-unique"
CURSOR = "cursor-opaque"


async def opened(server: Server, revision: str = "2025-11-25") -> Client:
    client = Client(server)
    await client.initialize(revision)
    return client


def answer(request_id: Any, **result: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "result": result}


@pytest.mark.parametrize("token", [None, True, 1.5, [], {"a": 1}])
@pytest.mark.parametrize("revision", ["2024-11-05", "2025-11-25"])
async def test_a_progress_token_of_another_type_is_convicted(stateful: Server, token: Any, revision: str) -> None:
    client = await opened(stateful, revision)
    await client.post(tool_call("echo", {"message": "x"}, 9, _meta={"progressToken": token}))
    [finding] = await client.findings("progress-token-type")
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", revision)
    assert finding.evidence == (3,)


async def test_a_modern_progress_token_of_another_type_is_convicted(stateful: Server) -> None:
    client = Client(stateful)
    await client.modern("tools/list", {"_meta": {"progressToken": None}})
    [finding] = await client.findings("progress-token-type")
    assert (finding.revision, finding.evidence) == (MODERN, (1,))


@pytest.mark.parametrize("token", ["a", "", 0, -1, 2**70, 1.0])
async def test_strings_and_integers_are_progress_tokens(stateful: Server, token: Any) -> None:
    client = await opened(stateful)
    await client.post(tool_call("echo", {"message": "x"}, 9, _meta={"progressToken": token}))
    await client.request("tools/list", {"arguments": {"progressToken": []}})
    assert await client.findings("progress-token-type") == []


def running(token: Any, at: float, seconds: float | None = 9, request_id: Any = None, **changes: Any) -> Any:
    message = tool_call("work", {}, request_id or at, _meta={"progressToken": token})
    return exchange(message, at=at, seconds=seconds, **{"session": "a", **changes})


def begun(*events: Any, revision: str = "2025-11-25") -> list[Any]:
    return [exchange(INITIALIZE, at=-1, answer=initialized(revision, tools={}), session="a"), *events]


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_a_token_that_two_running_requests_share_is_convicted(revision: str) -> None:
    [finding] = findings(UNIQUE, *begun(running(1, 1), running(1, 2), revision=revision))
    assert (finding.level, finding.certainty, finding.revision) == ("must", "likely", revision)
    assert (finding.evidence, finding.count) == ((2, 3), 1)


async def test_a_token_of_an_open_stream_is_taken(stateful: Server, clock: FakeClock) -> None:
    client = Client(stateful)
    params = {"notifications": {}, "_meta": {"progressToken": 7}}
    message = client.modern_message("subscriptions/listen", params)
    stream = client.open("POST", message, {"mcp-protocol-version": MODERN, "mcp-method": "subscriptions/listen"})
    await stream.head()
    clock.jump(1)
    await client.modern("tools/list", {"_meta": {"progressToken": 7}})
    [finding] = await client.findings(UNIQUE)
    assert (finding.level, finding.certainty, finding.revision) == ("must", "likely", MODERN)
    assert finding.evidence == (1, 2)
    await stream.leave()


def test_two_modern_clients_may_look_alike() -> None:
    meta = {f"{META}protocolVersion": MODERN, "progressToken": 1}
    events = [
        exchange(
            rpc("tools/list", {"_meta": meta}, 1),
            at=at,
            seconds=9,
            headers={"mcp-protocol-version": MODERN},
            connection=f"127.0.0.1:{port}",
        )
        for at, port in ((1, 1), (2, 2))
    ]
    [finding] = findings(UNIQUE, *events)
    assert (finding.level, finding.certainty) == ("note", "heuristic")


@pytest.mark.parametrize(
    "events",
    [
        [running(1, 1), running(1, 11)],
        [running(1, 1), running(2, 2)],
        [running(1, 1), running("1", 2)],
        [running(1, 1), running(1, 2, session="b")],
        [running(1, 1, seconds=1.02), running(1, 2)],
        [running("*******", 1), running("*******", 2)],
        [running(None, 1), running(None, 2)],
        [running([], 1), running([], 2)],
    ],
)
def test_other_tokens_and_finished_requests_are_no_case(events: Any) -> None:
    assert findings(UNIQUE, *begun(*events)) == []


@pytest.mark.parametrize(("tokens", "cases"), [(("a", "a"), 1), (("a", "b"), 0)])
def test_tokens_that_are_text_are_compared_too(tokens: tuple[str, str], cases: int) -> None:
    assert len(findings(UNIQUE, *begun(*(running(token, at) for at, token in enumerate(tokens, 1))))) == cases


async def test_a_token_that_occurs_twice_in_a_batch_is_convicted(stateful: Server) -> None:
    client = await opened(stateful, "2025-03-26")
    meta = {"_meta": {"progressToken": "a"}}
    await client.post([rpc("tools/list", meta, 8), rpc("prompts/list", meta, 9)])
    [finding] = await client.findings(UNIQUE)
    assert (finding.revision, finding.evidence, finding.count) == ("2025-03-26", (3,), 1)


@pytest.mark.parametrize("level", ["warn", "trace", "fatal", "INFO", "", 7, None, [], {}])
async def test_a_log_level_that_does_not_exist_is_convicted(stateful: Server, level: Any) -> None:
    client = await opened(stateful)
    await client.request("logging/setLevel", {"level": level})
    [finding] = await client.findings("log-level-valid")
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", "2025-11-25")
    assert finding.evidence == (3,)
    client = Client(stateful, "modern")
    await client.modern("tools/list", {"_meta": {f"{META}logLevel": level}})
    [finding] = await client.findings("log-level-valid")
    assert (finding.revision, finding.evidence) == (MODERN, (1,))


@pytest.mark.parametrize("level", ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"])
async def test_the_eight_log_levels_are_fine(stateful: Server, level: str) -> None:
    client = await opened(stateful)
    await client.request("logging/setLevel", {"level": level})
    await client.request("tools/list", {"level": "warn", "_meta": {f"{META}logLevel": "warn"}})
    assert await client.findings("log-level-valid") == []
    client = Client(stateful, "modern")
    await client.modern("tools/list", {"_meta": {f"{META}logLevel": level}})
    assert await client.findings("log-level-valid") == []


@pytest.mark.parametrize("cursor", ["eyJwYWdlIjogMn0=", "", "2", 2, 1.5, True, [], {}])
async def test_a_cursor_that_was_never_given_out_is_convicted(stateful: Server, cursor: Any) -> None:
    client = await opened(stateful)
    await client.request("tools/list", {"cursor": cursor})
    [finding] = await client.findings(CURSOR)
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", "2025-11-25")
    assert finding.evidence == (3,)
    client = Client(stateful, "modern")
    await client.modern("tools/list", {"cursor": cursor})
    [finding] = await client.findings(CURSOR)
    assert (finding.revision, finding.evidence) == (MODERN, (1,))


async def test_a_cursor_that_is_null_is_noted(stateful: Server) -> None:
    client = await opened(stateful)
    await client.request("tools/list", {"cursor": None})
    [finding] = await client.findings(CURSOR)
    assert (finding.level, finding.evidence) == ("note", (3,))


def listing(cursor: Any, at: float, reply: Any, method: str = "tools/list", session: str = "a") -> Any:
    params = {} if cursor is None else {"cursor": cursor}
    return exchange(rpc(method, params, at), at=at, answer=reply, session=session)


FIRST = listing(None, 1, answer(1, tools=[], nextCursor="next"))
UNKNOWN = {"jsonrpc": "2.0", "id": 2, "error": {"code": -32602, "message": "unknown cursor"}}
OTHER = exchange(INITIALIZE, at=1.5, answer=initialized(tools={}), session="b")


@pytest.mark.parametrize(
    "later",
    [
        listing("next ", 2, UNKNOWN),
        listing("next", 2, answer(2, prompts=[]), method="prompts/list"),
        listing("next", 2, answer(2, tools=[]), session="b"),
    ],
)
def test_a_cursor_that_was_changed_or_carried_elsewhere_is_convicted(later: Any) -> None:
    [finding] = findings(CURSOR, *begun(FIRST, OTHER, later))
    assert finding.evidence in ((4,), (2, 4))


@pytest.mark.parametrize(
    "events",
    [
        [FIRST, listing("next", 2, answer(2, tools=[])), listing("next", 3, answer(3, tools=[]))],
        [FIRST, listing("other", 2, answer(2, tools=[]))],
        [listing(None, 1, b"", session="a"), exchange(rpc("com.example/list", {"cursor": "x"}, 9), at=2, session="a")],
        [exchange(rpc("tools/list", None, 1), at=1, answer=b"{", answer_bytes=70_000), listing("next", 2, UNKNOWN)],
        [FIRST, listing("a?token=*******", 2, UNKNOWN)],
    ],
)
def test_a_cursor_that_was_given_out_or_may_have_been_is_fine(events: Any) -> None:
    assert findings(CURSOR, *begun(*events)) == []


def test_an_unknown_cursor_may_stem_from_what_is_no_longer_kept() -> None:
    assert findings(CURSOR, *begun(listing("next", 2, UNKNOWN)), dropped=1) == []
    assert len(findings(CURSOR, *begun(listing("next", 2, UNKNOWN)))) == 1


def test_a_modern_cursor_knows_no_session() -> None:
    meta = {f"{META}protocolVersion": MODERN}
    events = [
        exchange(
            rpc("tools/list", {"_meta": meta, **params}, at), at=at, answer=answer(at, tools=[], nextCursor="next")
        )
        for at, params in ((1, {}), (2, {"cursor": "next"}))
    ]
    assert findings(CURSOR, *events) == []


async def pinging(server: Server, clock: FakeClock, count: int, every: float) -> Client:
    client = await opened(server)
    for _ in range(count):
        clock.jump(every)
        await client.request("ping")
    return client


async def test_a_burst_of_pings_is_suspected(stateful: Server, clock: FakeClock) -> None:
    client = await pinging(stateful, clock, 12, 0.5)
    [finding] = await client.findings("ping-rate")
    assert (finding.level, finding.certainty, finding.revision) == ("should", "heuristic", "2025-11-25")
    assert (finding.evidence, finding.says) == ((3, 13), ("Suspicion: 11 pings came within 10 s.",))


async def test_nothing_but_pings_for_a_minute_is_suspected(stateful: Server, clock: FakeClock) -> None:
    client = await pinging(stateful, clock, 30, 2)
    [finding] = await client.findings("ping-rate")
    assert finding.says == ("Suspicion: 21 of 23 messages within 60 s were pings.",)


@pytest.mark.parametrize(("count", "every"), [(10, 0.1), (40, 15), (40, 5), (200, 60)])
async def test_a_ping_now_and_then_is_fine(stateful: Server, clock: FakeClock, count: int, every: float) -> None:
    client = await pinging(stateful, clock, count, every)
    assert await client.findings("ping-rate") == []


async def test_pings_between_other_messages_are_fine(stateful: Server, clock: FakeClock) -> None:
    client = await opened(stateful)
    for _ in range(30):
        clock.jump(2)
        await client.request("ping")
        await client.call("echo", message="x")
    assert await client.findings("ping-rate") == []


def test_a_session_without_a_handshake_is_not_judged_by_its_pings() -> None:
    pings = [exchange(rpc("ping", None, at), at=at, session="z") for at in range(15)]
    assert findings("ping-rate", *pings) == []
