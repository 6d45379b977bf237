"""Visits of clients that keep the rules of their revision; each returns the client, whose record has no faults."""

from collections.abc import Callable

from questioned import BOTH, EVERYTHING, ROUNDS, asked, question, reply, willing
from scripted import META, MODERN, Client

from harness import FakeClock, Server, note

MakeApp = Callable[..., Server]

NAMED = {"action": "accept", "content": {"name": "Alice"}}
SAID = {"role": "assistant", "model": "m", "content": {"type": "text", "text": "Paris."}}
ROOTS = {"roots": [{"uri": "file:///one"}]}


async def brief(server: Server, revision: str) -> Client:
    """A session with one call."""
    client = Client(server)
    await client.initialize(revision)
    await client.request("tools/list")
    await client.request("ping")
    await client.call("echo", message="hello")
    await client.send("DELETE")
    return client


async def listening(make_app: MakeApp, clock: FakeClock) -> Client:
    """A session whose client listens, and fetches what a cut kept back."""
    client = Client(make_app("stateful", MCP_ECHO_TOOLSETS="diagnostics,conformance"))
    await client.initialize()
    listener = client.open("GET")
    assert await listener.event() is not None
    clock.jump(30)
    priming = (await client.call("test_reconnection")).events[-1]
    clock.jump(1)
    resumed = await client.send("GET", headers={"last-event-id": priming.id})
    assert resumed.final["id"] == client.ids
    await client.call("test_tool_with_progress")
    await listener.leave()
    assert (await client.send("DELETE")).status == 204
    return client


async def leaving(make_app: MakeApp, clock: FakeClock) -> Client:
    """Two sessions of a client that gives a request up and says so."""
    client = Client(make_app("stateful", MCP_ECHO_TOOLSETS=BOTH))
    for _ in range(2):
        client.session = client.version = None
        await client.initialize(capabilities=EVERYTHING)
        call, _ = await asked(client, f"{ROUNDS}elicitation")
        call.disconnect()  # which stops nothing
        await client.post(note("notifications/cancelled", {"requestId": client.ids}))
        await call.task
        clock.jump(40)
        await client.request("ping")
        clock.jump(40)
        await client.send("DELETE")
    return client


async def modern(server: Server) -> Client:
    """Requests without a session."""
    client = Client(server)
    await client.modern("server/discover")
    await client.modern("tools/list")
    echoed = await client.modern("tools/call", {"name": "echo", "arguments": {"message": "hello"}})
    handle = echoed.message["result"]["structuredContent"]["session"]
    await client.modern("tools/call", {"name": "replayLastEcho", "arguments": {"session": handle}})
    return client


async def questioned(make_app: MakeApp, clock: FakeClock, revision: str) -> Client:
    """A session that uses everything, and answers questions."""
    client = await willing(make_app, revision)
    for method in ("tools/list", "prompts/list", "resources/list", "resources/templates/list"):
        await client.request(method)
    await client.request("logging/setLevel", {"level": "warning"})
    await client.request("resources/subscribe", {"uri": "test://watched-resource"})
    await client.post(note("notifications/roots/list_changed"))
    call, asking = await asked(client, f"{ROUNDS}multiple_inputs")
    for answer in (NAMED, SAID, ROOTS):
        clock.jump(2)
        await client.request("ping")
        assert (await client.post(reply(asking, answer))).status == 202
        asking = await question(call)
    assert asking["result"]["isError"] is False
    await call.answer()
    call, _ = await asked(client, f"{ROUNDS}list_roots")
    clock.jump(40)
    await client.post(note("notifications/cancelled", {"requestId": client.ids}))
    await call.answer()
    meta = {"progressToken": client.next_id(), "com.example/own": {"a b": 1}}
    for _ in range(2):
        await client.request("tools/call", {"name": "echo", "arguments": {"message": "x"}, "_meta": meta})
    await client.send("DELETE")
    return client


async def modern_questioned(make_app: MakeApp, clock: FakeClock) -> Client:
    """Requests without a session that listen, and answer questions."""
    client = Client(make_app("stateful", MCP_ECHO_TOOLSETS=BOTH))
    wanted = client.modern_message("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    stream = client.open("POST", wanted, {"mcp-protocol-version": MODERN, "mcp-method": "subscriptions/listen"})
    await stream.head()
    clock.jump(1)
    capabilities = {f"{META}clientCapabilities": EVERYTHING, f"{META}logLevel": "info", "progressToken": 7}
    trace = {
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
        "tracestate": "a=1",
        "baggage": "b=2",
    }
    params = {"name": f"{ROUNDS}multiple_inputs", "arguments": {}, "_meta": {**capabilities, **trace}}
    first = (await client.modern("tools/call", params)).final["result"]
    answers = {"user_name": NAMED, "greeting": SAID, "client_roots": ROOTS}
    assert first["inputRequests"].keys() == answers.keys()
    again = {**params, "inputResponses": answers, "requestState": first["requestState"]}
    assert (await client.modern("tools/call", again)).final["result"]["isError"] is False
    await stream.leave()
    return client
