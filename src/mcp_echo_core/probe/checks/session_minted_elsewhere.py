"""Do other requests without a session id get one, too?"""

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe.check import Check, Finding, noted, passed, untested
from mcp_echo_core.probe.matrix import glance
from mcp_echo_core.probe.session_ids import shown
from mcp_echo_core.probe.survey import Survey


async def run(survey: Survey) -> Finding:
    """Send requests other than ``initialize`` without an id."""
    shared = await survey.session()
    if shared.refused:
        return untested(shared.refused, shared.answer)
    answers: dict[str, Answer] = {}
    for method in ("ping", "tools/list"):
        request = survey.requests.legacy(method, purpose=f"{method} without an id: is one minted?")
        answers[method] = await survey.send(request)
    answers["GET"] = await glance(survey, survey.requests.bare("GET", purpose="GET without an id: is one minted?"))
    minting = [name for name, answer in answers.items() if answer.session is not None]
    for name in minting:
        survey.end_later(str(answers[name].session))
    details = tuple(f"{name} without an id: {_told(answer)}" for name, answer in answers.items())
    facts = {"minting": minting}
    if not minting:
        answer = "NO, only initialize" if shared.id is not None else "NO, nothing gets one"
        return passed(answer, *answers.values(), details=details, facts=facts)
    return noted(
        f"YES ({', '.join(minting)})",
        *answers.values(),
        details=details,
        consequence="A client that does not send its id back gets a new session with every call: nothing it keeps "
        "there is found again, and the server's sessions grow in number until they expire.",
        facts=facts,
    )


def _told(answer: Answer) -> str:
    if answer.session is None:
        return answer.told()
    return f"{answer.told()}; Mcp-Session-Id: {shown(answer.session)}"


CHECK = Check(
    id="session-minted-elsewhere",
    question="Do other requests without a session id get one, too?",
    level="note",
    spec=("2025-11-25 basic/transports, Session Management 1",),
    run=run,
)
