"""Can a caller use another caller's session?"""

import pytest
from broken_callers import Authenticating, BindsAndAnswersEveryDelete, BindsToAnyHeader, ChecksTokens
from broken_sessions import NoOp, Sessionless
from probe_runs import finding_on

from in_loop import Serve
from model_server import ModelServer

ONE = (("Authorization", "Bearer one-caller-of-this-server"),)
OTHER = (("Authorization", "Bearer another-caller-of-this-server"),)


async def outcome(serve: Serve, app: ModelServer, **options: object) -> tuple[str, str]:
    finding = await finding_on(await serve(app), "session-foreign", **options)
    return finding.outcome, finding.answer


async def test_a_session_belongs_to_its_caller(serve: Serve) -> None:
    url = await serve(Authenticating(binding=True))
    finding = await finding_on(url, "session-foreign", headers=ONE, other_headers=OTHER)
    assert (finding.outcome, finding.answer) == ("passed", "NO")
    assert finding.details[-1] == "The owner's POST after that: 200, application/json"


async def test_a_session_that_anybody_can_use_is_convicted(serve: Serve) -> None:
    url = await serve(Authenticating(binding=False))
    finding = await finding_on(url, "session-foreign", headers=ONE, other_headers=OTHER)
    assert (finding.outcome, finding.answer) == ("failed", "YES: POST, GET, DELETE")
    assert "404, -32600 Session not found" in finding.details[-1], "DELETE has ended the owner's session"
    assert finding.facts["verdicts"] == {"POST": "accepted", "GET": "accepted", "DELETE": "accepted"}


async def test_a_delete_without_effect_takes_nothing_over(serve: Serve) -> None:
    url = await serve(BindsAndAnswersEveryDelete(binding=True))
    finding = await finding_on(url, "session-foreign", headers=ONE, other_headers=OTHER)
    assert (finding.outcome, finding.answer) == ("passed", "NO")
    assert finding.facts["verdicts"]["DELETE"] == "accepted"


async def test_where_any_id_is_accepted_there_is_nothing_to_take_over(serve: Serve) -> None:
    url = await serve(NoOp())
    finding = await finding_on(url, "session-foreign", headers=ONE, other_headers=OTHER)
    assert (finding.outcome, finding.answer) == ("noted", "YES, as any id is accepted")


async def test_one_caller_alone_cannot_be_told_from_another(serve: Serve) -> None:
    app = Authenticating(binding=True)
    found, reason = await outcome(serve, app, headers=ONE)
    assert found == "untested"
    assert "--other-bearer" in reason
    found, reason = await outcome(serve, app, headers=ONE, other_headers=ONE)
    assert (found, reason) == ("untested", "--other-bearer gives the same credentials as the usual ones")


async def test_the_other_caller_may_be_refused(serve: Serve) -> None:
    url = await serve(Authenticating(binding=True))
    finding = await finding_on(url, "session-foreign", headers=ONE, other_headers=(("X-Other", "yes"),))
    assert finding.outcome == "untested"
    assert finding.answer.startswith("for the other caller, initialize was answered 401")


@pytest.mark.parametrize(
    ("app", "found", "answer"),
    [
        (ModelServer(), "noted", "nothing identifies callers"),
        (BindsToAnyHeader(binding=True), "passed", "NO, sessions belong to the Authorization header"),
        (ChecksTokens(), "noted", "a bearer token is checked though none is demanded: 401"),
        (Sessionless(), "untested", "the server gives no session id"),
    ],
)
async def test_without_credentials_a_made_up_caller_is_tried(
    serve: Serve, app: ModelServer, found: str, answer: str
) -> None:
    assert await outcome(serve, app) == (found, answer)
