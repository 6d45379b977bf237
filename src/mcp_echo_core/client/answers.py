"""What came back for one request, as the code that asked sees it; ``exchange`` is what may be shown."""

from collections.abc import Mapping
from typing import Any

import httpx
from msgspec import Struct

from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.client.secrecy import NOTHING_SECRET, Secrecy
from mcp_echo_core.errors import Refusal
from mcp_echo_core.messages import decode
from mcp_echo_core.redaction import text as redacted
from mcp_echo_core.sse import Event
from mcp_echo_core.text import line

MAX_SAID = 80
"""Characters of an error's message that are quoted in a few words."""

EVENT_STREAM = "text/event-stream"
SESSION_HEADER = "mcp-session-id"

NO_HEADERS = httpx.Headers()
_NOTHING: Mapping[str, Any] = {}


class Answer(Struct, frozen=True, kw_only=True):
    """An answer, or the failure to get one.

    Attributes:
        exchange: The evidence, credentials redacted.
        status: HTTP status; ``None`` when no answer came.
        headers: As they arrived; ``multi_items`` has the duplicates.
        body: Of an answer that is no event stream; content codings undone.
        events: Of an answer that is an event stream, comments included.
        message: The JSON-RPC response in it, if there is one.
        failure: What went wrong on the way.
        timed_out: It, or the rest of it, did not come in time.
        secrecy: Masks what the user has given, for whoever quotes from it.
    """

    exchange: Exchange
    status: int | None
    headers: httpx.Headers
    body: bytes
    events: tuple[Event, ...]
    message: Mapping[str, Any] | None
    failure: str | None
    timed_out: bool = False
    secrecy: Secrecy = NOTHING_SECRET

    @property
    def number(self) -> int:
        """The number of its evidence."""
        return self.exchange.number

    @property
    def is_stream(self) -> bool:
        """Whether it is an event stream."""
        return is_stream(self.headers)

    @property
    def ok(self) -> bool:
        """Whether the HTTP status is 2xx."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110 section 15.3

    @property
    def result(self) -> Mapping[str, Any] | None:
        """The JSON-RPC result, if there is one and it is an object."""
        result = (self.message or _NOTHING).get("result")
        return result if isinstance(result, dict) else None

    @property
    def error(self) -> Mapping[str, Any] | None:
        """The JSON-RPC error, if there is one and it is an object."""
        error = (self.message or _NOTHING).get("error")
        return error if isinstance(error, dict) else None

    @property
    def code(self) -> int | None:
        """The code of the JSON-RPC error."""
        code = (self.error or _NOTHING).get("code")
        return code if isinstance(code, int) else None

    @property
    def session(self) -> str | None:
        """The session id that the answer carries."""
        return session_in(self.headers)

    @property
    def unreadable(self) -> str | None:
        """Why what says that it is JSON is none that this client reads."""
        if media_type(self.headers) != "application/json":
            return None
        try:
            decode(self.body)
        except Refusal as refusal:
            return f"{refusal} ({refusal.rule})"
        return None

    def told(self) -> str:
        """The answer in a few words: status, and code or what the result has."""
        if self.status is None:
            return self.failure or "no answer"
        if self.error is not None:
            return f"{self.status}, {self.code} {self.quoted(self.error.get('message', ''), MAX_SAID)}".rstrip()
        kind = "event stream" if self.is_stream else self.quoted(media_type(self.headers), MAX_SAID)
        broken = f", but {self.failure}" if self.failure is not None and self.message is None else ""
        return f"{self.status}" + (f", {kind}" if kind else "") + broken

    def quoted(self, said: Any, limit: int) -> str:
        """Something that the server has said as one safe line without credentials."""
        return line(redacted(self.secrecy.text(str(said))), limit)


def session_in(headers: httpx.Headers) -> str | None:
    """The session id among header fields, each byte a character, several joined as HTTP clients join them."""
    found = [value for name, value in headers.raw if name.lower() == SESSION_HEADER.encode()]
    return b", ".join(found).decode("latin-1") if found else None


def media_type(headers: httpx.Headers) -> str:
    """What ``Content-Type`` says, in lower case and without parameters (RFC 9110 section 8.3.1)."""
    return str(headers.get("content-type", "")).partition(";")[0].strip().lower()


def is_stream(headers: httpx.Headers) -> bool:
    """Whether an answer with these headers is an event stream."""
    return media_type(headers) == EVENT_STREAM


def object_in(text: str | bytes) -> Mapping[str, Any] | None:
    """The JSON object that a body or an event's data is, or ``None``."""
    try:
        value = decode(text.encode() if isinstance(text, str) else text)
    except Refusal:
        return None
    return value if isinstance(value, dict) else None


def response_in(text: str | bytes) -> Mapping[str, Any] | None:
    """The JSON-RPC response that a body or an event's data is, or ``None``."""
    value = object_in(text) or _NOTHING
    return value if "method" not in value and ("result" in value or "error" in value) else None
