"""Where the eras part: a pure decision from the version header and the message, made once per message.

The body decides: a message whose ``params._meta`` names a protocol version is modern, whatever the header says; the
header must agree with it. Source: 2026-07-28 basic/versioning, Backward Compatibility with Initialization-Based
Versions; 2025-11-25 basic/transports, Protocol Version Header.
"""

from collections.abc import Sequence
from enum import Enum

from mcp_echo_core.errors import InvalidRequest


class Era(Enum):
    """The two ways in which client and server agree on a revision."""

    LEGACY = "legacy"
    MODERN = "modern"


def check_version_header(header: str | None, served: Sequence[str]) -> str | None:
    """The version header, refused when it names no revision served here.

    Args:
        header: Value of ``MCP-Protocol-Version``, if it was sent.
        served: The revisions this endpoint serves by handshake.

    Raises:
        InvalidRequest: 400, as every revision with this header demands.
    """
    if header is None or header in served:
        return header
    raise InvalidRequest(
        "MCP-Protocol-Version names a revision that is not served here",
        seen=header,
        rule="An unsupported version header is answered with 400",
        spec="2025-11-25 basic/transports, Protocol Version Header",
        fix=f"Send one of {', '.join(served)}, as negotiated by initialize.",
        extra={"supported": list(served), "requested": header},
    )
