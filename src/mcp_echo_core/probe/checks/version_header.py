"""Is a request refused whose version header makes no sense?"""

from http import HTTPStatus

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.eras.versions import HANDSHAKE_VERSIONS
from mcp_echo_core.probe.check import Check, Finding, failed, passed, untested
from mcp_echo_core.probe.survey import Session, Survey
from mcp_echo_core.probe.versions import NO_VERDICT, granted, negotiated, without_handshake

NONSENSE = "nonsense"
DEFINED = HANDSHAKE_VERSIONS[: HANDSHAKE_VERSIONS.index("2025-06-18") + 1]
"""Revisions that define the header."""


async def run(survey: Survey) -> Finding:
    """Send the same request with the right header, without it, with another revision, and with nonsense."""
    if (reason := await without_handshake(survey)) is not None:
        return untested(reason, (await survey.session()).answer)
    session = await survey.begin("a session for the version header")
    if session.refused:
        return untested(session.refused, session.answer)
    if session.version not in DEFINED:
        return untested(f"the session speaks {session.version}, which does not define the header", session.answer)
    right = await _ask(survey, session, session.version)
    if right.result is None:
        return untested(f"tools/list with the right header is answered {right.told()}", right)
    wrong = await _ask(survey, session, NONSENSE)
    more = {"absent": await _ask(survey, session, None)}
    if (other := await _other(survey, session)) is not None:
        more[other] = await _ask(survey, session, other)
    return _judged(wrong, more)


def _judged(wrong: Answer, more: dict[str, Answer]) -> Finding:
    details = tuple(f"{value}: {_told(answer)}." for value, answer in more.items())
    facts = {"nonsense": wrong.status, **{value: answer.status for value, answer in more.items()}}
    evidence = (wrong, *more.values())
    if wrong.status == HTTPStatus.BAD_REQUEST:
        return passed(f"YES ({wrong.told()})", *evidence, details=details, facts=facts)
    if wrong.status in NO_VERDICT:
        return untested(f"no verdict: {wrong.told()}", *evidence, facts=facts)
    return failed(
        f"NO, {'it is served' if wrong.ok else 'another status'}: {wrong.told()}",
        *evidence,
        details=(f"'MCP-Protocol-Version: {NONSENSE}' must be answered 400 Bad Request.", *details),
        consequence="A client and a server that mean different revisions do not notice it."
        if wrong.ok
        else "Clients take the refusal for something else: after 404, for example, they begin a new session.",
        fix="Answer 400 to a version header whose value is not a revision that the server supports.",
        facts=facts,
    )


def _told(answer: Answer) -> str:
    return "accepted" if answer.result is not None else f"answered {answer.told()}"


async def _ask(survey: Survey, session: Session, version: str | None) -> Answer:
    purpose = f"a request with the version header {version}" if version else "a request without the version header"
    return await survey.send(survey.requests.legacy("tools/list", purpose=purpose, session=session.id, version=version))


async def _other(survey: Survey, session: Session) -> str | None:
    """A revision that the server supports and this session does not speak."""
    answers = await negotiated(survey)
    others = [
        version for version in reversed(HANDSHAKE_VERSIONS) if granted(answers[version]) == version != session.version
    ]
    return others[0] if others else None


CHECK = Check(
    id="version-header",
    question="Is a nonsensical MCP-Protocol-Version header refused?",
    level="must",
    spec=("2025-11-25 basic/transports, Protocol Version Header",),
    run=run,
    in_session=True,
)
