"""What the user has given is masked in any text: whole, in the spellings of URLs and JSON, and cut."""

import base64
from typing import Any

import pytest

from mcp_echo_core.client.secrecy import Secrecy

SECRET = "opaque-credential-0123456789"
MASKED = "opaque...456789"


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("http://a/mcp", [("Authorization", f"Bearer {SECRET}")]),
        ("http://a/mcp", [("X-Api-Key", SECRET)]),
        ("http://a/mcp", [("X-Custom", SECRET)]),
        ("http://a/mcp", [("Cookie", f"theme=dark; sid={SECRET}")]),
        ("http://a/mcp", [("Authorization", f"Basic {base64.b64encode(f'user:{SECRET}'.encode()).decode()}")]),
        ("http://a/mcp", [("Authorization", f"Basic {base64.b64encode(f'{SECRET}:word'.encode()).decode()}")]),
        (f"http://user:{SECRET}@a/mcp", []),
        (f"http://{SECRET}@a/mcp", []),
        (f"http://a/mcp?api_key={SECRET}", []),
        (f"http://a/mcp?code={SECRET}", []),
    ],
)
def test_a_credential_is_masked_wherever_it_was_given(url: str, headers: list[tuple[str, str]]) -> None:
    secrecy = Secrecy(url, headers)
    assert secrecy.text(f"<{SECRET}{SECRET}>") == f"<{MASKED}{MASKED}>"
    assert secrecy.value({SECRET: [SECRET, 1, None, True]}) == {MASKED: [MASKED, 1, None, True]}


def test_the_spellings_of_urls_and_of_json_are_masked_too() -> None:
    secret = 'a/b "c" d+e=0123456789'
    secrecy = Secrecy("", [("X-Api-Key", secret)])
    for spelling in (secret, "a%2Fb%20%22c%22%20d%2Be%3D0123456789", 'a/b \\"c\\" d+e=0123456789'):
        assert "0123456789" not in secrecy.text(f"seen: {spelling}!")
    assert "p@ss" not in Secrecy("http://user:p%40ssword-0123@a/").text("p@ssword-0123")


@pytest.mark.parametrize("length", [8, 15, len(SECRET) - 1])
@pytest.mark.parametrize("after", ["", "… (cut)", "… and more"])
def test_the_beginning_of_a_credential_that_was_cut_off_is_hidden(length: int, after: str) -> None:
    told = Secrecy("", [("X-Api-Key", SECRET)]).text(f"said opaque opaque-c then {SECRET[:length]}{after}")
    assert told == f"said opaque opaque-c then ******* (hidden){after}"


def test_the_beginning_of_a_credential_in_the_middle_of_a_text_is_a_word_like_others() -> None:
    secrecy = Secrecy("", [("X-Tenant", "application-team-1")])
    assert secrecy.text("Content-Type: application/json") == "Content-Type: application/json"


@pytest.mark.parametrize("name", ["Accept", "User-Agent", "X-Forwarded-For", "Mcp-Session-Id", "MCP-Protocol-Version"])
def test_a_header_that_only_tells_how_to_speak_is_no_credential(name: str) -> None:
    secrecy = Secrecy("http://a/mcp?page=2", [(name, SECRET)])
    assert secrecy.text(SECRET) == SECRET
    assert secrecy.header(name, SECRET) == SECRET


def test_a_short_credential_is_masked_as_a_word_and_names_no_member() -> None:
    secrecy = Secrecy("", [("Authorization", "Bearer era")])
    assert secrecy.value({"era": "the era, the eras"}) == {"era": "the ******* (hidden), the eras"}


def test_a_short_value_of_an_unknown_header_is_hidden_in_its_header_only() -> None:
    secrecy = Secrecy("", [("X-Debug", "1")])
    assert secrecy.header("x-debug", "1") == "******* (hidden)"
    assert secrecy.text("HTTP 1") == "HTTP 1"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", f"Bearer {SECRET}", f"Bearer {MASKED}"),
        ("X-Custom", SECRET, MASKED),
        ("X-Seen", f"<{SECRET}>", f"<{MASKED}>"),
        ("Set-Cookie", f"sid={SECRET}", f"sid={MASKED}"),
    ],
)
def test_headers_are_shown_with_their_credentials_masked(name: str, value: str, shown: str) -> None:
    secrecy = Secrecy("", [("Authorization", f"Bearer {SECRET}"), ("X-Custom", SECRET)])
    assert secrecy.header(name, value) == shown


def test_where_nothing_is_given_nothing_changes() -> None:
    value: dict[str, Any] = {"a": ["b", 1.5, {"c": None}]}
    assert Secrecy("http://a/mcp").value(value) == value
