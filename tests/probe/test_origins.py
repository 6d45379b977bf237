"""Foreign origins and foreign hosts."""

import pytest
from broken_origins import (
    Ailing,
    HostOnly,
    ModernOnly,
    OldOriginOnly,
    Open,
    OpenButProtected,
    OpenWithoutCors,
    OriginOnly,
)
from oauth_server import TOKEN, ProtectedServer
from probe_runs import report_on
from starlette.types import ASGIApp

from harness import Server
from in_loop import Serve
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.probe import openings
from mcp_echo_core.probe.origins import rebinding_host
from mcp_echo_core.probe.survey import Options, Survey
from model_server import ModelServer

BEARER = (("Authorization", f"Bearer {TOKEN}"),)


async def outcomes(url: str, **options: object) -> tuple[str, str]:
    """What is found about origins and hosts."""
    first, second = (await report_on(url, "origin-policy", "host-policy", **options)).lines
    return first.finding.outcome, second.finding.outcome


def at(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Let the server seem to be elsewhere."""

    async def addresses(host: str) -> list[str]:
        return [address]

    monkeypatch.setattr(openings, "_addresses", addresses)


@pytest.mark.parametrize("app", [ModelServer(), Server("stateful").app, Server("stateless").app])
async def test_a_server_that_turns_strangers_away_passes(serve: Serve, app: ASGIApp) -> None:
    report = await report_on(await serve(app), "origin-policy", "host-policy")
    assert [line.finding.outcome for line in report.lines] == ["passed", "passed"]
    assert report.lines[0].finding.answer == "YES: 403"
    assert report.lines[0].finding.facts["own"] == 200
    assert report.lines[1].finding.facts["status"] == 421


@pytest.mark.parametrize("app", [Open(), OpenWithoutCors()], ids=["with CORS", "without CORS"])
async def test_a_server_on_this_machine_that_serves_every_page_is_convicted(serve: Serve, app: ASGIApp) -> None:
    assert await outcomes(await serve(app)) == ("failed", "failed")


@pytest.mark.parametrize(
    ("app", "address", "outcome"),
    [
        (OpenWithoutCors(), "10.1.2.3", "failed"),
        (Open(), "10.1.2.3", "noted"),
        (OpenWithoutCors(), "8.8.8.8", "noted"),
        (Open(), "8.8.8.8", "noted"),
    ],
)
async def test_elsewhere_it_depends_on_who_can_reach_the_server_and_what_its_cors_says(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, app: ASGIApp, address: str, outcome: str
) -> None:
    at(monkeypatch, address)
    assert await outcomes(await serve(app)) == (outcome, "noted")


async def test_a_token_keeps_pages_out_as_well(serve: Serve) -> None:
    assert await outcomes(await serve(OpenButProtected()), headers=BEARER) == ("noted", "noted")


async def test_a_check_of_host_ends_dns_rebinding(serve: Serve) -> None:
    assert await outcomes(await serve(HostOnly())) == ("noted", "passed")


async def test_a_check_of_origin_ends_dns_rebinding(serve: Serve) -> None:
    assert await outcomes(await serve(OriginOnly())) == ("passed", "noted")


async def test_a_page_without_an_origin_is_a_stranger(serve: Serve) -> None:
    assert (await outcomes(await serve(OriginOnly(refused=("https://",)))))[0] == "failed"


@pytest.mark.parametrize("status", [400, 404, 421, 500])
async def test_another_status_than_403_is_convicted_since_2025_11_25(serve: Serve, status: int) -> None:
    line = (await report_on(await serve(OriginOnly(status)), "origin-policy")).lines[0]
    assert line.finding.outcome == "failed"
    assert line.finding.answer.startswith(f"YES, but with {status}")


async def test_earlier_revisions_name_no_status(serve: Serve) -> None:
    assert (await outcomes(await serve(OldOriginOnly(400))))[0] == "passed"


async def test_a_server_that_turns_its_own_pages_away_is_told(serve: Serve) -> None:
    app = OriginOnly(refused=("://", "null"))
    finding = (await report_on(await serve(app), "origin-policy")).lines[0].finding
    assert finding.outcome == "passed"
    assert "its own origin is turned away, too" in finding.details[1]


@pytest.mark.parametrize("app", [Ailing(), OpenButProtected()], ids=["ailing", "no token given"])
async def test_a_server_that_serves_nobody_cannot_be_judged(serve: Serve, app: ASGIApp) -> None:
    assert await outcomes(await serve(app)) == ("untested", "untested")


async def test_a_server_without_a_handshake_is_asked_for_what_it_is(serve: Serve) -> None:
    report = await report_on(await serve(ModernOnly()), "origin-policy", "host-policy", "path-slash", "cors-preflight")
    assert {line.finding.outcome for line in report.lines} == {"passed"}
    assert report.lines[0].finding.facts["needed"] == ["content-type", "mcp-method", "mcp-name", "mcp-protocol-version"]


@pytest.mark.parametrize(
    ("url", "near"),
    [
        ("http://localhost:1/mcp", "loopback"),
        ("http://[::1]:1/mcp", "loopback"),
        ("http://0.0.0.0:1/mcp", "loopback"),
        ("http://10.0.0.1/mcp", "private"),
        ("http://8.8.8.8/mcp", "public"),
        (f"http://{'a' * 70}/mcp", "public"),
    ],
)
async def test_who_can_reach_a_server_is_told_by_its_address(url: str, near: str) -> None:
    async with Wire(1.0) as wire:
        assert await openings.nearness(Survey(Options(url=url), wire)) == near


async def test_a_protected_server_that_looks_at_origins_first_passes_without_a_token(serve: Serve) -> None:
    assert (await outcomes(await serve(ProtectedServer())))[0] == "passed"


@pytest.mark.parametrize(
    ("url", "host"), [("http://localhost:3000/mcp", "evil.example:3000"), ("https://h/mcp", "evil.example")]
)
def test_a_rebound_page_names_the_port_of_the_server(url: str, host: str) -> None:
    assert rebinding_host(url) == host
