"""Headers that gateways pass on, double, take away or rewrite."""

from typing import Any

import pytest
from looked_at import arrived, observed, seen
from scripted import Client
from synthetic import exchange

from harness import FakeClock, Server, introduction, rpc
from mcp_echo_core.recording.events import Credential, Head


@pytest.mark.parametrize(
    ("fields", "version"),
    [
        ((("proxy-connection", "keep-alive"),), "1.1"),
        ((("via", "1.1 a"), ("keep-alive", "timeout=5")), "1.1"),
        ((("via", "1.1 a"), ("te", "gzip")), "1.1"),
        ((("via", "1.1 a"), ("connection", "close, X-Own"), ("x-own", "1")), "1.1"),
        ((("connection", "close"),), "2"),
    ],
)
def test_headers_of_one_hop_are_seen(fields: Any, version: str) -> None:
    [observation] = seen("gw-hop-by-hop-forwarded", arrived(*fields, http_version=version))
    assert observation.evidence == (1,)


@pytest.mark.parametrize(
    "fields",
    [
        (("connection", "Upgrade, HTTP2-Settings"), ("upgrade", "h2c"), ("http2-settings", "x")),
        (("via", "1.1 a"), ("connection", "close"), ("te", "trailers")),
        (("via", "1.1 a"), ("connection", "x-not-here")),
    ],
)
def test_what_belongs_to_the_last_hop_is_fine(fields: Any) -> None:
    assert seen("gw-hop-by-hop-forwarded", arrived(*fields)) == []


def test_lengths_that_are_told_twice_are_seen() -> None:
    for fields in (
        (("content-length", "3"), ("content-length", "4")),
        (("content-length", "3, 4"),),
        (("content-length", "3"), ("transfer-encoding", "chunked")),
    ):
        assert len(seen("gw-length-and-transfer-encoding", arrived(*fields))) == 1
    same = arrived(("content-length", "3"), ("content-length", "3"))
    assert seen("gw-length-and-transfer-encoding", same, arrived(("transfer-encoding", "chunked"), at=1)) == []


def test_headers_that_came_twice_are_seen() -> None:
    twice = arrived(("mcp-method", "ping"), ("mcp-method", "ping"))
    other = arrived(("origin", "https://a"), ("origin", "https://b"), at=1)
    joined = arrived(("mcp-session-id", "a, a"), at=2)
    same, differing, commas = seen("gw-duplicated-headers", twice, other, joined)
    assert ("the same twice" in same.says, same.evidence) == (True, (1,))
    assert ("two values" in differing.says, differing.evidence) == (True, (2,))
    assert ("commas" in commas.says, commas.evidence) == (True, (3,))
    fine = (("accept", "a"), ("accept", "b"), ("mcp-name", "a, b"), ("authorization", "Digest a=b, c=d"))
    assert seen("gw-duplicated-headers", arrived(*fine)) == []


BEHIND = (("x-forwarded-for", "192.0.2.1"),)


def signed(at: float, scheme: str = "Bearer", fields: Any = BEHIND, **changes: Any) -> Any:
    credentials = (Credential("authorization", scheme, "1"),)
    head = Head((("authorization", f"{scheme} x"), *fields), None, credentials)
    return exchange(rpc("ping"), at=at, head=head, **changes)


def test_a_credential_that_gets_lost_or_is_replaced_is_seen() -> None:
    kind = "gw-authorization-stripped"
    [lost] = seen(kind, signed(0), *(arrived(*BEHIND, at=at) for at in (1, 2, 3)))
    assert lost.says.startswith("Suspicion: ")
    assert lost.evidence == (1, 2, 3, 4)
    [lost] = seen(kind, signed(0, session="a"), *(arrived(at=at, session="a") for at in (1, 2, 3)))
    assert lost.evidence == (1, 2, 3, 4)
    [replaced] = seen(kind, arrived(("x-amzn-oidc-data", "x")))
    assert "x-amzn-oidc-data" in replaced.says
    [changed] = seen(kind, signed(0), signed(1, "Basic"))
    assert changed.says.startswith("Suspicion: ")
    assert changed.evidence == (1, 2)


def test_two_visits_without_a_proxy_need_not_have_the_same_credentials() -> None:
    kind = "gw-authorization-stripped"
    bare = [arrived(at=at) for at in (1, 2, 3)]
    assert seen(kind, signed(0, fields=()), *bare) == []
    assert seen(kind, signed(0, fields=(), session="a"), *(arrived(at=at, session="b") for at in (1, 2, 3))) == []
    assert seen(kind, signed(0, fields=()), signed(1, "Basic", fields=())) == []
    assert seen(kind, signed(0, fields=(), session="a"), signed(1, "Basic", fields=(), session="b")) == []


def test_a_credential_that_comes_and_goes_is_no_gateways_work() -> None:
    kind = "gw-authorization-stripped"
    gone = [arrived(*BEHIND, at=at) for at in (1, 2, 3, 5)]
    assert seen(kind, signed(0), *gone[:3], signed(4), gone[3]) == []
    assert seen(kind, *gone[:2], signed(2.2), signed(3.2)) == []
    both = arrived(("x-forwarded-authorization", "x"), ("authorization", "y"))
    assert seen(kind, both) == []


async def test_a_modern_request_without_any_of_its_headers_is_seen(stateful: Server) -> None:
    client = Client(stateful)
    bare = {"mcp_protocol_version": None, "mcp_method": None, "mcp_name": None}
    await client.modern("tools/list", **bare)
    [observation] = await observed(client, "gw-mcp-headers-stripped")
    assert observation.evidence == (1,)
    other = Client(stateful, "other")
    await other.modern("tools/list", **{**bare, "mcp_method": "tools/list"})
    await other.modern("tools/call", {"name": "echo"}, **{**bare, "mcp_name": "echo"})
    assert await observed(other, "gw-mcp-headers-stripped") == []


@pytest.mark.parametrize(("revision", "kept", "both"), [("2025-11-25", False, True), ("2025-11-25", True, False)])
async def test_a_session_that_is_never_named_is_seen(
    stateful: Server, clock: FakeClock, revision: str, kept: bool, both: bool
) -> None:
    client = Client(stateful)
    await client.post(rpc("initialize", introduction(revision), client.next_id()))
    clock.jump(1)
    client.version = revision if kept else None
    for _ in range(3):
        await client.request("ping")
    [observation] = await observed(client, "gw-mcp-headers-stripped")
    assert observation.evidence == (1, 2, 3, 4)
    assert ("MCP-Protocol-Version" in observation.says) == both


def test_lower_case_behind_a_proxy_is_seen_over_http_1_only() -> None:
    def spelled(*written: str, **changes: Any) -> Any:
        fields = tuple((name.lower(), "x") for name in written)
        return exchange(rpc("ping"), head=Head(fields, written), **changes)

    kind = "gw-header-case-rewritten"
    assert len(seen(kind, spelled("host", "via"))) == 1
    assert seen(kind, spelled("Host", "via")) == []
    assert seen(kind, spelled("host", "accept")) == []
    assert seen(kind, spelled("host", "via", http_version="2")) == []
    assert seen(kind, arrived(("host", "x"), ("via", "x"))) == []


@pytest.mark.parametrize(
    ("uri", "header", "what"),
    [
        ("file:///ä", "file:///ä".encode().decode("latin-1"), "base64"),
        ("file:///a%20b", "file:///a b", "percent"),
        ("file:///a-b", "file:///a_b", "underscores"),
        ("file:///a  b", "file:///a b", "blanks"),
        ("file:///a/very/long/name", "file:///a/very", "end"),
        ("file:///a/very/long/name", "file:///a/other", None),
        ("file:///a", "file:///a", None),
        ("file:///a", None, None),
    ],
)
async def test_values_that_were_changed_on_the_way_are_seen(
    stateful: Server, uri: str, header: str | None, what: str | None
) -> None:
    client = Client(stateful)
    await client.modern("resources/read", {"uri": uri}, mcp_name=header)
    cases = await observed(client, "gw-header-value-rewritten")
    assert [what in each.says for each in cases if what] == ([] if what is None else [True])
    assert len(cases) == (what is not None)


async def test_an_argument_that_was_changed_on_the_way_is_seen(make_app: Any) -> None:
    client = Client(make_app("stateful", MCP_ECHO_TOOLSETS="conformance"))
    await client.modern("tools/list")
    call = {"name": "test_custom_headers", "arguments": {"region": "eu-west", "priority": 1}}
    await client.modern("tools/call", call, mcp_param_region="eu_west", mcp_param_priority="1")
    [observation] = await observed(client, "gw-header-value-rewritten")
    assert (observation.says, observation.evidence) == (
        "Mcp-Param-Region arrived with underscores for hyphens.",
        (2,),
    )


async def test_an_accept_that_changes_is_seen(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.request("ping", accept="*/*")
    [observation] = await observed(client, "gw-accept-rewritten")
    assert observation.evidence == (1, 3)
    other = Client(stateful, "other")
    await other.initialize()
    await other.request("ping", accept="text/html")
    await other.request("ping", accept_encoding="identity")
    assert len(await observed(other, "gw-accept-rewritten")) == 2
    plain = Client(stateful, "plain")
    await plain.request("ping", accept="*/*")
    await plain.request("ping", accept="application/json")
    assert await observed(plain, "gw-accept-rewritten") == []


def test_compression_is_seen() -> None:
    kind = "gw-compression"
    zipped = arrived(("content-encoding", "gzip"))
    stream = {"answer_fields": (("content-type", "text/event-stream"),)}
    packed = arrived(("accept-encoding", "gzip, br"), ("cf-ray", "1"), at=1, **stream)
    assert [each.evidence for each in seen(kind, zipped, packed)] == [(1,), (2,)]
    direct = arrived(("accept-encoding", "gzip"), at=1, **stream)
    plain = arrived(("accept-encoding", "identity"), ("cf-ray", "1"), at=2, **stream)
    assert seen(kind, direct, plain, arrived(("accept-encoding", "gzip"), ("cf-ray", "1"), at=3)) == []
