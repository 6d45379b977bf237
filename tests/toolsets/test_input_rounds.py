"""Tools that need answers first: the call ends with questions, and comes again with answers and sealed state."""

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
    error_of,
    modern_call,
    modern_request,
    result_of,
    told,
)

from asgi_bridge import Answer
from harness import FakeClock, Server, call
from mcp_echo_core.seals import LIFETIME_SECONDS

CONFIRMED = {"confirm": {"action": "accept", "content": {"ok": True}}}
REQUEST_STATE = f"{ROUNDS}request_state"


async def asked(server: Server, tool: str, again: Any = None, capabilities: Any = None) -> dict[str, Any]:
    """The result of a call that needs input."""
    result = await result_of(
        server, modern_call(tool, EVERYTHING if capabilities is None else capabilities, again=again)
    )
    assert result["resultType"] == "input_required", result
    assert "ttlMs" not in result
    return dict(result)


def answered(first: dict[str, Any], **answers: Any) -> dict[str, Any]:
    """The params that a call brings in the next round."""
    state = {"requestState": first["requestState"]} if "requestState" in first else {}
    return {"inputResponses": answers, **state}


@pytest.mark.parametrize(
    ("tool", "key", "answer", "text"),
    [
        ("elicitation", "user_name", ACCEPTED_NAME, "Hello, Alice!"),
        ("sampling", "capital_question", SAID, "The model said: Paris."),
        ("list_roots", "client_roots", ROOTS, "The client has 2 root(s)"),
        (
            "request_state",
            "confirm",
            CONFIRMED["confirm"],
            "state-ok: the state came back as it was sent, and ok is True",
        ),
    ],
)
async def test_one_question_and_its_answer(offering: Server, tool: str, key: str, answer: Any, text: str) -> None:
    first = await asked(offering, ROUNDS + tool)
    assert list(first["inputRequests"]) == [key]
    second = await result_of(offering, modern_call(ROUNDS + tool, EVERYTHING, again=answered(first, **{key: answer})))
    assert second["resultType"] == "complete"
    assert told(second) == text


async def test_several_questions_at_once_and_only_what_is_missing_is_asked_again(offering: Server) -> None:
    tool = f"{ROUNDS}multiple_inputs"
    first = await asked(offering, tool)
    assert {key: asked["method"] for key, asked in first["inputRequests"].items()} == {
        "user_name": "elicitation/create",
        "greeting": "sampling/createMessage",
        "client_roots": "roots/list",
    }
    second = await asked(offering, tool, answered(first, user_name=ACCEPTED_NAME, greeting=SAID))
    assert list(second["inputRequests"]) == ["client_roots"]
    third = await result_of(offering, modern_call(tool, EVERYTHING, again=answered(second, client_roots=ROOTS)))
    assert told(third) == "Paris. Alice has 2 root(s)"


async def test_several_rounds_each_with_a_state_of_its_own(offering: Server) -> None:
    tool = f"{ROUNDS}multi_round"
    first = await asked(offering, tool)
    second = await asked(offering, tool, answered(first, step1=ACCEPTED_NAME))
    assert (list(first["inputRequests"]), list(second["inputRequests"])) == (["step1"], ["step2"])
    assert first["requestState"] != second["requestState"]
    colour = {"action": "accept", "content": {"color": "blue"}}
    third = await result_of(offering, modern_call(tool, EVERYTHING, again=answered(second, step2=colour)))
    assert told(third) == "Alice likes blue"


async def test_a_prompt_asks_as_a_tool_does(offering: Server) -> None:
    name = {"name": "test_input_required_result_prompt"}
    first = await result_of(offering, modern_request("prompts/get", name, EVERYTHING))
    assert first["resultType"] == "input_required"
    again = answered(first, user_context={"action": "accept", "content": {"context": "a test"}})
    second = await result_of(offering, modern_request("prompts/get", {**name, **again}, EVERYTHING))
    assert second["messages"][0]["content"]["text"] == "Prompt with context: a test"


@pytest.mark.parametrize(
    "answers",
    [
        {"wrong_key": ACCEPTED_NAME},
        {"user_name": {}},
        {"user_name": {"content": {"name": "Alice"}}},
        {"user_name": SAID},
    ],
)
async def test_what_is_no_answer_to_the_question_is_asked_again(offering: Server, answers: Any) -> None:
    again = await asked(offering, f"{ROUNDS}elicitation", {"inputResponses": answers})
    assert list(again["inputRequests"]) == ["user_name"]


async def test_answers_that_nobody_asked_for_are_ignored(offering: Server) -> None:
    answers = {"user_name": ACCEPTED_NAME, "other": ACCEPTED_NAME, "another": {}}
    result = await result_of(
        offering, modern_call(f"{ROUNDS}elicitation", EVERYTHING, again={"inputResponses": answers})
    )
    assert told(result) == "Hello, Alice!"


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_a_user_who_declines_gets_a_result_without_their_name(offering: Server, action: str) -> None:
    again = {"inputResponses": {"user_name": {"action": action}}}
    assert (
        told(await result_of(offering, modern_call(f"{ROUNDS}elicitation", EVERYTHING, again=again))) == "Hello, None!"
    )


@pytest.mark.parametrize("answers", [12345, [], "text", None, {"confirm": 12345}, {"confirm": None}])
async def test_answers_that_are_none_by_their_form_are_refused(offering: Server, answers: Any) -> None:
    status, error = await error_of(offering, modern_call(REQUEST_STATE, EVERYTHING, again={"inputResponses": answers}))
    assert (status, error["code"]) == (400, -32602)


@pytest.mark.parametrize("tool", ["request_state", "tampered_state"])
async def test_answers_without_the_state_they_belong_to_do_not_count(offering: Server, tool: str) -> None:
    again = await asked(offering, ROUNDS + tool, {"inputResponses": CONFIRMED})
    assert list(again["inputRequests"]) == ["confirm"]


def flipped(state: str) -> str:
    return ("A" if state[0] != "A" else "B") + state[1:]


@pytest.mark.parametrize(
    "tamper",
    [
        lambda state: f"{state}-TAMPERED",
        lambda state: state[:-8],
        flipped,
        lambda _: "",
        lambda _: "ümlaut",
        lambda _: "e30=",
        lambda _: 7,
        lambda _: {"round": 1},
        lambda _: ["a"],
    ],
)
async def test_state_that_was_changed_is_refused(offering: Server, tamper: Callable[[str], Any]) -> None:
    tool = f"{ROUNDS}tampered_state"
    first = await asked(offering, tool)
    again = {"inputResponses": CONFIRMED, "requestState": tamper(first["requestState"])}
    status, error = await error_of(offering, modern_call(tool, EVERYTHING, again=again))
    assert (status, error["code"]) == (400, -32602)
    assert "requestState" in error["data"]["problem"]


async def test_state_is_good_for_its_lifetime_and_not_longer(offering: Server, clock: FakeClock) -> None:
    again = answered(await asked(offering, REQUEST_STATE), **CONFIRMED)
    clock.jump(LIFETIME_SECONDS - 1)
    assert told(await result_of(offering, modern_call(REQUEST_STATE, EVERYTHING, again=again))).startswith("state-ok")
    clock.jump(1)
    status, error = await error_of(offering, modern_call(REQUEST_STATE, EVERYTHING, again=again))
    assert (status, error["code"]) == (400, -32602)
    assert "older than" in error["data"]["problem"]


@pytest.mark.parametrize(("first", "second"), [("Bearer a", "Bearer b"), ("Bearer a", None), (None, "Bearer b")])
async def test_state_of_one_principal_is_no_good_for_another(
    offering: Server, first: str | None, second: str | None
) -> None:
    def repeated(token: str | None, again: Any = None) -> Any:
        return modern_call(REQUEST_STATE, EVERYTHING, again=again, headers={"authorization": token} if token else {})

    begun = await result_of(offering, repeated(first))
    again = answered(begun, **CONFIRMED)
    status, error = await error_of(offering, repeated(second, again))
    assert (status, error["code"]) == (400, -32602)
    assert told(await result_of(offering, repeated(first, again))).startswith("state-ok")


async def test_state_of_one_request_is_no_good_for_another(offering: Server) -> None:
    again = answered(await asked(offering, REQUEST_STATE), **CONFIRMED)
    others = [
        modern_call(f"{ROUNDS}tampered_state", EVERYTHING, again=again),
        modern_call(REQUEST_STATE, EVERYTHING, arguments={"a": 1}, again=again),
        modern_request("prompts/get", {"name": "test_input_required_result_prompt", **again}, EVERYTHING),
    ]
    for other in others:
        status, error = await error_of(offering, other)
        assert (status, error["code"]) == (400, -32602)
        assert "requestState" in error["data"]["problem"]


async def test_processes_with_one_secret_open_each_others_state_and_others_do_not(
    variant: str, make_app: Callable[..., Server]
) -> None:
    one, two, stranger = (
        make_app(variant, MCP_ECHO_TOOLSETS=BOTH, MCP_ECHO_STATE_SECRET=secret)
        for secret in ("shared", "shared", "other")
    )
    again = answered(await asked(one, REQUEST_STATE), **CONFIRMED)
    assert told(await result_of(two, modern_call(REQUEST_STATE, EVERYTHING, again=again))).startswith("state-ok")
    status, error = await error_of(stranger, modern_call(REQUEST_STATE, EVERYTHING, again=again))
    assert (status, error["code"]) == (400, -32602)


@pytest.mark.parametrize(
    ("tool", "declared", "required"),
    [
        ("test_missing_capability", {}, {"sampling": {}}),
        (f"{ROUNDS}elicitation", {"sampling": {}}, {"elicitation": {}}),
        (f"{ROUNDS}elicitation", {"elicitation": {"url": {}}}, {"elicitation": {"form": {}}}),
        (f"{ROUNDS}sampling", {"sampling": None}, {"sampling": {}}),
        (f"{ROUNDS}multiple_inputs", {"elicitation": {}}, {"sampling": {}, "roots": {}}),
        ("test_elicitation_sep1034_defaults", {}, {"elicitation": {}}),
    ],
)
async def test_a_client_that_cannot_be_asked_is_told_what_to_declare(
    offering: Server, tool: str, declared: Any, required: Any
) -> None:
    status, error = await error_of(offering, modern_call(tool, declared))
    assert (status, error["code"]) == (400, -32021)
    assert error["data"]["requiredCapabilities"] == required


@pytest.mark.parametrize("declared", [{}, {"form": {}}, {"form": {}, "url": {}}, True])
async def test_every_way_of_declaring_forms_counts(offering: Server, declared: Any) -> None:
    await asked(offering, f"{ROUNDS}elicitation", capabilities={"elicitation": declared})


@pytest.mark.parametrize("declared", [{"sampling": {}}, {"elicitation": {}, "roots": {}}])
async def test_a_tool_may_ask_only_what_was_declared(offering: Server, declared: dict[str, Any]) -> None:
    names = {"elicitation": "user_name", "sampling": "greeting", "roots": "client_roots"}
    first = await asked(offering, f"{ROUNDS}capabilities", capabilities=declared)
    assert list(first["inputRequests"]) == [names[capability] for capability in declared]
    replies = {"user_name": ACCEPTED_NAME, "greeting": SAID, "client_roots": ROOTS}
    again = {"inputResponses": {name: replies[name] for name in first["inputRequests"]}}
    result = await result_of(offering, modern_call(f"{ROUNDS}capabilities", declared, again=again))
    assert told(result) == f"The client was asked what it declared and answered {', '.join(again['inputResponses'])}"


async def test_a_client_that_declares_nothing_is_asked_nothing(offering: Server) -> None:
    result = await result_of(offering, modern_call(f"{ROUNDS}capabilities"))
    assert told(result) == "The client declared nothing it could be asked."


async def test_a_client_that_declares_it_is_served(offering: Server) -> None:
    result = await result_of(offering, modern_call("test_missing_capability", {"sampling": {}}))
    assert told(result) == "The client declared the capability sampling."


async def test_progress_comes_before_the_question_and_no_request_ever(offering: Server) -> None:
    request = modern_call("test_streaming_elicitation", {"elicitation": {}}, progressToken="t")
    answer: Answer = await offering.send(request)
    progress, final = (event.message for event in answer.events)
    assert progress["params"]["progress"] == 1
    assert final["result"]["resultType"] == "input_required"
    again = answered(final["result"], answer={"action": "accept", "content": {"ending": "this"}})
    assert told(
        await result_of(offering, modern_call("test_streaming_elicitation", {"elicitation": {}}, again=again))
    ) == ("The stream ends with: this")


async def test_without_the_toolset_nothing_is_asked(server: Server) -> None:
    result = await call(server, "echo", {"message": "x"})
    assert "inputRequests" not in result
