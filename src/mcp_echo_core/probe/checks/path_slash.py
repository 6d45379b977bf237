"""Is the URL with a slash at its end the same as without?"""

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.openings import opening, served, usual_opening
from mcp_echo_core.probe.paths import Step, sibling, step
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED


async def run(survey: Survey) -> Finding:
    """Ask at the other form of the path."""
    other = sibling(survey.options.url)
    if other is None:
        return untested("the URL has no path")
    usual = await usual_opening(survey)
    answer = await opening(survey, "the path with a slash at its end, or without", url=other)
    if answer.status is None:
        return untested(answer.told(), answer)
    if step(usual, survey.options.url) is not None:
        return untested(f"the endpoint itself was answered {usual.told()}, see path-redirect", usual, answer)
    if (redirect := step(answer, other)) is not None:
        return _redirected(redirect)
    if not served(usual) and usual.message is None:
        return untested(f"the endpoint itself was answered {usual.told()}", usual, answer)
    return _answered(answer, usual)


def _answered(answer: Answer, usual: Answer) -> Finding:
    facts = {"status": answer.status}
    if answer.status == usual.status and served(answer) == served(usual):
        return passed(f"YES: {answer.told()}", answer, facts=facts)
    if not served(answer) and answer.status is not None and 400 <= answer.status < 500:  # noqa: PLR2004 - client errors
        consequence = "A client that is given the other form gets this error at once, and nothing goes elsewhere."
        return passed(f"NO: {answer.told()}", answer, consequence=consequence, facts=facts)
    details = (f"the asked URL was answered {usual.told()}",)
    return noted(f"NO: {answer.told()}", answer, details=details, facts=facts)


def _redirected(redirect: Step) -> Finding:
    answer = redirect.answer
    facts = {"status": answer.status, "location": redirect.shown}
    told = f"a redirect ({answer.status}) to {redirect.shown}"
    faults = [*redirect.faults, *([redirect.lost_path] if redirect.lost_path else [])]
    if not faults:
        consequence = (
            "Clients that follow redirects repeat the request with everything; others, httpx by default among them,"
            " stop here. Each request costs a round trip more."
        )
        return noted(told, answer, consequence=consequence, facts=facts)
    return failed(
        told,
        answer,
        details=tuple(faults),
        consequence="A client that is given this form of the URL ends up with a request that is none of MCP, or without"
        " its token.",
        fix="Answer both forms alike, or redirect with 307 or 308 to a Location that is relative.",
        facts=facts,
    )


CHECK = Check(
    id="path-slash",
    question="Is the URL with a slash at its end the same as without?",
    level="should",
    spec=("RFC 9110 section 15.4", "2025-11-25 basic/transports, Streamable HTTP (one endpoint path)"),
    run=run,
    judges=REFUSED,
    without_mcp=True,
)
