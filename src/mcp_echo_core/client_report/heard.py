"""One exchange and its messages, as rules see them."""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from mcp_echo_core.eras.envelope import CLIENT_KEY
from mcp_echo_core.eras.versions import ASSUMED_VERSION, MODERN_VERSIONS
from mcp_echo_core.recording.events import Entry, ExchangeEvent
from mcp_echo_core.sse import Event, EventReader

REPLAY = "mcp-echo-replay"
"""Marks an exchange that somebody repeats by hand from what a record shows."""

NOTHING: Mapping[str, Any] = {}

_OF_ONE_TRY = frozenset({"_meta", "inputResponses", "requestState"})
_PROXIED = ("via", "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host")


class Message:
    """One JSON-RPC message that a client sent.

    Attributes:
        heard: The exchange that carried it.
        value: As it was decoded; anything but an object where the client sent something else.
    """

    def __init__(self, heard: "Heard", value: Any) -> None:
        self.heard = heard
        self.value = value
        self.members: Mapping[str, Any] = value if isinstance(value, dict) else NOTHING

    @property
    def method(self) -> str | None:
        """Its method, if that is a text."""
        method = self.members.get("method")
        return method if isinstance(method, str) else None

    @property
    def has_id(self) -> bool:
        """Whether there is a member ``id``, whatever its value."""
        return "id" in self.members

    @property
    def id(self) -> Any:
        """Its id."""
        return self.members.get("id")

    @property
    def id_key(self) -> tuple[str, str] | None:
        """Its id with its JSON type, so that 1, 1.0, true and "1" differ; ``None`` when it has none that is legal."""
        value = self.id
        if isinstance(value, bool) or not isinstance(value, int | str):
            return None
        return (type(value).__name__, str(value))

    @property
    def params(self) -> Mapping[str, Any]:
        """Its params, if they are an object."""
        params = self.members.get("params")
        return params if isinstance(params, dict) else NOTHING

    @property
    def meta(self) -> Mapping[str, Any]:
        """``params._meta``, if it is an object."""
        meta = self.params.get("_meta")
        return meta if isinstance(meta, dict) else NOTHING

    @cached_property
    def operation(self) -> str:
        """What it asks for, the same each time that it is tried: method and params without what belongs to one try."""
        asked = {name: value for name, value in self.params.items() if name not in _OF_ONE_TRY}
        try:
            return json.dumps([self.members.get("method"), asked], sort_keys=True)
        except RecursionError:
            return f"exchange {self.heard.sequence}"

    @property
    def is_request(self) -> bool:
        """Whether it wants an answer."""
        return self.method is not None and self.has_id

    @property
    def is_notification(self) -> bool:
        """Whether it has a method and no id."""
        return self.method is not None and not self.has_id

    @property
    def is_response(self) -> bool:
        """Whether it answers the server."""
        return "method" not in self.members and ("result" in self.members or "error" in self.members)

    @property
    def answer(self) -> Mapping[str, Any] | None:
        """What the server answered to it in the same exchange."""
        for said in self.heard.said:
            if "method" not in said and said.get("id", self.id) == self.id and ("result" in said or "error" in said):
                return said
        return None

    @property
    def result(self) -> Mapping[str, Any]:
        """The result of that answer, if it is an object."""
        result = (self.answer or NOTHING).get("result")
        return result if isinstance(result, dict) else NOTHING

    @property
    def error(self) -> Mapping[str, Any]:
        """The error of that answer, if it is one."""
        error = (self.answer or NOTHING).get("error")
        return error if isinstance(error, dict) else NOTHING


class Heard:
    """One exchange.

    Attributes:
        sequence: Its number in the record; findings name it as evidence.
        event: As it was recorded.
        revision: By whose rules it is judged; set by ``Conversation``.
    """

    def __init__(self, entry: Entry) -> None:
        self.sequence = entry.sequence
        self.event: ExchangeEvent = entry.event
        self.revision = ASSUMED_VERSION
        self._fields: dict[str, list[str]] = {}
        for name, value in entry.event.head.fields:
            self._fields.setdefault(name.lower(), []).append(value)
        self._answered = dict(entry.event.answer_fields)

    def headers(self, name: str) -> list[str]:
        """All values of a header field, by lower-case name."""
        return self._fields.get(name, [])

    def header(self, name: str) -> str | None:
        """A header field's value, several joined by commas."""
        values = self.headers(name)
        return ", ".join(values) if values else None

    def answer_header(self, name: str) -> str | None:
        """A header field of the answer, by lower-case name."""
        return self._answered.get(name)

    @property
    def truncated(self) -> bool:
        """Whether the body was too long to be kept whole, so that its content cannot be judged."""
        return self.event.body_bytes > len(self.event.body) and not self._readable

    @cached_property
    def _decoded(self) -> tuple[Any, str | None]:
        try:
            return json.loads(self.event.body.decode()), None  # bytes would also be taken for UTF-16
        except (ValueError, RecursionError) as error:
            return None, str(error)

    @property
    def _readable(self) -> bool:
        return self._decoded[1] is None

    @property
    def value(self) -> Any:
        """The decoded body; ``None`` when it is not JSON or there is none."""
        return self._decoded[0]

    @property
    def syntax_fault(self) -> str | None:
        """Why the body is not JSON; ``None`` when it is, when there is none, or when it was not kept whole."""
        return None if not self.event.body or self.truncated else self._decoded[1]

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """What it carried: one message, those of a batch, or none."""
        if self.event.method != "POST" or not self.event.body or not self._readable:
            return ()
        values = self.value if isinstance(self.value, list) else [self.value]
        return tuple(Message(self, value) for value in values)

    @cached_property
    def said(self) -> tuple[Mapping[str, Any], ...]:
        """The JSON-RPC messages that the server sent in answer, in order."""
        return tuple(message for _, message in self.said_at)

    @cached_property
    def said_at(self) -> tuple[tuple[float, Mapping[str, Any]], ...]:
        """The same, each with the seconds since 1970 at which it was sent."""
        if not self.event.pieces:
            return tuple((self.answered or self.event.at, message) for message in _messages(self.event.answer))
        return tuple((each.at, message) for each in self.events for message in _messages(each.data.encode()))

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """What its event stream carried, as far as it is kept; nothing while the stream goes on."""
        reader = EventReader()
        pieces = self.event.pieces
        return tuple(each for piece in pieces for each in reader.feed(piece.data, self.event.at + piece.after))

    @property
    def arrived(self) -> float:
        """When it arrived, in seconds since 1970."""
        return self.event.at

    @property
    def answered(self) -> float | None:
        """When its answer was complete; ``None`` while it is a stream that goes on."""
        return None if self.event.seconds is None else self.event.at + self.event.seconds

    @property
    def modern(self) -> bool:
        """Whether it belongs to the era without a handshake."""
        return self.revision in MODERN_VERSIONS

    @property
    def fingerprint(self) -> str | None:
        """Of the credential in ``Authorization``."""
        credentials = self.event.head.credentials
        return next((each.fingerprint for each in credentials if each.header == "authorization"), None)

    @property
    def proxied(self) -> bool:
        """Whether something between client and server has left a trace."""
        return any(self.headers(name) for name in _PROXIED)

    @property
    def opens(self) -> bool:
        """Whether it carries ``initialize``, be it too long to be kept whole."""
        return self.event.kind == "initialize" or any(message.method == "initialize" for message in self.messages)

    @property
    def sender(self) -> tuple[str, ...]:
        """Who sent it, as far as that shows without a session: address, program and credential."""
        peer = self.event.connection.rpartition(":")[0]
        named = (self.header(name) or "" for name in ("x-forwarded-for", "forwarded", "user-agent"))
        return (peer, *named, self.fingerprint or "")

    @property
    def caller(self) -> tuple[str, ...]:
        """Who sent it, as far as that can be told: the session, or token, client and peer."""
        if not self.modern and self.event.session is not None:
            return (self.event.session,)
        client = next((message.meta.get(CLIENT_KEY) for message in self.messages), None)
        named = client if isinstance(client, dict) else NOTHING
        peer = self.event.connection.rpartition(":")[0]
        return (self.fingerprint or "", str(named.get("name", "")), str(named.get("version", "")), peer)


def _messages(data: bytes) -> Iterator[Mapping[str, Any]]:
    try:
        value = json.loads(data) if data else None
    except (ValueError, RecursionError):
        return
    for message in value if isinstance(value, list) else [value]:
        if isinstance(message, dict):
            yield message
