"""The comparison as a table: what was sent, what arrived, what is said of it."""

import pytest

from mcp_echo_core.gateway_diff.compare import ORDER, SPELLING, Difference, Field, compare

Lines = list[tuple[str, str]]

TABLE: dict[str, tuple[Lines, Lines, list[Difference]]] = {
    "the same": ([("A", "1"), ("B", "2")], [("A", "1"), ("B", "2")], []),
    "one is gone": ([("A", "1"), ("B", "2")], [("B", "2")], [Difference("A", "removed", ("1",))]),
    "one is new": ([("A", "1")], [("Via", "x"), ("A", "1")], [Difference("Via", "added", (), ("x",))]),
    "another value": ([("A", "1")], [("A", "2")], [Difference("A", "changed", ("1",), ("2",))]),
    "an empty value is a value": ([("A", "")], [], [Difference("A", "removed", ("",))]),
    "blanks count": ([("A", "x  y")], [("A", "x y")], [Difference("A", "changed", ("x  y",), ("x y",))]),
    "one of two lines is gone": (
        [("A", "1"), ("A", "2")], [("A", "2")], [Difference("A", "removed", ("1", "2"), ("2",))],
    ),
    "one of two equal lines is gone": (
        [("A", "1"), ("A", "1")], [("A", "1")], [Difference("A", "removed", ("1", "1"), ("1",))],
    ),
    "a line more": ([("A", "1")], [("A", "1"), ("A", "1")], [Difference("A", "repeated", ("1",), ("1", "1"))]),
    "another line more": ([("A", "1")], [("A", "1"), ("A", "2")], [Difference("A", "repeated", ("1",), ("1", "2"))]),
    "two lines became one": (
        [("A", "1"), ("A", "2")], [("A", "1,2")], [Difference("A", "joined", ("1", "2"), ("1,2",))],
    ),
    "two lines became one, turned round": (
        [("A", "1"), ("A", "2")], [("A", "2, 1")], [Difference("A", "changed", ("1", "2"), ("2, 1",))],
    ),
    "one line became two": (
        [("A", "1, 2")], [("A", "1"), ("A", "2")], [Difference("A", "split", ("1, 2",), ("1", "2"))],
    ),
    "two lines turned round": (
        [("A", "1"), ("A", "2")], [("A", "2"), ("A", "1")], [Difference("A", "reordered", ("1", "2"), ("2", "1"))],
    ),
    "something at the end": ([("A", "1")], [("A", "1, 2")], [Difference("A", "appended", ("1",), ("1, 2",))]),
    "longer is not appended": ([("A", "1")], [("A", "12")], [Difference("A", "changed", ("1",), ("12",))]),
    "names in another order": (
        [("A", "1"), ("B", "2"), ("C", "3"), ("D", "4")], [("A", "1"), ("C", "3"), ("B", "2"), ("D", "4")],
        [Difference(ORDER, "reordered", ("B", "C"), ("C", "B"))],
    ),
    "the place of Host says nothing": ([("Host", "h"), ("A", "1")], [("A", "1"), ("Host", "h")], []),
    "what is gone or new is no matter of order": (
        [("A", "1"), ("B", "2"), ("C", "3")], [("C", "3"), ("X", "0")],
        [Difference("A", "removed", ("1",)), Difference("B", "removed", ("2",)),
         Difference("X", "added", (), ("0",))],
    ),
    "another case": (
        [("oDd", "1"), ("B", "2")], [("Odd", "1"), ("B", "2")], [Difference(SPELLING, "respelled", ("oDd",), ("Odd",))],
    ),
    "another case and another value": (
        [("oDd", "1")], [("odd", "2")],
        [Difference("oDd", "changed", ("1",), ("2",)), Difference(SPELLING, "respelled", ("oDd",), ("odd",))],
    ),
}  # fmt: skip


def field(name: str, value: str, length: int | None = None) -> Field:
    return Field(name, name.lower(), value, len(value) if length is None else length)


@pytest.mark.parametrize(("sent", "arrived", "expected"), TABLE.values(), ids=TABLE)
def test_what_differs(sent: Lines, arrived: Lines, expected: list[Difference]) -> None:
    assert compare([field(*line) for line in sent], [field(*line) for line in arrived]) == expected


def test_a_value_that_looks_the_same_but_is_shorter_was_changed() -> None:
    sent, arrived = field("A", "secret...", 40), field("A", "secret...", 39)
    assert compare([sent], [arrived]) == [Difference("A", "changed", ("secret...",), ("secret...",))]


def test_without_spellings_and_lengths_only_values_are_compared() -> None:
    assert compare([field("oDd", "1", 9)], [Field(None, "odd", "1", None)]) == []
    assert compare([field("oDd", "1")], [Field(None, "odd", "2", None)]) == [
        Difference("oDd", "changed", ("1",), ("2",))
    ]
    assert compare([], [Field(None, "new", "1", None)]) == [Difference("new", "added", (), ("1",))]
