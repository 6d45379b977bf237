"""``initialize``: negotiate a revision, say what is offered, mint the session (basic/lifecycle, Initialization)."""

import re
from collections.abc import Mapping
from typing import Any

from mcp_echo_core import __version__
from mcp_echo_core.eras.versions import HANDSHAKE_VERSIONS, STRUCTURED_CONTENT
from mcp_echo_core.errors import InvalidParams
from mcp_echo_core.exchange import Exchange
from mcp_echo_core.messages import encode
from mcp_echo_core.runtime import Runtime
from mcp_echo_core.stores.records import MAX_CLIENT_TEXT, ClientInfo

_REVISION = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SPEC = "basic/lifecycle, Initialization"

MAX_CAPABILITIES_BYTES = 4096
"""Of larger capabilities only the names are kept, and only so many."""

MAX_CAPABILITIES = 20


class Handshake:
    """Answers ``initialize``.

    Args:
        runtime: The server.
        capabilities: What the server declares.
    """

    def __init__(self, runtime: Runtime, capabilities: Mapping[str, Any]) -> None:
        self._runtime = runtime
        self._served = [v for v in runtime.settings.protocol_versions if v in HANDSHAKE_VERSIONS]
        self._capabilities = capabilities

    async def answer(self, exchange: Exchange, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """The result; the id of the new session goes into the answer's headers.

        Raises:
            InvalidParams: The params are not those of ``initialize``.
            SessionLimitReached: No further session can be kept.
        """
        client, capabilities = _introduction(params)
        version = exchange.revision = self._negotiate(params.get("protocolVersion"))
        session = await self._runtime.sessions.mint(
            now, initialized=True, protocol_version=version, client=client, capabilities=capabilities
        )
        if session is not None:
            exchange.assign(session.id)
        variant = self._runtime.variant
        server_info = {"name": variant.distribution, "version": __version__}
        if version in STRUCTURED_CONTENT:
            server_info["title"] = variant.title
        return {
            "protocolVersion": version,
            "capabilities": self._capabilities,
            "serverInfo": server_info,
            "instructions": variant.instructions,
        }

    def _negotiate(self, requested: Any) -> str:
        if type(requested) is not str:
            raise _fault("protocolVersion", requested, "a string such as 2025-11-25")
        if requested in self._served:
            return requested
        settings = self._runtime.settings
        if _REVISION.fullmatch(requested) and not settings.protocol_strict:
            return settings.protocol_version
        refusal = InvalidParams(
            "The protocol version is not supported",
            seen=requested,
            rule="initialize names a revision as YYYY-MM-DD" + (" that is served" if settings.protocol_strict else ""),
            spec="basic/lifecycle, Version Negotiation",
            fix=f"Ask for one of {', '.join(self._served)}.",
            extra={"supported": self._served, "requested": requested},
        )
        refusal.message = "Unsupported protocol version"
        raise refusal


def _introduction(params: Mapping[str, Any]) -> tuple[ClientInfo | None, dict[str, Any] | None]:
    """Who the client is and what it can do."""
    if "capabilities" not in params and "clientInfo" not in params:
        return None, None  # the short form that people type by hand
    capabilities = params.get("capabilities")
    if type(capabilities) is not dict:
        raise _fault("capabilities", capabilities, "an object, {} if there are none")
    client = ClientInfo.read(params.get("clientInfo"))
    if client is None:
        raise _fault("clientInfo", params.get("clientInfo"), "an object with the strings name and version")
    if len(encode(capabilities)) > MAX_CAPABILITIES_BYTES:
        capabilities = {name[:MAX_CLIENT_TEXT]: {} for name in list(capabilities)[:MAX_CAPABILITIES]}
    return client, capabilities or None


def _fault(field: str, value: Any, expected: str) -> InvalidParams:
    return InvalidParams(
        f'The param "{field}" is missing' if value is None else f'The param "{field}" is not {expected}',
        seen=value,
        rule="initialize carries protocolVersion, capabilities and clientInfo with name and version",
        spec=_SPEC,
        fix=f'Send "{field}": {expected}.',
    )
