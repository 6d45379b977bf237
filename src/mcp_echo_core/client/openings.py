"""Which era a server speaks, judged by its answer to a modern ``server/discover``. Pure.

Source: 2026-07-28 basic/transports/streamable-http and basic/versioning, Backward Compatibility: a result or a
recognised modern error means modern; anything else means the handshake.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.client.faults import NotServed, fault_in, is_redirect
from mcp_echo_core.client.session_file import Era
from mcp_echo_core.eras.versions import ALL_VERSIONS, HANDSHAKE_VERSIONS, MODERN_VERSIONS
from mcp_echo_core.errors import HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION

DISCOVER = "server/discover"

MODERN_ERRORS = (HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION)
"""Errors by which a client recognises a modern server, so that it does not fall back to the handshake."""

NEITHER = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
"""Statuses that tell nothing about the era."""


class Opening(NamedTuple):
    """How to speak to a server.

    Attributes:
        era: Of the revision.
        version: The revision to use; of the legacy era, the one to propose.
    """

    era: Era
    version: str


def opening(answer: Answer) -> Opening:
    """How to speak to the server that gave this answer to ``server/discover``.

    Raises:
        Unreachable: There is no answer.
        CredentialsWanted: The answer is 401 or 403.
        RequestRefused: The server is modern and refuses how it was asked.
        NotServed: It is a redirect, or no revision is common to both.
    """
    result, supported = answer.result or {}, _supported(answer)
    if answer.status is None or answer.status in NEITHER or is_redirect(answer):
        raise fault_in(DISCOVER, answer)
    if answer.ok and isinstance(result.get("supportedVersions"), list):
        return _common(result["supportedVersions"])
    if answer.ok and "resultType" in result:
        return Opening("modern", MODERN_VERSIONS[0])
    if answer.code == UNSUPPORTED_VERSION and supported is not None:
        return _common(supported)
    if answer.code in (HEADER_MISMATCH, MISSING_CAPABILITY):
        raise fault_in(DISCOVER, answer)
    return Opening("legacy", HANDSHAKE_VERSIONS[0])


def is_modern(answer: Answer) -> bool:
    """Whether an answer to any modern request is one that only a modern server gives."""
    return "resultType" in (answer.result or {}) or answer.code in MODERN_ERRORS


def _supported(answer: Answer) -> Sequence[Any] | None:
    data = (answer.error or {}).get("data")
    supported = data.get("supported") if isinstance(data, dict) else None
    return supported if isinstance(supported, list) else None


def _common(supported: Sequence[Any]) -> Opening:
    """The newest revision that both speak."""
    eras: tuple[tuple[Era, Sequence[str]], ...] = (("modern", MODERN_VERSIONS), ("legacy", HANDSHAKE_VERSIONS))
    for era, versions in eras:
        for version in versions:
            if version in supported:
                return Opening(era, version)
    named = ", ".join(map(str, supported)) or "none"
    raise NotServed(f"no revision is common: the server names {named}; this client speaks {', '.join(ALL_VERSIONS)}")
