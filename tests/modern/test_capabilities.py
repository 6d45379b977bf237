"""Capabilities match handlers in every revision: what is declared is served, and what is not declared is not."""

from typing import Any

import pytest
from both_eras import EVERY_REVISION, Speaker
from modern_requests import call_of, result_of

from harness import Server

PROMPT = "diagnose-connection"
COMPLETION = {"ref": {"type": "ref/prompt", "name": PROMPT}, "argument": {"name": "symptom", "value": ""}}

BY_CAPABILITY: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "tools": [("tools/list", {}), ("tools/call", {"name": "printHeader"})],
    "prompts": [("prompts/list", {}), ("prompts/get", {"name": PROMPT})],
    "resources": [
        ("resources/list", {}),
        ("resources/templates/list", {}),
        ("resources/read", {"uri": "echo://server/health"}),
    ],
    "completions": [("completion/complete", COMPLETION)],
}
SUBSCRIBING = [(f"resources/{verb}", {"uri": "echo://session/current"}) for verb in ("subscribe", "unsubscribe")]
NEVER = [
    "roots/list",
    "sampling/createMessage",
    "elicitation/create",
    "tasks/list",
    "tasks/get",
    "notifications/initialized",
    "nope",
]


@pytest.fixture(params=EVERY_REVISION)
def speaker(request: pytest.FixtureRequest, server: Server) -> Speaker:
    """A client of each server in each revision."""
    return Speaker(server, request.param)


async def test_every_method_of_a_declared_capability_is_served(speaker: Speaker) -> None:
    declared = await speaker.capabilities()
    assert BY_CAPABILITY.keys() <= declared.keys()
    for capability in declared.keys() & BY_CAPABILITY.keys():
        for method, params in BY_CAPABILITY[capability]:
            assert "error" not in await speaker.result(method, params)


async def test_nothing_is_declared_that_this_suite_does_not_know(speaker: Speaker) -> None:
    assert (await speaker.capabilities()).keys() <= {*BY_CAPABILITY, "logging"}


async def test_resources_can_be_subscribed_to_exactly_where_that_is_declared(speaker: Speaker) -> None:
    declared = (await speaker.capabilities())["resources"].get("subscribe", False)
    assert declared == (speaker.server.variant == "stateful" and not speaker.modern)
    for method, params in SUBSCRIBING:
        if declared:
            assert await speaker.result(method, params) == {}
        else:
            assert (await speaker.error(method, params))["code"] == -32601


async def test_the_log_level_can_be_set_exactly_where_messages_can_be_sent(speaker: Speaker) -> None:
    declared = "logging" in await speaker.capabilities()
    assert declared == (speaker.modern or speaker.server.variant == "stateful")
    if declared and not speaker.modern:
        assert await speaker.result("logging/setLevel", {"level": "debug"}) == {}
        assert (await speaker.error("logging/setLevel", {"level": "loud"}))["code"] == -32602
    else:
        assert (await speaker.error("logging/setLevel", {"level": "debug"}))["code"] == -32601


async def test_changes_of_lists_are_not_declared_since_none_ever_happens(speaker: Speaker) -> None:
    declared = await speaker.capabilities()
    assert not any(declared[kind].get("listChanged") for kind in ("tools", "prompts", "resources"))


@pytest.mark.parametrize("method", NEVER)
async def test_what_no_capability_offers_is_method_not_found(method: str, speaker: Speaker) -> None:
    error = await speaker.error(method)
    assert error["code"] == -32601
    assert error["data"]["seen"] == method


async def test_ping_is_a_method_of_the_older_revisions_only(speaker: Speaker) -> None:
    if speaker.modern:
        assert (await speaker.error("ping"))["code"] == -32601
    else:
        assert await speaker.result("ping") == {}


async def test_a_server_that_sends_log_messages_declares_it(server: Server) -> None:
    answer = await result_of(server, call_of("echo", {"message": "x"}, logLevel="debug"))
    assert answer["isError"] is False
    assert "logging" in await Speaker(server, EVERY_REVISION[0]).capabilities()
