"""protocol rules 8: prompts and the completion of their arguments, in every revision."""

from typing import Any

import pytest
from both_eras import EVERY_REVISION, Speaker

from harness import REVISIONS, Server

PROMPT = "diagnose-connection"
SYMPTOM = "the token is refused"
REF = {"type": "ref/prompt", "name": PROMPT}


@pytest.fixture(params=EVERY_REVISION)
def speaker(request: pytest.FixtureRequest, server: Server) -> Speaker:
    """A client of each server in each revision."""
    return Speaker(server, request.param)


async def test_the_list_names_the_prompt_and_its_argument(speaker: Speaker) -> None:
    (prompt,) = (await speaker.result("prompts/list"))["prompts"]
    assert prompt["name"] == PROMPT
    assert prompt["description"]
    (argument,) = prompt["arguments"]
    assert (argument["name"], argument["required"]) == ("symptom", False)
    assert ("title" in prompt) == (speaker.revision not in REVISIONS[2:])


@pytest.mark.parametrize(
    "params", [{"name": PROMPT}, {"name": PROMPT, "arguments": {}}, {"name": PROMPT, "arguments": None}]
)
async def test_without_a_symptom_the_prompt_walks_through_every_tool(params: Any, speaker: Speaker) -> None:
    result = await speaker.result("prompts/get", params)
    (message,) = result["messages"]
    assert message["role"] == "user"
    assert message["content"]["type"] == "text"
    text = message["content"]["text"]
    tools = {entry["name"] for entry in (await speaker.result("tools/list"))["tools"]}
    named = {name for name in tools if f"{name}:" in text}
    assert {"printHeader", "bearerDecode", "authContext", "corsAnalysis", "requestTiming", "healthProbe"} <= named
    assert speaker.revision in text


async def test_the_prompt_names_no_tool_that_the_server_lacks(speaker: Speaker) -> None:
    tools = {entry["name"] for entry in (await speaker.result("tools/list"))["tools"]}
    text = (await speaker.result("prompts/get", {"name": PROMPT}))["messages"][0]["content"]["text"]
    for name in ("replayLastEcho", "sessionInfo"):
        assert name in tools or name not in text


async def test_with_a_symptom_the_prompt_names_the_tool_that_answers_it(speaker: Speaker) -> None:
    result = await speaker.result("prompts/get", {"name": PROMPT, "arguments": {"symptom": SYMPTOM}})
    text = result["messages"][0]["content"]["text"]
    assert SYMPTOM in text
    assert "bearerDecode:" in text
    assert "corsAnalysis:" not in text


async def test_a_symptom_in_the_clients_own_words_still_gives_steps(speaker: Speaker) -> None:
    result = await speaker.result("prompts/get", {"name": PROMPT, "arguments": {"symptom": "nothing works"}})
    text = result["messages"][0]["content"]["text"]
    assert "nothing works" in text
    assert "printHeader:" in text


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"name": "nope"},
        {"name": 1},
        {"name": None},
        {"name": PROMPT, "arguments": []},
        {"name": PROMPT, "arguments": "x"},
        {"name": PROMPT, "arguments": {"symptom": 1}},
        {"name": PROMPT, "arguments": {"symptom": None}},
    ],
)
async def test_a_bad_name_or_argument_is_invalid_params(params: Any, speaker: Speaker) -> None:
    error = await speaker.error("prompts/get", params)
    assert error["code"] == -32602
    assert error["data"]["problem"]
    assert error["data"]["fix"]


async def test_an_unknown_prompt_is_told_which_ones_exist(speaker: Speaker) -> None:
    assert (await speaker.error("prompts/get", {"name": "nope"}))["data"]["prompts"] == [PROMPT]


@pytest.mark.parametrize("method", ["prompts/list", "resources/list", "resources/templates/list", "tools/list"])
@pytest.mark.parametrize("cursor", ["", "x", 1, [], {}])
async def test_a_foreign_cursor_is_invalid_params(method: str, cursor: Any, speaker: Speaker) -> None:
    assert (await speaker.error(method, {"cursor": cursor}))["code"] == -32602


@pytest.mark.parametrize("method", ["prompts/list", "resources/list", "resources/templates/list", "tools/list"])
async def test_a_list_of_one_page_has_no_next_cursor(method: str, speaker: Speaker) -> None:
    assert "nextCursor" not in await speaker.result(method)


async def completed(speaker: Speaker, value: str, **more: Any) -> dict[str, Any]:
    params = {"ref": REF, "argument": {"name": "symptom", "value": value}, **more}
    found: dict[str, Any] = (await speaker.result("completion/complete", params))["completion"]
    return found


async def test_an_empty_value_is_completed_with_everything(speaker: Speaker) -> None:
    found = await completed(speaker, "")
    assert SYMPTOM in found["values"]
    assert len(found["values"]) == len(set(found["values"])) <= 100
    assert (found["total"], found["hasMore"]) == (len(found["values"]), False)


@pytest.mark.parametrize("value", ["the token", "THE TOKEN", SYMPTOM])
async def test_a_prefix_in_any_case_is_completed(value: str, speaker: Speaker) -> None:
    assert (await completed(speaker, value))["values"] == [SYMPTOM]


async def test_what_nothing_begins_with_has_no_completion(speaker: Speaker) -> None:
    assert await completed(speaker, "zzz") == {"values": [], "total": 0, "hasMore": False}


async def test_every_completion_is_a_symptom_with_one_tool(speaker: Speaker) -> None:
    for value in (await completed(speaker, ""))["values"]:
        result = await speaker.result("prompts/get", {"name": PROMPT, "arguments": {"symptom": value}})
        assert result["messages"][0]["content"]["text"].count("\n") < 6


@pytest.mark.parametrize("context", [{"arguments": {"other": "x"}}, {}, None])
async def test_the_context_of_a_completion_is_accepted(context: Any, speaker: Speaker) -> None:
    assert (await completed(speaker, "the token", context=context))["values"] == [SYMPTOM]


ARGUMENT = {"name": "symptom", "value": ""}
FAULTS: list[dict[str, Any]] = [
    {},
    {"ref": REF},
    {"argument": ARGUMENT},
    {"ref": "x", "argument": ARGUMENT},
    {"ref": {"type": "ref/prompt", "name": "nope"}, "argument": ARGUMENT},
    {"ref": {"type": "ref/prompt"}, "argument": ARGUMENT},
    {"ref": {"type": "ref/prompt", "name": [PROMPT]}, "argument": ARGUMENT},
    {"ref": {"type": "ref/resource", "uri": "echo://server/health"}, "argument": ARGUMENT},
    {"ref": {"type": "ref/tool", "name": "echo"}, "argument": ARGUMENT},
    {"ref": {"name": PROMPT}, "argument": ARGUMENT},
    {"ref": REF, "argument": "x"},
    {"ref": REF, "argument": {"name": "nope", "value": ""}},
    {"ref": REF, "argument": {"name": "symptom"}},
    {"ref": REF, "argument": {"name": "symptom", "value": 1}},
    {"ref": REF, "argument": {"value": ""}},
]


@pytest.mark.parametrize("params", FAULTS, ids=str)
async def test_a_faulty_completion_is_invalid_params(params: Any, speaker: Speaker) -> None:
    error = await speaker.error("completion/complete", params)
    assert error["code"] == -32602
    assert error["data"]["problem"]
