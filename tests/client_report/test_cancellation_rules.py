"""Clients that cancel what does not run, or leave without a word."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from questioned import INITIALIZE, ROUNDS, asked, initialized, willing
from scripted import Client
from synthetic import exchange, findings

from asgi_bridge import Request
from harness import POST_HEADERS, FakeClock, Server, encoded, header_list, introduction, note, rpc, tool_call

CANCEL = "cancel-targets-in-flight"
ABANDON = "abandon-sends-cancelled"


def cancelled(request_id: Any) -> dict[str, Any]:
    return note("notifications/cancelled", {"requestId": request_id, "reason": "enough"})


async def opened(server: Server, revision: str = "2025-11-25") -> Client:
    client = Client(server)
    await client.initialize(revision)
    await client.post(rpc("ping", None, 5))
    return client


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
@pytest.mark.parametrize(
    ("message", "reason", "evidence"),
    [
        (note("notifications/cancelled"), "names no request", (4,)),
        (cancelled(None), "names no request", (4,)),
        (cancelled([5]), "names something that is no id", (4,)),
        (cancelled("5"), "has an id of another JSON type than its request", (3, 4)),
        (cancelled(1), "is about initialize", (1, 4)),
    ],
)
async def test_a_cancellation_without_a_request_to_stop_is_convicted(
    stateful: Server, revision: str, message: Any, reason: str, evidence: Any
) -> None:
    client = await opened(stateful, revision)
    await client.post(message)
    [finding] = await client.findings(CANCEL)
    assert (finding.level, finding.certainty, finding.revision) == ("must", "likely", revision)
    assert finding.evidence == evidence
    assert finding.says[0].endswith(f"{reason}.")


async def test_a_cancellation_of_a_request_that_never_came_is_suspected(stateful: Server) -> None:
    client = await opened(stateful)
    await client.post(cancelled(77))
    [finding] = await client.findings(CANCEL)
    assert (finding.level, finding.certainty, finding.evidence) == ("must", "heuristic", (4,))
    assert finding.says == ("Suspicion: A cancellation (requestId 77) names a request that never came.",)


async def test_a_cancellation_long_after_the_answer_is_suspected(stateful: Server, clock: FakeClock) -> None:
    client = await opened(stateful)
    clock.jump(6)
    await client.post(cancelled(5))
    [finding] = await client.findings(CANCEL)
    assert (finding.level, finding.certainty, finding.evidence) == ("must", "heuristic", (3, 4))


async def test_a_running_request_may_be_cancelled(make_app: Callable[..., Server], clock: FakeClock) -> None:
    client = await willing(make_app)
    call, _ = await asked(client, f"{ROUNDS}elicitation")
    clock.jump(60)
    await client.post(cancelled(client.ids))
    await call.answer()
    assert await client.findings(CANCEL) == []


async def test_a_cancellation_that_crosses_the_answer_is_fine(stateful: Server, clock: FakeClock) -> None:
    client = await opened(stateful)
    clock.jump(4)
    await client.post(cancelled(5))
    assert await client.findings(CANCEL) == []


async def test_the_request_may_be_what_could_not_be_read(stateful: Server) -> None:
    client = await opened(stateful)
    await client.post(rpc("ping", None, 6), accept="text/html")
    await client.post(cancelled(6))
    assert await client.findings(CANCEL) == []


def test_an_initialize_that_has_no_answer_yet_must_not_be_cancelled_either() -> None:
    slow = exchange(rpc("initialize", introduction(), 1), seconds=40, status=499)
    stop = exchange(cancelled(1), at=30, headers={"mcp-protocol-version": "2025-11-25"})
    [finding] = findings(CANCEL, slow, stop)
    assert (finding.level, finding.evidence) == ("must", (1, 2))
    assert findings(CANCEL, slow, exchange(cancelled(1), at=50)) == []
    assert findings(CANCEL, slow, exchange(cancelled(2), at=30)) == []
    assert findings(CANCEL, slow, exchange(cancelled(1), at=30, headers={"user-agent": "another"})) == []


def begun(*events: Any) -> list[Any]:
    return [exchange(INITIALIZE, answer=initialized(tools={}), session="a"), *events]


def test_a_task_is_stopped_in_another_way() -> None:
    task = {"jsonrpc": "2.0", "id": 2, "result": {"task": {"taskId": "t"}}}
    call = exchange(rpc("tools/call", {"name": "work", "task": {}}, 2), at=1, answer=task, session="a")
    [finding] = findings(CANCEL, *begun(call, exchange(cancelled(2), at=2, session="a")))
    assert finding.evidence == (2, 3)


def test_without_the_beginning_a_request_may_be_forgotten() -> None:
    stop = exchange(cancelled(2), at=1, session="a")
    assert findings(CANCEL, *begun(stop), dropped=1) == []
    assert len(findings(CANCEL, *begun(stop))) == 1


def test_a_request_whose_answer_was_not_kept_may_still_run() -> None:
    call = exchange(rpc("tools/call", {"name": "work"}, 2), at=1, answer=b"", session="a", seconds=1, status=499)
    assert findings(CANCEL, *begun(call, exchange(cancelled(2), at=30, session="a"))) == []


CALL = rpc("tools/call", {"name": "work"}, 2)
LATER = exchange(rpc("ping", None, 3), at=60, session="a")


def left(**changes: Any) -> Any:
    return exchange(CALL, **{"at": 1, "seconds": 4, "status": 499, "session": "a", **changes})


def test_a_request_that_is_given_up_without_a_word_is_suspected() -> None:
    [finding] = findings(ABANDON, *begun(left(), LATER))
    assert (finding.level, finding.certainty, finding.revision) == ("should", "heuristic", "2025-11-25")
    assert finding.evidence == (2,)


async def test_a_client_that_does_not_wait_for_its_answer_is_suspected(stateful: Server, clock: FakeClock) -> None:
    client = await opened(stateful)
    fields = header_list(POST_HEADERS, {"mcp-session-id": client.session, "mcp-protocol-version": client.version})
    body = encoded(tool_call("echo", {"message": "x"}, 6))
    request = Request(path="/b/client/mcp", headers=fields, body=body)
    call = stateful.open(request, held="http.response.start", errors=True)
    await call.waiting.wait()
    call.disconnect()
    call.release()
    await call.task
    clock.jump(60)
    await client.request("ping")
    [finding] = await client.findings(ABANDON)
    assert (finding.level, finding.certainty, finding.evidence) == ("should", "heuristic", (4,))


def streamed(*messages: Any, **changes: Any) -> Any:
    pieces = tuple((1.0, f"data: {json.dumps(message)}\n\n".encode()) for message in messages)
    return left(status=200, pieces=pieces, ended_by="client", **changes)


PROGRESS = note("notifications/progress", {"progressToken": 1, "progress": 1})
DONE = {"jsonrpc": "2.0", "id": 2, "result": {}}


@pytest.mark.parametrize("call", [left(), streamed(PROGRESS)])
@pytest.mark.parametrize(
    "after",
    [
        exchange(cancelled(2), at=8, session="a", status=202),
        exchange(method="GET", at=8, seconds=1, headers={"last-event-id": "a-1"}, session="a"),
        exchange(method="DELETE", at=8, session="a"),
        exchange(b"", at=8, status=406, session="a"),
    ],
)
def test_who_cancels_comes_back_or_ends_the_session_is_no_case(call: Any, after: Any) -> None:
    assert len(findings(ABANDON, *begun(call, LATER))) == 1
    assert findings(ABANDON, *begun(call, after, LATER)) == []


@pytest.mark.parametrize(
    "events",
    [
        [left()],
        [left(), exchange(rpc("ping", None, 3), at=20, session="a")],
        [streamed(PROGRESS, DONE), LATER],
        [streamed(PROGRESS, answer_bytes=70_000), LATER],
        [streamed(PROGRESS, seconds=None), LATER],
        [left(status=200, answer=DONE), LATER],
        [left(status=200), LATER],
        [exchange(rpc("tasks/result", {"taskId": "t"}, 2), at=1, status=499, session="a"), LATER],
        [exchange(PROGRESS, at=1, status=499, session="a"), LATER],
    ],
)
def test_who_was_answered_or_not_heard_of_again_is_no_case(events: Any) -> None:
    assert findings(ABANDON, *begun(*events)) == []


def test_a_cancellation_may_be_what_a_record_has_lost() -> None:
    assert findings(ABANDON, *begun(left(), LATER), dropped=1) == []


def test_a_standing_stream_is_no_return() -> None:
    standing = exchange(method="GET", at=0.5, seconds=100, session="a")
    assert len(findings(ABANDON, *begun(standing, left(at=10), LATER))) == 1
