"""What a check is, and what it finds: data, so that every report tells the same."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from mcp_echo_core.client.answers import Answer

if TYPE_CHECKING:
    from mcp_echo_core.probe.survey import Survey

Level = Literal["must", "should", "note"]
"""How a revision words the rule; a note is no rule, but worth knowing."""

Outcome = Literal["passed", "failed", "noted", "untested"]
"""Failed is only what breaks a rule; ``noted`` answers a question that has no wrong answer."""


class Finding(Struct, frozen=True, kw_only=True):
    """What a check found.

    Attributes:
        outcome: Whether the rule is kept.
        answer: To the check's question, in a few words; of an untested one, why it could not be tested.
        details: What it rests on, a sentence each.
        consequence: What a client does with such an answer, or what goes wrong for it.
        fix: What to change, when something is broken.
        evidence: Numbers of the exchanges that show it.
        facts: The same for programs.
    """

    outcome: Outcome
    answer: str
    details: tuple[str, ...] = ()
    consequence: str = ""
    fix: str = ""
    evidence: tuple[int, ...] = ()
    facts: Mapping[str, Any] = {}


class Check(Struct, frozen=True, kw_only=True):
    """A question to a server.

    Attributes:
        id: Stable; baselines and ``--only`` name it.
        question: As a person would ask it.
        level: Of the rule it rests on; a failed ``note`` does not exist.
        spec: Where the rule stands.
        run: Asks it.
        judges: Statuses that it judges although a gateway may have given them, ``None`` for no answer at all; on others
            of that kind no verdict rests.
        weighs: It weighs answers without a verdict itself.
        in_session: It fails where a living session is not found, whatever the rule it asks for.
        without_mcp: It can be asked where nobody speaks MCP, or nobody without credentials.
    """

    id: str
    question: str
    level: Level
    spec: tuple[str, ...]
    run: "Callable[[Survey], Awaitable[Finding]]"
    judges: frozenset[int | None] = frozenset()
    weighs: bool = False
    in_session: bool = False
    without_mcp: bool = False


def passed(answer: str, *evidence: Answer, **more: Any) -> Finding:
    """The rule is kept."""
    return _finding("passed", answer, evidence, more)


def failed(answer: str, *evidence: Answer, consequence: str, fix: str, **more: Any) -> Finding:
    """The rule is broken."""
    return _finding("failed", answer, evidence, {"consequence": consequence, "fix": fix, **more})


def noted(answer: str, *evidence: Answer, **more: Any) -> Finding:
    """An answer that is neither right nor wrong."""
    return _finding("noted", answer, evidence, more)


def untested(reason: str, *evidence: Answer, **more: Any) -> Finding:
    """The question could not be asked, and why."""
    return _finding("untested", reason, evidence, more)


def _finding(outcome: Outcome, answer: str, evidence: tuple[Answer, ...], more: Mapping[str, Any]) -> Finding:
    numbers = tuple(dict.fromkeys(each.number for each in evidence))
    return Finding(outcome=outcome, answer=answer, evidence=numbers, **more)
