"""A batch runs several tools within one HTTP request; none minds what another has left there."""

from harness import Server, initialize, tool_call


async def test_every_tool_can_be_called_twice_in_one_batch(server: Server) -> None:
    session = await initialize(server, "2025-03-26")
    listed = await server.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, session)
    names = [tool["name"] for tool in listed.message["result"]["tools"]]
    batch = [
        tool_call(name, {"message": "x"} if name == "echo" else {}, f"{name}-{turn}")
        for name in names
        for turn in (1, 2)
    ]
    answer = await server.post(batch, session, mcp_protocol_version="2025-03-26", accept="application/json")
    assert len(answer.message) == 2 * len(names) > 15
    assert not [each for each in answer.message if "error" in each]
