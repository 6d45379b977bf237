"""Taking the ids of sessions and bins out of a record, so that it can be shown to those who must not use them.

The record itself is changed, before anything is made of it: summaries, reports and exports cannot tell what they never
saw. Ids that were cut short are replaced too, since what is missing could be guessed.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from mcp_echo_core.dashboard.spelling import encoded, plain, tokens
from mcp_echo_core.dashboard.subjects import Subject
from mcp_echo_core.dashboard.vocabulary import is_common
from mcp_echo_core.headers import categorise
from mcp_echo_core.recording.events import Entry, ExchangeEvent, Head, HeaderFields, Piece

SESSION_FIELD = "mcp-session-id"

MAX_NAMES = 2000
"""Ids of one record that are replaced; a record has fewer exchanges."""

_PREFIX = 8
"""Characters by which an id is recognised when it was cut."""

_MEMBER = re.compile(r'"session(?:_?id)?\\*"\s*:\s*\\*"([A-Za-z0-9._~-]{8,200})', re.IGNORECASE)
"""A member of a message, or of JSON in a text, that names a session or state handle."""

_SPOKEN = re.compile(r"(?:session|handle)[^0-9a-f]{0,40}([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
"""The same in a text for people."""

_RUN = re.compile(rf"[A-Za-z0-9._~-]{{{_PREFIX},}}")
"""Where the id of a session may stand."""

_WORD = re.compile(r"[A-Za-z0-9_-]+")
"""Where the name of a bin may stand."""

_PLACE = re.compile(r"((?<![A-Za-z0-9_-])(?:b|dashboard)/)([A-Za-z0-9_-]{1,64})", re.IGNORECASE)
"""Where nothing else can stand."""


class Concealer:
    """Replaces ids by ``session-1``, ``bin-1`` and so on, each by the same every time.

    A name is replaced wherever it stands as a word, however that is encoded and in whichever case. One that is a common
    word is replaced in paths, and as the whole value of a field that nobody but its owner has: elsewhere it stands for
    other reasons, and a gap there would tell it.

    Attributes:
        subject: What stands for the record's own id.

    Args:
        subject: Whose record it is.
    """

    def __init__(self, subject: Subject) -> None:
        self._sessions: dict[str, str] = {}
        self._beginnings: dict[str, list[str]] = {}
        self._bins: dict[str, str] = {}
        self._names: dict[str, str] = {}
        learn = self._learn_session if subject.kind == "session" else self._learn_bin
        self.subject = learn(subject.id)

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
        # What is encoded comes first: half of an id may be written as it is.
        parts = tokens(value)
        return self._literal(value if parts is None else parts.sub(self._token, value))

    def _token(self, found: re.Match[str]) -> str:
        token = found[0].rstrip("\\")  # that belongs to the quotation mark behind it
        meant = plain(token)
        if meant == token or (shown := self._literal(meant)) == meant:
            return found[0]
        return encoded(shown) + found[0][len(token) :]

    def _literal(self, value: str) -> str:
        """A text without ids that are written as they are."""
        value = _RUN.sub(self._run, value)
        if not self._bins:
            return value
        value = _PLACE.sub(lambda found: found[1] + self._bins.get(found[2].lower(), found[2]), value)
        return _WORD.sub(lambda found: self._names.get(found[0].lower(), found[0]), value) if self._names else value

    def _run(self, found: re.Match[str]) -> str:
        run = found[0].lower()
        parts, done, place = [], 0, 0
        while place <= len(run) - _PREFIX:
            sessions = self._beginnings.get(run[place : place + _PREFIX])
            if sessions is None:
                place += 1
                continue
            same, session = max((_same(run, place, session), session) for session in sessions)
            parts += [found[0][done:place], self._sessions[session]]
            done = place = place + same
        return "".join([*parts, found[0][done:]]) if parts else found[0]

    def _learn_session(self, session: str) -> str:
        known = session.lower()
        if known not in self._sessions and len(self._sessions) < MAX_NAMES:
            self._sessions[known] = f"session-{len(self._sessions) + 1}"
            if _RUN.match(known):
                self._beginnings.setdefault(known[:_PREFIX], []).append(known)
        return self._session(session)

    def _learn_bin(self, name: str) -> str:
        known = name.lower()
        if known not in self._bins and len(self._bins) < MAX_NAMES:
            self._bins[known] = f"bin-{len(self._bins) + 1}"
            if not is_common(known):
                self._names[known] = self._bins[known]
        return self._bins.get(known, "bin-?")

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
            bin=None if event.bin is None else self._bins.get(event.bin.lower(), "bin-?"),
        )

    def _head(self, head: Head) -> Head:
        credentials = tuple(
            msgspec.structs.replace(each, token_header=self._value(each.token_header), claims=self._value(each.claims))
            for each in head.credentials
        )
        written = None if head.written is None else tuple(map(self._literal, head.written))
        return Head(self._fields(head.fields), written, credentials)

    def _fields(self, fields: HeaderFields) -> HeaderFields:
        return tuple((self._literal(name), self._value_of(name.lower(), value)) for name, value in fields)

    def _value_of(self, name: str, value: str) -> str:
        if name == SESSION_FIELD:
            return self._session(value)
        alias = self._bins.get(plain(value.strip()).lower()) if categorise(name) == "custom" else None
        return self.text(value) if alias is None else alias

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


def _same(run: str, place: int, session: str) -> int:
    """How many characters of an id stand there."""
    pairs = enumerate(zip(run[place:], session, strict=False))
    return next((number for number, (one, other) in pairs if one != other), min(len(run) - place, len(session)))
