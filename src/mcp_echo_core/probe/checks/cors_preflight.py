"""Does a preflight allow what an MCP client in a browser has to send?"""

from collections.abc import Sequence

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe import browsers
from mcp_echo_core.probe.browsers import Page
from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.openings import served, usual_opening
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED


async def run(survey: Survey) -> Finding:
    """Judge the preflights of the origins that are let in."""
    pages = await browsers.welcome_pages(survey)
    if not pages:
        return await _closed(survey)
    needed = await browsers.needed_headers(survey)
    evidence = [answer for page in pages for answer in page.evidence]
    faults = [fault for page in pages for fault in _faults(page, needed)]
    details = (*faults, *(remark for page in pages for remark in _remarks(page, needed)), _turned_away(pages))
    facts = {"origins": [page.origin for page in pages], "needed": list(needed)}
    told = {"details": tuple(filter(None, details)), "facts": facts}
    if faults:
        return failed(
            "NO: a preflight refuses what has to be sent",
            *evidence,
            consequence="The browser sends no such request at all; the page sees 'Failed to fetch' without a status.",
            fix="Name the missing headers in Access-Control-Allow-Headers, DELETE in Access-Control-Allow-Methods,"
            " and send Access-Control-Allow-Origin with the preflight's answer.",
            **told,
        )
    if not all(page.preflight.ok for page in pages):
        return untested("the preflight is not answered with 2xx, see cors-anonymous", *evidence, **told)
    return passed(f"YES, from {' and '.join(page.origin for page in pages)}", *evidence, **told)


async def _closed(survey: Survey) -> Finding:
    pages = await browsers.pages(survey)
    if all(page.preflight.status is None for page in pages):
        return untested(pages[0].preflight.told(), *(page.preflight for page in pages))
    usual = await usual_opening(survey)
    if not served(usual) and usual.status not in REFUSED and usual.message is None:
        return untested(f"the endpoint itself was answered {usual.told()}", usual)
    return noted(
        "no browser client can use it",
        *(answer for page in pages for answer in (page.preflight, page.answer)),
        details=tuple(
            f"{page.origin}: preflight {page.preflight.told()}, POST {page.answer.told()}, neither allows it"
            for page in pages
        ),
        consequence="Pages, MCP Inspector's direct connection among them, cannot reach the server. Clients that are"
        " no browser do not notice. A gateway in front may add the CORS headers.",
        facts={"origins": []},
    )


def _faults(page: Page, needed: Sequence[str]) -> list[str]:
    preflight, faults = page.preflight, []
    if preflight.ok and not browsers.allows(preflight, page.origin):
        return [f"the POST may be read by {page.origin}, but its preflight has no Access-Control-Allow-Origin for it"]
    if not browsers.allows(preflight, page.origin):
        return []
    if refused := browsers.refused_headers(preflight, needed):
        faults.append(f"{page.origin} may not send {', '.join(refused)}{_wildcard(preflight, refused)}")
    if page.deletion is not None and browsers.refuses_method(page.deletion, "DELETE"):
        faults.append(f"{page.origin} may not send DELETE, so it cannot end its session")
    return faults


def _wildcard(preflight: Answer, refused: Sequence[str]) -> str:
    starred = "*" in browsers.members(preflight, "access-control-allow-headers") and "authorization" in refused
    return " (* does not cover Authorization)" if starred else ""


def _remarks(page: Page, needed: Sequence[str]) -> list[str]:
    remarks = []
    whole, preflight = page.whole, page.preflight
    others = [name for name in browsers.refused_headers(whole, browsers.HEADERS) if name not in needed]
    if others:
        remarks.append(f"{page.origin} may not send {', '.join(others)}; this server was not seen to need them")
    credentials = browsers.members(preflight, "access-control-allow-credentials") == ["true"]
    if credentials and "*" in browsers.members(preflight, browsers.ALLOW_ORIGIN):
        remarks.append("Access-Control-Allow-Credentials has no effect together with Access-Control-Allow-Origin: *")
    elif credentials and page.origin == browsers.ORIGINS[0]:
        remarks.append(f"{page.origin}, a stranger, is allowed to use the user's cookies")
    return remarks


def _turned_away(pages: Sequence[Page]) -> str:
    away = [origin for origin in browsers.ORIGINS if origin not in {page.origin for page in pages}]
    return f"not let in: {', '.join(away)}" if away else ""


CHECK = Check(
    id="cors-preflight",
    question="Does a preflight allow what an MCP client in a browser has to send?",
    level="should",
    spec=("Fetch standard, CORS-preflight fetch", "2026-07-28 basic/transports/streamable-http, Request Metadata"),
    run=run,
    judges=REFUSED,
    without_mcp=True,
)
