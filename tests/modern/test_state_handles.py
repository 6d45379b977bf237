"""docs : state across modern requests is named by an explicit handle, the argument ``session``."""

from typing import Any

import pytest
from modern_requests import ask, call_of, modern, result_of

from harness import NEWEST, REVISIONS, Server, call, initialize, rpc

TAKERS = {"echo", "replayLastEcho", "sessionInfo", "requestTiming"}
NEEDERS = ["replayLastEcho", "sessionInfo"]
UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def tool(server: Server, name: str, **arguments: Any) -> dict[str, Any]:
    """The result of a tool that did its work."""
    result = await result_of(server, call_of(name, arguments))
    assert result["isError"] is False, result
    return result


async def failure(server: Server, name: str, **arguments: Any) -> str:
    """What a tool says that could not do its work; an HTTP client sees nothing of it."""
    result = await result_of(server, call_of(name, arguments))
    assert result["isError"] is True
    assert "structuredContent" not in result
    text: str = result["content"][0]["text"]
    return text


async def minted(server: Server, text: str = "hi") -> str:
    """A new handle."""
    handle: str = (await tool(server, "echo", message=text))["structuredContent"]["session"]
    return handle


async def test_an_echo_without_handle_returns_a_new_one_as_text_and_as_data(stateful: Server) -> None:
    result = await tool(stateful, "echo", message="hi")
    handle = result["structuredContent"]["session"]
    assert f"Session: {handle}" in result["content"][0]["text"].splitlines()
    assert result["structuredContent"] == {"message": "hi", "session": handle, "echoCount": 1}
    assert await stateful.alive() == 1


async def test_an_echo_with_handle_counts_on(stateful: Server) -> None:
    handle = await minted(stateful)
    for count in (2, 3):
        found = (await tool(stateful, "echo", message=str(count), session=handle))["structuredContent"]
        assert (found["session"], found["echoCount"]) == (handle, count)
    assert await stateful.created() == 1


async def test_every_tool_with_state_takes_the_handle(stateful: Server) -> None:
    handle = await minted(stateful, "remembered")
    replay = (await tool(stateful, "replayLastEcho", session=handle))["structuredContent"]
    assert replay == {"message": "remembered", "echoNumber": 1, "replayCount": 1}
    info = (await tool(stateful, "sessionInfo", session=handle))["structuredContent"]
    assert (info["sessionId"], info["echoCount"], info["replayCount"], info["requests"]) == (handle, 1, 1, 3)
    assert info["client"] == "tester v1.0"
    timing = (await tool(stateful, "requestTiming", session=handle))["structuredContent"]
    assert timing["sessionRequests"] == 4


async def test_timing_works_without_a_handle_and_makes_none(stateful: Server) -> None:
    assert (await tool(stateful, "requestTiming"))["structuredContent"]["sessionRequests"] is None
    assert await stateful.created() == 0


@pytest.mark.parametrize("name", NEEDERS)
async def test_a_tool_that_needs_state_says_how_to_get_a_handle(name: str, stateful: Server) -> None:
    text = await failure(stateful, name)
    assert "session" in text
    assert "echo" in text
    assert await stateful.created() == 0


@pytest.mark.parametrize("name", sorted(TAKERS))
@pytest.mark.parametrize("handle", [UNKNOWN, "", "x" * 10_000, "é😀\u0000", "../etc", " "])
async def test_an_unknown_handle_is_a_tool_error_that_says_what_to_do(name: str, handle: str, stateful: Server) -> None:
    arguments = {"message": "x"} if name == "echo" else {}
    text = await failure(stateful, name, session=handle, **arguments)
    assert "echo" in text
    assert len(text) < 500
    assert await stateful.created() == 0, "a client's invented handle has been adopted"


@pytest.mark.parametrize("name", sorted(TAKERS))
@pytest.mark.parametrize("handle", [1, 1.5, True, [], {}, ["x"], {"id": "x"}])
async def test_a_handle_of_another_type_is_a_tool_error(name: str, handle: Any, stateful: Server) -> None:
    arguments = {"message": "x"} if name == "echo" else {}
    assert "session" in await failure(stateful, name, session=handle, **arguments)
    assert await stateful.created() == 0


async def test_bad_arguments_beside_a_handle_leave_its_state_alone(stateful: Server) -> None:
    handle = await minted(stateful)
    assert "message" in await failure(stateful, "echo", session=handle)
    assert "other" in await failure(stateful, "echo", session=handle, message="x", other=1)
    record = await stateful.session(handle)
    assert (record.echo_count, record.last_echo) == (1, "hi")


async def test_bad_arguments_without_a_handle_mint_none(stateful: Server) -> None:
    await failure(stateful, "echo")
    assert await stateful.created() == 0


async def test_the_handles_of_two_clients_do_not_see_each_other(stateful: Server) -> None:
    mine, other = await minted(stateful, "mine"), await minted(stateful, "other")
    assert mine != other
    for handle, text in ((mine, "mine"), (other, "other")):
        found = (await tool(stateful, "replayLastEcho", session=handle))["structuredContent"]
        assert (found["message"], found["echoNumber"]) == (text, 1)


def with_argument(tools: list[dict[str, Any]]) -> set[str]:
    """The names of the tools that take a handle."""
    return {entry["name"] for entry in tools if "session" in entry["inputSchema"].get("properties", {})}


async def test_only_the_modern_list_of_the_stateful_server_names_the_argument(server: Server) -> None:
    tools = (await ask(server, modern("tools/list"))).message["result"]["tools"]
    assert with_argument(tools) == (TAKERS if server.variant == "stateful" else set())
    for entry in tools:
        facts = entry["inputSchema"].get("properties", {}).get("session")
        assert facts is None or (facts["type"] == "string" and facts["description"])
        assert "session" not in entry["inputSchema"].get("required", [])


@pytest.mark.parametrize("revision", REVISIONS)
async def test_no_older_list_names_the_argument(revision: str, server: Server) -> None:
    session = await initialize(server, revision)
    assert with_argument((await server.post(rpc("tools/list"), session)).message["result"]["tools"]) == set()


async def test_apart_from_the_argument_both_eras_describe_the_same_tools(server: Server) -> None:
    old = (await server.post(rpc("tools/list"), mcp_protocol_version=NEWEST)).message["result"]["tools"]
    new = (await ask(server, modern("tools/list"))).message["result"]["tools"]
    for entry in new:
        properties = entry["inputSchema"].get("properties", {})
        if properties.pop("session", None) and not properties:
            del entry["inputSchema"]["properties"]
    assert new == old


@pytest.mark.parametrize("name", ["echo", "printHeader", "requestTiming"])
async def test_where_there_is_no_state_the_argument_is_unknown(name: str, make_app: Any) -> None:
    server = make_app("stateless")
    arguments = {"message": "x"} if name == "echo" else {}
    assert "'session'" in await failure(server, name, session=UNKNOWN, **arguments)


async def test_tools_without_state_do_not_take_the_argument(stateful: Server) -> None:
    handle = await minted(stateful)
    for name in ("printHeader", "healthProbe", "whoIStheGOAT"):
        assert "'session'" in await failure(stateful, name, session=handle)


async def test_older_revisions_do_not_take_the_argument(stateful: Server) -> None:
    handle = await minted(stateful)
    session = await initialize(stateful)
    result = await call(stateful, "echo", {"message": "x", "session": handle}, session)
    assert result["isError"] is True
    assert (await stateful.session(handle)).echo_count == 1
