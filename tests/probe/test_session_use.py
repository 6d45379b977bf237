"""Is a session accepted call after call, on any connection, by a second client? What does it keep, and whose is it?"""

import pytest
from broken_session_use import (
    AnswersNotificationsWith200,
    ByConnection,
    EchoNeedsMore,
    Forgetting,
    KeepsNothing,
    KeepsSometimes,
    SharesState,
    WithoutTools,
)
from broken_sessions import (
    Adopting,
    AdoptingOnInitialize,
    AdoptingWithoutMinting,
    NoOp,
    NoOpThatRepeats,
    RawHeader,
    RefusesEverybody,
    Replacing,
    Sessionless,
    TakesAllAndSharesState,
)
from probe_runs import finding_on

from in_loop import Serve
from mcp_echo_core.client.session_file import SessionFile
from model_server import ModelServer


async def test_a_session_is_accepted_across_calls(serve: Serve) -> None:
    finding = await finding_on(await serve(ModelServer()), "session-across-calls")
    assert (finding.outcome, finding.answer) == ("passed", "YES")
    calls = {"notifications/initialized": 202, "ping": 200, "tools/list": 200, "tools/call": 200}
    assert finding.facts["calls"] == calls


async def test_a_server_that_forgets_its_sessions_is_convicted(serve: Serve) -> None:
    finding = await finding_on(await serve(Forgetting()), "session-across-calls")
    assert (finding.outcome, finding.answer) == ("failed", "NO: tools/call")


async def test_a_server_without_tools_accepts_its_session_as_well(serve: Serve) -> None:
    assert (await finding_on(await serve(WithoutTools()), "session-across-calls")).outcome == "passed"


async def test_the_wrong_status_for_a_notification_is_told_but_is_no_refusal(serve: Serve) -> None:
    finding = await finding_on(await serve(AnswersNotificationsWith200()), "session-across-calls")
    assert finding.outcome == "passed"
    assert "answered 202" in finding.details[-1]


async def test_calls_without_any_id_are_no_session(serve: Serve) -> None:
    for check in ("session-across-calls", "session-across-connections"):
        finding = await finding_on(await serve(Sessionless()), check)
        assert finding.outcome == "noted"
        assert finding.answer.startswith("there is no id")


async def test_a_session_is_accepted_over_other_connections(serve: Serve) -> None:
    finding = await finding_on(await serve(ModelServer()), "session-across-connections")
    assert (finding.outcome, finding.facts["pattern"]) == ("passed", "+++++")


async def test_a_session_that_hangs_on_its_connection_is_convicted(serve: Serve) -> None:
    finding = await finding_on(await serve(ByConnection()), "session-across-connections")
    assert (finding.outcome, finding.answer) == ("failed", "NO: 0 of 5 (-----); see replicas")


async def test_state_that_persists_is_proven(serve: Serve) -> None:
    finding = await finding_on(await serve(ModelServer()), "session-state")
    assert (finding.outcome, finding.answer) == ("passed", "YES")
    assert finding.facts == {"hits": 3, "replays": 3, "common": False}


@pytest.mark.parametrize(
    ("app", "answer"),
    [
        (KeepsNothing(), "NO, the id is accepted but nothing is kept under it"),
        (NoOp(), "NO, the id is accepted but nothing is kept under it"),
        (KeepsSometimes(), "only sometimes: 1 of 3"),
        (SharesState(), "all sessions share one state"),
    ],
)
async def test_state_that_does_not_persist_is_told(serve: Serve, app: ModelServer, answer: str) -> None:
    finding = await finding_on(await serve(app), "session-state")
    assert (finding.outcome, finding.answer) == ("noted", answer)


async def test_state_that_cannot_be_seen_is_not_judged(serve: Serve) -> None:
    finding = await finding_on(await serve(WithoutTools()), "session-state")
    assert finding.outcome == "untested"
    assert finding.answer == "it cannot be seen: the server has no tool echo and no replayLastEcho"


async def test_an_echo_of_another_kind_proves_nothing(serve: Serve) -> None:
    finding = await finding_on(await serve(EchoNeedsMore()), "session-state")
    assert (finding.outcome, finding.answer) == ("untested", "echo did not work: 200, application/json")


async def test_ids_of_clients_are_not_adopted(serve: Serve) -> None:
    assert (await finding_on(await serve(ModelServer()), "session-fixation")).outcome == "passed"
    assert (await finding_on(await serve(Replacing()), "session-fixation")).outcome == "passed"


async def test_an_adopted_id_is_proven_by_what_is_kept_under_it(serve: Serve) -> None:
    finding = await finding_on(await serve(Adopting()), "session-fixation")
    assert (finding.outcome, finding.answer) == ("failed", "YES: invented ids become sessions")
    assert "came back from there" in finding.details[-1]
    assert finding.facts == {"carried": False, "kept": True}


async def test_a_server_that_mints_no_ids_may_still_adopt_them(serve: Serve) -> None:
    finding = await finding_on(await serve(AdoptingWithoutMinting()), "session-fixation")
    assert (finding.outcome, finding.answer) == ("failed", "YES: invented ids become sessions")


async def test_an_id_that_initialize_adopts_is_convicted(serve: Serve) -> None:
    finding = await finding_on(await serve(AdoptingOnInitialize()), "session-fixation")
    assert (finding.outcome, finding.answer) == ("failed", "YES: initialize gives the invented id as the session's")


@pytest.mark.parametrize(
    ("app", "answer"),
    [
        (NoOp(), "NO, though invented ids are accepted, and nothing is kept under them"),
        (NoOpThatRepeats(), "initialize repeats the id, but nothing is kept under it"),
        (TakesAllAndSharesState(), "NO, though invented ids are accepted, and nothing is kept under them"),
        (Sessionless(), "NO, there are no sessions"),
    ],
)
async def test_ids_that_mean_nothing_are_no_fixation(serve: Serve, app: ModelServer, answer: str) -> None:
    finding = await finding_on(await serve(app), "session-fixation")
    assert (finding.outcome, finding.answer) == ("noted", answer)


async def test_a_second_client_takes_the_session_up(serve: Serve) -> None:
    finding = await finding_on(await serve(ModelServer()), "client-persistence")
    assert (finding.outcome, finding.answer) == ("passed", "YES")
    first, second, _ = finding.details
    assert first.split()[-1] == second.split()[-1]


async def test_a_server_that_refuses_the_second_client_is_told(serve: Serve) -> None:
    finding = await finding_on(await serve(ByConnection()), "client-persistence")
    assert finding.outcome == "noted"
    assert finding.answer.startswith("the client does, but the server does not take it up: 404")


async def test_without_a_usable_id_there_is_nothing_to_persist(serve: Serve) -> None:
    finding = await finding_on(await serve(Sessionless()), "client-persistence")
    assert (finding.outcome, finding.answer) == ("noted", "nothing to persist: the server gives no session id")
    assert (await finding_on(await serve(RawHeader(b"a blank")), "client-persistence")).outcome == "untested"


async def test_a_file_that_loses_the_session_is_not_counted_as_kept(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SessionFile, "save", lambda *_: None)
    finding = await finding_on(await serve(ModelServer()), "client-persistence")
    assert (finding.outcome, finding.answer) == ("untested", "the session could not be kept in a file")


@pytest.mark.parametrize(
    "check", ["session-across-calls", "session-across-connections", "session-state", "client-persistence"]
)
async def test_every_check_says_why_when_initialize_is_refused(serve: Serve, check: str) -> None:
    finding = await finding_on(await serve(RefusesEverybody()), check)
    assert finding.outcome == "untested"
    assert "initialize was answered 401" in finding.answer
