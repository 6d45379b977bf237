"""The stream that GET opens: whether, how soon, how alive, how long, and how it is continued."""

import pytest
from broken_streams import (
    Answering,
    AnswersOnStreams,
    AnswersToOthers,
    Breaking,
    Copying,
    Ending,
    ForeignIds,
    ForgetsAnswers,
    Losing,
    Mixing,
    ModernOnly,
    Nameless,
    NotFound,
    NoTools,
    OneListForAllStreams,
    Pinging,
    Repeating,
    ResumableServer,
    SameIds,
    Silent,
    Stuttering,
    Talkative,
    Unresumable,
)
from own_servers import own_server
from probe_runs import finding_on, report_on

from in_loop import Serve
from mcp_echo_core.probe import resumption, streams
from model_server import ModelServer

STREAM_CHECKS = ("stream-get", "stream-first-event", "stream-keep-alive", "stream-resumption", "stream-idle")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams that say nothing are left sooner."""
    monkeypatch.setattr(streams, "WATCH", 0.3)
    monkeypatch.setattr(resumption, "CAUSED", 0.4)


async def test_a_stream_is_recognised(serve: Serve) -> None:
    finding = await finding_on(await serve(ModelServer()), "stream-get")
    assert (finding.outcome, finding.answer) == ("passed", "YES, an event stream")


async def test_405_says_that_there_is_no_stream_and_leaves_nothing_else_to_ask(serve: Serve) -> None:
    url = await serve(Answering(405, allow="POST, DELETE"))
    report = await report_on(url, *STREAM_CHECKS, idle=0.1)
    found = {line.id: line.finding for line in report.lines}
    assert (found["stream-get"].outcome, found["stream-get"].details) == ("passed", ())
    assert {found[name].outcome for name in STREAM_CHECKS[1:]} == {"untested"}
    assert all("405" in found[name].answer for name in STREAM_CHECKS[1:])


async def test_405_without_allow_is_remarked_upon(serve: Serve) -> None:
    finding = await finding_on(await serve(Answering(405)), "stream-get")
    assert finding.outcome == "passed"
    assert "RFC 9110" in finding.details[0]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (200, "cannot tell"),
        (400, "cannot tell"),
        (401, "authorization"),
        (403, "rights"),
        (404, "begin a new one"),
        (406, "alone"),
        (499, "cannot tell"),
        (500, "cannot tell"),
    ],
)
async def test_anything_but_a_stream_or_405_is_convicted(serve: Serve, status: int, told: str) -> None:
    finding = await finding_on(await serve(Answering(status)), "stream-get")
    assert finding.outcome == "failed"
    assert finding.answer.startswith(f"neither a stream nor 405: {status}")
    assert told in finding.consequence
    assert finding.fix


async def test_an_unknown_session_on_get_points_to_the_replicas(serve: Serve) -> None:
    finding = await finding_on(await serve(NotFound()), "stream-get")
    assert (finding.outcome, finding.facts["status"]) == ("failed", 404)
    assert "replicas" in finding.fix


@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_has_no_time_is_not_accused(serve: Serve, status: int) -> None:
    assert (await finding_on(await serve(Answering(status)), "stream-get")).outcome == "untested"


@pytest.mark.parametrize(("status", "outcome"), [(405, "passed"), (404, "noted")])
async def test_the_modern_era_alone_answers_get_with_405(serve: Serve, status: int, outcome: str) -> None:
    finding = await finding_on(await serve(ModernOnly(status)), "stream-get")
    assert (finding.outcome, finding.facts["status"]) == (outcome, status)


async def test_the_first_event_is_timed(serve: Serve) -> None:
    finding = await finding_on(await serve(ModelServer()), "stream-first-event")
    assert finding.outcome == "noted"
    assert finding.facts["first_event"] == "an event (message)"
    assert 0 <= finding.facts["first_event_seconds"] < 3
    assert 0 < finding.facts["head_seconds"] < 3


async def test_a_priming_event_is_recognised_with_id_and_retry(serve: Serve) -> None:
    finding = await finding_on(await serve(ResumableServer()), "stream-first-event")
    assert finding.facts["first_event"] == "a priming event"
    assert finding.details == ("It primes the client: id s1-0, retry after 1000 ms.",)


async def test_a_silent_stream_has_no_first_event(serve: Serve, impatient: None) -> None:
    finding = await finding_on(await serve(Silent()), "stream-first-event")
    assert finding.facts["first_event_seconds"] is None
    assert "no event within 0.3 s" in finding.answer


async def test_keep_alives_are_measured_and_the_watch_ends_with_the_third(serve: Serve) -> None:
    report = await report_on(await serve(ModelServer()), "stream-keep-alive")
    finding = report.lines[0].finding
    assert finding.outcome == "noted"
    assert finding.facts["kinds"] == ["comments"]
    assert 0.03 < finding.facts["interval"] < 1
    stream = next(each for each in report.exchanges if each.method == "GET")
    assert stream.body.count(": keep-alive") == 3


async def test_pings_keep_a_stream_alive_as_well(serve: Serve) -> None:
    finding = await finding_on(await serve(Pinging()), "stream-keep-alive")
    assert finding.facts["kinds"] == ["pings"]


async def test_without_keep_alives_a_longer_watch_is_proposed(serve: Serve, impatient: None) -> None:
    finding = await finding_on(await serve(Silent()), "stream-keep-alive")
    assert finding.outcome == "untested"
    assert finding.answer.endswith("--idle 60 watches longer")


async def test_after_the_idle_time_a_stream_without_keep_alives_is_told_so(serve: Serve, impatient: None) -> None:
    finding = await finding_on(await serve(Silent()), "stream-keep-alive", idle=0.5)
    assert (finding.outcome, finding.facts["interval"]) == ("noted", None)
    assert "60 s" in finding.consequence


async def test_a_stream_that_is_over_says_nothing_about_keep_alives(serve: Serve) -> None:
    report = await report_on(await serve(Ending()), "stream-get", "stream-keep-alive")
    get, keep_alive = (line.finding for line in report.lines)
    assert get.outcome == "passed"
    assert get.details[0].startswith("It was over after 0.")
    assert keep_alive.outcome == "untested"
    assert keep_alive.answer.startswith("the stream was over after 0.")


async def test_idle_is_only_waited_for_when_asked(serve: Serve) -> None:
    finding = await finding_on(await serve(ModelServer()), "stream-idle")
    assert finding.outcome == "untested"
    assert "--idle" in finding.answer


async def test_a_stream_that_survives_passes(serve: Serve, impatient: None) -> None:
    finding = await finding_on(await serve(ModelServer()), "stream-idle", idle=0.4)
    assert (finding.outcome, finding.facts["survived"]) == ("passed", True)
    assert finding.facts["seconds"] >= 0.4


async def test_a_stream_that_the_server_ends_is_told_from_one_that_breaks(serve: Serve) -> None:
    ended = await finding_on(await serve(Ending()), "stream-idle", idle=5.0)
    broken = await finding_on(await serve(Breaking()), "stream-idle", idle=5.0)
    assert ended.answer.startswith("NO, ended after")
    assert broken.answer.startswith("NO, broken off after")
    assert ended.facts["survived"] is broken.facts["survived"] is False
    assert "time-out" in broken.fix


@pytest.mark.parametrize("server", [ResumableServer, ForeignIds])
async def test_what_was_missed_comes_exactly_once(serve: Serve, server: type[ModelServer]) -> None:
    finding = await finding_on(await serve(server()), "stream-resumption")
    assert (finding.outcome, finding.answer) == ("passed", "YES: what was missed came exactly once")


async def test_two_notifications_per_call_are_no_repetition(serve: Serve) -> None:
    finding = await finding_on(await serve(Talkative()), "stream-resumption")
    assert (finding.outcome, finding.facts["repeated"]) == ("passed", 0)


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (Repeating, "came again (1)"),
        (Stuttering, "came again (1)"),
        (SameIds, "same id only"),
        (Copying, "copied to the GET stream"),
        (Mixing, "belongs to another stream"),
        (AnswersToOthers, "belongs to another stream"),
        (OneListForAllStreams, "belongs to another stream"),
    ],
)
async def test_what_comes_twice_or_does_not_belong_is_convicted(
    serve: Serve, broken: type[ModelServer], told: str
) -> None:
    finding = await finding_on(await serve(broken()), "stream-resumption")
    assert finding.outcome == "failed", finding
    assert told in finding.answer
    assert finding.fix
    assert finding.consequence


@pytest.mark.parametrize(
    ("server", "told"),
    [
        (Losing, "NO: the message that was missed is lost"),
        (Nameless, "NO: events carry no id"),
        (Unresumable, "NO: GET with Last-Event-ID was answered 400"),
        (AnswersOnStreams, "YES: a response can be fetched again"),
        (ForgetsAnswers, "NO: accepted, but nothing came again"),
        (NoTools, "PERHAPS: GET with Last-Event-ID is accepted"),
        (ModelServer, "PERHAPS: GET with Last-Event-ID is accepted"),
        (Silent, "NO: no event carried an id"),
    ],
)
async def test_what_a_server_may_leave_undone_is_noted(
    serve: Serve, impatient: None, server: type[ModelServer], told: str
) -> None:
    finding = await finding_on(await serve(server()), "stream-resumption")
    assert finding.outcome == "noted", finding
    assert finding.answer.startswith(told)


async def test_our_stateful_server_passes_everything(serve: Serve) -> None:
    report = await report_on(await serve(own_server("stateful", MCP_SSE_KEEPALIVE_INTERVAL="0.1")), *STREAM_CHECKS)
    found = {line.id: (line.finding.outcome, line.finding.answer) for line in report.lines}
    assert found["stream-get"] == ("passed", "YES, an event stream")
    assert found["stream-first-event"][1].partition(", ")[2].startswith("a priming event")
    assert found["stream-keep-alive"][1].endswith("(events named keep-alive)")
    assert found["stream-resumption"] == ("passed", "YES: what was missed came exactly once")


async def test_our_stateless_server_offers_no_stream(serve: Serve) -> None:
    report = await report_on(await serve(own_server("stateless")), *STREAM_CHECKS)
    assert [line.finding.outcome for line in report.lines] == ["passed", *["untested"] * 4]
    assert report.lines[0].finding.answer.startswith("NO (405)")
