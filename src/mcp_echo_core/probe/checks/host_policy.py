"""Is a request for a foreign host turned away?"""

from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.openings import is_protected, nearness, served, usual_opening
from mcp_echo_core.probe.origins import foreign_host, rebinding_host, strangers
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED


async def run(survey: Survey) -> Finding:
    """Ask with a ``Host`` that DNS rebinding would bring."""
    usual = await usual_opening(survey)
    if not served(usual):
        return untested(f"no request is served: the usual one was answered {usual.told()}", usual)
    answer = await foreign_host(survey)
    facts = {"status": answer.status}
    if answer.timed_out:
        return untested(f"no verdict; {answer.told()}", answer, usual)
    if not served(answer):
        return passed(f"YES: {answer.told()}", answer, usual, facts=facts)
    pages = await strangers(survey)
    rebound = served(pages.rebound)
    if await nearness(survey) == "loopback" and rebound and not await is_protected(survey):
        return failed(
            "NO: DNS rebinding works",
            answer,
            pages.rebound,
            details=(f"a request for {rebinding_host(survey.options.url)} is served on this machine",),
            consequence="A page whose name the attacker points to 127.0.0.1 is of the same origin as the server for the"
            " browser: it reads every answer and needs no CORS.",
            fix="On loopback, serve only the hosts localhost, 127.0.0.1 and [::1] (any port) and answer others 421.",
            facts=facts,
        )
    details = ("a request that comes with a foreign Origin as well is refused",) if not rebound else ()
    consequence = "Nothing by itself; links and metadata that a server makes out of Host are the sender's to choose."
    return noted("NO: any host is served", answer, details=details, consequence=consequence, facts=facts)


CHECK = Check(
    id="host-policy",
    question="Is a request for a foreign host turned away?",
    level="should",
    spec=("2025-11-25 basic/transports, Security Warning (DNS rebinding)", "RFC 9110 section 7.4"),
    run=run,
    judges=REFUSED | {None},
    without_mcp=True,
)
