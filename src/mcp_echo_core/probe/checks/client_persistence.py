"""Does the client persist the session, and does the server take it up again?"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.client.requests import Requests, fresh_id
from mcp_echo_core.client.session_file import SavedSession, SessionFile
from mcp_echo_core.probe.check import Check, Finding, noted, passed, untested
from mcp_echo_core.probe.lost_sessions import ELSEWHERE, IGNORED, ignored_ids, scattered
from mcp_echo_core.probe.matrix import let_in
from mcp_echo_core.probe.session_ids import VISIBLE, shown
from mcp_echo_core.probe.survey import Session, Survey


async def run(survey: Survey) -> Finding:
    """Save a session, load it in a second client and go on there."""
    session = await survey.begin("the first client begins a session", fresh=True)
    if session.refused:
        return untested(session.refused, session.answer)
    if session.id is None:
        return noted("nothing to persist: the server gives no session id", session.answer, facts={"persisted": None})
    if not VISIBLE.fullmatch(session.id):
        return untested("the session id is not made of visible ASCII, so that it is not kept", session.answer)
    loaded, problems = _saved_and_loaded(survey.options.url, session)
    details = [
        f"First client: Mcp-Session-Id {shown(session.id)}",
        f"Second client: Mcp-Session-Id {shown(loaded or 'none')}",
    ]
    if loaded != session.id:
        return untested("the session could not be kept in a file", session.answer, details=(*details, *problems))
    return await _taken_up(survey, session, details)


def _saved_and_loaded(url: str, session: Session) -> tuple[str | None, list[str]]:
    """The id that a second client finds in the file that the first one wrote, and what went wrong."""
    problems: list[str] = []
    with tempfile.TemporaryDirectory(prefix="mcp-echo-probe-") as folder:
        path = Path(folder) / "sessions.json"
        now = datetime.now(UTC).isoformat(timespec="seconds")
        kept = SavedSession(era="legacy", version=session.version, created=now, session=session.id)
        SessionFile(path, problems.append).save(url, kept)
        found = SessionFile(path, problems.append).load(url)
    return found.session if found is not None else None, problems


async def _taken_up(survey: Survey, session: Session, details: list[str]) -> Finding:
    second = Requests(survey.options.url, survey.options.headers, first_id=fresh_id())
    request = second.legacy(
        "ping", purpose="a second client goes on with the id it loaded", session=session.id, version=session.version
    )
    answer = await survey.send(request, fresh=True)
    told = (*details, f"The second client's ping: {answer.told()}")
    why = await _why_not(survey, answer)
    if why is None:
        return passed("YES", session.answer, answer, details=told, facts={"persisted": True})
    return noted(
        why,
        session.answer,
        answer,
        details=told,
        consequence="Every run of the client begins a session of its own.",
        facts={"persisted": True},
    )


async def _why_not(survey: Survey, answer: Answer) -> str | None:
    """Why the server does not take the session up; ``None`` when it does."""
    if await ignored_ids(survey):
        return f"NO, the client does, but {IGNORED}"
    if not let_in(answer):
        return f"the client does, but the server does not take it up: {answer.told()}"
    return None if await scattered(survey) is None else f"NO, the client does, but {ELSEWHERE}"


CHECK = Check(
    id="client-persistence",
    question="Does the client persist the session, and does the server take it up again?",
    level="note",
    spec=("2025-11-25 basic/transports, Session Management 2",),
    run=run,
)
