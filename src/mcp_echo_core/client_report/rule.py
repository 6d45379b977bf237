"""What a rule is, and what it finds: data, so that every report tells the same."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from msgspec import Struct

from mcp_echo_core import redaction, text
from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.heard import Heard, Message

HANDSHAKE = ("2025-03-26", "2025-06-18", "2025-11-25")
"""Revisions that begin with a handshake and have this transport."""

ALL = (*HANDSHAKE, "2026-07-28")
"""Revisions that have this transport."""

EVERY = ("2024-11-05", *ALL)
"""All revisions, for rules about messages, whatever carries them."""

Level = Literal["must", "should", "note"]
Certainty = Literal["certain", "likely", "heuristic"]


class Found(Struct, frozen=True, kw_only=True):
    """One case in which a rule is broken.

    Attributes:
        says: What was seen, as a sentence.
        revision: By whose rules.
        evidence: Numbers of the exchanges that show it.
        level: Instead of the rule's own, where the case is a lesser one.
        certainty: Likewise.
    """

    says: str
    revision: str
    evidence: tuple[int, ...]
    level: Level | None = None
    certainty: Certainty | None = None


class Rule(Struct, frozen=True, kw_only=True):
    """A rule for clients.

    Attributes:
        id: Stable.
        area: What it is about.
        revisions: In which it holds.
        level: A note is worth telling and never counts as a violation.
        certainty: Heuristic findings are worded as suspicion.
        title: The rule as a sentence.
        fix: What the client's author does.
        spec: Where it stands.
        judge: Finds the cases, in the exchanges of the rule's revisions.
    """

    id: str
    area: str
    revisions: tuple[str, ...]
    level: Level
    certainty: Certainty = "certain"
    title: str
    fix: str
    spec: tuple[str, ...]
    judge: Callable[[Conversation, Sequence[str]], Iterator[Found]]


def found(
    at: Heard | Message, says: str, *more: Heard, level: Level | None = None, certainty: Certainty | None = None
) -> Found:
    """A case: the exchange that shows it, what was seen, and further exchanges that belong to it."""
    heard = at.heard if isinstance(at, Message) else at
    evidence = tuple(dict.fromkeys((*(each.sequence for each in more), heard.sequence)))
    return Found(says=says, revision=heard.revision, evidence=tuple(sorted(evidence)), level=level, certainty=certainty)


def quoted(value: Any) -> str:
    """A JSON value as findings quote it: on one line, short, without credentials."""
    return text.line(json.dumps(redaction.shorten(value), ensure_ascii=False))


def subject(heard: Heard) -> str:
    """An exchange in words: its HTTP method and what it carried."""
    method = next((message.method for message in heard.messages if message.method), None)
    return heard.event.method if method is None else f"{heard.event.method} of {quoted(method)}"


def each_message(judge: Callable[[Message], Iterator[str]]) -> Callable[[Conversation, Sequence[str]], Iterator[Found]]:
    """A rule that one message decides; ``judge`` says what is wrong with it."""

    def judged(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
        for message in conversation.messages(revisions):
            for says in judge(message):
                yield found(message, says)

    return judged


def each_exchange(judge: Callable[[Heard], Iterator[str]]) -> Callable[[Conversation, Sequence[str]], Iterator[Found]]:
    """A rule that one exchange decides; ``judge`` says what is wrong with it."""

    def judged(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
        for heard in conversation.of(*revisions):
            for says in judge(heard):
                yield found(heard, says)

    return judged
