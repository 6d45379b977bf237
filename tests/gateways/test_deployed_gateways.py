"""The gateways of ``deploy/`` in front of real servers: who gets through, as whom, and what reaches whom unchanged."""

import asyncio
import contextlib
import http.client
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sites import GATEWAYS, KEEP_ALIVE, PAGE, TOKEN, Servers, Site

from harness import NEWEST, introduction, rpc, tool_call
from live import ANSWER, MESSAGE_HEADERS, Reply
from mcp_echo_core import identity
from mcp_echo_core.client.peer import Choice
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.probe import survey
from mcp_echo_core.probe.checks import CHECKS
from mcp_echo_core.probe.runner import probe
from mcp_echo_core.stream_check.ask import Wanted
from mcp_echo_core.stream_check.check import Options, check

pytestmark = pytest.mark.peers

FORGED = dict.fromkeys(sorted(identity.HEADER_NAMES), "mallory")
METADATA = "/.well-known/oauth-protected-resource/mcp"
STREAMS = 120
"""Enough to see what happens to one in a hundred."""

TRIES = 5
"""So often a measurement is made anew that says that its own process did not run, as happens on a busy machine."""


def text(reply: Reply) -> str:
    """What a tool says."""
    assert reply.status == 200, reply
    return str(reply.json["result"]["content"][0]["text"])


def call(site: Site, tool: str, era: Choice = "legacy", **headers: str) -> str:
    """What a tool without arguments says to a request of an era."""
    return text(site.post(tool_call(tool, {}), **headers) if era == "legacy" else site.call(tool, {}, **headers))


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_who_asks_is_what_the_auth_service_says_and_nothing_that_a_client_claims(site: Site, era: Choice) -> None:
    arrived = call(site, "printHeader", era, **FORGED)
    assert "mallory" not in arrived
    for name, value in {"user": "jane", "email": "jane@example.com", "groups": "staff,testers"}.items():
        assert re.search(f"(?im)x-auth-request-{name}: {value}$", arrived), arrived
    known = call(site, "authContext", era, **FORGED)
    assert "User ID: jane" in known


def test_forwarded_addresses_are_the_gateways_own(site: Site) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Real-Ip": "203.0.113.9", "X-Forwarded-Host": "evil.example"}
    arrived = call(site, "printHeader", **forged, **{"X-Forwarded-Proto": "https"})
    assert "203.0.113.9" not in arrived
    assert "evil.example" not in arrived
    assert re.search("(?i)x-forwarded-proto: http\n", arrived)


def test_a_request_without_a_token_gets_a_challenge_that_leads_to_the_metadata(site: Site) -> None:
    reply = site.send("POST", "/mcp", b"{}", {**MESSAGE_HEADERS, "Origin": PAGE})
    assert reply.status == 401
    (metadata,) = re.findall('^Bearer resource_metadata="([^"]+)"$', reply.headers["www-authenticate"])
    assert metadata == f"http://{site.host}{METADATA}"
    # A page can read it, too.
    assert reply.headers["access-control-allow-origin"] in ("*", PAGE)
    assert "www-authenticate" in reply.headers["access-control-expose-headers"].lower()
    discovered = site.send("GET", metadata.partition(site.host)[2], headers={"Origin": PAGE})
    assert (discovered.status, discovered.json["resource"]) == (200, site.url)
    assert discovered.headers["access-control-allow-origin"] in ("*", PAGE)


CLAIMED = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
TRUSTED = {
    "nginx": {"# 192.0.2.1 1;": "127.0.0.1 1;", "# set_real_ip_from 192.0.2.1": "set_real_ip_from 127.0.0.1"},
    "traefik": {"trustedIPs: []": "trustedIPs: [127.0.0.1/32]"},
}
"""What an operator changes where this machine ends TLS in front of a gateway."""


def challenge(site: Site, **headers: str) -> str:
    """What somebody without a token gets."""
    reply = site.send("POST", "/mcp", b"{}", {**MESSAGE_HEADERS, **headers})
    assert reply.status == 401
    return reply.headers["www-authenticate"]


def test_a_stranger_makes_no_challenge_with_https_or_another_host(site: Site) -> None:
    forged = {**CLAIMED, "X-Forwarded-Host": "evil.example", "X-Forwarded-Uri": "/evil"}
    assert challenge(site, **forged) == f'Bearer resource_metadata="http://{site.host}{METADATA}"'


@pytest.mark.parametrize("name", GATEWAYS)
def test_behind_one_that_ends_tls_and_is_trusted_clients_are_sent_to_https(
    name: str, servers: Servers, tmp_path: Path
) -> None:
    with GATEWAYS[name](tmp_path, {**servers.addresses, **TRUSTED[name]}) as port:
        site = Site("stateless", port, name)
        assert challenge(site) == f'Bearer resource_metadata="http://{site.host}{METADATA}"'
        for forged in ({}, {"X-Forwarded-Uri": "/evil", "X-Forwarded-Method": "OPTIONS"}):
            assert challenge(site, **CLAIMED, **forged) == f'Bearer resource_metadata="https://{site.host}{METADATA}"'
        metadata = site.send("GET", METADATA, headers=CLAIMED).json
        assert metadata["resource"] == f"https://{site.host}/mcp"
        arrived = call(site, "printHeader", **CLAIMED)
        assert re.search("(?i)x-forwarded-proto: https\n", arrived)
        assert re.search("(?i)x-forwarded-for: 203.0.113.9", arrived)


def test_a_token_that_nobody_knows_is_refused_as_invalid(site: Site) -> None:
    reply = site.post(rpc("ping"), Authorization="Bearer unknown")
    assert reply.status == 401
    assert 'error="invalid_token"' in reply.headers["www-authenticate"]


@pytest.mark.parametrize("path", ["/mcp", METADATA])
def test_a_preflight_passes_without_a_token_and_allows_what_clients_send(site: Site, path: str) -> None:
    asked = "authorization, content-type, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id"
    preflight = {"Origin": PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": asked}
    reply = site.send("OPTIONS", path, headers=preflight)
    assert reply.status in (200, 204)
    assert reply.headers["access-control-allow-origin"] in ("*", PAGE)
    assert "POST" in reply.headers["access-control-allow-methods"]
    allowed = {name.strip().lower() for name in reply.headers["access-control-allow-headers"].split(",")}
    assert "authorization" in allowed
    assert "*" in allowed or {name.strip() for name in asked.split(",")} <= allowed


def test_a_page_that_may_ask_can_read_answer_and_session(stateful: Site) -> None:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", stateful.port, timeout=ANSWER)) as connection:
        body = b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}'
        connection.request("POST", "/mcp", body, {**MESSAGE_HEADERS, **stateful.headers, "Origin": PAGE})
        response = connection.getresponse()
        fields = [(name.lower(), value) for name, value in response.getheaders()]
    assert response.status == 200
    allowed = [value for name, value in fields if name == "access-control-allow-origin"]
    assert allowed in (["*"], [PAGE])
    (exposed,) = [value for name, value in fields if name == "access-control-expose-headers"]
    assert "mcp-session-id" in exposed.lower()


def test_a_page_that_may_not_ask_is_refused_by_the_server_itself(site: Site) -> None:
    reply = site.post(rpc("ping"), Origin="https://evil.example")
    assert (reply.status, reply.json["error"]["data"]["problem"]) == (403, "Origin is not one this server serves")
    assert reply.json["error"]["data"]["seen"] == "https://evil.example"
    assert site.post(rpc("ping"), Origin=PAGE).status == 200


def test_a_name_that_is_nobodys_reaches_no_server(site: Site) -> None:
    reply = site.post(rpc("ping"), Host="evil.example")
    assert reply.status in (404, 421)
    assert "mcp-echo-instance" not in reply.headers


@pytest.mark.parametrize("path", ["/metrics", "/health", "/readyz", "/livez", "/", "/mcpx", "/mcp/x"])
def test_what_operators_ask_is_not_there_for_clients(site: Site, path: str) -> None:
    reply = site.send("GET", path, headers=site.headers)
    assert reply.status == 404
    assert "mcp-echo-instance" not in reply.headers


def test_the_endpoint_with_a_slash_answers_and_does_not_redirect(site: Site) -> None:
    assert site.post(rpc("ping"), "/mcp/").status == 200
    assert site.send("POST", "/mcp/", b"{}", MESSAGE_HEADERS).status == 401


def test_a_named_endpoint_and_its_dashboard_are_behind_the_auth_service(stateful: Site) -> None:
    assert stateful.send("POST", "/b/gateways/mcp", b"{}", MESSAGE_HEADERS).status == 401
    assert stateful.post(rpc("ping"), "/b/gateways/mcp").status == 200
    assert stateful.send("GET", "/dashboard/gateways").status == 401
    assert stateful.send("GET", "/dashboard/gateways", headers=stateful.headers).status == 200


def test_a_body_that_is_too_large_is_explained_by_the_server(site: Site) -> None:
    reply = site.post(tool_call("echo", {"message": "x" * 1_100_000}))
    assert (reply.status, "MAX_MESSAGE_SIZE" in str(reply.json)) == (413, True)


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_streams_arrive_event_by_event(site: Site, era: Choice) -> None:
    for _ in range(TRIES):
        wanted = Wanted.ticks(6, 0.05, ANSWER)
        headers = (("Authorization", f"Bearer {TOKEN}"),)
        report = asyncio.run(check(Options(url=site.url, headers=headers, wanted=wanted, era=era)))
        if not any("this process itself did not run" in variant.verdict.answer for variant in report.variants):
            break
    assert [variant.verdict.kind for variant in report.variants] == ["streaming"] * 2
    assert (report.era, report.exit_code) == (era, 0)


def test_no_stream_ends_before_its_answer(stateless: Site) -> None:
    steps = {"message": "all of it", "progressSteps": 2, "progressInterval": 0.01}
    with ThreadPoolExecutor(8) as clients:
        replies = list(clients.map(lambda number: stateless.call("echo", steps, number), range(STREAMS)))
    assert [reply.status for reply in replies] == [200] * STREAMS
    assert all(reply.body.count(b"data: {") == 3 for reply in replies)


def test_an_idle_stream_is_kept_alive(stateful: Site) -> None:
    session = stateful.post(rpc("initialize", introduction())).headers["mcp-session-id"]
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", stateful.port, timeout=KEEP_ALIVE * 20)) as asked:
        asked.request(
            "GET", "/mcp", headers={**stateful.headers, "Accept": "text/event-stream", "Mcp-Session-Id": session}
        )
        response = asked.getresponse()
        assert response.status == 200
        for _ in range(2):
            while b"keep-alive" not in response.readline():
                pass


def test_a_session_lives_on_all_instances(stateful: Site) -> None:
    session = stateful.post(rpc("initialize", introduction())).headers["mcp-session-id"]
    kept = {"Mcp-Session-Id": session, "Mcp-Protocol-Version": NEWEST}
    met = set()
    for number in range(8):
        echo = stateful.post(tool_call("echo", {"message": f"number {number}"}), **kept)
        assert f"number {number}" in text(echo)
        replay = stateful.post(tool_call("replayLastEcho", {}), **kept)
        assert f"number {number}" in text(replay)
        met |= {echo.headers["mcp-echo-instance"], replay.headers["mcp-echo-instance"]}
    assert met == {"stateful-1", "stateful-2"}


def test_requests_are_spread_over_all_stateless_instances(stateless: Site) -> None:
    met = {stateless.post(rpc("ping")).headers["mcp-echo-instance"] for _ in range(12)}
    assert met == {"stateless-1", "stateless-2", "stateless-3"}


@pytest.mark.usefixtures("names")
async def test_the_probe_finds_nothing_broken(site: Site) -> None:
    options = survey.Options(url=site.url, headers=(("Authorization", f"Bearer {TOKEN}"),))
    async with Wire(options.timeout) as wire:
        report = await probe(options, CHECKS, lambda *_: None, wire)
    found: dict[str, Any] = {line.id: line.finding for line in report.lines}
    broken = {name: finding.answer for name, finding in found.items() if finding.outcome == "failed"}
    assert not broken
    if site.variant == "stateful":
        assert found["replicas"].answer == "2 instances that share their sessions"
