"""Traces of what stands between client and server, and clients that leave none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from looked_at import arrived, observed, seen
from scripted import Client
from synthetic import exchange, record
from test_every_rule import EXCHANGES

from harness import Server, introduction, rpc
from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.gateway import LOOKS, observe
from mcp_echo_core.recording.events import Credential, Head


def test_there_are_seventeen_kinds() -> None:
    assert len({look.id for look in LOOKS}) == len(LOOKS) == 17


async def test_a_client_that_is_connected_directly_shows_no_gateway(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.request("tools/list")
    await client.modern("tools/list")
    await client.send("DELETE")
    assert await observed(client) == []


async def test_what_a_proxy_leaves_is_told_with_its_evidence(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    for _ in range(2):
        await client.request("ping", via="1.1 gateway", x_forwarded_for="192.0.2.1", x_envoy_attempt_count="1")
    [observation] = await observed(client)
    assert (observation.id, observation.evidence) == ("gw-proxy-markers", (3, 4))
    assert observation.says == 'via, x-forwarded-for, x-envoy-attempt-count came; Via says "1.1 gateway".'
    assert observation.meaning
    assert observation.basis


def test_http_1_0_is_a_sign_of_nginx_as_it_comes() -> None:
    [observation] = seen("gw-proxy-markers", arrived(http_version="1.0"), arrived(at=1))
    assert observation.says.startswith("Suspicion: requests came over HTTP/1.0, ")
    assert "proxy_http_version 1.1" in observation.says
    assert observation.evidence == (1,)


CLOSING = (("connection", "close"), ("user-agent", "python-httpx/0.28.1"))


def test_connections_that_nobody_would_close_are_a_sign_of_nginx_as_it_comes() -> None:
    [observation] = seen("gw-proxy-markers", *(arrived(*CLOSING, at=at) for at in range(3)))
    assert 'every request says "Connection: close"' in observation.says
    assert observation.says.startswith("Suspicion: ")
    assert observation.evidence == (1, 2, 3)


@pytest.mark.parametrize(
    "requests",
    [
        [CLOSING, CLOSING],
        [CLOSING, CLOSING, CLOSING[1:]],
        [CLOSING[:1]] * 3,
        [(("connection", "close"), ("user-agent", "node-fetch/1.0"))] * 3,
        [(("connection", "keep-alive"), ("user-agent", "node"))] * 3,
    ],
)
def test_who_closes_some_connections_or_may_do_so_shows_no_gateway(requests: Any) -> None:
    assert seen("gw-proxy-markers", *(arrived(*fields, at=at) for at, fields in enumerate(requests))) == []


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ((("accept", "a"),), "no Host"),
        ((("host", "a"), ("host", "b")), "2 times"),
        ((("host", "backend:8000"), ("x-forwarded-host", "mcp.example.com")), "mcp.example.com"),
        ((("host", "backend"), ("forwarded", "for=192.0.2.1;host=mcp.example.com;proto=https")), "mcp.example.com"),
    ],
)
def test_a_host_that_is_missing_doubled_or_changed_is_seen(fields: Any, says: str) -> None:
    [observation] = seen("gw-host-missing-or-changed", arrived(*fields))
    assert observation.evidence == (1,)
    assert says in observation.says


def test_a_host_that_proxies_agree_on_is_fine() -> None:
    told = (("host", "MCP.example.com"), ("x-forwarded-host", "mcp.example.com:443, inner.example.com"))
    assert seen("gw-host-missing-or-changed", arrived(*told), arrived(http_version="2")) == []


def test_a_proxy_that_does_not_forward_is_seen() -> None:
    [observation] = seen("gw-forwarded-missing", arrived(("via", "1.1 a"), ("cf-ray", "1")))
    assert "via, cf-ray" in observation.says
    assert seen("gw-forwarded-missing", arrived(("via", "1.1 a"), ("x-forwarded-for", "192.0.2.1"))) == []
    assert seen("gw-forwarded-missing", arrived(("host", "a"))) == []


@pytest.mark.parametrize(
    "fields",
    [
        (("x-forwarded-proto", "https"), ("forwarded", "proto=http")),
        (("x-forwarded-proto", "https, http"),),
        (("x-forwarded-host", "a.example.com"), ("forwarded", 'host="b.example.com"')),
        (("x-forwarded-proto", "http"), ("x-forwarded-host", "a.example.com"), ("origin", "https://a.example.com")),
        (("x-forwarded-for", "10.0.0.1, 9.9.9.9, 8.8.8.8"),),
        (("x-forwarded-for", "unknown, 9.9.9.9"),),
    ],
)
def test_forwarding_headers_that_contradict_each_other_are_seen(fields: Any) -> None:
    [observation] = seen("gw-forwarded-inconsistent", arrived(*fields))
    assert observation.evidence == (1,)


@pytest.mark.parametrize(
    "fields",
    [
        (("x-forwarded-proto", "https, https"), ("forwarded", 'for="[2001:db8::1]";proto=https;host=a')),
        (("x-forwarded-host", "a.example.com"), ("forwarded", "host=a.example.com:443")),
        (("x-forwarded-for", "9.9.9.9, 10.0.0.1"),),
        (("x-forwarded-for", "10.0.0.9, 10.0.0.1"),),
        (("x-forwarded-for", "9.9.9.9, not-an-address"),),
        (("x-forwarded-proto", "http"), ("origin", "https://[x")),
    ],
)
def test_forwarding_headers_that_agree_are_fine(fields: Any) -> None:
    assert seen("gw-forwarded-inconsistent", arrived(*fields)) == []


def cut(at: float, seconds: float, ended_by: Any = "client", **changes: Any) -> Any:
    return exchange(method="GET", at=at, seconds=seconds, pieces=((0.0, b": a\n\n"),), ended_by=ended_by, **changes)


def test_streams_that_end_at_a_round_time_are_seen() -> None:
    kind = "gw-stream-buffering-or-timeout"
    [observation] = seen(kind, cut(0, 60.4), cut(100, 59.2), cut(200, 60), cut(300, 31))
    assert (observation.says, observation.evidence) == ("3 answers were cut off after 60 seconds.", (1, 2, 3))
    assert len(seen(kind, *(exchange(rpc("ping"), at=at, seconds=30, status=499) for at in (0, 50, 100)))) == 1
    assert seen(kind, cut(0, 60), cut(100, 60), cut(200, 45)) == []
    assert seen(kind, *(cut(at, 60, "server") for at in (0, 100, 200))) == []


def test_methods_and_bodies_that_do_not_get_through_are_seen() -> None:
    kind = "gw-method-or-body-blocked"
    posts = [arrived(("via", "1.1 a"), at=at, session=str(at)) for at in (0, 1, 2)]
    [observation] = seen(kind, *posts)
    assert observation.evidence == (1, 3)
    assert seen(kind, *posts[:2]) == []
    assert seen(kind, *posts, arrived(("via", "1.1 a"), at=3, method="DELETE", body=b"")) == []
    emptied = arrived(("content-length", "0"), ("content-type", "application/json"), body=b"")
    stalled = arrived(("expect", "100-continue"), at=1, seconds=1.5)
    assert [each.evidence for each in seen(kind, emptied, stalled)] == [(1,), (2,)]
    assert seen(kind, arrived(("expect", "100-continue")), arrived(("content-length", "0"), at=1, body=b"")) == []


@pytest.mark.parametrize(
    ("changes", "fields", "count"),
    [
        ({"connection": "192.0.2.7:1"}, (), 1),
        ({"connection": "127.0.0.1:1"}, (), 0),
        ({"connection": "[::1]:1"}, (), 0),
        ({"connection": ":0"}, (), 0),
        ({"connection": "192.0.2.7:1", "scheme": "https"}, (), 0),
        ({"connection": "192.0.2.7:1"}, (("x-forwarded-proto", "HTTPS"),), 0),
        ({"connection": "192.0.2.7:1"}, (("forwarded", "for=a;proto=https"),), 0),
    ],
)
def test_a_token_over_plain_http_is_seen(changes: Any, fields: Any, count: int) -> None:
    head = Head(fields, None, (Credential("authorization", "Bearer", "1"),))
    assert len(seen("gw-scheme-downgrade", exchange(rpc("ping"), head=head, **changes))) == count


def test_sessions_that_another_instance_does_not_know_are_seen() -> None:
    kind = "gw-session-affinity-lost"
    answer = {"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "2025-11-25"}}
    opened = exchange(rpc("initialize", introduction()), answer=answer, session="s")
    named = {"headers": {"mcp-session-id": "s"}}
    lost = exchange(rpc("ping"), at=1, status=404, instance="two", session="s", **named)
    back = exchange(rpc("ping"), at=2, session="s", **named)
    [observation] = seen(kind, opened, lost, back)
    assert observation.evidence == (1, 2)
    at_home = exchange(rpc("ping"), at=1, status=404, session="s", **named)
    ended = exchange(method="DELETE", at=0.5, session="s", **named)
    assert seen(kind, opened, lost) == []
    assert seen(kind, opened, at_home, back) == []
    assert seen(kind, opened, ended, lost, back) == []


def test_of_many_sayings_only_some_are_told() -> None:
    events = [arrived(("host", f"{at}.example.com"), ("x-forwarded-host", "a"), at=at) for at in range(9)]
    assert len(seen("gw-host-missing-or-changed", *events)) == 5


@given(st.lists(EXCHANGES, max_size=5))
def test_whatever_arrives_it_is_looked_at_without_a_fault(events: list[Any]) -> None:
    assert isinstance(observe(Conversation(record(*events))), list)
