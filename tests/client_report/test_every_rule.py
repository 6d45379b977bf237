"""What holds for the table of rules as a whole."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import exchange, report

from mcp_echo_core.client_report.report import CERTAINTIES, LEVELS
from mcp_echo_core.client_report.rule import EVERY, Rule
from mcp_echo_core.client_report.rules import RULES

HERE = Path(__file__).parent
TESTED = "\n".join(path.read_text() for path in HERE.glob("test_*.py") if path.name != Path(__file__).name)

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ODD: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
METHODS = st.sampled_from([
    "initialize", "notifications/initialized", "notifications/cancelled", "ping", "tools/list", "tools/call",
    "resources/read", "prompts/get", "completion/complete", "logging/setLevel", "subscriptions/listen", "rpc.x",
])  # fmt: skip
META_NAMES = ["protocolVersion", "clientInfo", "clientCapabilities", "logLevel"]
META = st.dictionaries(
    st.sampled_from(["progressToken", *(f"io.modelcontextprotocol/{name}" for name in META_NAMES)]), ODD, max_size=4
)
PARAMS = st.fixed_dictionaries(
    {},
    optional={
        "_meta": META | ODD,
        "protocolVersion": ODD,
        "capabilities": ODD,
        "clientInfo": ODD | st.fixed_dictionaries({"name": ODD, "version": ODD}),
        "name": ODD,
        "uri": ODD,
        "arguments": ODD,
        "cursor": ODD,
        "requestId": ODD,
        "level": ODD,
        "ref": ODD,
        "inputResponses": ODD,
        "requestState": ODD,
    },
)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | ODD,
        "id": ODD,
        "method": METHODS | ODD,
        "params": PARAMS | ODD,
        "result": ODD,
        "error": ODD | st.fixed_dictionaries({"code": ODD, "message": ODD}),
    },
)
BODIES = MESSAGES | ODD | st.lists(MESSAGES, max_size=3)
HEADERS = st.dictionaries(
    st.sampled_from([
        "accept", "content-type", "content-length", "origin", "mcp-session-id", "mcp-protocol-version", "mcp-method",
        "mcp-name", "last-event-id", "authorization", "user-agent",
    ]),
    st.text(st.characters(max_codepoint=255), max_size=12) | st.sampled_from(EVERY),
    max_size=6,
)  # fmt: skip
EXCHANGES = st.builds(
    exchange,
    BODIES | st.binary(max_size=30),
    method=st.sampled_from(["POST", "GET", "DELETE", "PUT"]),
    at=st.floats(0, 100),
    seconds=st.none() | st.floats(0, 10),
    status=st.sampled_from([200, 202, 400, 404, 405, 499]),
    headers=HEADERS,
    answer=MESSAGES | ODD,
    pieces=st.just(()) | st.just(((0.0, b"id: p00000000-0\nretry: 1000\ndata:\n\n"),)),
    session=st.sampled_from([None, "a", "b"]),
    query=st.text(max_size=8),
)


def test_every_id_is_used_once() -> None:
    assert [name for name, count in Counter(rule.id for rule in RULES).items() if count > 1] == []


@each_rule
def test_a_rule_says_all_that_a_report_tells(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.id)
    assert rule.area
    assert rule.title
    assert not rule.title.endswith(".")
    assert rule.fix.endswith(".")
    assert rule.spec
    assert all(rule.spec)
    assert rule.level in LEVELS
    assert rule.certainty in CERTAINTIES
    assert rule.revisions
    assert set(rule.revisions) <= set(EVERY)


@each_rule
def test_a_rule_has_a_client_that_is_convicted_of_breaking_it(rule: Rule) -> None:
    named = f'"{rule.id}"' in TESTED
    assert named, "no test of this folder names it"


@given(st.lists(EXCHANGES, max_size=5))
def test_whatever_a_client_sends_it_is_judged_without_a_fault(events: list[Any]) -> None:
    assert report(*events).exchanges == len(events)


TOLD = st.dictionaries(
    st.sampled_from(["nextCursor", "tools", "inputRequests", "task", "roots", "action", "content", "_meta"]), ODD
)
ASKED = st.fixed_dictionaries(
    {"id": st.integers(1, 3)},
    optional={
        "method": st.sampled_from(["ping", "elicitation/create", "roots/list", "x"]) | ODD,
        "params": st.dictionaries(st.sampled_from(["mode", "requestedSchema"]), ODD) | ODD,
        "result": TOLD | ODD,
    },
)


def _stream(messages: list[Any]) -> Any:
    return tuple((place, f"data: {json.dumps(each)}\n\n".encode()) for place, each in enumerate(messages))


IN_SESSION = st.builds(
    exchange,
    MESSAGES | ASKED | st.fixed_dictionaries({"id": st.integers(1, 3), "method": METHODS, "params": PARAMS}),
    method=st.sampled_from(["POST", "POST", "GET", "DELETE"]),
    at=st.floats(1, 100),
    seconds=st.none() | st.floats(0, 60),
    status=st.sampled_from([200, 202, 400, 404, 499]),
    answer=ASKED | ODD,
    pieces=st.just(()) | st.lists(ASKED | ODD, max_size=3).map(_stream),
    session=st.just("a"),
)


@given(st.lists(IN_SESSION, max_size=6), st.sampled_from(EVERY[:-1]))
def test_whatever_is_said_in_a_session_is_judged_without_a_fault(events: list[Any], revision: str) -> None:
    settled = {"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": revision, "capabilities": {"tools": {}}}}
    opening = exchange({"id": 1, "method": "initialize"}, answer=settled, session="a")
    assert report(opening, *events).exchanges == len(events) + 1
