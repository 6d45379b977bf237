"""Clients that are asked for input and answer in a way of their own, or reuse the id of a lost request."""

from typing import Any

import pytest
from scripted import META, MODERN, Client
from synthetic import exchange, findings

from harness import Server, rpc

CONFIRM = "test_input_required_result_request_state"
ELICIT = "test_input_required_result_elicitation"
ROUNDS = "test_input_required_result_multi_round"
ABLE = {f"{META}clientCapabilities": {"elicitation": {}}}
YES = {"action": "accept", "content": {"ok": True}}
NAMED = {"action": "accept", "content": {"name": "Ada"}}


def asking(tool: str = CONFIRM, **params: Any) -> dict[str, Any]:
    return {"name": tool, "arguments": {}, "_meta": ABLE, **params}


async def asked(make_app: Any, tool: str = CONFIRM) -> tuple[Client, str]:
    """A client whose call was answered with a question, and the state that came with it."""
    client = Client(make_app("stateful", MCP_ECHO_TOOLSETS="conformance"))
    answer = await client.modern("tools/call", asking(tool))
    client.server.clock.jump(1)
    return client, answer.message["result"].get("requestState")


async def test_a_client_that_answers_as_it_should_has_no_findings(make_app: Any) -> None:
    client, state = await asked(make_app)
    await client.modern("tools/call", asking(requestState=state, inputResponses={"confirm": YES}))
    await client.modern("tools/call", asking(ELICIT))
    await client.modern("tools/call", asking(ELICIT, inputResponses={"user_name": {"action": "decline"}}))
    first = await client.modern("tools/call", asking(ROUNDS))
    given = {"requestState": first.message["result"]["requestState"], "inputResponses": {"step1": NAMED}}
    second = await client.modern("tools/call", asking(ROUNDS, **given))
    colour = {"action": "accept", "content": {"color": "red"}}
    given = {"requestState": second.message["result"]["requestState"], "inputResponses": {"step2": colour}}
    last = await client.modern("tools/call", asking(ROUNDS, **given))
    assert "Ada likes red" in last.message["result"]["content"][0]["text"]
    await client.modern("tools/call", asking())  # giving up and asking anew is fine
    assert (await client.report()).findings == ()


async def test_a_retry_with_the_same_id_is_convicted(make_app: Any) -> None:
    client, state = await asked(make_app)
    await client.modern("tools/call", asking(requestState=state, inputResponses={"confirm": YES}), request_id=1)
    [finding] = await client.findings("retry-uses-new-id")
    assert (finding.level, finding.certainty, finding.revision) == ("must", "likely", MODERN)
    assert finding.evidence == (1, 2)


async def test_without_a_state_the_request_itself_tells_what_is_tried_again(make_app: Any) -> None:
    client, _ = await asked(make_app, ELICIT)
    await client.modern("tools/call", asking(ELICIT, inputResponses={"user_name": NAMED}), request_id=1)
    [finding] = await client.findings("retry-uses-new-id")
    assert finding.evidence == (1, 2)


async def test_an_id_of_another_type_is_another_id(make_app: Any) -> None:
    client, state = await asked(make_app)
    await client.modern("tools/call", asking(requestState=state, inputResponses={"confirm": YES}), request_id="1")
    assert await client.findings("retry-uses-new-id") == []


def streamed(message: Any, data: bytes = b'data: {"method":"notifications/progress"}\n\n', **changes: Any) -> Any:
    return exchange(message, headers={"mcp-protocol-version": MODERN}, pieces=((0.0, data),), **changes)


ANSWER = b'data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n'


@pytest.mark.parametrize(
    ("ended_by", "level", "certainty"), [("server", "must", "likely"), ("client", "note", "heuristic")]
)
def test_a_lost_request_that_is_sent_again_with_its_id_is_told(ended_by: str, level: str, certainty: str) -> None:
    call = rpc("tools/call", {"name": "a", "_meta": {"progressToken": 1}})
    again = exchange(rpc("tools/call", {"name": "a"}), at=1, headers={"mcp-protocol-version": MODERN})
    [finding] = findings("retry-uses-new-id", streamed(call, ended_by=ended_by), again)
    assert (finding.level, finding.certainty, finding.evidence) == (level, certainty, (1, 2))


@pytest.mark.parametrize(
    ("data", "changes", "message", "at"),
    [
        (ANSWER, {}, rpc("tools/call", {"name": "a"}), 1),
        (b": keep-alive\n\n", {"seconds": None}, rpc("tools/call", {"name": "a"}), 1),
        (b": keep-alive\n\n", {"answer_bytes": 20_000}, rpc("tools/call", {"name": "a"}), 1),
        (b": keep-alive\n\n", {}, rpc("tools/call", {"name": "b"}), 1),
        (b": keep-alive\n\n", {}, rpc("tools/call", {"name": "a"}, 2), 1),
        (b": keep-alive\n\n", {}, rpc("tools/call", {"name": "a"}), 62),
    ],
)
def test_an_answer_an_open_stream_and_another_request_are_fine(
    data: bytes, changes: dict[str, Any], message: Any, at: float
) -> None:
    first = streamed(rpc("tools/call", {"name": "a"}), data, **changes)
    later = exchange(message, at=at, headers={"mcp-protocol-version": MODERN})
    assert findings("retry-uses-new-id", first, later) == []


@pytest.mark.parametrize("alter", [lambda state: state[:-6] + "AAAA==", lambda _: "made up", lambda _: 7])
async def test_a_state_that_was_altered_is_convicted(make_app: Any, alter: Any) -> None:
    client, state = await asked(make_app)
    await client.modern("tools/call", asking(requestState=alter(state), inputResponses={"confirm": YES}))
    [finding] = await client.findings("mrtr-state-exact")
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", MODERN)
    assert finding.evidence == (1, 2)


async def test_a_retry_without_its_state_is_convicted(make_app: Any) -> None:
    client, _ = await asked(make_app)
    await client.modern("tools/call", asking(inputResponses={"confirm": YES}))
    [finding] = await client.findings("mrtr-state-exact")
    assert finding.evidence == (1, 2)


async def test_a_state_that_nobody_gave_out_is_convicted(make_app: Any) -> None:
    client, _ = await asked(make_app, ELICIT)
    await client.modern("tools/call", asking(ELICIT, requestState="x", inputResponses={"user_name": NAMED}))
    [finding] = await client.findings("mrtr-state-exact")
    assert finding.evidence == (1, 2)
    assert "none was given out" in finding.says[0]


async def test_a_state_that_the_record_may_have_forgotten_is_not_judged(make_app: Any) -> None:
    client, _ = await asked(make_app)
    await client.modern("tools/list")
    state = exchange(rpc("tools/call", {"name": "a", "requestState": "x"}), headers={"mcp-protocol-version": MODERN})
    assert findings("mrtr-state-exact", state, dropped=1) == []
    long = exchange(rpc("tools/list"), headers={"mcp-protocol-version": MODERN}, answer_bytes=20_000)
    assert findings("mrtr-state-exact", long, state) == []


async def test_a_state_that_came_too_late_was_not_altered(make_app: Any) -> None:
    client, state = await asked(make_app)
    client.server.clock.jump(601)
    answer = await client.modern("tools/call", asking(requestState=state, inputResponses={"confirm": YES}))
    assert "error" in answer.message
    assert (await client.report()).findings == ()


@pytest.mark.parametrize("params", [asking("test_input_required_result_tampered_state"), asking(arguments={"a": 1})])
async def test_a_state_that_is_used_for_another_request_is_convicted(make_app: Any, params: Any) -> None:
    client, state = await asked(make_app)
    await client.modern("tools/call", {**params, "requestState": state, "inputResponses": {"confirm": YES}})
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.certainty) == ("mrtr-state-scope", "must", "likely")
    assert (finding.revision, finding.evidence) == (MODERN, (1, 2))


async def test_answers_on_a_request_that_asks_nothing_are_convicted(stateful: Server) -> None:
    client = Client(stateful)
    await client.modern("tools/list", {"inputResponses": {}})
    [finding] = await client.findings("mrtr-state-scope")
    assert (finding.level, finding.evidence) == ("must", (1,))
    await client.modern("tasks/update", {"taskId": "1", "inputResponses": {}})
    await client.modern("com.example/x", {"requestState": "x"})
    [finding] = await client.findings("mrtr-state-scope")
    assert finding.evidence == (1,)


@pytest.mark.parametrize(
    ("given", "level", "what"),
    [
        ({}, "must", "without inputResponses"),
        ({"inputResponses": {}}, "must", "missing"),
        ({"inputResponses": []}, "must", "with inputResponses"),
        ({"inputResponses": {"confirm": {"jsonrpc": "2.0", "id": 1, "result": YES}}}, "must", "plain"),
        ({"inputResponses": {"confirm": {"id": 1, "result": YES}}}, "must", "plain"),
        ({"inputResponses": {"confirm": "yes"}}, "must", "plain"),
        ({"inputResponses": {"confirm": YES, "more": YES}}, "note", "not asked"),
    ],
)
async def test_a_retry_that_does_not_answer_the_question_is_convicted(
    make_app: Any, given: dict[str, Any], level: str, what: str
) -> None:
    client, state = await asked(make_app)
    await client.modern("tools/call", asking(requestState=state, **given))
    [finding] = await client.findings("mrtr-inputs-supplied")
    assert (finding.level, finding.certainty, finding.revision) == (level, "likely", MODERN)
    assert finding.evidence == (1, 2)
    assert what in finding.says[0]


async def test_answers_of_earlier_rounds_may_come_along(make_app: Any) -> None:
    client, state = await asked(make_app, ROUNDS)
    given = {"requestState": state, "inputResponses": {"step1": NAMED}}
    second = await client.modern("tools/call", asking(ROUNDS, **given))
    client.server.clock.jump(1)
    colour = {"action": "accept", "content": {"color": "red"}}
    answers = {"step1": NAMED, "step2": colour}
    state = second.message["result"]["requestState"]
    await client.modern("tools/call", asking(ROUNDS, requestState=state, inputResponses=answers))
    assert (await client.report()).findings == ()
