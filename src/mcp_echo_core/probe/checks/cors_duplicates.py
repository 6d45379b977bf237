"""Does every answer name one allowed origin, once?"""

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe import browsers
from mcp_echo_core.probe.check import Check, Finding, failed, passed, untested
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED


async def run(survey: Survey) -> Finding:
    """Look for a second ``Access-Control-Allow-Origin``, and for a list in one."""
    answers = [answer for page in await browsers.pages(survey) for answer in page.evidence]
    if (challenge := await browsers.challenged_page(survey)) is not None:
        answers.append(challenge)
    named = [answer for answer in answers if browsers.ALLOW_ORIGIN in answer.headers]
    if not named:
        return untested(browsers.NO_CORS, *answers)
    broken = [answer for answer in named if _is_list(answer)]
    if not broken:
        return passed("YES", *named)
    return failed(
        "NO",
        *broken,
        details=tuple(dict.fromkeys(f"{answer.exchange.method}: {_told(answer)}" for answer in broken)),
        consequence="Browsers join the values and compare the whole with the origin of the page, so no page may read"
        " the answer, although every one of the values would let it in.",
        fix="Let one place send CORS headers, the gateway or the server, and switch the other off; to allow several"
        " origins, answer with the one that asks, and Vary: Origin.",
    )


def _is_list(answer: Answer) -> bool:
    values = answer.headers.get_list(browsers.ALLOW_ORIGIN)
    return len(values) > 1 or "," in values[0] or len(values[0].split()) > 1


def _told(answer: Answer) -> str:
    values = answer.headers.get_list(browsers.ALLOW_ORIGIN)
    shown = " and ".join(repr(value[:100]) for value in values[:4])
    return (
        f"Access-Control-Allow-Origin comes {len(values)} times: {shown}"
        if len(values) > 1
        else (f"Access-Control-Allow-Origin is a list: {shown}")
    )


CHECK = Check(
    id="cors-duplicates",
    question="Does every answer name one allowed origin, once?",
    level="must",
    spec=("Fetch standard, CORS check 2 to 4",),
    run=run,
    judges=REFUSED,
    without_mcp=True,
)
