"""Clients that fetch again and again what they were told they may keep."""

from typing import Any

import pytest
from scripted import MODERN, Client
from synthetic import exchange, findings

from harness import Server, rpc

HEADERS = {"mcp-protocol-version": MODERN}


async def polling(server: Server, *pauses: float, method: str = "tools/list") -> Client:
    client = Client(server)
    await client.modern(method)
    for pause in pauses:
        server.clock.jump(pause)
        await client.modern(method)
    return client


async def test_a_list_that_is_fetched_on_a_beat_is_suspected(stateful: Server) -> None:
    client = await polling(stateful, *[301.0] * 6)
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.certainty) == ("cache-polling", "must", "heuristic")
    assert (finding.revision, finding.count, finding.evidence) == (MODERN, 1, (1, 2, 3, 4, 5, 6, 7))
    assert "301 seconds" in finding.says[0]


@pytest.mark.parametrize("pauses", [[301.0] * 5, [301, 310, 301, 310, 301, 310, 301, 310], [301, 610] * 4])
async def test_few_fetches_and_jitter_are_fine(stateful: Server, pauses: list[float]) -> None:
    client = await polling(stateful, *pauses)
    assert (await client.report()).findings == ()


async def test_a_list_that_is_fetched_while_it_is_fresh_is_suspected(stateful: Server) -> None:
    client = await polling(stateful, 10, 25, 70)
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.certainty) == ("cache-polling", "should", "heuristic")
    assert finding.evidence == (1, 2, 3, 4)


async def test_two_fetches_and_other_connections_are_fine(stateful: Server) -> None:
    client = await polling(stateful, 10, 25)
    client.peer = ("127.0.0.1", 50001)
    await client.modern("tools/list")
    await client.modern("tools/list", via="1.1 gateway")
    assert (await client.report()).findings == ()


async def test_another_page_is_another_thing(stateful: Server) -> None:
    client = Client(stateful)
    for cursor in (None, "a", "b", "c", "d"):
        await client.modern("tools/list", {} if cursor is None else {"cursor": cursor})
    assert await client.findings("cache-polling") == []


async def test_an_error_is_a_reason_to_look_again(stateful: Server) -> None:
    client = await polling(stateful, 10)
    await client.modern("no/such/method")
    for _ in range(2):
        await client.modern("tools/list")
    assert await client.findings("cache-polling") == []


def fetching(*times: float, ttl: Any = 60_000, connection: str = "127.0.0.1:1") -> list[Any]:
    answer = {"jsonrpc": "2.0", "id": 1, "result": {"ttlMs": ttl}}
    return [exchange(rpc("tools/list"), at=at, headers=HEADERS, answer=answer, connection=connection) for at in times]


def test_a_notification_is_a_reason_to_look_again() -> None:
    changed = b'data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n'
    stream = exchange(
        rpc("subscriptions/listen"), headers=HEADERS, pieces=((1.0, changed),), seconds=None, connection="127.0.0.1:1"
    )
    assert findings("cache-polling", stream, *fetching(0.5, 2, 3, 4)) == []
    assert len(findings("cache-polling", *fetching(0.5, 2, 3, 4))) == 1


@pytest.mark.parametrize("ttl", [0, -1, None, True, "60000", 1.5])
def test_what_is_not_fresh_may_be_fetched(ttl: Any) -> None:
    assert findings("cache-polling", *fetching(0, 2, 3, 4, ttl=ttl)) == []
