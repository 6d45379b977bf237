"""Do other requests without a session id get one, too?"""

from http import HTTPStatus

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
    carried = {name: str(answer.session) for name, answer in answers.items() if answer.session is not None}
    uses = {name: await _use(survey, session_id) for name, session_id in carried.items()}
    minting = [name for name, use in uses.items() if use.status != HTTPStatus.NOT_FOUND]
    return _judged(answers, uses, minting, "only initialize" if shared.id is not None else "nothing gets one")


async def _use(survey: Survey, session_id: str) -> Answer:
    """The answer to a request with an id: some servers put one on a refusal without a session behind it."""
    return await survey.send(survey.requests.legacy("ping", purpose="is it a session's id?", session=session_id))


def _judged(answers: dict[str, Answer], uses: dict[str, Answer], minting: list[str], who: str) -> Finding:
    seen = (*answers.values(), *uses.values())
    details = tuple(f"{name} without an id: {_told(answer)}" for name, answer in answers.items())
    details += tuple(f"a request with the id that {name} got: {use.told()}" for name, use in uses.items())
    facts = {"minting": minting, "dead": [name for name in uses if name not in minting]}
    if minting:
        return noted(
            f"YES ({', '.join(minting)})",
            *seen,
            details=details,
            consequence="A client that does not send its id back gets a new session with every call: nothing it keeps "
            "there is found again, and the server's sessions grow in number until they expire.",
            facts=facts,
        )
    if uses:
        return noted(
            f"NO, {who}; but {', '.join(uses)} got the id of no session",
            *seen,
            details=details,
            consequence="Clients take an id from the answer to initialize alone; one that takes this meets 404 next.",
            facts=facts,
        )
    return passed(f"NO, {who}", *seen, details=details, facts=facts)


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
    in_session=True,
)
