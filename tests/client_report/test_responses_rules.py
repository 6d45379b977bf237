"""Clients that answer the server wrongly, late or not at all."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from questioned import INITIALIZE, ROUNDS, asked, initialized, question, reply, willing
from scripted import Client
from synthetic import exchange, findings

from harness import Server, note, rpc

NAMED = {"action": "accept", "content": {"name": "Alice"}}
MATCHES = "response-id-matches"
PING = "ping-answered"


async def answered(make_app: Callable[..., Server], *first: Any) -> Client:
    """A client that is asked once, posts these answers, and then the right one."""
    client = await willing(make_app)
    call, asking = await asked(client, f"{ROUNDS}elicitation")
    for each in first:
        await client.post(each(asking) if callable(each) else each)
    await client.post(reply(asking, NAMED))
    await call.answer()
    return client


@pytest.mark.parametrize("request_id", ["server-99999", "other", 1, None, True, 1.5, []])
async def test_an_answer_to_no_question_is_convicted(make_app: Callable[..., Server], request_id: Any) -> None:
    client = await answered(make_app, {"jsonrpc": "2.0", "id": request_id, "result": NAMED})
    [finding] = await client.findings(MATCHES)
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", "2025-11-25")
    assert (finding.evidence, finding.count) == ((4,), 1)


async def test_an_answer_without_an_id_is_convicted(make_app: Callable[..., Server]) -> None:
    client = await answered(make_app, {"jsonrpc": "2.0", "result": NAMED})
    [finding] = await client.findings(MATCHES)
    assert finding.says == ("A response has no id: that is no id of a request.",)


async def test_a_second_answer_is_convicted_and_the_same_one_again_is_noted(make_app: Callable[..., Server]) -> None:
    client = await answered(make_app)
    await client.post({"jsonrpc": "2.0", "id": "server-1", "result": NAMED})
    [finding] = await client.findings(MATCHES)
    assert (finding.level, finding.evidence) == ("note", (4, 6))
    await client.post({"jsonrpc": "2.0", "id": "server-1", "result": {"action": "cancel"}})
    [finding] = await client.findings(MATCHES)
    assert (finding.level, finding.evidence) == ("must", (4, 7, 6))


@pytest.mark.parametrize(
    "first",
    [
        {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "what was that?"}},
        {"jsonrpc": "2.0", "error": {"code": -32700, "message": "what was that?"}},
        note("notifications/x"),
    ],
)
async def test_the_right_answer_and_errors_about_the_unreadable_are_fine(
    make_app: Callable[..., Server], first: Any
) -> None:
    client = await answered(make_app, first)
    assert await client.findings(MATCHES) == []
    assert await client.findings("response-shape") == []


async def test_while_a_stream_is_open_its_questions_are_not_known(make_app: Callable[..., Server]) -> None:
    client = await willing(make_app)
    call, asking = await asked(client, f"{ROUNDS}multi_round")
    await client.post(reply(asking, NAMED))
    assert await client.findings(MATCHES) == []
    await client.post({"jsonrpc": "2.0", "id": "mine", "result": {}})
    assert [each.evidence for each in await client.findings(MATCHES)] == [(5,)]
    await client.post(reply(await question(call), NAMED))
    await call.answer()


def stream(*messages: Any, at: float = 1.0, seconds: float = 60.0, **changes: Any) -> Any:
    """A GET stream of the session that carries these, one second after it was opened."""
    pieces = tuple((1.0, f"data: {json.dumps(message)}\n\n".encode()) for message in messages)
    return exchange(method="GET", at=at, seconds=seconds, pieces=pieces, session="a", **changes)


def begun(*events: Any) -> list[Any]:
    return [exchange(INITIALIZE, answer=initialized(), session="a"), *events]


def response(request_id: Any, at: float = 3.0, **members: Any) -> Any:
    message = {"jsonrpc": "2.0", "id": request_id, **(members or {"result": {}})}
    return exchange(message, at=at, status=202, session="a")


def test_an_id_of_another_json_type_is_convicted() -> None:
    [finding] = findings(MATCHES, *begun(stream(rpc("ping", None, 1)), response("1")))
    assert finding.says == ('A response has the id "1": the server\'s id has another JSON type.',)


def test_a_question_that_a_resumed_stream_repeats_may_be_answered_twice() -> None:
    ping = rpc("ping", None, 1)
    twice = begun(stream(ping, seconds=2), stream(ping, at=4), response(1), response(1, at=6))
    assert findings(MATCHES, *twice) == []


def test_what_may_have_been_asked_in_a_part_that_was_not_kept_is_no_case() -> None:
    cut = stream(rpc("ping", None, 1), answer_bytes=70_000)
    assert findings(MATCHES, *begun(cut, response("server-2"))) == []
    assert findings(MATCHES, *begun(stream(rpc("ping", None, 1)), response("server-2")), dropped=3) == []
    assert len(findings(MATCHES, *begun(stream(rpc("ping", None, 1)), response("server-2")))) == 1


@pytest.mark.parametrize(
    "members",
    [
        {"result": {}, "error": {"code": 1, "message": "m"}},
        {"result": None},
        {"result": []},
        {"result": "yes"},
        {"error": "no"},
        {"error": None},
        {"error": {"message": "m"}},
        {"error": {"code": "1", "message": "m"}},
        {"error": {"code": True, "message": "m"}},
        {"error": {"code": 1.5, "message": "m"}},
        {"error": {"code": 1}},
        {"error": {"code": 1, "message": None}},
    ],
)
async def test_a_malformed_answer_is_convicted(make_app: Callable[..., Server], members: Any) -> None:
    client = await answered(make_app, lambda asking: {"jsonrpc": "2.0", "id": asking["id"], **members})
    [finding] = await client.findings("response-shape")
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", "2025-11-25")
    assert finding.evidence == (4,)


@pytest.mark.parametrize(
    "members",
    [{"result": {}}, {"error": {"code": -1, "message": ""}}, {"error": {"code": 1.0, "message": "m", "data": 1}}],
)
async def test_a_result_or_an_error_is_fine(make_app: Callable[..., Server], members: Any) -> None:
    client = await answered(make_app, lambda asking: {"jsonrpc": "2.0", "id": asking["id"], **members})
    assert await client.findings("response-shape") == []


PINGED = stream(rpc("ping", None, "p1"))
STILL_THERE = exchange(rpc("ping", None, 77), at=40, session="a")


@pytest.mark.parametrize(
    ("events", "evidence"),
    [
        ([PINGED, STILL_THERE], (2,)),
        ([PINGED, response("p1", error={"code": -32601, "message": "m"})], (2, 3)),
        ([PINGED, response("p1", result={"ok": True})], (2, 3)),
        ([PINGED, response("p1", at=15)], (2, 3)),
    ],
)
def test_a_ping_that_is_not_answered_at_once_with_nothing_is_convicted(events: Any, evidence: Any) -> None:
    [finding] = findings(PING, *begun(*events))
    assert (finding.level, finding.certainty, finding.revision) == ("must", "likely", "2025-11-25")
    assert finding.evidence == evidence


@pytest.mark.parametrize(
    "events",
    [
        [PINGED, response("p1")],
        [PINGED, response("p1", result={"_meta": {}})],
        [PINGED],  # a client that is gone leaves its stream open, too
        [stream(rpc("ping", None, "p1"), seconds=5), STILL_THERE],
        [stream(rpc("ping", None, "p1"), seconds=5), response("p1", at=30)],
        [PINGED, exchange(b"", at=3, status=406, session="a"), STILL_THERE],
        [exchange(method="GET", at=1, seconds=None, session="a")],
        [stream({"type": "ping"}), stream(note("notifications/message"), at=2)],
    ],
)
def test_a_ping_that_is_answered_or_was_cut_off_is_no_case(events: Any) -> None:
    assert findings(PING, *begun(*events)) == []


def test_an_answer_may_be_missing_from_a_record_that_has_lost_its_beginning() -> None:
    assert findings(PING, *begun(PINGED, STILL_THERE), dropped=1) == []
