"""The modern request's envelope: ``_meta`` and the headers that mirror the body.

The order of the checks is part of the contract: a disagreement (-32020) comes before an unsupported revision (-32022).
Source: 2026-07-28 basic/index, ``_meta``; basic/transports/streamable-http, Request Metadata and Server Validation.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from mcp_echo_core.eras.classify import VERSION_KEY
from mcp_echo_core.eras.mirrors import NAMED_BY, decoded
from mcp_echo_core.errors import HeaderMismatch, InvalidParams, UnsupportedVersion
from mcp_echo_core.http import HttpRequest
from mcp_echo_core.messages import Request
from mcp_echo_core.stores.records import LOG_LEVELS, ClientInfo

CLIENT_KEY = "io.modelcontextprotocol/clientInfo"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
LOG_LEVEL_KEY = "io.modelcontextprotocol/logLevel"

_PLAIN = re.compile(r"[A-Za-z0-9_./:-]+")

_META_SPEC = "2026-07-28 basic/index, _meta"
_HEADERS_SPEC = "2026-07-28 basic/transports/streamable-http, Server Validation"


class Envelope(Struct, frozen=True):
    """What a modern request says about itself; ``log_level`` is not checked yet."""

    version: str
    capabilities: Mapping[str, Any]
    client: ClientInfo | None
    log_level: Any
    progress_token: str | int | None


def open_envelope(request: Request, http: HttpRequest, served: Sequence[str]) -> Envelope:
    """Check a modern request's envelope against its headers.

    Args:
        request: The message.
        http: The head of the request that carried it.
        served: The modern revisions served here.

    Raises:
        InvalidParams: ``_meta`` or one of its members is missing or malformed.
        HeaderMismatch: A header is missing, came twice or says something else than the body.
        UnsupportedVersion: Header and body agree on a revision that is not served.
    """
    if http.repeated:
        _check_once(http)
    meta = request.params.get("_meta")
    if type(meta) is not dict:
        raise _meta_fault("_meta is missing" if meta is None else "_meta is not an object", meta, served)
    version = meta.get(VERSION_KEY)
    if type(version) is not str:
        raise _meta_fault(f"_meta has no string {VERSION_KEY}", version, served)
    capabilities = meta.get(CAPABILITIES_KEY)
    if type(capabilities) is not dict:
        raise _meta_fault(f"_meta has no object {CAPABILITIES_KEY}", capabilities, served)
    _check_mirrors(request, http, version)
    if version not in served:
        raise UnsupportedVersion(
            "The protocol version is not served here",
            seen=version,
            rule="A request names a revision the server implements",
            spec="2026-07-28 basic/versioning, Protocol Version Negotiation",
            fix=f"Use one of {', '.join(served)}, or an older revision by initialize.",
            extra={"supported": list(served), "requested": version},
        )
    token = meta.get("progressToken")
    return Envelope(
        version,
        capabilities,
        ClientInfo.read(meta.get(CLIENT_KEY)),  # for display only: a malformed one is no reason to refuse
        meta.get(LOG_LEVEL_KEY),
        token if type(token) is str or type(token) is int else None,
    )


def _check_mirrors(request: Request, http: HttpRequest, version: str) -> None:
    fields = http.fields
    if fields.get(b"mcp-protocol-version") != version.encode():
        _check_mirror(http, b"mcp-protocol-version", "MCP-Protocol-Version", version)
    if fields.get(b"mcp-method") != request.method.encode():
        _check_mirror(http, b"mcp-method", "Mcp-Method", request.method)
    name = request.params.get(NAMED_BY.get(request.method, ""))
    # A plain name that is equal needs no decoding; whatever else it is, the thorough comparison tells.
    if type(name) is str and not (fields.get(b"mcp-name") == name.encode() and _PLAIN.fullmatch(name)):
        _check_mirror(http, b"mcp-name", "Mcp-Name", name, encoded=True)


def checked_log_level(level: Any) -> str | None:
    """The level of an envelope, which is judged after it is clear that the method exists.

    Raises:
        InvalidParams: There is no such level.
    """
    if level is None or level in LOG_LEVELS:
        return level if level is None else str(level)
    raise InvalidParams(
        "There is no such log level",
        seen=level,
        rule=f"{LOG_LEVEL_KEY} is one of {', '.join(LOG_LEVELS)}",
        spec="2026-07-28 server/utilities/logging, Error Handling",
        fix="Name one of these levels, or leave it out.",
    )


def _check_mirror(http: HttpRequest, field: bytes, name: str, expected: str, *, encoded: bool = False) -> None:
    raw = http.fields.get(field)
    if raw is None:
        problem, seen = f"{name} is missing", None
    else:
        seen = raw.decode("latin-1").strip(" \t")
        if (decoded(name, seen) if encoded else seen) == expected:
            return
        problem = f"{name} does not say what the body says"
    raise HeaderMismatch(
        problem,
        seen=seen,
        rule="Headers mirror the body, so that gateways can route without reading it",
        spec=_HEADERS_SPEC,
        fix=f"Send '{name}: {expected[:200]}'." if expected.isascii() else f"Send {name} with the base64 sentinel.",
        extra={"header": name, "expected": expected[:200]},
    )


def _check_once(http: HttpRequest) -> None:
    for name in ("mcp-protocol-version", "mcp-method", "mcp-name"):
        values = http.values(name)
        if len(values) > 1:
            raise HeaderMismatch(
                f"{name} was sent {len(values)} times",
                seen=", ".join(values),
                rule="A mirrored header has one value",
                spec=_HEADERS_SPEC,
                fix=f"Send {name} once; look for a gateway that adds it again.",
                extra={"header": name},
            )


def _meta_fault(problem: str, seen: Any, served: Sequence[str]) -> InvalidParams:
    return InvalidParams(
        f"The envelope is incomplete: {problem}",
        seen=seen,
        rule=f"Every request carries {VERSION_KEY} and {CAPABILITIES_KEY} in params._meta",
        spec=_META_SPEC,
        fix=f"Add them; revisions served this way: {', '.join(served)}. Older clients begin with initialize.",
        extra={"supported": list(served)},
    )
