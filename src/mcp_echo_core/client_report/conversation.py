"""A record as rules see it: every exchange with its messages, its revision and its caller.

A message is judged by the rules of exactly one revision. Modern: its ``_meta`` names one, or the version header is a
modern one. Legacy: what the session negotiated; without a session the header's; without both the assumed one.
``initialize`` is judged by the version that the server answered, or by the offered one where it was refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcp_echo_core.client_report.heard import NOTHING, REPLAY, Heard, Message
from mcp_echo_core.eras.classify import VERSION_KEY
from mcp_echo_core.eras.versions import HANDSHAKE_VERSIONS, MODERN_VERSIONS
from mcp_echo_core.recording.events import Record


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
    """Everything a record holds that a client did, ready to be judged.

    Attributes:
        record: Where it comes from.
        heard: The exchanges in order, but for those that somebody repeated by hand.
        replayed: How many these are.
        sessions: The legacy sessions among them, by id.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        everything = [Heard(entry) for entry in sorted(record.entries, key=lambda entry: entry.event.at)]
        self.heard = [heard for heard in everything if not heard.headers(REPLAY)]
        self.replayed = len(everything) - len(self.heard)
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
            offered = _text(opening.params.get("protocolVersion"))
            fallback = offered if offered in HANDSHAKE_VERSIONS else HANDSHAKE_VERSIONS[0]
            heard.revision = answered or (session.version if session else None) or fallback
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


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else NOTHING
