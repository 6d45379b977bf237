"""How figures and foreign texts are written."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_echo_core import text


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "0s"), (-5, "0s"), (45.9, "45s"), (330, "5m 30s"), (3270, "54m 30s"), (5025, "1h 23m 45s"),
        (3600, "1h 0m 0s"), (90061, "1d 1h 1m 1s"),
    ],
)  # fmt: skip
def test_durations(seconds: float, written: str) -> None:
    assert text.duration(seconds) == written


@pytest.mark.parametrize(
    ("start", "end", "written"),
    [
        ((2018, 1, 18), (2024, 12, 24), "6 years, 11 months"),
        ((2020, 2, 29), (2021, 2, 28), "11 months"),
        ((2020, 2, 29), (2021, 3, 1), "1 year"),
        ((2020, 1, 31), (2020, 2, 29), "29 days"),
        ((2020, 1, 1), (2020, 1, 3, 5), "2 days, 5 hours"),
        ((2020, 1, 1), (2020, 1, 1, 1, 1), "1 hour, 1 minute"),
        ((2020, 1, 1), (2020, 1, 1, 0, 0, 1), "1 second"),
        ((2020, 1, 1), (2020, 1, 1), "0 seconds"),
    ],
)
def test_spans_have_their_two_largest_units(start: tuple[int, ...], end: tuple[int, ...], written: str) -> None:
    assert text.calendar_span(datetime(*start, tzinfo=UTC), datetime(*end, tzinfo=UTC)) == written


@pytest.mark.parametrize(
    ("count", "written"), [(None, "not available"), (0, "0B"), (1023, "1023B"), (12 << 10, "12KB"), (1 << 30, "1024MB")]
)
def test_sizes(count: int | None, written: str) -> None:
    assert text.size(count) == written


@pytest.mark.parametrize(
    ("decimals", "written"),
    [(0, "2024-01-01 12:00:00 UTC"), (3, "2024-01-01 12:00:00.123 UTC"), (6, "2024-01-01 12:00:00.123456 UTC")],
)
def test_dates(decimals: int, written: str) -> None:
    assert text.utc(1704110400.123456, decimals) == written


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), 1e20, -1e20, 10**400])
def test_dates_beyond_the_calendar_are_not_available(seconds: float) -> None:
    assert text.utc(seconds) == "not available"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"), ("Jürgen 🐐", "Jürgen 🐐"), ("a\r\nb", "a\\r\\nb"), ("\x1b[31m", "\\x1b[31m"),
        ("\u202etxt", "\\u202etxt"), ("\u2028", "\\u2028"), ("\x85", "\\x85"), ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"), ("👩\u200d💻", "👩\u200d💻"),
    ],
)  # fmt: skip
def test_control_characters_are_shown_as_escapes(value: str, shown: str) -> None:
    assert text.line(value) == shown


def test_long_texts_are_cut_and_their_length_is_told() -> None:
    assert text.line("abcdef", limit=3) == "abc… (6 characters)"


def test_a_block_keeps_its_newlines_and_nothing_else() -> None:
    assert text.block("a\n\tb\r") == "a\n\\tb\\r"


@given(st.text(alphabet=st.characters()))
def test_any_text_becomes_one_encodable_line(value: str) -> None:
    line = text.line(value)
    assert len(line.splitlines()) <= 1
    line.encode()
    assert "\x00" not in line


@given(st.floats())
def test_any_number_can_be_written_as_a_date(seconds: float) -> None:
    assert text.utc(seconds).endswith(("UTC", "available"))
