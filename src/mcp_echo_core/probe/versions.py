"""What the checks about revisions share: what ``initialize`` grants, and what modern requests are answered.

Source: 2025-11-25 basic/lifecycle, Version Negotiation; 2026-07-28 basic/versioning.
"""

from collections.abc import Mapping

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.client.incoming import Outgoing
from mcp_echo_core.eras.versions import HANDSHAKE_VERSIONS
from mcp_echo_core.probe.survey import Survey, once

UNKNOWN_VERSION = "2099-01-01"
"""A revision in the form of revisions that nobody has."""

LIFECYCLE = "2025-11-25 basic/lifecycle"
MODERN = "2026-07-28 basic/transports/streamable-http"


NO_VERDICT = (None, 401, 403, 429, 502, 503, 504)
"""Statuses that say nothing about revisions: somebody is not let in, or it is too much just now."""


@once
async def negotiated(survey: Survey) -> Mapping[str, Answer]:
    """What ``initialize`` is answered, by the revision that it asks for."""
    return {version: await propose(survey, version) for version in HANDSHAKE_VERSIONS}


async def propose(survey: Survey, version: str) -> Answer:
    """The answer to ``initialize`` with a revision."""
    return await survey.send(survey.requests.initialize(purpose=f"is {version} granted?", version=version))


def granted(answer: Answer) -> str | None:
    """The revision that an answer to ``initialize`` settles on."""
    version = (answer.result or {}).get("protocolVersion")
    return version if isinstance(version, str) else None


@once
async def modern_listing(survey: Survey) -> Answer:
    """The answer to a modern ``tools/list``."""
    return await survey.send(survey.requests.modern("tools/list", purpose="which tools are there, in the modern era?"))


def with_header(request: Outgoing, name: str, value: str) -> Outgoing:
    """A request with another value in one of its header fields."""
    headers = [(field, value if field.lower() == name.lower() else old) for field, old in request.headers]
    return Outgoing(purpose=request.purpose, method=request.method, url=request.url, headers=headers, body=request.body)


async def without_modern_era(survey: Survey) -> str | None:
    """Why rules of the modern era cannot be tested; ``None`` when the server speaks it."""
    eras = await survey.eras()
    if eras.modern:
        return None
    if eras.discover.status in NO_VERDICT:
        return f"whether the server speaks the modern era is not known: {eras.discover.told()}"
    return f"the server does not speak the modern era: {eras.discover.told()}"


async def without_handshake(survey: Survey) -> str | None:
    """Why the negotiation of revisions cannot be tested; ``None`` when there is a handshake."""
    eras = await survey.eras()
    if eras.legacy:
        return None
    if eras.modern:
        return "the server speaks the modern era alone, which has no handshake"
    return (await survey.session()).refused
