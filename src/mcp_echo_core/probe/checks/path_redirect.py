"""Does the asked URL answer itself, or does it lead elsewhere?"""

from http import HTTPStatus

from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.openings import has_credentials
from mcp_echo_core.probe.paths import Way, way
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED
from mcp_echo_core.redaction import text as redacted

CONSEQUENCE = (
    "After 301, 302 and 303 clients send GET without a body. httpx, requests and fetch drop Authorization when the"
    " host changes, so the request arrives without its token; other headers, an API key among them, go along."
)

FIX = (
    "Give clients the URL at the end, and let the gateway pass the request on instead of redirecting it; where it must"
    " redirect, with 308 and a relative Location."
)
FIX_CIRCLE = "Let the gateway pass the request on to the server: as it is, nobody who follows gets anywhere."


async def run(survey: Survey) -> Finding:
    """Follow the redirects by hand."""
    found = await way(survey)
    if not found.steps:
        if found.end.status is None:
            return untested(found.end.told(), found.end)
        if found.end.message is None:
            return untested(f"the endpoint itself was answered {found.end.told()}", found.end)
        return passed("it answers itself", found.end)
    faults = _faults(found, tokens=has_credentials(survey))
    evidence = (*(each.answer for each in found.steps), found.end)
    target = found.steps[-1].shown
    path = [redacted(survey.options.url), *(each.shown for each in found.steps)]
    facts = {"steps": len(found.steps), "target": target}
    details = (" → ".join(path), f"at the end: {found.end.told()}")
    if not faults:
        consequence = "Clients that follow redirects get there with everything, others stop; each request costs more."
        return noted(f"it leads to {target}", *evidence, details=details, consequence=consequence, facts=facts)
    return failed(
        f"it leads to {target}",
        *evidence,
        details=(*faults, *details),
        consequence=CONSEQUENCE,
        fix=FIX_CIRCLE if found.circle else FIX,
        facts=facts,
    )


def _faults(found: Way, *, tokens: bool) -> list[str]:
    faults = [fault for each in found.steps for fault in each.faults]
    if found.end.message is None and found.end.status != HTTPStatus.UNAUTHORIZED:
        faults += [each.lost_path for each in found.steps if each.target is not None and each.lost_path is not None]
    if tokens and any(each.upgrades for each in found.steps):
        faults.append("it leads from http to https, but the token has gone over the wire in clear already")
    lost = found.end.message is None and found.end.status is not None and found.end.status not in REFUSED
    if lost and not faults and not found.circle:
        faults.append(f"at the end nothing answers as an MCP server does: {found.end.told()}")
    if found.circle:
        faults.append("the redirects lead in a circle, or further than clients follow")
    return list(dict.fromkeys(faults))


CHECK = Check(
    id="path-redirect",
    question="Does the asked URL answer itself, or does it lead elsewhere?",
    level="must",
    spec=("RFC 9110 section 15.4", "RFC 6750 section 5.3 (TLS)", "Fetch standard, HTTP-redirect fetch"),
    run=run,
    judges=REFUSED | {None},
    without_mcp=True,
)
