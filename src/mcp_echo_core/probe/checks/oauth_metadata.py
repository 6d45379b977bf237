"""Does the metadata describe the URL that was asked, and lead to an authorization server?"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from mcp_echo_core.client.urls import origin_of
from mcp_echo_core.probe import browsers
from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.oauth import (
    WELL_KNOWN,
    Document,
    bearer_challenge,
    difference,
    documents,
    first_issuer,
    issuer_documents,
    named_url,
    resource_of,
    same_resource,
)
from mcp_echo_core.probe.openings import anonymous_opening, is_protected
from mcp_echo_core.probe.paths import look
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED
from mcp_echo_core.redaction import text as redacted

OPEN = "no authorization is asked for"


class Fault(Struct, frozen=True):
    """What is wrong, what a client does then, and the fix."""

    seen: str
    consequence: str
    fix: str


async def run(survey: Survey) -> Finding:
    """Judge the document that clients would use."""
    every = await documents(survey)
    found = [document for document in every if document.value is not None]
    protected = await is_protected(survey)
    if not found:
        return await _missing(survey, every, protected=protected)
    used = found[0]
    faults = [*await _resource_faults(survey, used), *_server_faults(used), *await _issuer_faults(survey, used)]
    details = tuple(map(redacted, (*(fault.seen for fault in faults), *await _remarks(survey, every, used))))
    evidence = [document.answer for document in every]
    evidence += [each.answer for each in (await issuer_documents(survey)).get(first_issuer(used) or "", ())]
    facts = {"protected": protected, "url": redacted(used.url), "resource": redacted(str(_of(used, "resource")))}
    if not protected:
        return noted(f"{OPEN}, but metadata is published", *evidence, details=details, facts=facts)
    if faults:
        return failed(
            f"NO: {redacted(faults[0].seen)}",
            *evidence,
            details=details,
            consequence=" ".join(dict.fromkeys(fault.consequence for fault in faults)),
            fix=" ".join(dict.fromkeys(fault.fix for fault in faults)),
            facts=facts,
        )
    return passed("YES", *evidence, details=details, facts=facts)


async def _missing(survey: Survey, every: Sequence[Document], *, protected: bool) -> Finding:
    evidence = [document.answer for document in every]
    details = tuple(redacted(f"{document.url}: {document.told}") for document in every)
    if not protected:
        return untested(f"{OPEN}, and no metadata is published", *evidence, details=details)
    answer = await anonymous_opening(survey)
    if answer.status != HTTPStatus.UNAUTHORIZED:
        return untested("a token is wanted, but not with 401, see oauth-challenge", answer, *evidence, details=details)
    if "www-authenticate" in answer.headers and await bearer_challenge(survey) is None:
        return noted("none, and authorization is not by Bearer", answer, *evidence, details=details)
    return failed(
        "NO: there is none",
        answer,
        *evidence,
        details=details,
        consequence="A client cannot find out where to get a token; users have to configure one by hand.",
        fix=f"Serve protected-resource metadata at {WELL_KNOWN} followed by the endpoint's path, as JSON and without"
        " asking for a token, and name its URL in the challenge.",
    )


async def _resource_faults(survey: Survey, used: Document) -> list[Fault]:
    expected, found = resource_of(survey), _of(used, "resource")
    if isinstance(found, str) and _describes(found, used, expected, challenged=used.url == await named_url(survey)):
        return []
    told = difference(expected, found) if isinstance(found, str) else "it is missing"
    return [
        Fault(
            f"resource is {found!r}, but {expected} was asked: {told}",
            "Clients must not use metadata of another resource (RFC 9728 section 3.3): strict ones, VS Code and the C#"
            " SDK among them, stop here. The Python and TypeScript SDKs let pass a shorter path of the same origin.",
            "Build resource from the URL that clients use, not from the address that the server sees behind its"
            " gateway (X-Forwarded-Proto, X-Forwarded-Host, path prefix).",
        )
    ]


def _describes(found: str, used: Document, expected: str, *, challenged: bool) -> bool:
    """Whether a client may take the document for one of the asked URL.

    At the root and without being named by the challenge, it is the one of the host (RFC 9728 section 3.3).
    """
    at_root = urlsplit(used.url).path == WELL_KNOWN and not challenged
    return same_resource(found, expected) or (at_root and same_resource(found, origin_of(expected)))


def _server_faults(used: Document) -> list[Fault]:
    servers = _of(used, "authorization_servers")
    if isinstance(servers, list) and servers and first_issuer(used) is not None:
        return []
    seen = f"authorization_servers is {servers!r}" if servers is not None else "authorization_servers is missing"
    return [
        Fault(
            f"{seen}, not a list of URLs" if servers else seen,
            "A client has nowhere to get a token.",
            "List the issuer of at least one authorization server in authorization_servers.",
        )
    ]


async def _issuer_faults(survey: Survey, used: Document) -> list[Fault]:
    issuer = first_issuer(used)
    tried = (await issuer_documents(survey)).get(issuer or "", ())
    if issuer is None or not tried:
        return []
    last = tried[-1]
    if last.answer.status is None and urlsplit(issuer).hostname != urlsplit(survey.options.url).hostname:
        return []
    if last.value is None:
        places = "; ".join(f"{document.url}: {document.told}" for document in tried)
        return [
            Fault(
                f"the authorization server {issuer} has no metadata ({places})",
                "A client knows the authorization server, but none of its endpoints.",
                "Serve the metadata of RFC 8414 or OpenID Connect at the well-known places of the issuer.",
            )
        ]
    if last.value.get("issuer") == issuer:
        return []
    return [
        Fault(
            f"the metadata of {issuer} is that of the issuer {last.value.get('issuer')!r}",
            "Clients must not use metadata of another issuer (RFC 8414 section 3.3); a slash at the end counts.",
            "Write the issuer into authorization_servers exactly as its own metadata has it.",
        )
    ]


async def _remarks(survey: Survey, every: Sequence[Document], used: Document) -> list[str]:
    remarks = [f"used: {used.url}", *(f"{each.url}: {each.told}" for each in every if each.value is None)]
    for other in every:
        if other is not used and other.value is not None:
            names = ("resource", "authorization_servers")
            differing = [name for name in names if _of(other, name) != _of(used, name)]
            remarks += [f"{other.url} has another {' and '.join(differing)}"] if differing else []
    issuer = first_issuer(used)
    tried = (await issuer_documents(survey)).get(issuer or "", ())
    if tried and tried[-1].answer.status is None:
        remarks.append(f"the authorization server {issuer} does not answer from here: {tried[-1].told}")
    origin = browsers.ORIGINS[1]
    page = await look(survey, used.url, f"may a page of {origin} read the metadata?", origin=origin)
    return [
        *remarks,
        *(["pages cannot read the metadata (no CORS headers)"] if not browsers.allows(page, origin) else []),
    ]


def _of(document: Document, name: str) -> Any:
    return (document.value or {}).get(name)


CHECK = Check(
    id="oauth-metadata",
    question="Does the metadata describe the URL that was asked, and lead to an authorization server?",
    level="must",
    spec=(
        "2025-11-25 basic/authorization, Authorization Server Discovery",
        "RFC 9728 sections 3.1 to 3.3",
        "RFC 8414 sections 3.1 and 3.3",
    ),
    run=run,
    judges=REFUSED | {None},
    without_mcp=True,
)
