"""Does the server accept the session across calls?"""

from collections.abc import Sequence
from http import HTTPStatus

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.lost_sessions import ELSEWHERE, FIX_IGNORED, IGNORED, ignored_ids, scattered
from mcp_echo_core.probe.matrix import let_in
from mcp_echo_core.probe.session_ids import shown
from mcp_echo_core.probe.survey import Session, Survey


async def run(survey: Survey) -> Finding:
    """Make the calls that every client makes, with one id."""
    session = await survey.begin("a session to use for several calls", said=False)
    if session.refused:
        return untested(session.refused, session.answer)
    if ignored := await ignored_ids(survey):
        return _ignored(session, ignored)
    answers = await _calls(survey, session)
    refused = [
        name
        for name, answer in answers.items()
        if not (answer.ok if name.startswith("notifications/") else let_in(answer))
    ]
    ready = answers["notifications/initialized"]
    details = [f"{name}: {answer.told()}" for name, answer in answers.items()]
    if ready.ok and ready.status != HTTPStatus.ACCEPTED:
        details.append("A notification that is accepted is answered 202 (Sending Messages to the Server 4).")
    seen = (session.answer, *answers.values())
    facts = {"calls": {name: answer.status for name, answer in answers.items()}, "refused": refused}
    lost = await scattered(survey)
    if refused:
        return failed(
            f"NO: {', '.join(refused)}{'; see replicas' if lost is not None else ''}",
            *seen,
            details=tuple(details),
            consequence="Every client sends the id that initialize gave it; one that gets no further can call nothing.",
            fix="Accept the id from the answer to initialize on every request until the session ends.",
            facts=facts,
        )
    if session.id is None:
        return noted("there is no id; every call is served without one", *seen, details=tuple(details), facts=facts)
    if lost is not None:
        return untested(ELSEWHERE, *seen, *lost.misses[:1], details=tuple(details), facts=facts)
    return passed("YES", *seen, details=tuple(details), facts=facts)


def _ignored(session: Session, ignored: Sequence[Answer]) -> Finding:
    return failed(
        f"NO: {IGNORED}",
        session.answer,
        *ignored,
        details=(f"Mcp-Session-Id sent: {shown(str(session.id))}", *map(_came_back, ignored)),
        consequence="Each request begins a session of its own: nothing that a client keeps there is found again, and"
        " sessions grow in number until they expire.",
        fix=FIX_IGNORED,
        facts={"ignored": True},
    )


def _came_back(answer: Answer) -> str:
    return f"Mcp-Session-Id that came back: {shown(str(answer.session))}"


async def _calls(survey: Survey, session: Session) -> dict[str, Answer]:
    ready = survey.requests.initialized(purpose="the handshake is over", session=session.id, version=session.version)
    answers = {"notifications/initialized": await survey.send(ready)}
    for method in ("ping", "tools/list"):
        answers[method] = await survey.ask(session, method, purpose=f"{method} in the same session")
    if "echo" in await survey.tools():
        call = {"name": "echo", "arguments": {"message": "hello"}}
        answers["tools/call"] = await survey.ask(session, "tools/call", call, purpose="a tool in the same session")
    return answers


CHECK = Check(
    id="session-across-calls",
    question="Does the server accept the session across calls?",
    level="must",
    spec=("2025-11-25 basic/transports, Session Management 2", "2025-11-25 basic/lifecycle, Initialization"),
    run=run,
)
