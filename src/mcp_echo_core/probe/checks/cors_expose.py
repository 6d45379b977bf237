"""Can a page read the answer, and the headers it needs from it?"""

from collections.abc import Sequence

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe import browsers
from mcp_echo_core.probe.check import Check, Finding, failed, passed, untested
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED

CHALLENGE = "www-authenticate"


async def run(survey: Survey) -> Finding:
    """Look at the answers to the first request of pages that are let in."""
    pages = await browsers.welcome_pages(survey)
    if not pages:
        return untested(browsers.NO_CORS, *(page.answer for page in await browsers.pages(survey)))
    challenge = await browsers.challenged_page(survey)
    faults = [fault for page in pages for fault in _faults(page.answer, page.origin)]
    if challenge is not None:
        faults += _challenge_faults(challenge, pages[0].origin)
    evidence = [*(page.answer for page in pages), *([challenge] if challenge is not None else [])]
    if faults:
        return failed(
            "NO",
            *evidence,
            details=tuple(dict.fromkeys(faults)),
            consequence="The page has the answer's status at most: without the session id every further request comes"
            " without it, without the challenge no authorization begins.",
            fix="Send Access-Control-Allow-Origin with every answer, errors included, and"
            " Access-Control-Expose-Headers: Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate.",
        )
    return passed("YES", *evidence, details=_remarks([page.answer for page in pages], challenge))


def _faults(answer: Answer, origin: str) -> list[str]:
    if not browsers.allows(answer, origin):
        return [f"the preflight lets {origin} in, but the answer to its POST has no Access-Control-Allow-Origin for it"]
    hidden = answer.session is not None and browsers.hides(answer, "mcp-session-id")
    return ["Mcp-Session-Id is in the answer, but not exposed"] if hidden else []


def _challenge_faults(challenge: Answer, origin: str) -> list[str]:
    if not browsers.allows(challenge, origin):
        return ["the 401 has no Access-Control-Allow-Origin: the page does not learn that a token is missing"]
    hidden = CHALLENGE in challenge.headers and browsers.hides(challenge, CHALLENGE)
    return ["WWW-Authenticate is in the 401, but not exposed"] if hidden else []


def _remarks(answers: Sequence[Answer], challenge: Answer | None) -> tuple[str, ...]:
    hidden = [
        shown
        for name, shown in (("mcp-protocol-version", "MCP-Protocol-Version"), (CHALLENGE, "WWW-Authenticate"))
        if any(browsers.hides(answer, name) for answer in answers) and not (name == CHALLENGE and challenge is not None)
    ]
    return (f"not exposed, and not needed so far: {', '.join(hidden)}",) if hidden else ()


CHECK = Check(
    id="cors-expose",
    question="Can a page read the answer, and the headers it needs from it?",
    level="should",
    spec=(
        "Fetch standard, CORS check; Access-Control-Expose-Headers",
        "2025-11-25 basic/transports, Session Management",
    ),
    run=run,
    judges=REFUSED,
    without_mcp=True,
)
