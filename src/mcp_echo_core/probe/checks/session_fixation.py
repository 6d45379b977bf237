"""Does the server adopt a session id that the client invented?"""

from collections.abc import Mapping

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.kept_state import Adoption, adoption, why_unseen
from mcp_echo_core.probe.lost_sessions import IGNORED, ignored_ids
from mcp_echo_core.probe.matrix import session_matrix
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED


async def run(survey: Survey) -> Finding:
    """Send invented ids with ``initialize`` and without it."""
    session = await survey.session()
    if session.refused:
        return untested(session.refused, session.answer)
    adopting = await adoption(survey)
    unknown = (await session_matrix(survey)).cell("unknown")
    seen = [adopting.answer, *([unknown.answer] if unknown.answer is not None else [])]
    details = [
        f"initialize with an invented id: {_told(adopting)}",
        f"POST with an invented id: {unknown.told}",
    ]
    unseen = await why_unseen(survey)
    if adopting.unasked is None:
        details.append(f"Whether something is kept under an invented id cannot be seen: {unseen}.")
    facts = {"carried": adopting.carried, "kept": adopting.proven is not None if unseen is None else None}
    if adopting.adopted:
        return _adopted(adopting, seen, details, facts)
    if await ignored_ids(survey):
        return untested(IGNORED, *seen)
    answer = None
    if adopting.carried:
        answer = "initialize repeats the id, but nothing is kept under it"
    elif session.id is None:
        answer = "NO, there are no sessions"
    elif unknown.verdict == "accepted":
        kept = ", and nothing is kept under them" if unseen is None else ""
        answer = f"NO, though invented ids are accepted{kept}"
    told = {"details": tuple(details), "facts": facts}
    return passed("NO", *seen, **told) if answer is None else noted(answer, *seen, **told)


def _adopted(adopting: Adoption, seen: list[Answer], details: list[str], facts: Mapping[str, object]) -> Finding:
    how = "initialize gives the invented id as the session's" if adopting.carried else "invented ids become sessions"
    if (state := adopting.proven) is not None:
        details.append(f'"{state.text}" was echoed under an invented id and came back from there, and only from there.')
        seen.extend(state.evidence)
    return failed(
        f"YES: {how}",
        *seen,
        details=tuple(details),
        consequence="Whoever makes a client use an id of their choice shares its session: they read its messages and "
        "act in its name.",
        fix="Mint every id on the server; answer 404 to ids that it did not mint, on initialize as well.",
        facts=facts,
    )


def _told(adopting: Adoption) -> str:
    answer = adopting.answer
    if answer.result is None:
        return answer.told()
    if adopting.carried:
        return f"{answer.told()}; the answer carries the invented id"
    given = "a new id" if answer.session is not None else "no id"
    return f"{answer.told()}; the answer carries {given}"


CHECK = Check(
    id="session-fixation",
    question="Does the server adopt a session id that the client invented?",
    level="should",
    spec=(
        "2025-11-25 basic/transports, Session Management 1 and 3",
        "2025-11-25 security best practices, Session Hijacking, Mitigation",
    ),
    run=run,
    judges=REFUSED,
)
