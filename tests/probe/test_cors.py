"""What pages in a browser may do, judged with the eyes of the Fetch standard."""

import msgspec
import pytest
from broken_cors import (
    AnswerWith,
    EveryPageWithCookies,
    HiddenChallenge,
    NoCors,
    OneMethodAtATime,
    PickyPreflight,
    PreflightStatus,
    PreflightWith,
    ProtectedPreflightWith,
    RefusesTheWhole,
    Twice,
    UnreadableChallenge,
)
from oauth_server import TOKEN, ProtectedServer
from probe_runs import finding_on, report_on
from starlette.types import ASGIApp

from harness import Server
from in_loop import Serve
from mcp_echo_core.client.incoming import Outgoing
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.probe import browsers
from mcp_echo_core.probe.checks import cors_anonymous
from mcp_echo_core.probe.survey import Options, Survey
from model_server import ALLOWED_HEADERS, ModelServer

CORS = ("cors-preflight", "cors-anonymous", "cors-expose", "cors-duplicates")
INSPECTOR = "http://localhost:6274"
BEARER = (("Authorization", f"Bearer {TOKEN}"),)


async def outcomes(url: str, **options: object) -> dict[str, str]:
    """What the CORS checks find."""
    return {line.id: line.finding.outcome for line in (await report_on(url, *CORS, **options)).lines}


@pytest.mark.parametrize(
    "app", [ModelServer(), OneMethodAtATime(), RefusesTheWhole()], ids=lambda app: type(app).__name__
)
async def test_a_server_that_lets_pages_in_passes(serve: Serve, app: ASGIApp) -> None:
    assert set((await outcomes(await serve(app))).values()) == {"passed"}


@pytest.mark.parametrize("options", [{}, {"headers": BEARER}], ids=["without a token", "with the token"])
async def test_a_protected_server_that_lets_pages_in_passes(serve: Serve, options: dict[str, object]) -> None:
    assert set((await outcomes(await serve(ProtectedServer()), **options)).values()) == {"passed"}


async def test_our_stateful_server_lets_local_pages_in(serve: Serve) -> None:
    url = await serve(Server("stateful").app)
    assert set((await outcomes(url)).values()) == {"passed"}
    finding = await finding_on(url, "cors-preflight")
    assert finding.answer == f"YES, from {INSPECTOR}"
    assert "not let in: https://inspector.example" in finding.details


async def test_our_stateless_server_leaves_pages_to_its_gateway(serve: Serve) -> None:
    url = await serve(Server("stateless").app)
    assert set((await outcomes(url)).values()) == {"noted", "untested"}
    assert (await finding_on(url, "cors-preflight")).answer == "no browser client can use it"


async def test_a_server_without_cors_is_noted_and_neither_passed_nor_failed(serve: Serve) -> None:
    found = await outcomes(await serve(NoCors()))
    assert found == {**dict.fromkeys(CORS, "untested"), "cors-preflight": "noted"}


@pytest.mark.parametrize("missing", ["content-type", "mcp-session-id", "mcp-protocol-version", "mcp-method"])
async def test_a_preflight_that_forgets_a_header_is_convicted(serve: Serve, missing: str) -> None:
    allowed = ALLOWED_HEADERS.replace(f"{missing}, ", "")
    finding = await finding_on(await serve(PreflightWith(allow_headers=allowed)), "cors-preflight")
    assert finding.outcome == "failed"
    assert f"{INSPECTOR} may not send {missing}" in finding.details


async def test_a_header_that_the_server_was_not_seen_to_need_is_only_mentioned(serve: Serve) -> None:
    finding = await finding_on(await serve(ModelServer()), "cors-preflight")
    assert f"{INSPECTOR} may not send mcp-param-x; this server was not seen to need them" in finding.details


async def test_a_star_allows_every_header_but_authorization(serve: Serve) -> None:
    everything = {"allow_headers": "*"}
    assert (await finding_on(await serve(PreflightWith(**everything)), "cors-preflight")).outcome == "passed"
    finding = await finding_on(await serve(ProtectedPreflightWith(**everything)), "cors-preflight", headers=BEARER)
    assert finding.outcome == "failed"
    assert f"{INSPECTOR} may not send authorization (* does not cover Authorization)" in finding.details


async def test_a_page_that_may_not_end_its_session_is_told(serve: Serve) -> None:
    finding = await finding_on(await serve(PreflightWith(allow_methods="GET, POST")), "cors-preflight")
    assert finding.outcome == "failed"
    assert f"{INSPECTOR} may not send DELETE, so it cannot end its session" in finding.details


async def test_post_needs_no_permission(serve: Serve) -> None:
    assert (await finding_on(await serve(PreflightWith(allow_methods="DELETE")), "cors-preflight")).outcome == "passed"


async def test_a_preflight_that_names_no_origin_is_convicted(serve: Serve) -> None:
    finding = await finding_on(await serve(PreflightWith(allow_origin="")), "cors-preflight")
    assert finding.outcome == "failed"
    assert "its preflight has no Access-Control-Allow-Origin" in finding.details[0]


async def test_credentials_that_a_star_makes_void_are_mentioned(serve: Serve) -> None:
    app = PreflightWith(allow_origin="*", allow_credentials="true")
    finding = await finding_on(await serve(app), "cors-preflight")
    assert any("has no effect" in detail for detail in finding.details)


async def test_a_stranger_who_may_use_the_cookies_of_the_user_is_mentioned(serve: Serve) -> None:
    finding = await finding_on(await serve(EveryPageWithCookies()), "cors-preflight")
    assert "https://inspector.example, a stranger, is allowed to use the user's cookies" in finding.details


async def test_a_preflight_that_is_not_answered_is_not_judged(serve: Serve) -> None:
    async with Wire(1.0) as wire:
        survey = Survey(Options(url=await serve(ModelServer())), wire)
        silence = await wire.send(Outgoing(purpose="nobody there", method="OPTIONS", url="http://127.0.0.1:1/mcp"))
        pages = await browsers.pages(survey)
        survey.measured[browsers.pages.__wrapped__] = [
            msgspec.structs.replace(page, preflight=silence) for page in pages
        ]
        finding = await cors_anonymous.run(survey)
    assert (finding.outcome, finding.answer[:13]) == ("untested", "no connection")


@pytest.mark.parametrize("status", [307, 401, 403, 404, 405, 500])
async def test_a_preflight_that_is_refused_is_convicted_once(serve: Serve, status: int) -> None:
    found = await outcomes(await serve(PreflightStatus(status)))
    assert (found["cors-anonymous"], found["cors-preflight"]) == ("failed", "untested")


async def test_a_preflight_refused_for_its_headers_is_convicted_for_them(serve: Serve) -> None:
    found = await outcomes(await serve(PickyPreflight()))
    assert (found["cors-anonymous"], found["cors-preflight"]) == ("untested", "failed")


async def test_a_preflight_carries_no_credentials_of_the_user(serve: Serve) -> None:
    headers = (*BEARER, ("X-Tenant", "one"))
    report = await report_on(await serve(ProtectedServer()), "cors-preflight", headers=headers)
    preflights = [each for each in report.exchanges if each.method == "OPTIONS"]
    names = {name.lower() for each in preflights for name, _ in each.request_headers}
    assert preflights
    assert not names & {"authorization", "x-tenant"}


async def test_a_session_id_that_pages_cannot_read_is_convicted(serve: Serve) -> None:
    finding = await finding_on(await serve(AnswerWith("expose-headers", "WWW-Authenticate")), "cors-expose")
    assert (finding.outcome, finding.details) == ("failed", ("Mcp-Session-Id is in the answer, but not exposed",))


async def test_a_star_exposes_every_header(serve: Serve) -> None:
    assert (await finding_on(await serve(AnswerWith("expose-headers", "*")), "cors-expose")).outcome == "passed"


async def test_an_answer_that_pages_cannot_read_after_their_preflight_is_convicted(serve: Serve) -> None:
    finding = await finding_on(await serve(AnswerWith("allow-origin", "")), "cors-expose")
    assert finding.outcome == "failed"
    assert "the preflight lets" in finding.details[0]


@pytest.mark.parametrize(
    ("app", "told"),
    [
        (UnreadableChallenge(), "the 401 has no Access-Control-Allow-Origin"),
        (HiddenChallenge(), "WWW-Authenticate is in"),
    ],
    ids=["unreadable", "hidden"],
)
async def test_a_challenge_that_pages_cannot_read_is_convicted(serve: Serve, app: ASGIApp, told: str) -> None:
    finding = await finding_on(await serve(app), "cors-expose", headers=BEARER)
    assert finding.outcome == "failed"
    assert told in finding.details[0]


@pytest.mark.parametrize("preflights", [True, False], ids=["in preflights", "in answers"])
async def test_a_second_allowed_origin_is_convicted(serve: Serve, preflights: bool) -> None:
    found = await outcomes(await serve(Twice(preflights=preflights)))
    assert found == {**dict.fromkeys(CORS, "passed"), "cors-duplicates": "failed"}


@pytest.mark.parametrize("joined", [f"{INSPECTOR}, *", f"{INSPECTOR} https://app.example"])
async def test_a_list_of_allowed_origins_is_convicted(serve: Serve, joined: str) -> None:
    finding = await finding_on(await serve(AnswerWith("allow-origin", joined)), "cors-duplicates")
    assert finding.outcome == "failed"
    assert joined in finding.details[0]
