"""Does a request without a token get the challenge that lets a client fetch one?"""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from mcp_echo_core.client.answers import Answer, media_type
from mcp_echo_core.client.urls import origin_of
from mcp_echo_core.probe.challenges import Challenge, challenges
from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.oauth import bearer_challenge, documents, is_absolute
from mcp_echo_core.probe.openings import anonymous_opening, served, usual_opening
from mcp_echo_core.probe.paths import REDIRECTS, look, step
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED
from mcp_echo_core.redaction import text as redacted

HTML = "text/html"
NO_TOKEN = "no authorization is asked for"  # noqa: S105 - not a password
CONSEQUENCE = (
    "A client begins an authorization at 401 only. Anything else ends in an error that says nothing of a token, such as"
    " one about HTML where JSON was expected."
)
FIX = 'Answer a request without a valid token 401 with WWW-Authenticate: Bearer resource_metadata="https://…".'


async def run(survey: Survey) -> Finding:
    """Ask without credentials."""
    answer, usual = await anonymous_opening(survey), await usual_opening(survey)
    if answer.status is None:
        return untested(answer.told(), answer)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return await _challenged(survey, answer)
    if served(answer):
        return noted(NO_TOKEN, answer, facts={"protected": False})
    if served(usual):
        told = f"NO: {answer.told()} instead of 401"
        return failed(told, answer, usual, consequence=CONSEQUENCE, fix=FIX, facts={"protected": True})
    return await _without_comparison(survey, answer)


async def _without_comparison(survey: Survey, answer: Answer) -> Finding:
    """Nothing is served with the credentials that were given, if any: is it authorization that is in the way?"""
    found = [document for document in await documents(survey) if document.value is not None]
    login = await _login(survey, answer)
    if login is not None:
        return failed(f"NO: {answer.told()}, a page instead of 401", answer, login, consequence=CONSEQUENCE, fix=FIX)
    if answer.status == HTTPStatus.FORBIDDEN and found:
        evidence = [answer, *(document.answer for document in found)]
        return failed("NO: 403 instead of 401", *evidence, consequence=CONSEQUENCE, fix=FIX)
    if answer.message is not None and answer.status != HTTPStatus.FORBIDDEN:
        return noted(f"{NO_TOKEN}: {answer.told()}", answer, facts={"protected": False})
    reason = f"answered {answer.told()}, which may or may not be for want of a token; give --bearer to compare"
    return untested(reason, answer)


async def _login(survey: Survey, answer: Answer) -> Answer | None:
    """The HTML page that is the answer, or that it leads to at another place."""
    if answer.ok and _is_html(answer):
        return answer
    redirect = step(answer, survey.options.url) if answer.status in REDIRECTS else None
    if redirect is None or redirect.target is None or redirect.lost_path is None:
        return None
    page = await look(survey, redirect.target, "where the redirect leads, without credentials")
    return page if page.ok and _is_html(page) else None


def _is_html(answer: Answer) -> bool:
    return media_type(answer.headers) == HTML


async def _challenged(survey: Survey, answer: Answer) -> Finding:
    values = answer.headers.get_list("www-authenticate")
    if not values:
        return failed(
            "NO: 401 without WWW-Authenticate",
            answer,
            consequence="RFC 9110 asks for the header. Clients that know 2025-11-25 still try the well-known places,"
            " those of 2025-06-18 give up.",
            fix=FIX,
            facts={"protected": True},
        )
    bearer = await bearer_challenge(survey)
    if bearer is None:
        return _other_scheme(answer, values)
    faults = [*bearer.faults, *await _named_faults(survey, bearer)]
    details = tuple(redacted(text) for text in (*faults, *_told(survey, bearer)))
    facts = {"protected": True, "resource_metadata": redacted(bearer.parameters.get("resource_metadata", ""))}
    evidence = [answer, *(each.answer for each in await documents(survey) if each.url == _named(bearer))]
    if faults:
        return failed(
            "NO: the challenge is broken",
            *evidence,
            details=details,
            consequence="A client that takes the challenge at its word finds no metadata and no authorization server.",
            fix="Quote the values, part them with commas, and name the metadata's absolute URL as clients reach it from"
            " outside: scheme and host of the asked URL.",
            facts=facts,
        )
    if _named(bearer) is None and not any(document.value is not None for document in await documents(survey)):
        return noted(
            "401 with Bearer, but without metadata: see oauth-metadata", *evidence, details=details, facts=facts
        )
    return passed("YES: 401 with Bearer", *evidence, details=details, facts=facts)


def _other_scheme(answer: Answer, values: Sequence[str]) -> Finding:
    offered = challenges(values)
    if any(challenge.faults for challenge in offered):
        faults = tuple(redacted(fault) for challenge in offered for fault in challenge.faults)
        consequence = "Clients find no scheme that they know in it."
        return failed("NO: WWW-Authenticate is broken", answer, details=faults, consequence=consequence, fix=FIX)
    schemes = ", ".join(challenge.scheme for challenge in offered)
    return noted(
        f"401 with {schemes}, not Bearer",
        answer,
        consequence="No MCP client begins an authorization; users have to configure a header by hand.",
        facts={"protected": True, "schemes": schemes},
    )


def _named(bearer: Challenge) -> str | None:
    return bearer.parameters.get("resource_metadata")


async def _named_faults(survey: Survey, bearer: Challenge) -> list[str]:
    url = _named(bearer)
    if url is None:
        return []
    if not is_absolute(url):
        return [f"resource_metadata is no absolute URL: {url}"]
    if urlsplit(survey.options.url).scheme == "https" and urlsplit(url).scheme == "http":
        return [f"resource_metadata is http, although the server was asked by https: {url}"]
    document = next((each for each in await documents(survey) if each.url == url), None)
    broken = document is not None and document.value is None
    return (
        [f"resource_metadata leads to no metadata: {url} was answered {document.told}"] if broken and document else []
    )


def _told(survey: Survey, bearer: Challenge) -> list[str]:
    url, scope = _named(bearer), bearer.parameters.get("scope")
    told = [f"scope: {scope}" if scope else "no scope is named: clients ask for all in scopes_supported, or for none"]
    if url is None:
        told.append(
            "no resource_metadata: clients of 2025-06-18 look nowhere else, later ones try the well-known places"
        )
    elif is_absolute(url) and origin_of(url) != origin_of(survey.options.url):
        told.append(f"the metadata is at another origin than the server: {origin_of(url)}")
    return told


CHECK = Check(
    id="oauth-challenge",
    question="Does a request without a token get the challenge that lets a client fetch one?",
    level="must",
    spec=(
        "2025-11-25 basic/authorization, Protected Resource Metadata Discovery Requirements; Error Handling",
        "RFC 9110 sections 11.6.1 and 15.5.2",
        "RFC 9728 section 5.1",
    ),
    run=run,
    judges=REFUSED | {None},
    without_mcp=True,
)
