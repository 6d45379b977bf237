"""Clients whose ``_meta`` has keys and values that do not belong there."""

from typing import Any

import pytest
from scripted import MODERN, Client
from synthetic import exchange, findings

from harness import Server, rpc

FORMAT, RESERVED, TRACE = "meta-key-format", "meta-reserved-prefix", "trace-context-format"
TRACE_ID, PARENT_ID = "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7"


async def sending(server: Server, meta: Any, revision: str = "2025-11-25") -> Client:
    """A client that sends this ``_meta`` in its third exchange, or in its only one."""
    client = Client(server)
    if revision == MODERN:
        await client.modern("tools/list", {"_meta": meta})
    else:
        await client.initialize(revision)
        await client.request("tools/list", {"_meta": meta})
    return client


BROKEN = ["/name", "a b", "-a", "a_", "1a/b", "a-/b", "a..b/c", "com.example/a/b", "com.example/_a", "ключ", "a/b c"]


@pytest.mark.parametrize("key", BROKEN)
async def test_a_malformed_key_is_convicted(stateful: Server, key: str) -> None:
    [finding] = await (await sending(stateful, {key: 1})).findings(FORMAT)
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", "2025-11-25")
    assert (finding.evidence, finding.count) == ((3,), 1)


@pytest.mark.parametrize("revision", ["2025-06-18", MODERN])
async def test_a_malformed_key_is_convicted_in_each_revision_with_a_grammar(stateful: Server, revision: str) -> None:
    [finding] = await (await sending(stateful, {"a b": 1}, revision)).findings(FORMAT)
    assert finding.revision == revision


WELL_FORMED = ["", "a", "A1", "a.b_c-d", "progressToken", "com.example/", "com.example/my-key", "x-1.y/a.b", "a/1"]


@pytest.mark.parametrize("key", WELL_FORMED)
async def test_a_well_formed_key_is_fine(stateful: Server, key: str) -> None:
    client = await sending(stateful, {key: {"a b": {"_meta": {"c d": 1}}}})
    assert await client.findings(FORMAT) == []
    assert await client.findings(RESERVED) == []


async def test_older_revisions_have_no_grammar_and_arguments_are_not_judged(stateful: Server) -> None:
    assert await (await sending(stateful, {"a b": 1}, "2025-03-26")).findings(FORMAT) == []
    client = Client(stateful)
    await client.initialize()
    await client.call("echo", message="x", _meta={"a b": 1})
    assert await client.findings(FORMAT) == []


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "id": "server-1", "result": {"_meta": {"a b": 1}}},
        rpc("tools/call", {"name": "echo", "inputResponses": {"k": {"_meta": {"a b": 1}}}}),
    ],
)
def test_what_is_nested_by_the_protocol_is_judged_too(message: Any) -> None:
    [finding] = findings(FORMAT, exchange(message, headers={"mcp-protocol-version": "2025-11-25"}))
    assert finding.evidence == (1,)


@pytest.mark.parametrize(
    ("revision", "key"),
    [
        ("2025-06-18", "mcp.dev/a"),
        ("2025-06-18", "tools.mcp.com/a"),
        ("2025-06-18", "api.modelcontextprotocol.org/a"),
        ("2025-11-25", "dev.mcp/a"),
        ("2025-11-25", "com.mcp.tools/a"),
        (MODERN, "org.modelcontextprotocol.api/a"),
    ],
)
async def test_a_key_under_a_reserved_prefix_is_convicted(stateful: Server, revision: str, key: str) -> None:
    [finding] = await (await sending(stateful, {key: 1}, revision)).findings(RESERVED)
    assert (finding.level, finding.certainty, finding.revision) == ("must", "likely", revision)
    assert finding.evidence == ((1,) if revision == MODERN else (3,))


async def test_an_unknown_key_of_the_protocol_may_be_an_extensions_and_is_only_suspected(stateful: Server) -> None:
    [finding] = await (await sending(stateful, {"io.modelcontextprotocol/mine": 1})).findings(RESERVED)
    assert (finding.level, finding.certainty) == ("must", "heuristic")


@pytest.mark.parametrize(
    ("revision", "key"),
    [
        ("2025-06-18", "io.modelcontextprotocol/a"),
        ("2025-06-18", "dev.mcp/a"),
        ("2025-11-25", "mcp.dev/a"),
        ("2025-11-25", "com.example.mcp/a"),
        ("2025-11-25", "mcp/a"),
        ("2025-11-25", "dev.mcp"),
        ("2025-11-25", "io.modelcontextprotocol/related-task"),
        (MODERN, "io.modelcontextprotocol/logLevel"),
        (MODERN, "com.example/mcp"),
    ],
)
async def test_a_key_that_is_free_or_defined_is_fine(stateful: Server, revision: str, key: str) -> None:
    assert await (await sending(stateful, {key: "debug"}, revision)).findings(RESERVED) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("traceparent", None),
        ("traceparent", 7),
        ("traceparent", ""),
        ("traceparent", f"00-{TRACE_ID.upper()}-{PARENT_ID}-01"),
        ("traceparent", f"00-{'0' * 32}-{PARENT_ID}-01"),
        ("traceparent", f"00-{TRACE_ID}-{'0' * 16}-01"),
        ("traceparent", f"00-{TRACE_ID}-{PARENT_ID}-01-x"),
        ("traceparent", f"ff-{TRACE_ID}-{PARENT_ID}-01"),
        ("traceparent", f"{TRACE_ID}-{PARENT_ID}"),
        ("tracestate", "vendor"),
        ("tracestate", "Vendor=1"),
        ("tracestate", "a=b=c"),
        ("tracestate", ",".join(f"k{number}=1" for number in range(33))),
        ("tracestate", ["a=1"]),
        ("baggage", "a"),
        ("baggage", "a=b c"),
        ("baggage", 'a="b"'),
        ("baggage", "a b=c"),
        ("baggage", {"a": "b"}),
    ],
)
async def test_trace_context_in_another_form_is_convicted(stateful: Server, key: str, value: Any) -> None:
    [finding] = await (await sending(stateful, {key: value}, MODERN)).findings(TRACE)
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", MODERN)
    assert (finding.evidence, finding.count) == ((1,), 1)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("traceparent", f"00-{TRACE_ID}-{PARENT_ID}-01"),
        ("traceparent", f"01-{TRACE_ID}-{PARENT_ID}-01-later"),
        ("tracestate", ""),
        ("tracestate", "rojo=00f067aa0ba902b7, congo=t61rcWkgMzE,"),
        ("tracestate", "fw529a3039@dt=FfAAAA;x:1,1a-_*/b= v"),
        ("baggage", ""),
        ("baggage", "userId=alice,serverNode=DF%2028 , isProduction=false;p1;p2=v"),
        ("baggage", "a="),
        ("tracing", 7),
    ],
)
async def test_trace_context_as_w3c_defines_it_is_fine(stateful: Server, key: str, value: Any) -> None:
    assert await (await sending(stateful, {key: value}, MODERN)).findings(TRACE) == []


async def test_trace_context_belongs_to_the_newest_revision(stateful: Server) -> None:
    assert await (await sending(stateful, {"traceparent": 7})).findings(TRACE) == []


async def test_what_the_record_masks_is_not_judged(stateful: Server) -> None:
    client = await sending(stateful, {"baggage": "token=secret/\\,a=b", "tracestate": "session_id=AAAA/=="}, MODERN)
    assert await client.findings(TRACE) == []
