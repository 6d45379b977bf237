"""Which revisions does initialize grant?"""

from collections.abc import Mapping

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe.check import Check, Finding, failed, passed, untested
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.versions import LIFECYCLE, NO_VERDICT, granted, negotiated, without_handshake

CONSEQUENCE = "Clients that ask for such a revision cannot connect, although there may be one that both speak."
FIX = "Answer initialize with the revision that was asked for if it is supported, and else with the newest that is."


async def run(survey: Survey) -> Finding:
    """Ask for each revision that has a handshake."""
    if (reason := await without_handshake(survey)) is not None:
        return untested(reason, (await survey.session()).answer)
    answers = await negotiated(survey)
    if all(answer.status in NO_VERDICT for answer in answers.values()):
        return untested(f"initialize is answered {next(iter(answers.values())).told()}", *answers.values())
    given = [version for version, answer in answers.items() if granted(answer) == version]
    told = f"granted: {', '.join(given) or 'none'}"
    details = tuple(f"{version}: {_told(version, answer)}." for version, answer in answers.items())
    facts = {"granted": given, "answers": {version: granted(answer) for version, answer in answers.items()}}
    faults = _faults(answers)
    if faults:
        return failed(
            f"{faults[0]}; {told}",
            *answers.values(),
            details=(*details, *faults[1:]),
            consequence=CONSEQUENCE,
            fix=FIX,
            facts=facts,
        )
    return passed(
        told,
        *answers.values(),
        details=details,
        consequence="Clients go on with the version they are given.",
        facts=facts,
    )


def _told(version: str, answer: Answer) -> str:
    offer = granted(answer)
    if offer is None:
        return answer.told()
    return "granted" if offer == version else f"answered with {offer[:40]}"


def _faults(answers: Mapping[str, Answer]) -> list[str]:
    """What breaks the rule that the answer is the version asked for, or another that is supported."""
    faults = []
    for version, answer in answers.items():
        offer = granted(answer)
        if answer.status in NO_VERDICT:
            continue
        if answer.error is not None:
            faults.append(f"{version} is refused with an error where another revision must be offered")
        elif offer is None:
            faults.append(f"{version} is answered without a protocolVersion ({answer.told()})")
        elif offer in answers and granted(answers[offer]) != offer:
            faults.append(f"for {version} it offers {offer}, which it does not grant when asked for it")
    return faults


CHECK = Check(
    id="version-negotiation",
    question="Which revisions does initialize grant?",
    level="must",
    spec=(f"{LIFECYCLE}, Version Negotiation",),
    run=run,
)
