"""Are pages of foreign origins turned away?

The rule protects servers that a browser can reach and the attacker cannot: on this machine, in this network. There,
serving a foreign origin breaks it, unless something else keeps its purpose: a token, or a check of ``Host`` (as the
official conformance suite judges). To everybody's server, every origin may be valid, so serving it is only noted.
"""

from http import HTTPStatus

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe import browsers
from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.openings import is_protected, nearness, served, usual_opening
from mcp_echo_core.probe.origins import STRANGE, Strangers, strangers
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED

FORBIDDING_SINCE = "2025-11-25"
"""The first revision that names the status 403."""

CONSEQUENCE = (
    "Any page the user visits can make the browser send requests to the server; with DNS rebinding it can read the"
    " answers, too, and use every tool."
)
FIX = "Answer 403 when Origin is present and not on a list of known origins; without the header, let the request pass."


async def run(survey: Survey) -> Finding:
    """Compare what pages are answered with what the usual request is answered."""
    usual = await usual_opening(survey)
    pages = await strangers(survey)
    evidence = (pages.evil, pages.null, pages.own, pages.rebound)
    forbidden = [each.status == HTTPStatus.FORBIDDEN for each in (pages.evil, pages.null)]
    if all(forbidden) and usual.status != HTTPStatus.FORBIDDEN:
        return _turned_away(pages, usual)
    if not served(usual):
        return untested(f"no request is served: the usual one was answered {usual.told()}", *evidence)
    if served(pages.evil) or served(pages.null):
        return await _let_in(survey, pages)
    return await _wrong_status(survey, pages)


def _turned_away(pages: Strangers, usual: Answer) -> Finding:
    details = [f"Origin {STRANGE}: {pages.evil.told()}; Origin null: {pages.null.told()}"]
    if served(usual) and not served(pages.own):
        details.append(f"its own origin is turned away, too ({pages.own.told()}): pages it serves itself cannot use it")
    return passed("YES: 403", pages.evil, pages.null, pages.own, details=tuple(details), facts=_facts(pages))


async def _let_in(survey: Survey, pages: Strangers) -> Finding:
    near = await nearness(survey)
    evidence = (pages.evil, pages.null, pages.own, pages.rebound)
    declared = browsers.allows(pages.evil, STRANGE)
    told = {"details": _seen(pages, near), "facts": _facts(pages)}
    if near == "public" or (near == "private" and declared):
        why = "its CORS says so" if declared else "no answer allows a page to read it, though"
        consequence = "Whoever reaches the server may ask it anyway; pages gain nothing but the user's address."
        return noted(f"NO: every origin is served ({why})", *evidence, consequence=consequence, **told)
    if await is_protected(survey):
        consequence = "Pages have no token, so that they get no further. A check of Origin would be a second wall."
        return noted("NO: origins are not looked at, but a token is", *evidence, consequence=consequence, **told)
    if not served(pages.rebound):
        consequence = "DNS rebinding ends at the check of Host. CORS decides whether foreign pages can read answers."
        return noted("NO: origins are not looked at, but Host is", *evidence, consequence=consequence, **told)
    return failed("NO: every page may use it", *evidence, consequence=CONSEQUENCE, fix=FIX, **told)


async def _wrong_status(survey: Survey, pages: Strangers) -> Finding:
    other = next(each for each in (pages.evil, pages.null) if each.status != HTTPStatus.FORBIDDEN)
    facts, evidence = _facts(pages), (pages.evil, pages.null, pages.own)
    eras, session = await survey.eras(), await survey.session()
    if not eras.modern and session.version < FORBIDDING_SINCE:
        return passed(f"YES: {other.told()}", *evidence, details=(f"{session.version} names no status",), facts=facts)
    return failed(
        f"YES, but with {other.told()} instead of 403",
        *evidence,
        details=(f"Origin {STRANGE}: {pages.evil.told()}; Origin null: {pages.null.told()}",),
        consequence="Clients take the answer for another fault: 401 begins an authorization, 404 and 400 a search for"
        " other transports or a new session, 5xx a retry.",
        fix="Answer 403 when Origin is present and not allowed.",
        facts=facts,
    )


def _seen(pages: Strangers, near: str) -> tuple[str, ...]:
    place = {"loopback": "on this machine", "private": "in a private network", "public": "at a public address"}[near]
    return (
        f"the server is {place}",
        f"Origin {STRANGE}: {pages.evil.told()}; Origin null: {pages.null.told()}",
        f"foreign Host and Origin, as DNS rebinding sends them: {pages.rebound.told()}",
    )


def _facts(pages: Strangers) -> dict[str, int | None]:
    return {
        "evil": pages.evil.status,
        "null": pages.null.status,
        "own": pages.own.status,
        "rebound": pages.rebound.status,
    }


CHECK = Check(
    id="origin-policy",
    question="Are pages of foreign origins turned away?",
    level="must",
    spec=(
        "2025-11-25 basic/transports, Security Warning 1",
        "2026-07-28 basic/transports/streamable-http, Security & Endpoint 1",
    ),
    run=run,
    judges=REFUSED,
    without_mcp=True,
)
