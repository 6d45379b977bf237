"""Where a server says how to get a token: its challenge and its metadata, fetched as clients do, without credentials.

Sources: 2025-11-25 basic/authorization, Authorization Server Discovery; RFC 9728; RFC 8414; OpenID Connect Discovery.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from mcp_echo_core.client.answers import Answer, object_in
from mcp_echo_core.client.urls import origin_of, without_userinfo
from mcp_echo_core.probe.challenges import Challenge, challenges
from mcp_echo_core.probe.openings import anonymous_opening
from mcp_echo_core.probe.paths import look
from mcp_echo_core.probe.survey import Survey, once

WELL_KNOWN = "/.well-known/oauth-protected-resource"


class Document(Struct, frozen=True):
    """A metadata document, or the failure to get it.

    Attributes:
        url: Where it was asked for.
        answer: What came.
        value: What it says.
    """

    url: str
    answer: Answer
    value: Mapping[str, Any] | None

    @property
    def told(self) -> str:
        """What came, in a few words."""
        if self.value is None and self.answer.ok:
            return f"{self.answer.told()}, which is no JSON object"
        return self.answer.told()


async def bearer_challenge(survey: Survey) -> Challenge | None:
    """The ``Bearer`` challenge of the answer without credentials."""
    offered = challenges((await anonymous_opening(survey)).headers.get_list("www-authenticate"))
    return next((challenge for challenge in offered if challenge.scheme == "bearer"), None)


async def named_url(survey: Survey) -> str | None:
    """The URL that the challenge names as that of the metadata, whatever it looks like."""
    challenge = await bearer_challenge(survey)
    return challenge.parameters.get("resource_metadata") if challenge is not None else None


@once
async def documents(survey: Survey) -> Sequence[Document]:
    """Protected-resource metadata at every place where clients look, in the order in which they look."""
    named = await named_url(survey)
    places = [named] if named is not None and is_absolute(named) else []
    purposes = dict.fromkeys(places, "the metadata that the challenge names")
    for place in well_known(resource_of(survey)):
        purposes.setdefault(place, "protected-resource metadata at a well-known place")
    return [await _fetch(survey, place, purpose) for place, purpose in purposes.items()]


@once
async def issuer_documents(survey: Survey) -> Mapping[str, Sequence[Document]]:
    """Metadata of the first authorization server that each protected-resource document names, by issuer.

    The last document of each is the one found, if there is one; who does not answer at all is not asked again.
    """
    found: dict[str, Sequence[Document]] = {}
    for issuer in dict.fromkeys(filter(None, (first_issuer(document) for document in await documents(survey)))):
        tried: list[Document] = []
        for place in issuer_places(issuer):
            tried.append(await _fetch(survey, place, "metadata of the authorization server"))
            if tried[-1].value is not None or tried[-1].answer.status is None:
                break
        found[issuer] = tried
    return found


def first_issuer(document: Document) -> str | None:
    """The first authorization server that a document names, if it is a URL."""
    named = (document.value or {}).get("authorization_servers")
    first = named[0] if isinstance(named, list) and named else None
    return first if isinstance(first, str) and is_absolute(first) else None


def resource_of(survey: Survey) -> str:
    """The asked URL as a resource identifier: no user name, query or fragment (RFC 8707 section 2)."""
    return urlunsplit(urlsplit(without_userinfo(survey.options.url))._replace(query="", fragment=""))


def well_known(resource: str) -> Sequence[str]:
    """The well-known places of protected-resource metadata: that of the path, then the root (RFC 9728 section 3.1)."""
    parts = urlsplit(resource)
    paths = dict.fromkeys((f"{WELL_KNOWN}{parts.path.rstrip('/') and parts.path}", WELL_KNOWN))
    return [urlunsplit(parts._replace(path=path)) for path in paths]


def issuer_places(issuer: str) -> Sequence[str]:
    """The places of an authorization server's metadata, in the order in which clients must try them."""
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    paths = [f"/.well-known/oauth-authorization-server{path}", f"/.well-known/openid-configuration{path}"]
    paths += [f"{path}/.well-known/openid-configuration"] if path else []
    return [urlunsplit(parts._replace(path=each, query="", fragment="")) for each in paths]


def is_absolute(url: str) -> bool:
    """Whether it is an ``http`` or ``https`` URL with a host."""
    return origin_of(url).startswith(("http://", "https://"))


def same_resource(one: str, other: str) -> bool:
    """Whether two identifiers are the same but for the case of the host, a usual port or the slash of an empty path."""
    return origin_of(one) == origin_of(other) and _rest(one) == _rest(other)


def difference(expected: str, found: str) -> str:
    """In what a resource identifier differs from the URL that was asked, in words."""
    old, new = urlsplit(expected), urlsplit(found)
    if not is_absolute(found):
        return "it is no absolute URL"
    told = []
    if old.scheme != new.scheme:
        told.append(f"{new.scheme} instead of {old.scheme}")
    if (old.hostname, old.port) != (new.hostname, new.port):
        told.append(f"another host or port ({new.netloc.rpartition('@')[2]})")
    if old.path != new.path:
        slash = old.path.rstrip("/") == new.path.rstrip("/")
        told.append("the slash at the end" if slash else f"the path {new.path or '/'} instead of {old.path or '/'}")
    return ", ".join(told) or "its spelling"


async def _fetch(survey: Survey, url: str, purpose: str) -> Document:
    answer = await look(survey, url, purpose, accept="application/json")
    return Document(url, answer, object_in(answer.body) if answer.status == HTTPStatus.OK else None)


def _rest(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    return parts.path or "/", parts.query, parts.fragment
