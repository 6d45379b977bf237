"""What an observation is, and how the cases of one kind become observations."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.heard import Heard

MAX_SAYINGS = 5
"""Different things that one kind of observation tells."""

MAX_EVIDENCE = 20
"""Exchanges that one observation names."""

Case = tuple[str, tuple[Heard, ...]]
"""What was seen, as a sentence, and the exchanges that show it."""


class Observation(Struct, frozen=True, kw_only=True):
    """Something that a gateway did, or seems to have done.

    Attributes:
        id: Stable.
        title: What is looked at, as a sentence.
        says: What was seen.
        meaning: What follows from it.
        basis: How that can be known.
        evidence: Numbers of the exchanges that show it.
    """

    id: str
    title: str
    says: str
    meaning: str
    basis: str
    evidence: tuple[int, ...]


class Look(Struct, frozen=True, kw_only=True):
    """One kind of observation.

    Attributes:
        id: Stable.
        title: What is looked at, as a sentence.
        meaning: What follows from it.
        basis: How that can be known.
        cases: Finds what there is to see.
    """

    id: str
    title: str
    meaning: str
    basis: str
    cases: Callable[[Conversation], Iterator[Case]]

    def observations(self, conversation: Conversation) -> Iterator[Observation]:
        """What is seen, the same sentence once."""
        sayings: dict[str, dict[int, None]] = {}
        for says, exchanges in self.cases(conversation):
            if says in sayings or len(sayings) < MAX_SAYINGS:
                sayings.setdefault(says, {}).update(dict.fromkeys(heard.sequence for heard in exchanges))
        for says, evidence in sayings.items():
            yield Observation(
                id=self.id,
                title=self.title,
                says=says,
                meaning=self.meaning,
                basis=self.basis,
                evidence=tuple(sorted(evidence)[:MAX_EVIDENCE]),
            )


def each(look: Callable[[Heard], Iterator[str]]) -> Callable[[Conversation], Iterator[Case]]:
    """Cases that one exchange shows; ``look`` says what is seen."""

    def cases(conversation: Conversation) -> Iterator[Case]:
        for heard in conversation.heard:
            for says in look(heard):
                yield says, (heard,)

    return cases


def person(heard: Heard) -> tuple[str, ...]:
    """Who sent an exchange, whatever credential they used."""
    return heard.sender[:-1]
