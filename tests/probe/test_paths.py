"""The two forms of the URL, and where the asked one leads."""

import pytest
from broken_paths import LostAt, MovedTo, OtherFormOf, Remembers
from oauth_server import TOKEN, ProtectedServer
from probe_runs import finding_on, report_on

from harness import Server
from in_loop import Serve
from mcp_echo_core.client.answers import NO_HEADERS, Answer
from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.probe.checks import CHECKS
from mcp_echo_core.probe.paths import Step, sibling
from mcp_echo_core.probe.survey import Options, Survey
from model_server import ModelServer

BEARER = (("Authorization", f"Bearer {TOKEN}"),)


def redirect(status: int, source: str, target: str) -> Step:
    """A redirect that was answered."""
    exchange = Exchange(number=1, purpose="", method="POST", url=source, request_headers=(), request_body="")
    answer = Answer(
        exchange=exchange, status=status, headers=NO_HEADERS, body=b"", events=(), message=None, failure=None
    )
    return Step(answer, source, target)


@pytest.mark.parametrize("variant", ["stateful", "stateless"])
async def test_our_servers_answer_both_forms_alike(serve: Serve, variant: str) -> None:
    report = await report_on(await serve(Server(variant).app), "path-slash", "path-redirect")
    assert [(line.finding.outcome, line.finding.answer) for line in report.lines] == [
        ("passed", "YES: 200, application/json"),
        ("passed", "it answers itself"),
    ]


@pytest.mark.parametrize("form", ["", "/"], ids=["without", "with a slash"])
async def test_a_server_that_answers_both_forms_alike_passes(serve: Serve, form: str) -> None:
    assert (await finding_on(await serve(ModelServer()) + form, "path-slash")).outcome == "passed"


async def test_of_a_server_that_refuses_the_asked_url_nothing_is_said_of_the_other_form(serve: Serve) -> None:
    finding = await finding_on(await serve(ProtectedServer()), "path-slash")
    assert (finding.outcome, finding.answer[:36]) == ("untested", "the endpoint itself was answered 401")


async def test_a_server_that_knows_one_form_only_passes(serve: Serve) -> None:
    finding = await finding_on(await serve(OtherFormOf(404)), "path-slash")
    assert (finding.outcome, finding.answer[:7]) == ("passed", "NO: 404")


async def test_a_form_that_fails_is_noted(serve: Serve) -> None:
    assert (await finding_on(await serve(OtherFormOf(500)), "path-slash")).outcome == "noted"


@pytest.mark.parametrize(
    ("status", "location", "outcome", "told"),
    [
        (307, "/mcp", "noted", None),
        (308, "http://{host}/mcp", "noted", None),
        (301, "/mcp", "failed", "301 turns POST into GET"),
        (302, "/mcp", "failed", "302 turns POST into GET"),
        (307, "http://internal.example/mcp", "failed", "another host or port (internal.example)"),
        (307, "http://127.0.0.1:1/mcp", "failed", "another host or port (127.0.0.1:1)"),
        (307, "/", "failed", "the path /mcp/ is lost (/)"),
        (308, None, "failed", "the redirect has no usable Location"),
        (308, "http://[internal/mcp", "failed", "the redirect has no usable Location"),
        (308, "http://{host}0000/mcp", "failed", "the redirect has no usable Location"),
        (308, "ftp://internal.example/mcp", "failed", "the redirect has no usable Location"),
    ],
)
async def test_a_form_that_redirects_is_judged_by_what_gets_lost(
    serve: Serve, status: int, location: str | None, outcome: str, told: str | None
) -> None:
    finding = await finding_on(await serve(OtherFormOf(status, location)), "path-slash")
    assert finding.outcome == outcome
    assert any(told in detail for detail in finding.details) if told else finding.details == ()


async def test_a_server_that_does_not_answer_is_neither_right_nor_wrong() -> None:
    checks = [check for check in CHECKS if check.id.split("-")[0] in ("cors", "path", "origin", "host", "oauth")]
    async with Wire(1.0) as wire:
        survey = Survey(Options(url="http://127.0.0.1:1/mcp", headers=BEARER), wire)
        found = {check.id: (await check.run(survey)).outcome for check in checks}
    assert found == dict.fromkeys(found, "untested")
    assert len(found) == 10


async def test_a_url_without_a_path_has_one_form(serve: Serve) -> None:
    url = (await serve(ModelServer())).removesuffix("/mcp")
    finding = await finding_on(url, "path-slash")
    assert (finding.outcome, finding.answer) == ("untested", "the URL has no path")


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("http://h/mcp", "http://h/mcp/"),
        ("http://h/a/mcp/", "http://h/a/mcp"),
        ("http://h/mcp?key=1", "http://h/mcp/?key=1"),
        ("http://h/", None),
        ("http://h", None),
    ],
)
def test_the_other_form_differs_in_the_slash_alone(url: str, other: str | None) -> None:
    assert sibling(url) == other


@pytest.mark.parametrize(
    ("status", "location", "outcome", "told"),
    [
        (307, "/mcp", "noted", "→ http://127.0.0.1"),
        (308, "http://{host}/mcp", "noted", "at the end: 200"),
        (301, "/mcp", "failed", "301 turns POST into GET"),
        (303, "/mcp", "failed", "303 turns POST into GET"),
        (307, "/elsewhere", "failed", "circle"),
        (307, None, "failed", "no usable Location"),
    ],
)
async def test_an_asked_url_that_redirects_is_judged_by_what_gets_lost(
    serve: Serve, status: int, location: str | None, outcome: str, told: str
) -> None:
    url = (await serve(MovedTo(status, location))).replace("/mcp", "/old")
    finding = await finding_on(url, "path-redirect")
    assert finding.outcome == outcome
    assert any(told in detail for detail in finding.details)


async def test_a_path_that_gets_lost_on_the_way_is_convicted(serve: Serve) -> None:
    finding = await finding_on((await serve(LostAt("/old"))).replace("/mcp", "/old"), "path-redirect")
    assert finding.outcome == "failed"
    assert "the path /old is lost (/)" in finding.details


async def test_another_host_gets_a_get_without_credentials_and_the_redirect_is_convicted(serve: Serve) -> None:
    other = Remembers()
    target = await serve(other)
    url = (await serve(MovedTo(307, target))).replace("/mcp", "/old")
    finding = await finding_on(url, "path-redirect", headers=(*BEARER, ("X-Api-Key", "k")))
    assert finding.outcome == "failed"
    assert any("Authorization is dropped" in detail for detail in finding.details)
    assert [method for method, _ in other.requests] == ["GET"]
    assert not other.requests[0][1] & {"authorization", "x-api-key", "cookie"}


async def test_credentials_in_a_target_are_neither_used_nor_shown(serve: Serve) -> None:
    other = Remembers()
    target = (await serve(other)).replace("://", "://me:secret-word@")
    url = (await serve(MovedTo(307, target))).replace("/mcp", "/old")
    report = await report_on(url, "path-redirect")
    assert "authorization" not in other.requests[0][1]
    assert "secret-word" not in repr(report.lines[0].finding)


@pytest.mark.parametrize(("headers", "outcome"), [((), "noted"), (BEARER, "failed")], ids=["no token", "a token"])
async def test_a_token_that_went_in_clear_before_the_redirect_to_https_is_convicted(
    serve: Serve, headers: tuple[tuple[str, str], ...], outcome: str
) -> None:
    url = (await serve(MovedTo(308, "https://{host}/old"))).replace("/mcp", "/old")
    finding = await finding_on(url, "path-redirect", headers=headers)
    assert finding.outcome == outcome
    assert any("in clear already" in detail for detail in finding.details) == bool(headers)


@pytest.mark.parametrize(
    ("source", "target", "faults"),
    [
        ("https://h/mcp", "http://h/mcp", ["it leads from https to http: token and messages would go in clear"]),
        ("https://h/mcp", "https://h:443/mcp/", []),
        ("http://h/mcp", "https://h/mcp", []),
        ("https://h/mcp", "https://www.h/mcp", ["it leads to another host or port (www.h): Authorization is dropped"]),
    ],
)
def test_a_redirect_tells_what_its_target_costs(source: str, target: str, faults: list[str]) -> None:
    assert redirect(308, source, target).faults == faults
