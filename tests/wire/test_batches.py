"""protocol rules 5.5: batches exist in 2025-03-26 and nowhere else."""

from collections.abc import Callable
from typing import Any

import pytest

from harness import Server, initialize, introduction, note, rpc, tool_call

PINGS = [rpc("ping", request_id=1), rpc("ping", request_id=2)]
RESPONSE = {"jsonrpc": "2.0", "id": 9, "result": {}}


async def test_every_request_of_a_batch_is_answered_in_one_array(server: Server) -> None:
    session = await initialize(server, "2025-03-26")
    answer = await server.post(
        [rpc("ping", request_id="a"), note("notifications/x"), rpc("tools/list", request_id=2)], session
    )
    assert answer.status == 200
    assert [element["id"] for element in answer.message] == ["a", 2]
    assert answer.message[0]["result"] == {}
    assert answer.message[1]["result"]["tools"]


async def test_a_mixed_batch_answers_each_element_by_its_own_merits(server: Server) -> None:
    batch = [
        rpc("ping", request_id=1),
        5,
        rpc("nope", request_id=2),
        {"id": 3},
        {"jsonrpc": "2.0", "id": None, "method": "x"},
        RESPONSE,
    ]
    answers = (await server.post(batch)).message
    assert [(a.get("id"), a.get("error", {}).get("code")) for a in answers] == [
        (1, None), (None, -32600), (2, -32601), (3, -32600), (None, -32600),
    ]  # fmt: skip


async def test_the_answers_can_come_as_an_event_stream(server: Server) -> None:
    answer = await server.post(PINGS, accept="text/event-stream")
    messages = [event.message for event in answer.events]
    flat = [element for message in messages for element in (message if isinstance(message, list) else [message])]
    assert {element["id"] for element in flat} == {1, 2}


@pytest.mark.parametrize("batch", [[note("notifications/x")], [RESPONSE, RESPONSE], [note("a"), RESPONSE]], ids=str)
async def test_a_batch_that_wants_no_answer_gets_202(batch: Any, server: Server) -> None:
    answer = await server.post(batch)
    assert (answer.status, answer.body) == (202, b"")
    assert await server.created() == 0


async def test_initialize_in_a_batch_is_refused_and_makes_no_session(server: Server) -> None:
    answer = await server.post([rpc("initialize", introduction("2025-03-26"), "i"), note("notifications/initialized")])
    assert [(element["id"], element["error"]["code"]) for element in answer.message] == [("i", -32600)]
    assert await server.created() == 0
    assert answer.header("mcp-session-id") is None


async def test_an_empty_batch_is_one_error(server: Server) -> None:
    answer = await server.post([])
    assert (answer.status, answer.message["error"]["code"]) == (400, -32600)
    assert "id" not in answer.message


@pytest.mark.parametrize("revision", ["2025-11-25", "2025-06-18", "2024-11-05"])
async def test_other_revisions_have_no_batches(revision: str, server: Server) -> None:
    session = await initialize(server, revision)
    created = await server.created()
    answer = await server.post(PINGS, session, mcp_protocol_version=revision)
    assert (answer.status, answer.message["error"]["code"]) == (400, -32600)
    assert isinstance(answer.message, dict)
    assert await server.created() == created


async def test_a_session_of_a_later_revision_has_no_batches_whatever_the_header_says(stateful: Server) -> None:
    session = await initialize(stateful, "2025-06-18")
    assert (await stateful.post(PINGS, session, mcp_protocol_version="2025-03-26")).status == 400


async def test_a_batch_on_a_dead_session_is_404(stateful: Server) -> None:
    assert (await stateful.post(PINGS, "no-such-session")).status == 404


async def test_a_batch_without_a_session_makes_exactly_one(stateful: Server) -> None:
    echoes = [tool_call("echo", {"message": text}, text) for text in "abc"]
    answer = await stateful.post(echoes)
    session = answer.header("mcp-session-id")
    assert session is not None
    assert await stateful.created() == 1
    assert [element["result"]["content"][0]["text"].split("\n")[0] for element in answer.message] == ["a", "b", "c"]
    assert (await stateful.session(session)).echo_count == 3


@pytest.mark.parametrize(
    "batch", [PINGS, [note("notifications/x")], [RESPONSE]], ids=["requests", "notifications", "responses"]
)
async def test_a_batch_without_the_required_session_is_refused_as_a_whole(
    batch: Any, make_app: Callable[..., Server]
) -> None:
    answer = await make_app("stateful", MCP_SESSION_REQUIRED="true").post(batch)
    assert (answer.status, answer.message["error"]["code"]) == (400, -32600)


async def test_a_cancelled_or_silent_channel_never_puts_progress_into_a_batch(server: Server) -> None:
    batch = [tool_call("echo", {"message": "x"}, 1, _meta={"progressToken": "t"})]
    answer = await server.post(batch)
    assert [element["id"] for element in answer.message] == [1]
    assert "progress" not in answer.body.decode()


async def test_the_answer_to_a_batch_is_bounded_by_more_than_the_size_of_the_body(server: Server) -> None:
    answer = await server.post(b"[" + b",".join([b"1"] * 100_000) + b"]")
    assert len(answer.body) < 8 << 20, "a body of 200 kB must not cost tens of megabytes"
