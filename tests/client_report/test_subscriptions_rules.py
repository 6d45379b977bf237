"""Clients that listen with a filter nobody defined."""

from typing import Any

import pytest
from scripted import MODERN, Client
from synthetic import exchange, findings

from harness import Server, rpc

FLAG = "toolsListChanged"


def listening(params: Any) -> Any:
    headers = {"mcp-protocol-version": MODERN, "mcp-method": "subscriptions/listen"}
    meta = {"io.modelcontextprotocol/protocolVersion": MODERN}
    return exchange(rpc("subscriptions/listen", {**params, "_meta": meta}), headers=headers)


@pytest.mark.parametrize(
    "wanted", [None, [], True, "tools", {FLAG: "true"}, {FLAG: None}, {FLAG: 1}, {"resourceSubscriptions": "file:///a"}]
)
async def test_a_filter_of_another_form_is_convicted(stateful: Server, wanted: Any) -> None:
    client = Client(stateful)
    stream = client.open("POST", client.modern_message("subscriptions/listen", {"notifications": wanted}), {
        "mcp-protocol-version": MODERN, "mcp-method": "subscriptions/listen",
    })  # fmt: skip
    await stream.head()
    await stream.leave()
    [finding] = await client.findings("listen-filter-valid")
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", MODERN)
    assert (finding.count, len(finding.evidence)) == (1, 1)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"notifications": {"tools_list_changed": True}},
        {"notifications": {"ToolsListChanged": True}},
        {"notifications": {"notifications/tools/list_changed": True}},
        {"notifications": {"notifications/resources/updated": ["file:///a"]}},
        {"notifications": {"resourceSubscriptions": [1]}},
    ],
)
def test_a_missing_filter_and_misspelt_keys_are_convicted(params: Any) -> None:
    [finding] = findings("listen-filter-valid", listening(params))
    assert (finding.level, finding.evidence) == ("must", (1,))


def test_an_empty_filter_is_noted() -> None:
    [finding] = findings("listen-filter-valid", listening({"notifications": {}}))
    assert (finding.level, finding.evidence) == ("note", (1,))


@pytest.mark.parametrize(
    "wanted",
    [
        {FLAG: True, "promptsListChanged": False, "resourcesListChanged": True, "resourceSubscriptions": []},
        {"resourceSubscriptions": ["file:///a"]},
        {FLAG: True, "taskIds": ["1"], "com.example/changes": {}},
    ],
)
def test_a_filter_of_the_defined_form_is_fine(wanted: Any) -> None:
    assert findings("listen-filter-valid", listening({"notifications": wanted})) == []
