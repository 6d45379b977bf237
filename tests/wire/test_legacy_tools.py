"""protocol rules 1 and 7: what tools/list and tools/call say in each handshake revision."""

import jsonschema
import pytest

from harness import REVISIONS, Server, initialize, rpc, tool_call

STRUCTURED = {"2025-11-25", "2025-06-18"}
ANNOTATED = {"2025-11-25", "2025-06-18", "2025-03-26"}


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_tool_has_only_members_of_its_revision(revision: str, server: Server) -> None:
    session = await initialize(server, revision)
    answer = await server.post(rpc("tools/list"), session, mcp_protocol_version=revision)
    tools = answer.message["result"]["tools"]
    assert tools
    for tool in tools:
        assert ("title" in tool) == (revision in STRUCTURED)
        assert ("outputSchema" in tool) == (revision in STRUCTURED)
        assert ("annotations" in tool) == (revision in ANNOTATED)
        assert tool["description"]
        assert tool.keys() <= {"name", "title", "description", "inputSchema", "outputSchema", "annotations"}


async def test_the_schemas_are_schemas_of_objects(server: Server) -> None:
    tools = (await server.post(rpc("tools/list"), mcp_protocol_version="2025-11-25")).message["result"]["tools"]
    for tool in tools:
        for name in ("inputSchema", "outputSchema"):
            jsonschema.Draft202012Validator.check_schema(tool[name])
            assert tool[name]["type"] == "object"


async def test_the_list_is_one_page_with_distinct_names(server: Server) -> None:
    result = (await server.post(rpc("tools/list"))).message["result"]
    names = [tool["name"] for tool in result["tools"]]
    assert "nextCursor" not in result
    assert len(set(names)) == len(names)
    assert "echo" in names


async def test_the_list_is_the_same_every_time(server: Server) -> None:
    assert (await server.post(rpc("tools/list"))).message == (await server.post(rpc("tools/list"))).message


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_result_is_structured_only_where_the_revision_says_so(revision: str, server: Server) -> None:
    session = await initialize(server, revision)
    answer = await server.post(tool_call("echo", {"message": "hi"}), session, mcp_protocol_version=revision)
    result = answer.message["result"]
    assert result["isError"] is False
    assert result["content"][0]["type"] == "text"
    assert result["content"][0]["text"].startswith("hi")
    assert ("structuredContent" in result) == (revision in STRUCTURED)


async def test_structured_content_fits_its_schema(server: Server) -> None:
    revision = {"mcp_protocol_version": "2025-11-25"}
    tools = (await server.post(rpc("tools/list"), **revision)).message["result"]["tools"]
    schema = next(tool["outputSchema"] for tool in tools if tool["name"] == "echo")
    answer = await server.post(tool_call("echo", {"message": "hi"}), **revision)
    jsonschema.validate(answer.message["result"]["structuredContent"], schema)


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize(
    "arguments", [{}, {"message": 1}, {"message": "x", "more": 1}], ids=["missing", "type", "unknown"]
)
async def test_bad_arguments_are_a_result_only_where_the_revision_says_so(
    revision: str, arguments: dict[str, object], server: Server
) -> None:
    session = await initialize(server, revision)
    answer = await server.post(tool_call("echo", arguments), session, mcp_protocol_version=revision)
    assert answer.status == 200
    if revision == "2025-11-25":
        assert answer.message["result"]["isError"] is True
        assert "structuredContent" not in answer.message["result"]
    else:
        assert answer.message["error"]["code"] == -32602


async def test_refused_requests_are_counted_as_errors_and_served_ones_are_not(server: Server) -> None:
    metrics = server.app.runtime.metrics
    await server.post(tool_call("echo", {"message": "x"}))
    assert metrics.errors == {}
    await server.post(rpc("nope"))
    await server.post(b"{")
    assert metrics.errors == {"-32601": 1, "-32700": 1}
    assert metrics.requests == 3
