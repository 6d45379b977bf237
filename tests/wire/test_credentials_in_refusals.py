"""docs : a refusal quotes the value it saw, but never a credential, and never megabytes."""

from typing import Any

import pytest

from asgi_bridge import Request
from harness import NEWEST, POST_HEADERS, Server, encoded, header_list, introduction, rpc, tool_call

PASSWORD = "hunter2-hunter2-hunter2"
TOKEN = "Bearer sk-live-0123456789abcdefghijklmnopqrstuvwxyz"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLXRoYXQtaXMtc2VjcmV0"
URL = f"https://alice:{PASSWORD}@evil.example"
SECRETS = [PASSWORD, TOKEN.split()[1], JWT]

HEADS = {
    "host": {"host": f"alice:{PASSWORD}@evil.example"},
    "origin": {"origin": URL},
    "content-type": {"content-type": TOKEN},
    "accept": {"accept": TOKEN},
    "version": {"mcp-protocol-version": TOKEN},
    "version-jwt": {"mcp-protocol-version": JWT},
}

BODIES = {
    "not-json": TOKEN.encode(),
    "not-json-jwt": JWT.encode(),
    "cut-json": f'{{"authorization":"{TOKEN}","x'.encode(),
    "string": encoded(TOKEN),
    "jsonrpc": {"jsonrpc": TOKEN, "id": 1, "method": "ping"},
    "method": rpc(TOKEN),
    "method-url": rpc(URL),
    "params": rpc("ping", TOKEN),
    "member-names": {"jsonrpc": "2.0", "id": 1, TOKEN: 1},
    "duplicate-member": f'{{"{TOKEN}":1,"{TOKEN}":2}}'.encode(),
    "tool": tool_call(TOKEN, {}),
    "argument-value": tool_call("echo", {"message": "x", "uppercase": TOKEN}),
    "argument-name": tool_call("echo", {"message": "x", TOKEN: 1}),
    "arguments": rpc("tools/call", {"name": "echo", "arguments": TOKEN}),
    "cursor": rpc("tools/list", {"cursor": JWT}),
    "protocol-version": rpc("initialize", {**introduction(), "protocolVersion": TOKEN}),
    "client": rpc("initialize", {**introduction(), "clientInfo": TOKEN}),
    "capabilities": rpc("initialize", {**introduction(), "capabilities": JWT}),
    "id": {"jsonrpc": "2.0", "id": [TOKEN], "method": "ping"},
}


def check_secrets(body: bytes) -> None:
    """No credential is in an answer."""
    leaked = [secret for secret in SECRETS if secret.encode() in body]
    assert not leaked, body[:600]


@pytest.mark.parametrize("headers", HEADS.values(), ids=HEADS)
async def test_a_refused_header_is_quoted_without_the_credential_in_it(headers: dict[str, str], server: Server) -> None:
    answer = await server.send(Request(headers=header_list(POST_HEADERS, headers), body=encoded(rpc("ping"))))
    assert answer.status in {400, 403, 406, 415, 421}
    check_secrets(answer.body)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("revision", ["2025-03-26", NEWEST])
async def test_a_refused_body_is_quoted_without_the_credential_in_it(body: Any, revision: str, server: Server) -> None:
    answer = await server.post(body, mcp_protocol_version=revision)
    assert "error" in answer.message or answer.message["result"]["isError"]
    check_secrets(answer.body)


LARGE = "x" * 500_000
LARGE_BODIES = {
    "text": LARGE.encode(),
    "method": rpc(LARGE),
    "tool": tool_call(LARGE, {}),
    "argument": tool_call("echo", {"message": "x", LARGE: LARGE}),
    "protocol-version": rpc("initialize", {"protocolVersion": LARGE}),
    "many-members": {"jsonrpc": "2.0", **{f"{n}{LARGE[:1000]}": n for n in range(400)}},
    "many-arguments": tool_call("echo", {f"a{n}": n for n in range(20_000)}),
    "cursor": rpc("tools/list", {"cursor": LARGE}),
}


@pytest.mark.parametrize("body", LARGE_BODIES.values(), ids=LARGE_BODIES)
async def test_a_large_value_is_cut_when_it_is_quoted(body: Any, server: Server) -> None:
    answer = await server.post(body)
    assert "error" in answer.message
    assert len(answer.body) < 16_384
