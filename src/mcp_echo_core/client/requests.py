"""Requests of both eras, as a conforming client writes them; the caller changes what it wants to see fail.

Sources: 2025-11-25 basic/transports; 2026-07-28 basic/transports/streamable-http and basic/index, ``_meta``.
"""

import base64
import itertools
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from mcp_echo_core import __version__
from mcp_echo_core.client.incoming import Outgoing
from mcp_echo_core.eras.mirrors import NAMED_BY, PREFIX, SUFFIX, Mirror
from mcp_echo_core.eras.versions import HANDSHAKE_VERSIONS, MODERN_VERSIONS
from mcp_echo_core.messages import encode

ACCEPT = "application/json, text/event-stream"
CLIENT_INFO = {"name": "mcp-echo", "version": __version__}
META = "io.modelcontextprotocol/"
"""Prefix of the members of ``_meta`` that every modern request carries."""

ID_RANGE = 1000
"""Ids that a process may use; ranges are drawn, so that no two processes share one."""

Headers = Sequence[tuple[str, str]]


def fresh_id() -> int:
    """Where ids begin that a session has not seen, whoever used it before (2025-11-25 basic, Requests)."""
    return secrets.randbelow(1 << 40) * ID_RANGE + 1


class Requests:
    """Makes requests for one server.

    Args:
        url: The MCP endpoint.
        headers: What the user wants every request to carry; they take the place of fields of the same name.
        first_id: Id of the first request; ``fresh_id()`` for a session in which others have used ids.
    """

    def __init__(self, url: str, headers: Headers = (), *, first_id: int = 1) -> None:
        self.url = url
        self.headers = tuple(headers)
        self._ids = itertools.count(first_id)

    def legacy(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        purpose: str,
        session: str | None = None,
        version: str | None = None,
        extra: Headers = (),
    ) -> Outgoing:
        """A request of the era with a handshake; ``version`` is the negotiated one, once there is one."""
        message = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, **({"params": params} if params else {})}
        return self._post(purpose, message, [*_legacy_headers(session, version), *extra])

    def initialize(self, *, purpose: str, version: str = HANDSHAKE_VERSIONS[0], session: str | None = None) -> Outgoing:
        """The request that begins a session."""
        params = {"protocolVersion": version, "capabilities": {}, "clientInfo": CLIENT_INFO}
        return self.legacy("initialize", params, purpose=purpose, session=session)

    def initialized(self, *, purpose: str, session: str | None, version: str | None) -> Outgoing:
        """What ends the handshake, once ``initialize`` was answered."""
        return self.notification("notifications/initialized", purpose=purpose, session=session, version=version)

    def notification(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        purpose: str,
        session: str | None = None,
        version: str | None = None,
    ) -> Outgoing:
        """A message of the era with a handshake that wants no answer."""
        message = {"jsonrpc": "2.0", "method": method, **({"params": params} if params else {})}
        return self._post(purpose, message, _legacy_headers(session, version))

    def response(
        self, answer: Mapping[str, Any], *, purpose: str, session: str | None = None, version: str | None = None
    ) -> Outgoing:
        """The answer to a request of the server's, which only the era with a handshake has.

        Args:
            answer: Its ``id``, and ``result`` or ``error``.
            purpose: For the evidence.
            session: The session's id.
            version: The negotiated revision.
        """
        return self._post(purpose, {"jsonrpc": "2.0", **answer}, _legacy_headers(session, version))

    def modern(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        purpose: str,
        version: str = MODERN_VERSIONS[0],
        progress_token: str | None = None,
        mirrors: Sequence[Mirror] = (),
        extra: Headers = (),
    ) -> Outgoing:
        """A request of the era without a handshake, with its routing headers.

        Args:
            method: Of JSON-RPC.
            params: Without ``_meta``.
            purpose: For the evidence.
            version: The revision, in header and body.
            progress_token: Ask for progress under this token.
            mirrors: Arguments of the called tool that headers repeat.
            extra: More headers.
        """
        meta: dict[str, Any] = {
            f"{META}protocolVersion": version, f"{META}clientCapabilities": {}, f"{META}clientInfo": CLIENT_INFO,
        }  # fmt: skip
        if progress_token is not None:
            meta["progressToken"] = progress_token
        params = {**(params or {}), "_meta": meta}
        routing = [("MCP-Protocol-Version", version), ("Mcp-Method", method)]
        if name := params.get(NAMED_BY.get(method, "")):
            routing.append(("Mcp-Name", sentinel(str(name))))
        routing += mirrored(mirrors, params.get("arguments") or {})
        message = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        return self._post(purpose, message, [*routing, *extra])

    def bare(self, http_method: str, *, purpose: str, session: str | None = None, headers: Headers = ()) -> Outgoing:
        """A request without a body: GET for the stream, DELETE, OPTIONS."""
        accept = [("Accept", "text/event-stream")] if http_method == "GET" else []
        return self._send(purpose, http_method, [*accept, *_legacy_headers(session, None), *headers], b"")

    def _post(self, purpose: str, message: Mapping[str, Any], headers: Headers) -> Outgoing:
        content = [("Content-Type", "application/json"), ("Accept", ACCEPT)]
        return self._send(purpose, "POST", [*content, *headers], encode(message))

    def _send(self, purpose: str, http_method: str, headers: Headers, body: bytes) -> Outgoing:
        theirs = {name.lower() for name, _ in self.headers}
        kept = [(name, value) for name, value in headers if name.lower() not in theirs]
        return Outgoing(purpose=purpose, method=http_method, url=self.url, headers=[*kept, *self.headers], body=body)


def mirrored(mirrors: Sequence[Mirror], arguments: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The ``Mcp-Param-*`` headers for the arguments of a tool call."""
    headers = []
    for mirror in mirrors:
        value: Any = arguments
        for step in mirror.path:
            value = value.get(step) if isinstance(value, dict) else None
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            headers.append((mirror.name, sentinel(text)))
    return headers


def sentinel(text: str) -> str:
    """A text as a header can carry it: as it is, or in base64 (Value Encoding)."""
    plain = all("\x20" <= character <= "\x7e" for character in text) and text == text.strip()
    if plain and not (text.startswith(PREFIX) and text.endswith(SUFFIX)):
        return text
    return f"{PREFIX}{base64.b64encode(text.encode()).decode()}{SUFFIX}"


def _legacy_headers(session: str | None, version: str | None) -> list[tuple[str, str]]:
    headers = [("Mcp-Session-Id", session)] if session is not None else []
    return headers + ([("MCP-Protocol-Version", version)] if version is not None else [])
