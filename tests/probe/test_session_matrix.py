"""What happens to ids that should not be served: absent, malformed, unknown, ended, expired, another caller's."""

import pytest
from broken_session_use import TellsEndedFromUnknown, WithoutTools
from broken_sessions import (
    Adopting,
    AdoptingWithoutMinting,
    BreaksOnOddIds,
    Busy,
    Deletes,
    Expiring,
    NoOp,
    RefusesEverybody,
    Replacing,
    SaysOtherwise,
    ServesWithoutId,
    Sessionless,
    SessionlessButStrict,
    Silent,
    SilentToStrangers,
    StreamsToTheDead,
    Useless,
    WithoutId,
)
from probe_runs import finding_on, report_on
from starlette.types import ASGIApp

from in_loop import Serve
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.probe.check import Check, Finding
from mcp_echo_core.probe.checks import session_delete, session_store, session_unknown
from mcp_echo_core.probe.runner import Report, probe
from mcp_echo_core.probe.survey import Options
from model_server import ModelServer

ON_THE_MATRIX = [
    "session-absent",
    "session-malformed",
    "session-unknown",
    "session-ended",
    "session-expired",
    "session-foreign",
    "session-store",
    "session-fixation",
    "session-delete",
]


def cells(finding: Finding, condition: str) -> dict[str, tuple[int | None, str]]:
    found = [cell for cell in finding.facts["matrix"] if cell["condition"] == condition]
    return {cell["method"]: (cell["status"], cell["verdict"]) for cell in found}


async def outcome(serve: Serve, app: ASGIApp, check: str, **options: object) -> tuple[str, str]:
    finding = await finding_on(await serve(app), check, **options)
    return finding.outcome, finding.answer


async def test_a_validating_store_rejects_in_every_cell(serve: Serve) -> None:
    finding = await finding_on(await serve(ModelServer()), "session-store")
    assert (finding.outcome, finding.answer, finding.details) == ("noted", "validating store", ())
    for condition in ("malformed", "unknown", "ended"):
        assert set(cells(finding, condition).values()) == {(404, "rejected")}
    assert set(cells(finding, "absent").values()) == {(400, "rejected")}
    assert set(cells(finding, "expired").values()) == {(None, "untested")}
    assert len(finding.facts["matrix"]) == 18


@pytest.mark.parametrize(
    ("app", "verdict"),
    [
        (NoOp(), "NoOpSessionStore: accepts any id and validates nothing"),
        (Sessionless(), "sessionless"),
        (SessionlessButStrict(), "sessionless"),
        (Adopting(), "adopts ids of clients (session fixation)"),
        (AdoptingWithoutMinting(), "adopts ids of clients (session fixation)"),
        (Replacing(), "replaces unknown ids with new sessions"),
        (SaysOtherwise(400), "validating store, but 400 instead of 404"),
        (SaysOtherwise(401), "validating store, but 401 instead of 404"),
        (SaysOtherwise(409), "validating store, but 409 instead of 404"),
        (SaysOtherwise(500), "validating store, but 500 instead of 404"),
        (SaysOtherwise(200), "validating store, but HTTP 200 with JSON-RPC error -32602 instead of 404"),
        (Deletes(204), "validating store, but ended sessions live on"),
    ],
)
async def test_every_kind_of_store_has_its_verdict(serve: Serve, app: ModelServer, verdict: str) -> None:
    finding = await finding_on(await serve(app), "session-store")
    assert (finding.outcome, finding.answer) == ("noted", verdict)
    assert finding.facts["verdict"] == verdict


async def test_a_server_that_is_busy_is_not_judged(serve: Serve) -> None:
    for check in ("session-store", "session-unknown", "session-absent", "session-malformed", "session-ended"):
        assert (await finding_on(await serve(Busy()), check)).outcome == "untested"


async def test_the_cells_that_differ_from_the_verdict_are_told(serve: Serve) -> None:
    finding = await finding_on(await serve(StreamsToTheDead()), "session-store")
    assert finding.answer == "validating store"
    assert [detail.partition(":")[0] for detail in finding.details] == ["malformed, GET", "unknown, GET", "ended, GET"]


async def test_requests_without_an_id_get_400(serve: Serve) -> None:
    assert await outcome(serve, ModelServer(), "session-absent") == ("passed", "400")


async def test_serving_requests_without_an_id_is_allowed(serve: Serve) -> None:
    assert await outcome(serve, ServesWithoutId(), "session-absent") == ("noted", "it is served")
    told = "it is served: there are no session ids"
    assert await outcome(serve, Sessionless(), "session-absent") == ("noted", told)


@pytest.mark.parametrize("status", [401, 404, 500, 200])
async def test_another_refusal_of_requests_without_an_id_is_convicted(serve: Serve, status: int) -> None:
    finding = await finding_on(await serve(WithoutId(status)), "session-absent")
    assert finding.outcome == "failed"
    assert finding.answer.startswith(f"POST: {status}")


async def test_malformed_ids_may_be_answered_400_or_404(serve: Serve) -> None:
    assert (await finding_on(await serve(ModelServer()), "session-malformed")).outcome == "passed"
    assert (await finding_on(await serve(SaysOtherwise(400)), "session-malformed")).outcome == "passed"


async def test_a_server_that_falls_over_a_malformed_id_is_convicted(serve: Serve) -> None:
    finding = await finding_on(await serve(BreaksOnOddIds()), "session-malformed")
    assert finding.outcome == "failed"
    assert finding.answer.startswith("POST: 500")


@pytest.mark.parametrize(
    ("app", "words"),
    [
        (NoOp(), "it is accepted"),
        (Replacing(), "replaced by a new session"),
        (SaysOtherwise(409), "it is refused: 409"),
        (Sessionless(), "there are no session ids"),
    ],
)
async def test_what_else_happens_to_malformed_ids_is_told(serve: Serve, app: ModelServer, words: str) -> None:
    finding = await finding_on(await serve(app), "session-malformed")
    assert finding.outcome == "noted"
    assert words in finding.answer


async def test_unknown_ids_are_rejected(serve: Serve) -> None:
    assert await outcome(serve, ModelServer(), "session-unknown") == ("passed", "YES")


@pytest.mark.parametrize(
    ("app", "answer"),
    [
        (NoOp(), "NO (NoOpSessionStore)"),
        (Adopting(), "NO (it adopts ids of clients)"),
        (Replacing(), "NO (it begins another session)"),
        (Sessionless(), "NO (sessionless: ids are ignored)"),
        (SessionlessButStrict(), "YES (400, -32600 There are no sessions here), though it gives no ids"),
    ],
)
async def test_servers_that_take_unknown_ids_are_told(serve: Serve, app: ModelServer, answer: str) -> None:
    assert await outcome(serve, app, "session-unknown") == ("noted", answer)


@pytest.mark.parametrize(
    ("status", "consequence"),
    [
        (400, "on 400 it reports an error"),
        (401, "asks the user to log in"),
        (500, "looks to it like an outage"),
        (200, "the result of the call"),
    ],
)
async def test_another_status_than_404_is_convicted(serve: Serve, status: int, consequence: str) -> None:
    finding = await finding_on(await serve(SaysOtherwise(status)), "session-unknown")
    assert finding.outcome == "failed"
    assert str(status) in finding.answer
    assert consequence in finding.consequence
    assert "404" in finding.fix


async def test_a_server_that_tells_ended_sessions_from_unknown_ids_breaks_no_rule(serve: Serve) -> None:
    report = await report_on(await serve(TellsEndedFromUnknown()), "session-unknown", "session-ended")
    assert [(line.finding.outcome, line.finding.answer) for line in report.lines] == [
        ("noted", "POST, GET: 400 instead of 404"),
        ("passed", "YES"),
    ]


async def test_a_stream_for_an_unknown_id_is_convicted(serve: Serve) -> None:
    assert await outcome(serve, StreamsToTheDead(), "session-unknown") == ("failed", "GET: 200 instead of 404")


async def test_an_ended_session_is_over(serve: Serve) -> None:
    assert await outcome(serve, ModelServer(), "session-ended") == ("passed", "YES")


async def test_a_session_that_outlives_its_end_is_convicted(serve: Serve) -> None:
    served = "NO: POST and GET with the ended id is served"
    assert await outcome(serve, Deletes(204), "session-ended") == ("failed", served)
    assert await outcome(serve, NoOp(), "session-ended") == ("failed", served)


async def test_another_status_for_ended_sessions_is_convicted(serve: Serve) -> None:
    told = "the ended id gets 400 instead of 404"
    assert await outcome(serve, SaysOtherwise(400), "session-ended") == ("failed", told)
    told = "the ended id gets 200 with another session's id instead of 404"
    assert await outcome(serve, Replacing(), "session-ended") == ("failed", told)


@pytest.mark.parametrize("status", [405, 500])
async def test_sessions_that_cannot_be_ended_are_not_judged(serve: Serve, status: int) -> None:
    told = f"sessions cannot be ended: DELETE was answered {status}"
    assert await outcome(serve, Deletes(status), "session-ended") == ("untested", told)


@pytest.mark.parametrize(
    ("status", "result", "words"),
    [(204, "passed", "clients can end"), (405, "noted", "clients cannot end"), (500, "noted", "neither 2xx nor 405")],
)
async def test_what_delete_gets_is_told(serve: Serve, status: int, result: str, words: str) -> None:
    found, answer = await outcome(serve, Deletes(status), "session-delete")
    assert found == result
    assert str(status) in answer
    assert words in answer


async def test_an_expired_session_gets_404(serve: Serve) -> None:
    finding = await finding_on(await serve(Expiring(0.05)), "session-expired", idle=0.1)
    assert (finding.outcome, finding.answer) == ("passed", "404 after 0.1 s")


async def test_another_status_for_expired_sessions_is_convicted(serve: Serve) -> None:
    told = "401 instead of 404, after 0.1 s"
    assert await outcome(serve, Expiring(0.05, 401), "session-expired", idle=0.1) == ("failed", told)


async def test_a_session_that_does_not_expire_proves_nothing(serve: Serve) -> None:
    assert await outcome(serve, ModelServer(), "session-expired", idle=0.05) == ("untested", "still alive after 0.05 s")


async def test_expiry_is_asked_about_only_on_demand(serve: Serve) -> None:
    assert await outcome(serve, Expiring(0.0), "session-expired") == ("untested", "--idle SECONDS was not given")


async def test_a_server_without_tools_is_judged_by_ping(serve: Serve) -> None:
    finding = await finding_on(await serve(WithoutTools()), "session-store")
    assert finding.answer == "validating store"
    assert set(cells(finding, "unknown").values()) == {(404, "rejected")}


async def test_a_server_that_refuses_everything_in_a_session_is_not_compared(serve: Serve) -> None:
    for check in ("session-absent", "session-unknown", "session-malformed", "session-foreign"):
        finding = await finding_on(await serve(Useless()), check)
        assert finding.outcome == "untested"
        assert finding.answer == "a living session's request is refused, too: 403, -32000 not for you"
    assert (await finding_on(await serve(Useless()), "session-store")).outcome == "untested"


async def test_a_method_that_is_never_answered_is_waited_for_once(serve: Serve) -> None:
    report = await impatient(await serve(Silent()), session_store.CHECK, session_delete.CHECK)
    store, delete = (line.finding for line in report.lines)
    assert store.answer == "validating store"
    assert cells(store, "unknown") == {
        "POST": (404, "rejected"),
        "GET": (None, "untested"),
        "DELETE": (None, "untested"),
    }
    assert sum(exchange.method == "GET" for exchange in report.exchanges) == 1
    assert (delete.outcome, delete.answer) == ("untested", "no answer within 0.3 s")


async def test_silence_towards_unknown_ids_is_convicted(serve: Serve) -> None:
    report = await impatient(await serve(SilentToStrangers()), session_unknown.CHECK)
    finding = report.lines[0].finding
    assert (finding.outcome, finding.answer) == ("failed", "POST: no answer instead of 404")
    assert "looks to it like an outage" in finding.consequence


async def impatient(url: str, *checks: Check) -> Report:
    async with Wire(0.3) as wire:
        return await probe(Options(url=url, timeout=0.3), checks, lambda *_: None, wire)


async def test_every_check_says_why_when_initialize_is_refused(serve: Serve) -> None:
    report = await report_on(await serve(RefusesEverybody()), *ON_THE_MATRIX)
    assert {line.finding.outcome for line in report.lines} == {"untested"}
    assert all("initialize was answered 401" in line.finding.answer for line in report.lines)
