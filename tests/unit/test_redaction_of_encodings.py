"""Credentials behind percent-encoding are found, however many harmless parameters there are, and quickly."""

import time
from urllib.parse import quote

import pytest

from mcp_echo_core import redaction

SECRET = "Zx8Qm1Vt5Kp9Lr3Ns7Wd2Yb6"
HARMLESS = "a=%25253Db&"


def often(text: str, times: int) -> str:
    for _ in range(times):
        text = quote(text, safe="")
    return text


@pytest.mark.parametrize("times", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("before", [0, 5, 2000])
def test_a_secret_is_found_however_often_it_is_encoded(times: int, before: int) -> None:
    for inner in (f"token={SECRET}", f"https://u:{SECRET}@h/", f"Bearer {SECRET}", f'{{"password": "{SECRET}"}}'):
        value = f"/x?{HARMLESS * before}next={often(inner, times)}&{HARMLESS * 70}end=1"
        shown = redaction.text(value)
        for _ in range(8):
            assert SECRET not in shown
            shown = redaction.unquote(shown)


def test_thousands_of_encoded_parameters_are_shown_where_none_is_suspicious() -> None:
    value = "?" + HARMLESS * 1300
    assert redaction.text(value) == value


@pytest.mark.parametrize(
    "value",
    [
        f"?{HARMLESS * 1300}", f"?{HARMLESS * 1300}x={often('token=1', 2)}", "a=%2541 " * 1900,
        "?a=%2525252541&" * 1000, "?token=%41&" * 1400, "?u=a%3A%2F%2Fb%3Ac%40d&" * 700,
    ],
    ids=["harmless", "suspicious", "words", "often", "secret", "userinfo"],
)  # fmt: skip
def test_a_body_full_of_them_takes_milliseconds(value: str) -> None:
    took = []
    for _ in range(5):
        before = time.perf_counter()
        redaction.text(value)
        took.append(time.perf_counter() - before)
    assert min(took) < 0.02
