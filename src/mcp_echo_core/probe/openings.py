"""The first request of a client, changed in one respect: other headers, another URL, or no credentials."""

import asyncio
import socket
from collections.abc import Sequence
from http import HTTPStatus
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.client.requests import Headers, Requests
from mcp_echo_core.client.urls import without_userinfo
from mcp_echo_core.probe.survey import Survey, once
from mcp_echo_core.redaction import looks_secret

Nearness = Literal["loopback", "private", "public"]
"""Who can reach a server: this machine, this network, everybody."""


async def opening(
    survey: Survey, purpose: str, *, headers: Headers = (), url: str | None = None, anonymous: bool = False
) -> Answer:
    """Send ``initialize``, or ``server/discover`` to a server that only speaks 2026-07-28, on a connection of its own.

    Args:
        survey: Of this run.
        purpose: For the evidence.
        headers: Sent too; they take the place of the user's of the same name.
        url: Asked instead of the endpoint; on the same host, because it gets the credentials.
        anonymous: Leave out the credentials, in the URL too.
    """
    replaced = {name.lower() for name, _ in headers}
    kept = [field for field in survey.options.headers if field[0].lower() not in replaced]
    target = url or survey.options.url
    if anonymous:
        kept, target = [field for field in kept if not looks_secret(field[0])], without_userinfo(target)
    requests = Requests(target, (*kept, *headers))
    eras = await survey.eras()
    if eras.modern and not eras.legacy:
        return await survey.send(requests.modern("server/discover", purpose=purpose), fresh=True)
    return (await survey.begin(purpose, requests=requests, fresh=True, said=False)).answer


async def usual_opening(survey: Survey) -> Answer:
    """The answer to the first request as the user has it sent."""
    eras = await survey.eras()
    return eras.discover if eras.modern and not eras.legacy else eras.initialize


@once
async def anonymous_opening(survey: Survey) -> Answer:
    """The answer to the first request without credentials."""
    if not has_credentials(survey):
        return await usual_opening(survey)
    return await opening(survey, "what is answered without credentials?", anonymous=True)


async def is_protected(survey: Survey) -> bool:
    """Whether the server wants credentials."""
    anonymous = await anonymous_opening(survey)
    refused = not served(anonymous) and served(await usual_opening(survey))
    return refused or anonymous.status == HTTPStatus.UNAUTHORIZED


def has_credentials(survey: Survey) -> bool:
    """Whether the user gave credentials, in headers or in the URL."""
    named = any(looks_secret(name) for name, _ in survey.options.headers)
    return named or without_userinfo(survey.options.url) != survey.options.url


def served(answer: Answer) -> bool:
    """Whether the server did what it was asked for."""
    return answer.ok and answer.result is not None


@once
async def nearness(survey: Survey) -> Nearness:
    """Who can reach the server, by the address of the host in the URL."""
    addresses = [ip_address(address) for address in await _addresses(urlsplit(survey.options.url).hostname or "")]
    if addresses and all(address.is_loopback or address.is_unspecified for address in addresses):
        return "loopback"
    return "private" if addresses and all(address.is_private for address in addresses) else "public"


async def _addresses(host: str) -> Sequence[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()  # a proxy may know the name that this machine does not
    return [str(entry[4][0]).partition("%")[0] for entry in found]
