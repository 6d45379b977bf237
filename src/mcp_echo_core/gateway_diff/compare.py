"""What was sent beside what arrived: a pure comparison, which knows nothing of what a difference means.

Names are compared without case, values exactly. Lines of one name have an order that means something, lines of
different names have none, and one line with commas may stand for several (RFC 9110 sections 5.1 and 5.3).
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

Change = Literal[
    "removed",  # it did not arrive, or not all of its lines did
    "changed",  # it arrived with another value
    "appended",  # something was added to the end of its value, after a comma
    "joined",  # several lines arrived as one
    "split",  # one line arrived as several
    "repeated",  # it arrived more often than it was sent
    "reordered",  # its lines, or the fields as a whole, arrived in another order
    "respelled",  # names arrived in another case
    "added",  # it was not sent
]

ORDER = "(order of the fields)"
"""Stands for the name where the fields as a whole were reordered."""

SPELLING = "(spelling of the names)"
"""Stands for the name where names arrived in another case: a gateway does that to all, or to none."""

REWRITTEN = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "keep-alive", "expect", "te", "via"}
)
"""Fields that every proxy writes anew: their place says nothing."""


class Field(Struct, frozen=True):
    """A header field, as it may be shown.

    Attributes:
        name: As it was written; of one that arrived, ``None`` where the server cannot tell.
        key: The name in lower case.
        value: With credentials masked.
        length: Bytes of the value before it was masked or cut; ``None`` where the server does not tell.
    """

    name: str | None
    key: str
    value: str
    length: int | None


class Difference(Struct, frozen=True):
    """One thing that is not as it was sent.

    Attributes:
        name: Of the field, as it was sent, or as it arrived where it was not sent.
        change: What happened.
        sent: Its values, or names where names matter.
        arrived: The same on the other side.
    """

    name: str
    change: Change
    sent: tuple[str, ...] = ()
    arrived: tuple[str, ...] = ()


def compare(sent: Sequence[Field], arrived: Sequence[Field]) -> list[Difference]:
    """Everything that differs: field by field in the order of sending, what was added, the order, the spelling.

    Args:
        sent: In the order of sending, every one with its name as it was written.
        arrived: In the order of arrival.
    """
    keys = list(dict.fromkeys(field.key for field in [*sent, *arrived]))
    differences = []
    for key in keys:
        before, after = ([field for field in fields if field.key == key] for fields in (sent, arrived))
        if (change := _change(before, after)) is not None:
            name = next(field.name or field.key for field in [*before, *after])
            values = (tuple(field.value for field in side) for side in (before, after))
            differences.append(Difference(name, change, *values))
    return [*differences, *_order(sent, arrived), *_spelling(sent, arrived)]


def _change(before: Sequence[Field], after: Sequence[Field]) -> Change | None:
    if not before or not after:
        return "added" if after else "removed"
    known = all(field.length is not None for field in after)
    sent, arrived = ([(field.value, field.length if known else None) for field in side] for side in (before, after))
    if sent == arrived:
        return None
    changes: list[tuple[Change, bool]] = [
        ("reordered", Counter(sent) == Counter(arrived)),
        ("joined", len(arrived) < len(sent) and _members(before) == _members(after)),
        ("split", len(arrived) > len(sent) and _members(before) == _members(after)),
        ("removed", Counter(sent) > Counter(arrived)),
        ("repeated", Counter(sent) < Counter(arrived)),
        ("appended", _line(after).startswith(f"{_line(before)},")),
    ]
    return next((change for change, is_so in changes if is_so), "changed")


def _order(sent: Sequence[Field], arrived: Sequence[Field]) -> list[Difference]:
    here, there = ({field.key: field.name or field.key for field in fields} for fields in (sent, arrived))
    common = (here.keys() & there.keys()) - REWRITTEN
    before, after = ([key for key in side if key in common] for side in (here, there))
    if before == after:
        return []
    moved = [place for place, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    part = slice(moved[0], moved[-1] + 1)
    return [Difference(ORDER, "reordered", *(tuple(here[key] for key in side[part]) for side in (before, after)))]


def _spelling(sent: Sequence[Field], arrived: Sequence[Field]) -> list[Difference]:
    written = {field.name for field in sent}
    names = {field.key: field.name for field in sent}
    other = {field.key: field.name for field in arrived if field.name and field.name not in written}
    pairs = [(names[key] or key, spelling) for key, spelling in other.items() if key in names]
    return [Difference(SPELLING, "respelled", *map(tuple, zip(*pairs, strict=True)))] if pairs else []


def _line(fields: Sequence[Field]) -> str:
    return ", ".join(field.value for field in fields)


def _members(fields: Sequence[Field]) -> list[str]:
    return [member.strip() for member in _line(fields).split(",")]
