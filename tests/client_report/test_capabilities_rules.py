"""Clients that use what was not negotiated, or declare it in another form."""

from typing import Any

import pytest
from questioned import INITIALIZE, initialized
from scripted import META, MODERN, Client
from synthetic import exchange, findings

from harness import Server, note, rpc, tool_call

NEGOTIATED = "negotiated-capabilities-only"
SHAPE = "client-capability-shape"
TASKS = "task-augmentation-negotiated"
LEVELS = {"2024-11-05": "should", "2025-03-26": "should", "2025-06-18": "must", "2025-11-25": "must"}


@pytest.mark.parametrize("revision", LEVELS)
async def test_a_change_of_roots_that_were_not_declared_is_convicted(stateful: Server, revision: str) -> None:
    client = Client(stateful)
    await client.initialize(revision, capabilities={"roots": {"listChanged": False}})
    await client.post(note("notifications/roots/list_changed"))
    [finding] = await client.findings(NEGOTIATED)
    assert (finding.level, finding.certainty, finding.revision) == (LEVELS[revision], "certain", revision)
    assert finding.evidence == (3,)


@pytest.mark.parametrize(
    "message",
    [
        rpc("tasks/get", {"taskId": "a"}, 9),
        rpc("tasks/list", None, 9),
        rpc("tasks/cancel", {"taskId": "a"}, 9),
        note("notifications/tasks/status"),
    ],
)
async def test_tasks_that_nobody_declared_are_convicted(stateful: Server, message: Any) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.post(message)
    [finding] = await client.findings(NEGOTIATED)
    assert (finding.level, finding.revision, finding.evidence) == ("must", "2025-11-25", (3,))


def session(*messages: Any, revision: str = "2025-11-25", **capabilities: Any) -> list[Any]:
    """A session with a server that declares these capabilities."""
    opening = exchange(INITIALIZE, answer=initialized(revision, **capabilities), session="a")
    posted = [exchange(message, at=place, session="a") for place, message in enumerate(messages, 1)]
    return [opening, *posted]


@pytest.mark.parametrize(
    "method",
    [
        "tools/list", "tools/call", "prompts/list", "prompts/get", "resources/list", "resources/read",
        "resources/templates/list", "resources/subscribe", "completion/complete", "logging/setLevel", "tasks/result",
    ],
)  # fmt: skip
def test_a_method_that_the_server_did_not_declare_is_convicted(method: str) -> None:
    [finding] = findings(NEGOTIATED, *session(rpc(method), experimental={}))
    assert (finding.level, finding.evidence) == ("must", (2,))
    assert finding.says[0].endswith("which the server did not declare.")


@pytest.mark.parametrize("resources", [{}, {"subscribe": False}, {"listChanged": True}])
def test_resources_alone_do_not_offer_subscriptions(resources: Any) -> None:
    [finding] = findings(NEGOTIATED, *session(rpc("resources/subscribe"), resources=resources))
    assert "resources.subscribe" in finding.says[0]


@pytest.mark.parametrize(
    ("revision", "method", "capabilities"),
    [
        ("2025-11-25", "tools/list", {"tools": {}}),
        ("2025-11-25", "resources/subscribe", {"resources": {"subscribe": True}}),
        ("2025-11-25", "tasks/list", {"tasks": {"list": {}}}),
        ("2025-11-25", "tasks/result", {"tasks": {"requests": {}}}),
        ("2025-11-25", "completion/complete", {"completions": {}}),
        ("2024-11-05", "completion/complete", {}),
        ("2025-06-18", "tasks/list", {}),
        ("2025-11-25", "ping", {}),
        ("2025-11-25", "tools/other", {}),
        ("2025-11-25", "com.example/own", {}),
    ],
)
def test_what_was_declared_or_needs_no_declaration_is_fine(revision: str, method: str, capabilities: Any) -> None:
    assert findings(NEGOTIATED, *session(rpc(method), revision=revision, **capabilities)) == []


async def test_what_the_client_declares_it_may_emit(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize(capabilities={"roots": {"listChanged": True}, "tasks": {}})
    await client.post(note("notifications/roots/list_changed"))
    await client.post(note("notifications/tasks/status"))
    await client.post(rpc("notifications/roots/list_changed", None, 9))
    assert await client.findings(NEGOTIATED) == []


@pytest.mark.parametrize(
    ("revision", "capabilities"),
    [
        ("2024-11-05", {"sampling": True}),
        ("2024-11-05", {"roots": None}),
        ("2025-03-26", {"experimental": "x"}),
        ("2025-03-26", {"roots": {"listChanged": "yes"}}),
        ("2025-06-18", {"elicitation": True}),
        ("2025-06-18", {"roots": {"listChanged": None}}),
        ("2025-11-25", {"tasks": True}),
        ("2025-11-25", {"elicitation": {"form": True}}),
    ],
)
async def test_a_misshapen_capability_is_convicted(stateful: Server, revision: str, capabilities: Any) -> None:
    client = Client(stateful)
    await client.initialize(revision, capabilities=capabilities)
    [finding] = await client.findings(SHAPE)
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", revision)
    assert (finding.evidence, finding.count) == ((1,), 1)


async def test_forms_in_an_unknown_mode_are_only_likely_wrong(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize(capabilities={"elicitation": {"applyDefaults": True}})
    [finding] = await client.findings(SHAPE)
    assert (finding.level, finding.certainty) == ("must", "likely")


@pytest.mark.parametrize(
    ("revision", "capabilities"),
    [
        ("2024-11-05", {"elicitation": True, "tasks": 1, "extensions": [], "roots": {}}),
        ("2025-03-26", {"roots": {"listChanged": False}, "sampling": {}, "experimental": {"a": {}}}),
        ("2025-06-18", {"elicitation": {"applyDefaults": True}}),
        ("2025-11-25", {"elicitation": {}}),
        ("2025-11-25", {"elicitation": {"url": {}}, "tasks": {}, "com.example/own": 7}),
    ],
)
async def test_capabilities_as_their_revision_has_them_are_fine(
    stateful: Server, revision: str, capabilities: Any
) -> None:
    client = Client(stateful)
    await client.initialize(revision, capabilities=capabilities)
    assert await client.findings(SHAPE) == []


async def declaring(server: Server, capabilities: Any) -> Client:
    client = Client(server)
    await client.modern("tools/list", {"_meta": {f"{META}clientCapabilities": capabilities}})
    return client


@pytest.mark.parametrize(
    "capabilities",
    [
        {"roots": True},
        {"extensions": []},
        {"extensions": {"mine": {}}},
        {"extensions": {"-x/mine": {}}},
        {"elicitation": {"url": 1}},
    ],
)
async def test_a_misshapen_capability_of_a_modern_request_is_convicted(stateful: Server, capabilities: Any) -> None:
    [finding] = await (await declaring(stateful, capabilities)).findings(SHAPE)
    assert (finding.level, finding.revision, finding.evidence) == ("must", MODERN, (1,))


@pytest.mark.parametrize(
    "capabilities",
    [
        {},
        {"roots": {"listChanged": "old"}},
        {"tasks": True},
        {"extensions": {"io.modelcontextprotocol/tasks": {}, "com.example/mine": {}}},
    ],
)
async def test_capabilities_of_a_modern_request_are_fine(stateful: Server, capabilities: Any) -> None:
    assert await (await declaring(stateful, capabilities)).findings(SHAPE) == []


async def test_a_task_that_the_server_does_not_offer_is_convicted(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.post(tool_call("echo", {"message": "x"}, 9, task={"ttl": 1}))
    [finding] = await client.findings(TASKS)
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", "2025-11-25")
    assert finding.evidence == (3,)


@pytest.mark.parametrize(("revision", "task"), [("2025-11-25", None), ("2025-06-18", {"ttl": 1})])
async def test_no_task_and_a_revision_without_tasks_are_no_case(stateful: Server, revision: str, task: Any) -> None:
    client = Client(stateful)
    await client.initialize(revision)
    await client.call("echo", message="x")
    await client.post(tool_call("echo", {"message": "x"}, 9, task=task))
    assert await client.findings(TASKS) == []


def calls(support: Any, **params: Any) -> list[Any]:
    """A session with a server that offers tasks, of which the one tool says this."""
    tool = {"name": "work", **({} if support is None else {"execution": {"taskSupport": support}})}
    listing = exchange(
        rpc("tools/list", None, 2), at=1, answer={"jsonrpc": "2.0", "id": 2, "result": {"tools": [tool]}}, session="a"
    )
    [opening, called] = session(
        rpc("tools/call", {"name": "work", **params}, 3), tools={}, tasks={"requests": {"tools": {"call": {}}}}
    )
    return [opening, listing, exchange(called.body, at=2, session="a")]


@pytest.mark.parametrize(("support", "task"), [(None, {}), ("forbidden", {"ttl": 1}), ("required", None)])
def test_a_call_in_another_way_than_the_tool_says_is_convicted(support: Any, task: Any) -> None:
    [finding] = findings(TASKS, *calls(support, **({} if task is None else {"task": task})))
    assert (finding.level, finding.evidence) == ("must", (2, 3))


@pytest.mark.parametrize(
    ("support", "task"), [(None, None), ("forbidden", None), ("required", {}), ("optional", {}), ("optional", None)]
)
def test_a_call_as_the_tool_says_is_fine(support: Any, task: Any) -> None:
    assert findings(TASKS, *calls(support, task=task)) == []


def test_a_tool_that_was_not_listed_may_be_called_either_way() -> None:
    assert findings(TASKS, *calls("required", name="other")) == []
    assert findings(TASKS, *calls("forbidden", name=["work"], task={})) == []
