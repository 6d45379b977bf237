"""Questions of the legacy era: a request on the call's own stream, and the answer in a POST of its own."""

from collections.abc import Callable
from typing import Any

import pytest
from fixture_calls import (
    ACCEPTED_NAME,
    BOTH,
    EVERYTHING,
    ROOTS,
    ROUNDS,
    SAID,
    failure,
    introduced,
    legacy_call,
    messages,
    told,
)

from harness import Server, call

ACCEPTED = {"action": "accept", "content": {"username": "a", "email": "a@b.c"}}


def reply(question: Any, result: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": question["id"], "result": result}


async def outcome(server: Server, session: str, tool: str, *answers: Any, **arguments: Any) -> Any:
    """The result of a call, whose questions are answered one after the other."""
    exchange = legacy_call(server, session, tool, arguments)
    for answer in answers:
        (question,) = await messages(exchange, 1)
        assert (await server.post(reply(question, answer), session)).status == 202
    (final,) = await messages(exchange, 1)
    assert final["id"] == 7
    return final["result"]


async def test_an_elicitation_is_answered_in_a_second_post(stateful_offering: Server) -> None:
    server = stateful_offering
    session = await introduced(server, EVERYTHING)
    exchange = legacy_call(server, session, "test_elicitation", {"message": "Who are you?"})
    (question,) = await messages(exchange, 1)
    assert question["method"] == "elicitation/create"
    assert question["params"]["message"] == "Who are you?"
    assert question["params"]["requestedSchema"]["required"] == ["username", "email"]
    assert not exchange.task.done()
    answer = await server.post(reply(question, ACCEPTED), session)
    assert (answer.status, answer.body) == (202, b"")
    (final,) = await messages(exchange, 1)
    assert told(final["result"]) == 'User response: action=accept, content={"username":"a","email":"a@b.c"}'
    assert await exchange.event() is None


async def test_a_model_is_asked_with_the_prompt(stateful_offering: Server) -> None:
    session = await introduced(stateful_offering, EVERYTHING)
    exchange = legacy_call(stateful_offering, session, "test_sampling", {"prompt": "Capital of France?"})
    (question,) = await messages(exchange, 1)
    assert question["method"] == "sampling/createMessage"
    assert question["params"]["messages"][0]["content"]["text"] == "Capital of France?"
    await stateful_offering.post(reply(question, SAID), session)
    (final,) = await messages(exchange, 1)
    assert told(final["result"]) == "LLM response: Paris."


async def test_several_blocks_of_a_model_are_joined(stateful_offering: Server) -> None:
    session = await introduced(stateful_offering, EVERYTHING)
    blocks = [{"type": "text", "text": "It is"}, {"type": "image"}, {"type": "text", "text": "Paris."}]
    result = await outcome(stateful_offering, session, "test_sampling", {"content": blocks}, prompt="?")
    assert told(result) == "LLM response: It is Paris."


@pytest.mark.parametrize(("tool", "fields"), [("sep1034_defaults", 5), ("sep1330_enums", 5)])
async def test_every_kind_of_field_is_asked_for(stateful_offering: Server, tool: str, fields: int) -> None:
    session = await introduced(stateful_offering, EVERYTHING)
    exchange = legacy_call(stateful_offering, session, f"test_elicitation_{tool}")
    (question,) = await messages(exchange, 1)
    assert len(question["params"]["requestedSchema"]["properties"]) == fields
    await stateful_offering.post(reply(question, {"action": "decline"}), session)
    (final,) = await messages(exchange, 1)
    assert told(final["result"]) == "User response: action=decline, content={}"


@pytest.mark.parametrize(
    ("tool", "answers", "text"),
    [
        ("elicitation", [ACCEPTED_NAME], "Hello, Alice!"),
        ("multiple_inputs", [ACCEPTED_NAME, SAID, ROOTS], "Paris. Alice has 2 root(s)"),
        ("multi_round", [ACCEPTED_NAME, {"action": "accept", "content": {"color": "blue"}}], "Alice likes blue"),
    ],
)
async def test_what_the_newer_revision_asks_in_rounds_is_asked_on_the_stream(
    stateful_offering: Server, tool: str, answers: list[Any], text: str
) -> None:
    session = await introduced(stateful_offering, EVERYTHING)
    assert told(await outcome(stateful_offering, session, ROUNDS + tool, *answers)) == text


async def test_an_answer_from_another_session_does_not_count(stateful_offering: Server) -> None:
    server = stateful_offering
    session, other = await introduced(server, EVERYTHING), await introduced(server, EVERYTHING)
    exchange = legacy_call(server, session, f"{ROUNDS}elicitation")
    (question,) = await messages(exchange, 1)
    stolen = {"action": "accept", "content": {"name": "Mallory"}}
    assert (await server.post(reply(question, stolen), other)).status == 202
    assert not exchange.task.done()
    await server.post(reply(question, ACCEPTED_NAME), session)
    (final,) = await messages(exchange, 1)
    assert told(final["result"]) == "Hello, Alice!"


async def test_a_client_that_refuses_gets_its_reason_back(stateful_offering: Server) -> None:
    session = await introduced(stateful_offering, EVERYTHING)
    exchange = legacy_call(stateful_offering, session, f"{ROUNDS}elicitation")
    (question,) = await messages(exchange, 1)
    error = {"code": -1, "message": "User rejected"}
    await stateful_offering.post({"jsonrpc": "2.0", "id": question["id"], "error": error}, session)
    (final,) = await messages(exchange, 1)
    assert "User rejected" in failure(final["result"])


@pytest.mark.parametrize("answer", [{}, {"content": {"name": "x"}}, [], "yes", 7, None])
async def test_a_result_that_is_no_answer_is_told_as_such(stateful_offering: Server, answer: Any) -> None:
    session = await introduced(stateful_offering, EVERYTHING)
    result = await outcome(stateful_offering, session, f"{ROUNDS}elicitation", answer)
    assert failure(result) == "The client's result for elicitation/create has no action."


@pytest.mark.parametrize(
    ("tool", "declared", "names"),
    [
        ("test_sampling", {"elicitation": {}}, "sampling"),
        ("test_elicitation", {"sampling": {}}, "elicitation"),
        ("test_elicitation", {"elicitation": {"url": {}}}, "elicitation"),
        ("test_missing_capability", {"elicitation": {}}, "sampling"),
    ],
)
async def test_a_client_is_asked_only_what_it_declared(
    stateful_offering: Server, tool: str, declared: Any, names: str
) -> None:
    arguments = {"test_sampling": {"prompt": "?"}, "test_elicitation": {"message": "?"}}.get(tool, {})
    session = await introduced(stateful_offering, declared)
    result = await call(stateful_offering, tool, arguments, session)
    assert failure(result) == f"The client did not declare {names} when it introduced itself, so it cannot be asked."


async def test_a_client_that_reads_no_streams_cannot_be_asked(stateful_offering: Server) -> None:
    session = await introduced(stateful_offering, EVERYTHING)
    result = await call(stateful_offering, f"{ROUNDS}elicitation", {}, session, accept="application/json")
    assert "Accept" in failure(result)


async def test_a_server_without_memory_says_that_it_has_none(make_app: Callable[..., Server]) -> None:
    server = make_app("stateless", MCP_ECHO_TOOLSETS=BOTH)
    result = await call(server, "test_elicitation", {"message": "?"})
    assert (
        failure(result) == "Whether the client offers elicitation is not known: no session remembers its introduction."
    )
