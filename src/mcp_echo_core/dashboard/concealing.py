"""Taking the ids of sessions and bins out of a record, so that it can be shown to those who must not use them.

The record itself is changed, before anything is made of it: summaries, reports and exports cannot tell what they never
saw. Ids that were cut short are replaced too, since what is missing could be guessed.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from mcp_echo_core.dashboard.subjects import Subject
from mcp_echo_core.recording.events import Entry, ExchangeEvent, Head, HeaderFields, Piece

SESSION_FIELD = "mcp-session-id"

MAX_NAMES = 2000
"""Ids of one record that are replaced; a record has fewer exchanges."""

_PREFIX = 8
"""Characters by which an id is recognised when it was cut."""

_REST = 200
"""Characters that may follow them."""

_MEMBER = re.compile(r'"session(?:_?id)?\\*"\s*:\s*\\*"([A-Za-z0-9._~-]{8,200})', re.IGNORECASE)
"""A member of a message, or of JSON in a text, that names a session or state handle."""

_SPOKEN = re.compile(r"(?:session|handle)[^0-9a-f]{0,40}([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
"""The same in a text for people."""


class Concealer:
    """Replaces ids by ``session-1``, ``bin-1`` and so on, each by the same every time.

    Args:
        subject: Whose record it is.
    """

    def __init__(self, subject: Subject) -> None:
        self._sessions: dict[str, str] = {}
        self._bins: dict[str, str] = {}
        self._ids = self._names = re.compile(r"(?!)")
        if subject.kind == "session":
            self._learn_session(subject.id)
        else:
            self._learn_bin(subject.id)

    def entry(self, entry: Entry) -> Entry:
        """An event without any id."""
        event = entry.event
        for session in _named(event):
            self._learn_session(session)
        if event.bin is not None:
            self._learn_bin(event.bin)
        return Entry(entry.sequence, self._event(event))

    def text(self, value: str) -> str:
        """A text without any id that is known."""
        return self._names.sub(lambda found: self._bins[found[0]], self._ids.sub(self._alias, value))

    def _learn_session(self, session: str) -> None:
        known = session.lower()
        if known not in self._sessions and len(self._sessions) < MAX_NAMES:
            self._sessions[known] = f"session-{len(self._sessions) + 1}"
            prefixes = {each[:_PREFIX] for each in self._sessions if len(each) >= _PREFIX}
            if prefixes:
                one_of = "|".join(map(re.escape, prefixes))
                self._ids = re.compile(rf"(?:{one_of})[A-Za-z0-9._~-]{{0,{_REST}}}", re.IGNORECASE)

    def _learn_bin(self, name: str) -> None:
        if name not in self._bins and len(self._bins) < MAX_NAMES:
            self._bins[name] = f"bin-{len(self._bins) + 1}"
            self._names = re.compile("|".join(map(_bin_pattern, self._bins)))

    def _alias(self, found: re.Match[str]) -> str:
        seen = found[0].lower()
        for session, alias in self._sessions.items():
            if session.startswith(seen) or seen.startswith(session):
                return alias + self._ids.sub(self._alias, found[0][len(session) :])
        return found[0]

    def _session(self, value: str) -> str:
        return self._sessions.get(value.lower(), "session-?")

    def _event(self, event: ExchangeEvent) -> ExchangeEvent:
        return msgspec.structs.replace(
            event,
            path=self.text(event.path),
            query=self.text(event.query),
            head=self._head(event.head),
            body=self._bytes(event.body),
            answer_fields=self._fields(event.answer_fields),
            answer=self._bytes(event.answer),
            pieces=tuple(Piece(piece.after, self._bytes(piece.data)) for piece in event.pieces),
            session=None if event.session is None else self._session(event.session),
            bin=None if event.bin is None else self._bins.get(event.bin, "bin-?"),
        )

    def _head(self, head: Head) -> Head:
        credentials = tuple(
            msgspec.structs.replace(each, token_header=self._value(each.token_header), claims=self._value(each.claims))
            for each in head.credentials
        )
        return Head(self._fields(head.fields), head.written, credentials)

    def _fields(self, fields: HeaderFields) -> HeaderFields:
        return tuple(
            (name, self._session(value) if name.lower() == SESSION_FIELD else self.text(value))
            for name, value in fields
        )

    def _bytes(self, data: bytes) -> bytes:
        return self.text(data.decode("utf-8", "replace")).encode("utf-8", "replace") if data else data

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._value(each) for each in value]
        return {self.text(name): self._value(each) for name, each in value.items()} if type(value) is dict else value


def _named(event: ExchangeEvent) -> Iterator[str]:
    if event.session is not None:
        yield event.session
    for name, value in (*event.head.fields, *event.answer_fields):
        if name.lower() == SESSION_FIELD:
            yield value
    for data in (event.body, event.answer, b"".join(piece.data for piece in event.pieces)):
        text = data.decode("utf-8", "replace") if data else ""
        for pattern in (_MEMBER, _SPOKEN):
            yield from pattern.findall(text)


def _bin_pattern(name: str) -> str:
    """A bin's name wherever it stands; one that may be a word of the protocol, only in paths."""
    word = rf"{re.escape(name)}(?![A-Za-z0-9_-])"
    distinctive = len(name) >= _PREFIX and re.search(r"[0-9_-]", name)
    return rf"(?<![A-Za-z0-9_-]){word}" if distinctive else rf"(?:(?<=/b/)|(?<=/dashboard/)){word}"
