"""Clients that ask about tasks without saying so in the head or in their capabilities."""

from typing import Any

import pytest
from scripted import META, MODERN, Client

from harness import Server, note

DECLARED = {f"{META}clientCapabilities": {"extensions": {"io.modelcontextprotocol/tasks": {}}}}


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
@pytest.mark.parametrize("name", [None, "other", "T1"])
async def test_a_task_that_is_not_named_in_the_head_is_convicted(
    stateful: Server, method: str, name: str | None
) -> None:
    client = Client(stateful)
    await client.modern(method, {"taskId": "t1", "_meta": DECLARED}, mcp_name=name)
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.certainty) == ("tasks-mcp-name", "must", "certain")
    assert (finding.revision, finding.evidence) == (MODERN, (1,))


@pytest.mark.parametrize("capabilities", [{}, {"tasks": {}}, {"extensions": {}}, {"extensions": []}])
async def test_a_client_that_does_not_declare_the_extension_is_convicted(stateful: Server, capabilities: Any) -> None:
    client = Client(stateful)
    meta = {f"{META}clientCapabilities": capabilities}
    await client.modern("tasks/get", {"taskId": "t1", "_meta": meta}, mcp_name="t1")
    [finding] = await client.findings("tasks-mcp-name")
    assert finding.evidence == (1,)
    assert ("older revision" in finding.says[0]) == ("tasks" in capabilities)


@pytest.mark.parametrize(("task", "name"), [("t1", "t1"), ("ä", "=?base64?w6Q=?="), (7, None)])
async def test_a_task_that_is_named_is_fine(stateful: Server, task: Any, name: str | None) -> None:
    client = Client(stateful)
    await client.modern("tasks/get", {"taskId": task, "_meta": DECLARED}, mcp_name=name)
    assert await client.findings("tasks-mcp-name") == []


async def test_a_notification_asks_about_no_task(stateful: Server) -> None:
    client = Client(stateful)
    await client.post(note("tasks/get", {"taskId": "t1"}), mcp_protocol_version=MODERN, mcp_method="tasks/get")
    assert await client.findings("tasks-mcp-name") == []
