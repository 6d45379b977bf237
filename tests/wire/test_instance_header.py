"""``Mcp-Echo-Instance``: which process answered, on every answer of the endpoint, if that shall be told."""

from collections.abc import Callable

import pytest

from asgi_bridge import Answer, Request
from harness import POST_HEADERS, STREAM_HEADERS, Server, header_list, initialize, note, rpc, tool_call

HEADER = "mcp-echo-instance"


def named(make_app: Callable[..., Server], variant: str, name: str = "one") -> Server:
    """A server with a name."""
    return make_app(variant, MCP_ECHO_INSTANCE=name)


async def every_kind(server: Server) -> dict[str, Answer]:
    """Answers of every kind, good and bad."""
    bad = Request(method="PUT", headers=header_list(POST_HEADERS, {}))
    foreign = {"origin": "http://evil.example"}
    return {
        "result": await server.post(rpc("ping")),
        "tool": await server.post(tool_call("echo", {"message": "hi"})),
        "stream": await server.post(rpc("tools/list"), accept="text/event-stream"),
        "accepted": await server.post(note("notifications/initialized")),
        "error": await server.post(rpc("nope")),
        "bad arguments": await server.post(tool_call("echo", {"message": 5})),
        "no JSON": await server.post(b"{"),
        "bad method": await server.send(bad),
        "bad origin": await server.post(rpc("ping"), **foreign),
        "bad version": await server.post(rpc("ping"), mcp_protocol_version="1999-01-01"),
        "preflight": await server.send(Request(method="OPTIONS", headers=header_list(POST_HEADERS, {}))),
        "get": await server.send(Request(method="GET", headers=header_list(STREAM_HEADERS, {}))),
        "delete": await server.delete("unknown"),
    }


async def test_every_answer_names_who_answered(variant: str, make_app: Callable[..., Server]) -> None:
    answers = await every_kind(named(make_app, variant))
    assert {kind: answer.values(HEADER) for kind, answer in answers.items()} == {kind: ["one"] for kind in answers}
    assert len({answer.status for answer in answers.values()}) >= 5


async def test_with_an_empty_name_nobody_is_named(variant: str, make_app: Callable[..., Server]) -> None:
    answers = await every_kind(named(make_app, variant, ""))
    assert {kind: answer.values(HEADER) for kind, answer in answers.items()} == {kind: [] for kind in answers}


async def test_a_streams_head_names_who_answered(make_app: Callable[..., Server]) -> None:
    server = named(make_app, "stateful")
    stream = server.stream(await initialize(server))
    assert (await stream.head()).values(HEADER) == ["one"]
    await stream.leave()


async def test_a_dead_session_is_refused_by_somebody(make_app: Callable[..., Server]) -> None:
    answer = await named(make_app, "stateful").post(rpc("ping"), "6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
    assert (answer.status, answer.header(HEADER)) == (404, "one")


async def test_without_a_setting_each_process_makes_a_name(variant: str, make_app: Callable[..., Server]) -> None:
    servers = [make_app(variant) for _ in range(3)]
    names = {(await server.post(rpc("ping"))).header(HEADER) for server in servers}
    assert names == {server.app.runtime.instance for server in servers}
    assert len(names) == 3


async def test_a_browser_may_read_it(make_app: Callable[..., Server]) -> None:
    answer = await named(make_app, "stateful").post(rpc("ping"), origin="http://localhost:6274")
    assert "Mcp-Echo-Instance" in (answer.header("access-control-expose-headers") or "")


@pytest.mark.parametrize("tool", ["sessionInfo"])
async def test_session_info_names_who_minted_the_session_and_who_answered(
    tool: str, make_app: Callable[..., Server]
) -> None:
    server = named(make_app, "stateful")
    answer = await server.post(tool_call(tool, {}), await initialize(server), mcp_protocol_version="2025-11-25")
    result = answer.final["result"]
    assert (result["structuredContent"]["mintedBy"], result["structuredContent"]["instance"]) == ("one", "one")
    assert "- Minted By: one\n- Answered By: one\n" in result["content"][0]["text"]
