"""When a tick was sent, as its text tells."""

import pytest

from mcp_echo_core.stream_check.ask import sent_at


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("step 3 of 10, sent at 2026-11-20T06:06:01.123456Z", 1795154761.123456),
        ("step 3 of 10, sent at 2026-11-20T06:06:01Z", 1795154761.0),
        ("step 3 of 10, sent at 2026-13-20T06:06:01Z", None),
        ("step 3 of 10", None),
        ("", None),
    ],
)
def test_the_time_is_read_or_is_not_there(text: str, seconds: float | None) -> None:
    assert sent_at(text) == seconds
