"""What does initialize answer to a revision that nobody has?"""

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.eras.versions import HANDSHAKE_VERSIONS
from mcp_echo_core.probe.check import Check, Finding, failed, passed, untested
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.versions import (
    LIFECYCLE,
    NO_VERDICT,
    UNKNOWN_VERSION,
    granted,
    negotiated,
    propose,
    without_handshake,
)

FIX = "Answer initialize with a result that names the newest revision the server supports."


async def run(survey: Survey) -> Finding:
    """Ask for a revision of the year 2099."""
    if (reason := await without_handshake(survey)) is not None:
        return untested(reason, (await survey.session()).answer)
    answer = await propose(survey, UNKNOWN_VERSION)
    if answer.status in NO_VERDICT:
        return untested(f"no verdict: {answer.told()}", answer)
    offer = granted(answer)
    facts = {"offered": offer}
    if offer == UNKNOWN_VERSION:
        return failed(
            f"it grants {UNKNOWN_VERSION}, which does not exist",
            answer,
            details=("The server repeats whatever it is asked for, in place of a revision that it supports.",),
            consequence="A client of a later revision believes that it is understood, and fails later and elsewhere.",
            fix=FIX,
            facts=facts,
        )
    if offer is None:
        return failed(
            f"no other revision is offered: {answer.told()}",
            answer,
            details=(
                "The answer must be another revision that the server supports.",
                "The same page has an error as its example, which the rule does not allow for.",
            ),
            consequence="Clients newer than the server cannot connect, although they would take an older revision.",
            fix=FIX,
            facts=facts,
        )
    return passed(
        f"it offers {offer[:40]}",
        answer,
        details=await _older(survey, offer),
        consequence="Newer clients go on with that revision if they know it, and else disconnect.",
        facts=facts,
    )


async def _older(survey: Survey, offer: str) -> tuple[str, ...]:
    """A word on an offer that is not the newest revision."""
    answers: dict[str, Answer] = dict(await negotiated(survey))
    newest = next((version for version in HANDSHAKE_VERSIONS if granted(answers[version]) == version), offer)
    return () if newest == offer else (f"It should offer the newest that it supports, {newest}.",)


CHECK = Check(
    id="version-unknown",
    question="What does initialize answer to an unknown revision?",
    level="must",
    spec=(f"{LIFECYCLE}, Version Negotiation",),
    run=run,
)
