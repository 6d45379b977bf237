"""Does what is kept in a session persist?"""

from mcp_echo_core.probe.check import Check, Finding, noted, passed, untested
from mcp_echo_core.probe.kept_state import REPLAYS, State, session_state, why_unseen
from mcp_echo_core.probe.lost_sessions import IGNORED, ignored_ids
from mcp_echo_core.probe.survey import Survey

FORGOTTEN = "A client that relies on state between its calls works with nothing and is not told so."


async def run(survey: Survey) -> Finding:
    """Echo a text and ask for it over other connections."""
    session = await survey.session()
    if session.refused or session.id is None:
        return untested(session.refused or "the server gives no session id", session.answer)
    if (why := await why_unseen(survey)) is not None:
        return untested(f"it cannot be seen: {why}")
    state = await session_state(survey)
    if ignored := await ignored_ids(survey):
        return noted(f"NO: {IGNORED}", *ignored, *state.evidence, consequence=FORGOTTEN)
    return _judged(state)


def _judged(state: State) -> Finding:
    details = (
        f"echo: {state.echo.told()}",
        f"replayLastEcho over {REPLAYS} new connections had the text {state.hits} times.",
        f"In another session it {'was there, too' if state.common else 'was not there'}.",
    )
    facts = {"hits": state.hits, "replays": REPLAYS, "common": state.common}
    if state.echo.result is None or state.echo.result.get("isError"):
        return untested(f"echo did not work: {state.echo.told()}", state.echo)
    if state.common:
        answer = "all sessions share one state"
        consequence = "Callers see each other's data, whatever their sessions are."
    elif state.hits == REPLAYS:
        return passed("YES", *state.evidence, details=details, facts=facts)
    elif state.hits:
        answer = f"only sometimes: {state.hits} of {REPLAYS}"
        consequence = "Processes behind this URL do not share their sessions: what one keeps, the others do not know."
    else:
        answer = "NO, the id is accepted but nothing is kept under it"
        consequence = FORGOTTEN
    return noted(answer, *state.evidence, details=details, consequence=consequence, facts=facts)


CHECK = Check(
    id="session-state",
    question="Does what is kept in a session persist?",
    level="note",
    spec=("2025-11-25 basic/transports, Session Management",),
    run=run,
)
