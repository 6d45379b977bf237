"""Third-party clients, over real sockets, list and call every tool of both servers."""

import json
import subprocess
from typing import Any

import pytest
from processes import Server
from tool_calls import MESSAGE, ToolCall, calls_for

pytestmark = pytest.mark.peers

CLIENT_TIMEOUT = 120.0
"""Seconds a whole conversation may take; the Inspector connects anew for each call."""

Peer = tuple[str, str]
"""A client and the mode it is put in: legacy, auto or a revision of the modern era."""

LEGACY: list[Peer] = [("sdk1", "legacy"), ("sdk2", "legacy"), ("fastmcp", "legacy"), ("typescript", "legacy")]
"""Clients of the handshake that hold one session for all their calls."""

MODERN: list[Peer] = [
    (peer, mode)
    for peer, modes in {
        "sdk2": ("auto", "2026-07-28"),
        "fastmcp": ("auto", "2026-07-28"),
        "inspector": ("auto", "modern"),
        "typescript": ("auto", "2026-07-28"),
    }.items()
    for mode in modes
]
"""Clients without a handshake; what continues is named by a state handle."""

SESSION_PER_CALL: list[Peer] = [("inspector", "legacy")]
"""Clients of the handshake that start anew for each call."""

Commands = dict[str, tuple[list[str], list[str]]]


def converse(
    commands: Commands, peer: Peer, server: Server, calls: list[ToolCall], notifications: int = 0
) -> dict[str, Any]:
    before, after = commands[peer[0]]
    modern = peer[1] != "legacy"
    plan = {
        "calls": [
            {"name": call.name, "arguments": call.arguments, "handle": modern and call.continues} for call in calls
        ],
        "notifications": notifications,
    }
    command = [*before, server.url, peer[1], json.dumps(plan), *after]
    done = subprocess.run(command, capture_output=True, text=True, timeout=CLIENT_TIMEOUT, check=False)
    assert done.returncode == 0, f"{peer[0]} failed:\n{done.stdout}{done.stderr}\nserver:\n{server.log.read_text()}"
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def assert_answered(report: dict[str, Any], calls: list[ToolCall]) -> None:
    for call in calls:
        answer = report["calls"][call.name]
        assert not answer["is_error"], f"{call.name}: {answer['text']}"
        for fragment in call.expects:
            assert fragment in answer["text"], f"{call.name} lacks {fragment!r}:\n{answer['text']}"
        assert isinstance(answer["structured"], dict), f"{call.name} has no structured content"


@pytest.mark.parametrize("peer", [*LEGACY, *MODERN], ids="-".join)
def test_a_client_lists_and_calls_every_tool(peer_commands: Commands, server: Server, peer: Peer) -> None:
    calls = list(calls_for(server.variant))
    report = converse(peer_commands, peer, server, calls)
    assert sorted(report["tools"]) == sorted(call.name for call in calls)
    assert report["protocol"] in (None, "2025-11-25" if peer in LEGACY else "2026-07-28")
    assert_answered(report, calls)


@pytest.mark.parametrize("peer", LEGACY, ids="-".join)
def test_a_client_receives_the_notification_that_an_echo_puts_into_its_session(
    peer_commands: Commands, stateful: Server, peer: Peer
) -> None:
    calls = [call for call in calls_for("stateful") if call.name == "echo"]
    report = converse(peer_commands, peer, stateful, calls, notifications=1)
    assert len(report["notifications"]) == 1
    assert MESSAGE in json.dumps(report["notifications"], ensure_ascii=False)


@pytest.mark.parametrize("peer", SESSION_PER_CALL, ids="-".join)
def test_a_client_with_a_session_per_call_lists_and_calls_every_tool(
    peer_commands: Commands, server: Server, peer: Peer
) -> None:
    calls = list(calls_for(server.variant))
    report = converse(peer_commands, peer, server, calls)
    assert sorted(report["tools"]) == sorted(call.name for call in calls)
    alone = {"replayLastEcho", "sessionInfo"}
    assert_answered(report, [call for call in calls if call.name not in alone])
    if server.variant == "stateful":
        assert "Echo Count: 0" in report["calls"]["sessionInfo"]["text"]
        assert report["calls"]["replayLastEcho"]["is_error"]
        assert MESSAGE not in report["calls"]["replayLastEcho"]["text"]
