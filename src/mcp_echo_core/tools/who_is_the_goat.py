"""whoIStheGOAT: a joke. The verdict is a hash of the subject, and always a kind one."""

import hashlib
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from mcp_echo_core import text
from mcp_echo_core.call import Call
from mcp_echo_core.legends import LEGENDS, Legend
from mcp_echo_core.tools.base import Tool

MAX_SUBJECT = 200
"""Characters of a subject."""

_DEFAULT_SUBJECT = "MCP Protocol"
_DEFAULT_QUALITIES = ["Stateful session management", "Protocol compliance", "Developer experience"]
_DEFAULT_SCORE = 95

_LOWEST_SCORE = 90
_QUALITIES = (
    "Grace under load",
    "Backwards compatibility",
    "Readable error messages",
    "Excellent uptime",
    "Tasteful defaults",
    "Sensible timeouts",
    "Fearless refactoring",
    "Well-kept changelogs",
    "Surefootedness on steep terrain",
    "An impressive beard",
)
_SHOWN_QUALITIES = 3
_FACTORS = ((98, "Mythical"), (95, "Legendary"), (0, "Epic"))
"""Scores from which a greatness factor holds, highest first."""


class Arguments(Struct, forbid_unknown_fields=True):
    """Arguments of whoIStheGOAT."""

    subject: Annotated[str, Meta(description="Subject to analyze", max_length=MAX_SUBJECT)] | UnsetType = UNSET


class StatefulResult(Struct, rename="camel"):
    """A score of at most 100, and what it is said to rest on."""

    subject: str
    score: int
    factor: str
    qualities: list[str]
    verdict: str


class StatelessResult(Struct):
    """Praise, from facts where the subject is known, from a hash where it is not."""

    subject: str
    known: bool
    why: str
    contributions: list[str]
    wisdom: str
    legacy: str
    praise: str


async def run_stateful(arguments: Arguments, call: Call) -> StatefulResult:  # noqa: ARG001
    """Score a subject."""
    subject = _subject(arguments) or _DEFAULT_SUBJECT
    score, qualities = _LOWEST_SCORE + _hash(subject) % (101 - _LOWEST_SCORE), _qualities(subject)
    if subject.casefold() == _DEFAULT_SUBJECT.casefold():
        score, qualities = _DEFAULT_SCORE, _DEFAULT_QUALITIES
    factor = next(name for least, name in _FACTORS if score >= least)
    return StatefulResult(subject, score, factor, qualities, "Certified GOAT 🏆")


async def run_stateless(arguments: Arguments, call: Call) -> StatelessResult:
    """Praise a subject, or whoever's turn it is."""
    subject = _subject(arguments)
    known = {legend.name.casefold(): legend for legend in LEGENDS}
    legend = known.get(subject.casefold()) if subject else LEGENDS[call.http.number % len(LEGENDS)]
    return _praised(legend) if legend else _invented(subject)


def _subject(arguments: Arguments) -> str:
    return "" if arguments.subject is UNSET else text.line(" ".join(arguments.subject.split()))


def _hash(subject: str) -> int:
    return int.from_bytes(hashlib.sha256(subject.casefold().encode("utf-8", "replace")).digest()[:8])


def _qualities(subject: str) -> list[str]:
    start = _hash(subject)
    # Seven and the number of qualities have no common divisor, so that none comes twice.
    return [_QUALITIES[(start + 7 * step) % len(_QUALITIES)] for step in range(_SHOWN_QUALITIES)]


def _praised(legend: Legend) -> StatelessResult:
    return StatelessResult(
        legend.name,
        True,
        legend.why,
        list(legend.contributions),
        legend.wisdom,
        legend.legacy,
        legend.praise,
    )


def _invented(subject: str) -> StatelessResult:
    return StatelessResult(
        subject,
        False,
        f"This server knows nothing about {subject}, and that has never kept anybody from an opinion. "
        "The analysis below was done by a hash function.",
        _qualities(subject),
        "Whoever is asked about often enough becomes a GOAT.",
        f"Somebody typed {subject} into a diagnostic server. Few can say that.",
        "Unverified, unsigned and beyond doubt - a true GOAT! 🙌",
    )


def render_stateful(result: StatefulResult) -> str:
    """The score as text."""
    qualities = "\n".join(f"- {quality}" for quality in result.qualities)
    return (
        f"🐐 GOAT Analysis Complete\n\nSubject: {result.subject}\nExcellence Score: {result.score}/100\n"
        f"Greatness Factor: {result.factor}\n\nTop Qualities:\n{qualities}\n\nVerdict: {result.verdict}"
    )


def render_stateless(result: StatelessResult) -> str:
    """The praise as text."""
    contributions = "\n".join(f"• {contribution}" for contribution in result.contributions)
    return (
        f"🐐 Excellence Analysis: {result.subject}\n\n🌟 Why {result.subject} is the GOAT:\n\n{result.why}\n\n"
        f"💡 Key Contributions:\n{contributions}\n\n📖 Wisdom: {result.wisdom}\n\n"
        f"🎯 Legacy Impact: {result.legacy}\n\n{result.praise}"
    )


STATEFUL = Tool(
    name="whoIStheGOAT",
    title="Who is the GOAT",
    description="AI-powered excellence analyzer (for fun: the score is a hash of the subject)",
    arguments=Arguments,
    result=StatefulResult,
    run=run_stateful,
    render=render_stateful,
)

STATELESS = Tool(
    name="whoIStheGOAT",
    title="Who is the GOAT",
    description="Programming wisdom easter egg revealing tech legends (for fun)",
    arguments=Arguments,
    result=StatelessResult,
    run=run_stateless,
    render=render_stateless,
)
