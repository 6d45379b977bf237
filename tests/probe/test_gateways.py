"""What a gateway answers is not the server's: nobody is accused, and nobody acquitted, because of it."""

import json
import re
import time
from typing import Any

import pytest
from balancers import BALANCERS, separate
from broken_sessions import MintsForEverybody, ServesWithoutId
from broken_versions import ModernOnly
from command_runs import ran
from probe_runs import finding_on, report_on
from starlette.requests import Request
from starlette.responses import Response

from gateways import PAGE, DropsIds, HalfDead, HidesIds, Limited, Uniform, dripping
from in_loop import Serve
from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.probe.checks import CHECKS
from mcp_echo_core.probe.living import SIDE_BY_SIDE
from mcp_echo_core.probe.reports import summary, text
from mcp_echo_core.probe.runner import Report, probe
from mcp_echo_core.probe.survey import Options
from mcp_echo_core.probe.verdicts import why_none
from model_server import ModelServer

BARE: dict[str, Any] = {
    "number": 1, "purpose": "?", "method": "POST", "url": "http://a/mcp", "request_headers": (), "request_body": "",
}  # fmt: skip


class ServesWithoutIdButOnGet(ServesWithoutId):
    """Does not require an id, but for a stream."""

    async def get(self, request: Request) -> Response:
        return await super().get(request) if "mcp-session-id" in request.headers else Response("which session?", 400)


class MintsButOnGet(MintsForEverybody, ServesWithoutIdButOnGet):
    """Gives every request a session of its own, but for a stream."""


class Tired(ModelServer):
    """Begins a session and never another."""

    async def post(self, request: Request) -> Response:
        message = json.loads(await request.body())
        if message["method"] != "initialize" or not self.sessions:
            return await super().post(request)
        while not await request.is_disconnected():
            await request.receive()
        return Response(status_code=204)


def outcomes(report: Report) -> dict[str, str]:
    return {line.id: line.finding.outcome for line in report.lines}


def judged(report: Report, *but: str) -> dict[str, str]:
    """The checks that came to a verdict, and to which."""
    return {
        line.id: f"{line.finding.outcome}: {line.finding.answer}"
        for line in report.lines
        if line.finding.outcome in ("passed", "failed") and line.id not in but
    }


async def test_an_answer_that_never_ends_is_said_to_be_incomplete_and_the_run_is_short() -> None:
    async with dripping() as url, Wire(0.3) as wire:
        began = time.monotonic()
        report = await probe(Options(url=url, timeout=0.3), CHECKS, lambda *_: None, wire)
        seconds = time.monotonic() - began
    assert seconds < 3 * 0.3 + 0.3
    assert len(report.exchanges) == 2
    assert set(outcomes(report).values()) == {"untested"}
    assert "not complete within 0.3 s" in report.obstacle
    assert "--timeout" in report.obstacle
    assert all("not complete" in line.finding.answer for line in report.lines)
    assert not summary.whole(report)


async def test_a_server_that_stops_answering_is_not_asked_again_and_again(serve: Serve) -> None:
    async with Wire(0.2) as wire:
        report = await probe(Options(url=await serve(Tired()), timeout=0.2), CHECKS, lambda *_: None, wire)
    assert sum(exchange.failure is not None for exchange in report.exchanges) <= SIDE_BY_SIDE
    last = report.lines[-1].finding
    assert last.outcome == "untested"
    assert re.match(r"not asked any more: \d+ first requests in a row got no whole answer in 0.2 s", last.answer)
    assert not summary.whole(report)


@pytest.mark.parametrize(
    ("gateway", "told"),
    [
        (Uniform(307, location="https://mcp.example.org/mcp"), "it redirects to https://mcp.example.org/mcp"),
        (Uniform(401), "--bearer"),
        (Uniform(403), "--bearer or --header, or let the server allow this host"),
        (Uniform(404), "path of the URL"),
        (Uniform(405), "no POST"),
        (Uniform(421), "Host header is refused"),
        (Uniform(429), "rate is limited"),
        (Uniform(501, PAGE, "text/html"), "knows no POST"),
        (Uniform(502), "see whether that runs"),
        (Uniform(200, PAGE, "text/html"), "web page"),
        (Uniform(200, "[" * 400 + "]" * 400, "application/json"), "nested"),
    ],
    ids=lambda value: str(value.response[1]) if isinstance(value, Uniform) else None,
)
async def test_where_everything_is_answered_alike_nothing_passes_and_the_headline_says_why(
    serve: Serve, gateway: Uniform, told: str
) -> None:
    report = await report_on(await serve(gateway))
    assert judged(report, "oauth-challenge", "oauth-metadata", "path-redirect") == {}
    assert "passed" not in outcomes(report).values()
    assert told in report.obstacle
    shown = text.render(report)
    assert shown.startswith("No MCP server answers at this URL: initialize was answered ")
    assert not summary.whole(report)


async def test_a_rate_limit_is_named_and_neither_accuses_nor_acquits(serve: Serve) -> None:
    app = Limited(ModelServer())
    report = await report_on(await serve(app))
    found = outcomes(report)
    assert "failed" not in found.values(), judged(report)
    for check in ("host-policy", "session-fixation", "session-minted-elsewhere", "cors-preflight", "oauth-challenge"):
        line = report.line(check)
        assert line is not None
        resting = {exchange.status for exchange in report.evidence(line)}
        assert line.finding.outcome == "untested" or 429 not in resting
    assert any("429 (the rate is limited)" in told for told in summary.complaints(report))
    assert not summary.whole(report)


async def test_a_status_of_a_gateway_is_no_verdict_on_an_origin(serve: Serve) -> None:
    class LimitsPages(Limited):
        def instead(self, request: Any, turn: int) -> Any:
            return super().instead(request, 5) if {"origin"} & set(request.headers) else None

    finding = await finding_on(await serve(LimitsPages(ModelServer())), "origin-policy")
    assert finding.outcome == "untested"
    assert "429 (the rate is limited)" in finding.answer


async def test_ids_that_get_lost_on_the_way_are_no_accepted_session(serve: Serve) -> None:
    report = await report_on(await serve(DropsIds(MintsForEverybody())))
    found = outcomes(report)
    across = report.line("session-across-calls")
    assert across is not None
    assert across.finding.answer.startswith("NO: every request came back with another session id")
    assert [found[f"session-across-{what}"] for what in ("calls", "connections")] == ["failed", "failed"]
    persistence = report.line("client-persistence")
    assert persistence is not None
    assert persistence.finding.answer.startswith("NO, the client does, but every request came back with another")
    for check in ("replicas", "session-foreign", "session-unknown", "session-fixation", "session-store"):
        assert found[check] == "untested", check
    assert {check for check, outcome in found.items() if outcome == "failed"} == {
        "session-across-calls",
        "session-across-connections",
    }
    assert report.left > 50
    assert any(
        told.startswith(f"Sessions that could not be ended: {report.left}") for told in summary.complaints(report)
    )


async def test_what_is_kept_under_an_id_counts_for_more_than_what_answers_call_it(serve: Serve) -> None:
    class Renames(ModelServer):
        async def post(self, request: Any) -> Any:
            response = await super().post(request)
            if "mcp-session-id" in request.headers and response.status_code == 200:
                response.headers["mcp-session-id"] = self.mint()
            return response

    url = await serve(Renames())
    for check in ("session-across-calls", "client-persistence", "replicas"):
        assert (await finding_on(url, check)).outcome == "passed", check


async def test_ids_that_are_hidden_are_not_taken_for_none(serve: Serve) -> None:
    for server in (ModelServer(), ServesWithoutId()):
        report = await report_on(await serve(HidesIds(server)), "session-minted", "session-store", "session-unknown")
        for line in report.lines:
            assert "does a gateway hide Mcp-Session-Id?" in line.finding.answer, line.id
            assert line.finding.outcome == "noted"
        assert report.left > 0
        assert any("their ids never came" in told for told in summary.complaints(report))


async def test_a_stream_that_needs_a_hidden_id_is_not_missed(serve: Serve) -> None:
    finding = await finding_on(await serve(HidesIds(ServesWithoutIdButOnGet())), "stream-get")
    assert finding.outcome == "untested"
    assert "hide Mcp-Session-Id" in finding.answer


async def test_a_stream_that_needs_a_lost_id_is_not_missed(serve: Serve) -> None:
    finding = await finding_on(await serve(DropsIds(MintsButOnGet())), "stream-get")
    assert finding.outcome == "untested"
    assert finding.answer.endswith("see session-across-calls")


async def test_a_token_that_is_not_accepted_is_not_asked_for_again(serve: Serve) -> None:
    headers = (("Authorization", "Bearer not-the-right-one"),)
    finding = await finding_on(await serve(Uniform(401)), "session-minted", headers=headers)
    assert finding.answer.endswith("the credentials that were given are not accepted")


async def test_calls_that_a_dead_instance_gets_are_counted_and_prove_nothing(serve: Serve) -> None:
    report = await report_on(await serve(HalfDead(ModelServer())), "replicas")
    (line,) = report.lines
    assert line.finding.outcome == "untested"
    assert "20 of 40 calls: 502" in line.finding.answer
    assert not summary.whole(report)
    assert summary.server(report) == "model 1"
    assert summary.era(report) != "neither era"


async def test_a_few_calls_without_a_verdict_do_not_matter(serve: Serve) -> None:
    class Rarely(Limited):
        def instead(self, request: Any, turn: int) -> Any:
            return super().instead(request, 5) if turn == 25 else None

    finding = await finding_on(await serve(Rarely(ModelServer())), "replicas")
    assert (finding.outcome, finding.facts["fresh"].count("?")) == ("passed", 1)


@pytest.mark.parametrize("balancer", ["round-robin", "random", "sticky-connection"])
async def test_what_comes_of_scattered_sessions_is_not_blamed_on_other_rules(serve: Serve, balancer: str) -> None:
    report = await report_on(await serve(BALANCERS[balancer](separate())))
    failed = {line.id for line in report.lines if line.finding.outcome == "failed"}
    assert "replicas" in failed
    assert failed <= {"replicas", "session-across-calls", "session-across-connections"}, judged(report)
    persistence = report.line("client-persistence")
    assert persistence is not None
    assert persistence.finding.outcome == "noted"
    for line in report.lines:
        if line.id in ("stream-get", "version-header", "session-unknown") and line.finding.outcome != "passed":
            assert line.finding.answer == "the session is found only on some instances, see replicas", line.id


async def test_without_an_answer_json_says_so_in_json() -> None:
    done = await ran("http://127.0.0.1:9/mcp", "--format", "json", "--quiet")
    assert done.code == 2
    assert "no answer from http://127.0.0.1:9/mcp" in json.loads(done.out)["error"]["message"]
    assert "no answer from" in done.err


async def test_a_server_without_a_handshake_is_asked_nothing_of_sessions(serve: Serve) -> None:
    report = await report_on(await serve(ModernOnly()))
    for line in report.lines:
        if line.id.startswith(("session-", "stream-first", "stream-keep", "stream-res", "version-")) or line.id in (
            "client-persistence",
            "replicas",
        ):
            assert line.finding.outcome == "untested", line.id
            assert "initialize was answered" in line.finding.answer or "no handshake" in line.finding.answer, line.id


@pytest.mark.parametrize(
    ("told", "exchange"),
    [
        ("no answer within 1 s", Exchange(**BARE, failure="no answer within 1 s", status=None)),
        ("no answer", Exchange(**BARE, status=None)),
        ("502 (a gateway got no good answer)", Exchange(**BARE, status=502)),
        ("403 (the caller is refused)", Exchange(**BARE, status=403)),
        ("200, but it broke off", Exchange(**BARE, status=200, failure="it broke off")),
        ("404 with a page of HTML", Exchange(**BARE, status=404, body=PAGE)),
        (None, Exchange(**BARE, status=404, body="Session not found", headers=(("Content-Type", "text/html"),))),
        (None, Exchange(**BARE, status=200, failure="cut", headers=(("Content-Type", "text/event-stream"),))),
        (None, Exchange(**BARE, status=500)),
    ],
    ids=str,
)
def test_what_says_nothing_about_a_server_is_told_from_what_does(told: str | None, exchange: Exchange) -> None:
    assert why_none(exchange, frozenset()) == told
    assert why_none(exchange, frozenset({exchange.status})) is None
