"""Where the eras part: a pure decision from the version header and the body, made once per message.

The body decides: a request whose ``params._meta`` names a protocol version is modern, whatever the header says; that
they agree is checked afterwards. Source: 2026-07-28 basic/versioning, Backward Compatibility with Initialization-Based
Versions; 2025-11-25 basic/transports, Protocol Version Header.
"""

from collections.abc import Collection
from enum import Enum
from typing import Any

from mcp_echo_core.eras.versions import ALL_VERSIONS

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
"""The member of ``_meta`` whose presence makes a request modern; a bare ``_meta`` does not."""


class Era(Enum):
    """The two ways in which client and server agree on a revision."""

    LEGACY = "legacy"
    MODERN = "modern"


def classify(header: str | None, body: Any, modern: Collection[str]) -> Era:
    """The era of a posted message or batch.

    Args:
        header: Value of ``MCP-Protocol-Version``, if it was sent.
        body: The decoded body.
        modern: The modern revisions this endpoint serves; without any, everything is legacy.

    Returns:
        The era by whose rules it is answered or refused.
    """
    if not modern:
        return Era.LEGACY
    if header in modern:
        return Era.MODERN
    if type(body) is dict:
        if "id" not in body:
            # A notification carries no envelope: the header alone tells, and an unknown one is news from the future.
            return Era.LEGACY if header is None or header in ALL_VERSIONS else Era.MODERN
        params = body.get("params")
        meta = params.get("_meta") if type(params) is dict else None
        if type(meta) is dict and VERSION_KEY in meta:
            return Era.MODERN
    return Era.LEGACY
