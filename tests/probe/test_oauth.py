"""The challenge, and the metadata it leads to."""

from collections.abc import Mapping
from typing import Any

import pytest
from broken_oauth import (
    LOGIN,
    Challenging,
    IssuerWith,
    MetadataWith,
    OpenIdOnly,
    OpenWithMetadata,
    PageInsteadOfMetadata,
    PathlessMetadata,
    RefusingInJson,
    RefusingWith,
    TwoMinds,
    WithoutMetadata,
)
from broken_paths import Remembers
from oauth_server import PROTECTED, TOKEN, ProtectedServer
from probe_runs import finding_on, report_on
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from harness import Server
from in_loop import Serve
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.probe.challenges import Challenge, challenges
from mcp_echo_core.probe.check import Finding
from mcp_echo_core.probe.checks.oauth_challenge import _named_faults
from mcp_echo_core.probe.oauth import difference, issuer_places, same_resource, well_known
from mcp_echo_core.probe.survey import Options, Survey
from model_server import ModelServer

BEARER = (("Authorization", f"Bearer {TOKEN}"),)
CHECKS = ("oauth-challenge", "oauth-metadata")
GOOD = 'Bearer resource_metadata="{base}' + PROTECTED + '/mcp"'


async def findings(url: str, **options: object) -> tuple[Finding, Finding]:
    """What is found about challenge and metadata."""
    first, second = (await report_on(url, *CHECKS, **options)).lines
    return first.finding, second.finding


async def outcomes(url: str, **options: object) -> tuple[str, str]:
    """In a word each."""
    first, second = await findings(url, **options)
    return first.outcome, second.outcome


@pytest.mark.parametrize("options", [{}, {"headers": BEARER}], ids=["without a token", "with the token"])
@pytest.mark.parametrize("app", [ProtectedServer(), OpenIdOnly(), TwoMinds()], ids=lambda app: type(app).__name__)
async def test_a_server_that_says_where_to_get_a_token_passes(
    serve: Serve, app: ASGIApp, options: dict[str, object]
) -> None:
    challenge, metadata = await findings(await serve(app), **options)
    assert (challenge.outcome, metadata.outcome) == ("passed", "passed")
    assert "scope: mcp:use" in challenge.details


@pytest.mark.parametrize("app", [ModelServer(), Server("stateful").app, Server("stateless").app])
async def test_a_server_that_wants_no_token_is_told_so(serve: Serve, app: ASGIApp) -> None:
    challenge, metadata = await findings(await serve(app))
    assert (challenge.outcome, challenge.answer) == ("noted", "no authorization is asked for")
    assert (metadata.outcome, metadata.answer[:29]) == ("untested", "no authorization is asked for")


async def test_metadata_of_a_server_that_wants_no_token_is_noted(serve: Serve) -> None:
    assert await outcomes(await serve(OpenWithMetadata())) == ("noted", "noted")


async def test_the_token_is_not_sent_along_with_what_is_asked_without_it(serve: Serve) -> None:
    report = await report_on(await serve(ProtectedServer()), *CHECKS, headers=BEARER)
    asked = [each for each in report.exchanges if ".well-known" in each.url or "without credentials" in each.purpose]
    assert len(asked) >= 4
    assert "authorization" not in {name.lower() for each in asked for name, _ in each.request_headers}


@pytest.mark.parametrize(
    "app",
    [
        RefusingWith(Response("no", 403)),
        RefusingWith(HTMLResponse(LOGIN)),
        RefusingWith(RedirectResponse("/login", 302)),
        RefusingInJson(),
    ],
    ids=["403", "200 with HTML", "302", "JSON-RPC error"],
)
async def test_another_answer_than_401_is_convicted_when_the_token_makes_the_difference(
    serve: Serve, app: ASGIApp
) -> None:
    assert await outcomes(await serve(app), headers=BEARER) == ("failed", "untested")


@pytest.mark.parametrize(
    ("app", "outcome"),
    [
        (RefusingWith(Response("no", 403)), "untested"),
        (RefusingWith(Response("no", 403), metadata=True), "failed"),
        (RefusingWith(HTMLResponse(LOGIN)), "failed"),
        (RefusingWith(RedirectResponse("/login", 302)), "failed"),
        (RefusingWith(Response("later", 503)), "untested"),
        (RefusingWith(JSONResponse({"jsonrpc": "2.0", "error": {"code": -32601, "message": "no"}}, 404)), "noted"),
    ],
    ids=["403", "403 with metadata", "200 with HTML", "302 to HTML", "503", "JSON-RPC error"],
)
async def test_without_a_token_to_compare_only_what_is_sure_is_convicted(
    serve: Serve, app: ASGIApp, outcome: str
) -> None:
    assert (await finding_on(await serve(app), "oauth-challenge")).outcome == outcome


@pytest.mark.parametrize(
    ("challenge", "told"),
    [
        (None, ""),
        ("Bearer resource_metadata={base}/x", "needs quotes"),
        (GOOD + ' scope="a"', "there is no comma after resource_metadata"),
        (GOOD[:-1], "is not closed"),
        ('Bearer resource_metadata="/.well-known/x"', "is no absolute URL"),
        ('Bearer resource_metadata="{base}/nothing"', "leads to no metadata: "),
        ('Bearer resource_metadata="http://127.0.0.1:1/x"', "no connection"),
        ('"Bearer"', "neither a scheme nor a parameter"),
    ],
)
async def test_a_broken_challenge_is_convicted(serve: Serve, challenge: str | None, told: str) -> None:
    finding = await finding_on(await serve(Challenging(challenge)), "oauth-challenge")
    assert finding.outcome == "failed"
    assert told in " ".join(finding.details)


async def test_metadata_by_http_of_a_server_by_https_is_a_fault() -> None:
    async with Wire(1.0) as wire:
        survey = Survey(Options(url="https://h/mcp"), wire)
        faults = await _named_faults(survey, Challenge("bearer", {"resource_metadata": "http://h/m"}, ()))
    assert faults == ["resource_metadata is http, although the server was asked by https: http://h/m"]


async def test_a_challenge_without_a_url_passes_when_the_well_known_places_have_it(serve: Serve) -> None:
    challenge, metadata = await findings(await serve(Challenging("Bearer")))
    assert (challenge.outcome, metadata.outcome) == ("passed", "passed")
    assert any("2025-06-18" in detail for detail in challenge.details)


async def test_authorization_by_another_scheme_is_noted(serve: Serve) -> None:
    assert await outcomes(await serve(WithoutMetadata('Basic realm="x"'))) == ("noted", "noted")


async def test_missing_metadata_is_convicted_once(serve: Serve) -> None:
    assert await outcomes(await serve(WithoutMetadata("Bearer"))) == ("noted", "failed")


async def test_a_page_in_the_place_of_metadata_is_convicted(serve: Serve) -> None:
    finding = await finding_on(await serve(PageInsteadOfMetadata()), "oauth-metadata")
    assert finding.outcome == "failed"
    assert "which is no JSON object" in finding.details[0]


@pytest.mark.parametrize(
    ("resource", "told"),
    [
        ("http://mcp-server.internal:8080/mcp", "another host or port (mcp-server.internal:8080)"),
        ("{base}", "the path / instead of /mcp"),
        ("{base}/mcp/", "the slash at the end"),
        ("/mcp", "it is no absolute URL"),
        (None, "it is missing"),
        (7, "it is missing"),
    ],
)
async def test_metadata_of_another_resource_is_convicted(serve: Serve, resource: Any, told: str) -> None:
    finding = await finding_on(await serve(MetadataWith(resource=resource)), "oauth-metadata")
    assert finding.outcome == "failed"
    assert told in finding.answer


async def test_the_root_may_describe_the_host_where_nothing_names_it(serve: Serve) -> None:
    assert await outcomes(await serve(PathlessMetadata(resource="{base}"))) == ("passed", "passed")
    assert await outcomes(await serve(PathlessMetadata())) == ("passed", "passed")
    assert await outcomes(await serve(PathlessMetadata(resource="{base}/other"))) == ("passed", "failed")


async def test_two_places_that_disagree_are_told(serve: Serve) -> None:
    finding = await finding_on(await serve(TwoMinds()), "oauth-metadata")
    assert any(detail.endswith("has another resource") for detail in finding.details)


@pytest.mark.parametrize("servers", [None, [], "{base}", ["auth.example"]])
async def test_metadata_without_an_authorization_server_is_convicted(serve: Serve, servers: Any) -> None:
    finding = await finding_on(await serve(MetadataWith(authorization_servers=servers)), "oauth-metadata")
    assert finding.outcome == "failed"
    assert "authorization_servers" in finding.answer


@pytest.mark.parametrize("value", [None, {"issuer": "{base}/"}, {}], ids=["none", "a slash more", "no issuer"])
async def test_an_authorization_server_that_does_not_know_itself_is_convicted(serve: Serve, value: Any) -> None:
    assert await outcomes(await serve(IssuerWith(value))) == ("passed", "failed")


async def test_an_authorization_server_that_cannot_be_reached_from_here_is_told(serve: Serve) -> None:
    finding = await finding_on(
        await serve(MetadataWith(authorization_servers=["http://localhost:1/tenant"])), "oauth-metadata"
    )
    assert finding.outcome == "passed"
    assert any("does not answer from here" in detail for detail in finding.details)


async def test_an_authorization_server_elsewhere_gets_no_credentials(serve: Serve) -> None:
    other = Remembers()
    issuer = (await serve(other)).removesuffix("/mcp")
    headers = (*BEARER, ("X-Api-Key", "k"))
    await finding_on(await serve(MetadataWith(authorization_servers=[issuer])), "oauth-metadata", headers=headers)
    assert {method for method, _ in other.requests} == {"GET"}
    assert not {"authorization", "x-api-key"} & set().union(*(names for _, names in other.requests))


@pytest.mark.parametrize(
    ("value", "schemes", "parameters", "faults"),
    [
        ("Bearer", ["bearer"], {}, 0),
        ('Bearer realm="a, b", error="x"', ["bearer"], {"realm": "a, b", "error": "x"}, 0),
        ('Bearer realm="say \\"hi\\""', ["bearer"], {"realm": 'say "hi"'}, 0),
        ('Basic realm="x", BEARER Scope=a', ["basic", "bearer"], {"scope": "a"}, 0),
        ('Negotiate abc==, Bearer a="b"', ["negotiate", "bearer"], {"a": "b"}, 0),
        ('Bearer a="1" , , b = "2"', ["bearer"], {"a": "1", "b": "2"}, 0),
        ('Bearer a="1" b="2"', ["bearer"], {"a": "1", "b": "2"}, 1),
        ("Bearer a=http://x/y, b=2", ["bearer"], {"a": "http://x/y", "b": "2"}, 1),
        ('Bearer a="1', ["bearer"], {"a": "1"}, 1),
        ('Bearer a="1", a="2"', ["bearer"], {"a": "1"}, 1),
        ('Bearer a="1", @', ["bearer"], {"a": "1"}, 1),
        ('"', [""], {}, 1),
        ("", [], {}, 0),
    ],
)
def test_challenges_are_read_strictly_and_broken_ones_as_far_as_they_go(
    value: str, schemes: list[str], parameters: Mapping[str, str], faults: int
) -> None:
    found = challenges([value])
    assert [challenge.scheme for challenge in found] == schemes
    assert not found or found[-1].parameters == parameters
    assert sum(len(challenge.faults) for challenge in found) == faults


def test_metadata_is_looked_for_in_the_order_of_the_specification() -> None:
    root = "https://h/.well-known/oauth-protected-resource"
    assert list(well_known("https://h/a/mcp")) == [f"{root}/a/mcp", root]
    assert list(well_known("https://h/")) == [root]
    assert list(issuer_places("https://a")) == [
        "https://a/.well-known/oauth-authorization-server",
        "https://a/.well-known/openid-configuration",
    ]
    assert list(issuer_places("https://a/t")) == [
        "https://a/.well-known/oauth-authorization-server/t",
        "https://a/.well-known/openid-configuration/t",
        "https://a/t/.well-known/openid-configuration",
    ]


@pytest.mark.parametrize(
    ("found", "same"),
    [
        ("https://h/mcp", True),
        ("https://H:443/mcp", True),
        ("https://h/MCP", False),
        ("https://h/mcp/", False),
        ("http://h/mcp", False),
    ],
)
def test_resources_are_compared_character_by_character_but_for_host_and_usual_port(found: str, same: bool) -> None:
    assert same_resource("https://h/mcp", found) == same


def test_a_difference_is_told_in_words() -> None:
    assert difference("https://h/mcp", "http://internal:80/") == (
        "http instead of https, another host or port (internal:80), the path / instead of /mcp"
    )
