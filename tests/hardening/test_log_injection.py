"""Whatever a client puts into a request stays inside one value of one log line, in both formats."""

import json
import re

import pytest
from kept_log import KeptLog

from asgi_bridge import Request
from harness import POST_HEADERS, Server, encoded, header_list, initialize, rpc, tool_call

FORGED = "2026-01-01T00:00:00.000Z ERROR mcp_echo_core forged"
HOSTILE = f"x\r\n{FORGED} status=200\x1b[2J\x1b]0;title\x07\x00\x08\x7f\x85\u2028\u202e\" ' \\ end"
LATIN = HOSTILE.replace("\u2028", "").replace("\u202e", "")

FIELD = re.compile(r' (\w+)=("(?:[^"\\]|\\.)*"|\S*)')
"""A field as a reader of the lines finds it: what stands in quotes is none."""

NAMES = (
    "host", "origin", "accept", "content-type", "content-encoding", "mcp-session-id", "mcp-protocol-version",
    "mcp-method", "mcp-name", "last-event-id", "x-request-id", "x-forwarded-for", "user-agent", "authorization",
)  # fmt: skip


def check(log: KeptLog) -> None:
    assert log.lines
    for line in log.lines:
        assert line.isprintable(), line
    for line in log.lines[1::2]:
        assert json.loads(line)["level"] in {"DEBUG", "INFO", "WARNING"}
    for line in log.lines[::2]:
        names = [name for name, _ in FIELD.findall(line)]
        assert len(names) == len(set(names)), line


@pytest.mark.parametrize("name", NAMES)
async def test_a_header_stays_inside_its_line(name: str, server: Server, log: KeptLog) -> None:
    fields = [*header_list(POST_HEADERS, {name: None}), (name.encode(), LATIN.encode("latin-1", "replace"))]
    for method, body in (("POST", encoded(rpc("nope"))), ("POST", b"{"), ("GET", b""), ("DELETE", b""), ("X\nY", b"")):
        await server.send(Request(method, headers=fields, body=body))
    await server.send(Request("GET", f"/dashboard/{LATIN}/events?{LATIN}", fields))
    await server.send(Request("POST", f"/b/x/mcp?{LATIN}", fields, encoded(rpc("ping"))))
    check(log)


async def test_a_message_stays_inside_its_line(server: Server, log: KeptLog) -> None:
    session = await initialize(server)
    client = {"name": HOSTILE, "version": HOSTILE}
    for message in (
        rpc(HOSTILE),
        rpc("ping", request_id=HOSTILE),
        rpc("initialize", {"protocolVersion": HOSTILE, "capabilities": {}, "clientInfo": client}),
        rpc("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}),
        rpc("resources/read", {"uri": HOSTILE}),
        rpc("logging/setLevel", {"level": HOSTILE}),
        rpc("prompts/get", {"name": HOSTILE}),
        tool_call(HOSTILE, {}),
        tool_call("echo", {HOSTILE: HOSTILE}),
        tool_call("echo", {"message": HOSTILE}, _meta={"progressToken": HOSTILE}),
        {"jsonrpc": HOSTILE, "id": 1, "method": "ping"},
    ):
        await server.post(message, session)
        await server.post(message)
    check(log)
