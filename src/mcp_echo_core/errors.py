"""Everything that can be refused, as one tree; ``endpoint.py`` alone writes it to the wire.

::

    ConfigurationError          a setting has a value that cannot be used (exit code 2)
    RequestCancelled            the client cancelled the request; there is nothing to answer
    InputRequired               the client has to say something before there is a result (modern era)
    ToolFailure                 a tool that ran could not do what was asked (``isError: true``)
    Refusal                     a message is not served; carries status, code and explanation
    ├── ParseError              -32700  the body is not JSON in UTF-8
    ├── InvalidRequest          -32600  the body is JSON, but not a message
    ├── MethodNotFound          -32601
    ├── InvalidParams           -32602
    ├── ResourceNotFound        -32002  (-32602 in the modern era)
    ├── HeaderMismatch          -32020  a header does not say what the body says
    ├── MissingCapability       -32021  the client did not declare what the request needs
    ├── UnsupportedVersion      -32022  the revision is not served
    ├── SessionNotFound         -32603  HTTP 404
    ├── SessionLimitReached     -32603  HTTP 503
    ├── RateLimited             -32603  HTTP 429
    ├── StoreOutage             -32603  HTTP 503, the session may still be there
    ├── InternalFault           -32603  a defect of this server
    └── HttpRefusal             -32600  refused for its HTTP head or its body's size

A refusal explains itself in ``error.data``: ``problem`` (what was wrong), ``seen`` (the value, redacted), ``rule``,
``spec`` (where the rule stands) and ``fix``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mcp_echo_core import redaction

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
RESOURCE_NOT_FOUND = -32002
"""Until 2025-11-25; reserved since (2026-07-28 basic/index, Error Codes)."""

HEADER_MISMATCH = -32020
MISSING_CAPABILITY = -32021
UNSUPPORTED_VERSION = -32022
"""Codes -32020 to -32022 are the modern era's (2026-07-28 basic/index, Error Codes); older clients never get them."""


MAX_EXPLANATION = 4096
"""Characters of each explanation in ``error.data``, which may quote what a stranger sent."""


class ConfigurationError(Exception):
    """A setting cannot be used.

    Args:
        variable: The environment variable or flag.
        value: The value that was given.
        allowed: What would be accepted, in words.
    """

    def __init__(self, variable: str, value: str, allowed: str) -> None:
        shown = redaction.variable(variable, value)
        super().__init__(f"{variable}={shown!r} cannot be used: {redaction.text(allowed)}")
        self.variable = variable
        self.value = value
        self.allowed = allowed


class RequestCancelled(Exception):
    """The client cancelled the request while it ran (basic/utilities/cancellation)."""


class ToolFailure(Exception):
    """A tool could not do what was asked; its text is what the caller reads.

    Args:
        text: What was wrong and what would work.
    """


class InputRequired(Exception):
    """The client has to answer before there is a result (2026-07-28 basic/patterns/mrtr).

    Args:
        requests: What it is asked, by a key of the server's choice.
        state: What the server wants to see again, any JSON value; the client gets it sealed.
    """

    def __init__(self, requests: Mapping[str, Mapping[str, Any]], state: Any = None) -> None:
        super().__init__("input required")
        self.requests = requests
        self.state = state


class Refusal(Exception):
    """A message that is not served.

    Args:
        problem: What was wrong, in one sentence.
        seen: The offending value; long values are cut and credentials masked.
        rule: The rule that was broken.
        spec: Where the rule is written down.
        fix: What the sender can do about it.
        extra: Further members of ``error.data``.

    Attributes:
        status: HTTP status; ``None`` where the modern era names one and older revisions say 200.
        code: JSON-RPC error code.
        message: The ``error.message``.
        request_id: Id of the refused request when it could be read.
        headers: Response headers that belong to this refusal.
    """

    status: int | None = 400
    code: int = INVALID_REQUEST
    message = "Invalid request"

    def __init__(
        self,
        problem: str,
        *,
        seen: Any = None,
        rule: str = "",
        spec: str = "",
        fix: str = "",
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.seen = seen
        self.rule = rule
        self.spec = spec
        self.fix = fix
        self.extra = extra
        self.request_id: str | int | None = None
        self.headers: Sequence[tuple[bytes, bytes]] = ()

    @property
    def http_status(self) -> int:
        """HTTP status of the answer."""
        return self.status or 200

    def data(self) -> dict[str, Any]:
        """The members of ``error.data``; empty ones are left out."""
        explained = {"problem": self.problem, "rule": self.rule, "spec": self.spec, "fix": self.fix}
        data: dict[str, Any] = {
            name: redaction.text(text[:MAX_EXPLANATION]) for name, text in explained.items() if text
        }
        if self.seen is not None:
            data["seen"] = redaction.shorten(self.seen)
        for name, value in (self.extra or {}).items():
            data[name] = redaction.shorten(value) if isinstance(value, str) else value
        return data


class ParseError(Refusal):
    """The body is not JSON in UTF-8 (JSON-RPC 2.0 section 5.1)."""

    code = PARSE_ERROR
    message = "Parse error"


class InvalidRequest(Refusal):
    """The body is JSON but not a JSON-RPC message that may be sent here (JSON-RPC 2.0 section 5.1)."""


class MethodNotFound(Refusal):
    """The method does not exist in this revision or is not offered here."""

    status: int | None = None
    code = METHOD_NOT_FOUND
    message = "Method not found"


class InvalidParams(Refusal):
    """The params do not fit the method."""

    status: int | None = None
    code = INVALID_PARAMS
    message = "Invalid params"


class ResourceNotFound(Refusal):
    """No resource has this URI (server/resources, Error Handling)."""

    status: int | None = None
    code = RESOURCE_NOT_FOUND
    message = "Resource not found"


class HeaderMismatch(Refusal):
    """A mirrored header is missing, malformed or disagrees with the body (2026-07-28 Server Validation)."""

    code = HEADER_MISMATCH
    message = "Header mismatch"


class MissingCapability(Refusal):
    """The request needs a capability its client did not declare (2026-07-28 basic/index, _meta)."""

    code = MISSING_CAPABILITY
    message = "Missing required client capability"


class UnsupportedVersion(Refusal):
    """The request's revision is not served (2026-07-28 basic/versioning, Protocol Version Negotiation)."""

    code = UNSUPPORTED_VERSION
    message = "Unsupported protocol version"


class SessionNotFound(Refusal):
    """The session id is unknown, expired or ended (basic/transports, Session Management)."""

    status = 404
    code = INTERNAL_ERROR
    message = "Session not found or expired"


class SessionLimitReached(Refusal):
    """No further session can be kept."""

    status = 503
    code = INTERNAL_ERROR
    message = "Too many sessions"


class RateLimited(Refusal):
    """A session makes requests more often than it may (RFC 6585 section 4)."""

    status = 429
    code = INTERNAL_ERROR
    message = "Too many requests"


class StoreOutage(Refusal):
    """The session store cannot be reached; 404 would make clients throw away a session that may still be there."""

    status = 503
    code = INTERNAL_ERROR
    message = "Session store unavailable"

    def __init__(self, problem: str) -> None:
        super().__init__(
            "The session store cannot be reached; the session may still be there",
            seen=problem,
            rule="Sessions are looked up in the store that MCP_SESSION_STORE names",
            spec="RFC 9110 section 15.6.4",
            fix="Try again with the same session id.",
        )
        self.headers = [(b"retry-after", b"1")]


class InternalFault(Refusal):
    """A defect of this server; the log has the details, the answer has none."""

    status: int | None = None
    code = INTERNAL_ERROR
    message = "Internal error"


class HttpRefusal(Refusal):
    """Refused for what it is as an HTTP request: its head, or the size or slowness of its body.

    Args:
        status: HTTP status of the answer.
        message: The ``error.message``.
        headers: Response headers that the status needs, such as ``Allow``.
        explanation: As for ``Refusal``.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        headers: Sequence[tuple[bytes, bytes]] = (),
        **explanation: Any,
    ) -> None:
        super().__init__(**explanation)
        self.status = status
        self.message = message
        self.headers = headers
