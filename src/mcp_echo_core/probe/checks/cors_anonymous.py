"""Is a preflight answered although it carries no credentials?"""

from http import HTTPStatus

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe import browsers
from mcp_echo_core.probe.browsers import Page
from mcp_echo_core.probe.check import Check, Finding, failed, passed, untested
from mcp_echo_core.probe.paths import REDIRECTS
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED
from mcp_echo_core.redaction import text as redacted


async def run(survey: Survey) -> Finding:
    """Look at the status of the preflights of origins that are let in."""
    pages = await browsers.welcome_pages(survey)
    if not pages:
        told = [page.preflight for page in await browsers.pages(survey)]
        return untested(f"{browsers.NO_CORS}; OPTIONS is answered {told[0].told()}", *told)
    broken = [page for page in pages if not page.preflight.ok]
    if not broken:
        return passed("YES", *(page.preflight for page in pages))
    answer = broken[0].preflight
    if answer.status is None:
        return untested(answer.told(), answer)
    if await _refused_for_its_headers(survey, broken[0]):
        return untested("the preflight is refused for what it asks, see cors-preflight", answer)
    return failed(
        f"NO: {answer.told()}",
        *(page.preflight for page in broken),
        details=(_where(answer),),
        consequence="Browsers never send credentials with a preflight and take every status but 2xx for a refusal:"
        " the page sees 'Failed to fetch', whatever token it has.",
        fix="Answer OPTIONS with 2xx and the CORS headers before authorization and routing; in a gateway, let it"
        " through without a token.",
    )


async def _refused_for_its_headers(survey: Survey, page: Page) -> bool:
    named = browsers.allows(page.preflight, page.origin)
    return named and bool(browsers.refused_headers(page.preflight, await browsers.needed_headers(survey)))


def _where(answer: Answer) -> str:
    match answer.status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return "something asks a preflight for a token"
        case HTTPStatus.METHOD_NOT_ALLOWED | HTTPStatus.NOT_FOUND:
            return "nothing answers OPTIONS at this path"
        case status if status in REDIRECTS:
            target = redacted(answer.headers.get("location", "nowhere"))
            return f"browsers do not follow the redirect of a preflight (to {target})"
    return f"OPTIONS is answered {answer.told()}"


CHECK = Check(
    id="cors-anonymous",
    question="Is a preflight answered although it carries no credentials?",
    level="should",
    spec=("Fetch standard, CORS-preflight fetch 7 (ok status) and CORS protocol and credentials",),
    run=run,
    judges=REFUSED,
    without_mcp=True,
)
