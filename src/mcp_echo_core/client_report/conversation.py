"""A record as rules see it: every exchange with its messages, its revision and its caller.

A message is judged by the rules of exactly one revision. Modern: its ``_meta`` names one, or the version header is a
modern one. Legacy: what the session negotiated; without a session the header's; without both the assumed one.
``initialize`` is judged by the version that the server answered.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from mcp_echo_core.eras.versions import ASSUMED_VERSION, HANDSHAKE_VERSIONS, MODERN_VERSIONS
from mcp_echo_core.recording.events import Entry, ExchangeEvent, Record
from mcp_echo_core.sse import Event, EventReader

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CLIENT_KEY = "io.modelcontextprotocol/clientInfo"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"

NOTHING: Mapping[str, Any] = {}


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
            return json.loads(self.event.body), None
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
    def opens(self) -> bool:
        """Whether it carries ``initialize``."""
        return any(message.method == "initialize" for message in self.messages)

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


class SessionFacts:
    """What the handshake of one session settled.

    Attributes:
        id: Of the session.
        initialize: The request; ``None`` when it is not in the record.
        version: The negotiated revision.
        client: ``clientInfo``.
        client_capabilities: What the client declared.
        server_capabilities: What the server declared.
        exchanges: All exchanges of the session in order.
    """

    def __init__(self, session_id: str) -> None:
        self.id = session_id
        self.initialize: Message | None = None
        self.version: str | None = None
        self.client: Mapping[str, Any] = NOTHING
        self.client_capabilities: Mapping[str, Any] = NOTHING
        self.server_capabilities: Mapping[str, Any] = NOTHING
        self.exchanges: list[Heard] = []

    def settle(self, message: Message) -> None:
        """Take in the ``initialize`` that began it."""
        self.initialize = message
        self.version = _text(message.result.get("protocolVersion"))
        self.client = _object(message.params.get("clientInfo"))
        self.client_capabilities = _object(message.params.get("capabilities"))
        self.server_capabilities = _object(message.result.get("capabilities"))

    @property
    def messages(self) -> Iterator[Message]:
        """Everything the client said in it."""
        return (message for heard in self.exchanges for message in heard.messages)


class Conversation:
    """Everything a record holds, ready to be judged.

    Attributes:
        record: Where it comes from.
        heard: The exchanges in order.
        sessions: The legacy sessions among them, by id.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.heard = [Heard(entry) for entry in sorted(record.entries, key=lambda entry: entry.event.at)]
        self.sessions: dict[str, SessionFacts] = {}
        for heard in self.heard:
            self._place(heard)

    @property
    def complete(self) -> bool:
        """Whether the record holds everything from the beginning."""
        return self.record.dropped == 0

    def of(self, *revisions: str) -> Iterator[Heard]:
        """The exchanges that are judged by these revisions."""
        return (heard for heard in self.heard if heard.revision in revisions)

    def messages(self, revisions: Sequence[str]) -> Iterator[Message]:
        """Everything clients said that is judged by these revisions."""
        return (message for heard in self.of(*revisions) for message in heard.messages)

    def callers(self, revisions: Sequence[str]) -> Mapping[tuple[str, ...], list[Heard]]:
        """The exchanges judged by these revisions, by caller, in order."""
        groups: dict[tuple[str, ...], list[Heard]] = {}
        for heard in self.of(*revisions):
            groups.setdefault(heard.caller, []).append(heard)
        return groups

    def _place(self, heard: Heard) -> None:
        named = next((found for message in heard.messages if (found := message.meta.get(VERSION_KEY))), None)
        header = heard.header("mcp-protocol-version")
        if named is not None or header in MODERN_VERSIONS:
            heard.revision = named if isinstance(named, str) and named in MODERN_VERSIONS else MODERN_VERSIONS[0]
            return
        session = self._session(heard)
        opening = next((message for message in heard.messages if message.method == "initialize"), None)
        if opening is not None:
            answered = _text(opening.result.get("protocolVersion"))
            heard.revision = answered or (session.version if session else None) or HANDSHAKE_VERSIONS[0]
            if session is not None and answered is not None:
                session.settle(opening)
        elif session is not None and session.version is not None:
            heard.revision = session.version
        elif header in HANDSHAKE_VERSIONS:
            heard.revision = header

    def _session(self, heard: Heard) -> SessionFacts | None:
        session_id = heard.event.session
        if session_id is None:
            return None
        facts = self.sessions.setdefault(session_id, SessionFacts(session_id))
        facts.exchanges.append(heard)
        return facts


def _messages(data: bytes) -> Iterator[Mapping[str, Any]]:
    try:
        value = json.loads(data) if data else None
    except (ValueError, RecursionError):
        return
    for message in value if isinstance(value, list) else [value]:
        if isinstance(message, dict):
            yield message


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else NOTHING
