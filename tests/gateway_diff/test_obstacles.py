"""Redirects that may be followed, and those that may not."""

import httpx
import pytest

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.gateway_diff.obstacles import is_redirect, target

FOLLOWED = [
    ("http://a.example/mcp", "/mcp/", "http://a.example/mcp/"),
    ("http://a.example/mcp", "http://a.example:80/mcp/", "http://a.example:80/mcp/"),
    ("http://a.example/mcp", "https://a.example/mcp", "https://a.example/mcp"),
    ("https://A.example/mcp", "https://a.example:443/x", "https://a.example:443/x"),
    ("http://a.example:3000/mcp", "//a.example:3000/mcp/", "http://a.example:3000/mcp/"),
]
NOT_FOLLOWED = [
    ("http://a.example/mcp", "http://b.example/mcp"),
    ("https://a.example/mcp", "http://a.example/mcp"),
    ("http://a.example/mcp", "http://a.example:8080/mcp/"),
    ("http://a.example:3000/mcp", "https://a.example/mcp"),
    ("http://a.example/mcp", "http://a.example@b.example/mcp"),
    ("http://a.example/mcp", "http://user@a.example/mcp"),
    ("http://a.example/mcp", "http://a.example:port/mcp"),
    ("http://a.example/mcp", "javascript:alert(1)"),
]


def answer(status: int, **headers: str) -> Answer:
    evidence = Exchange(number=1, purpose="", method="POST", url="", request_headers=(), request_body="")
    return Answer(
        exchange=evidence, status=status, headers=httpx.Headers(headers), body=b"", events=(), message=None,
        failure=None,
    )  # fmt: skip


@pytest.mark.parametrize(("url", "location", "expected"), FOLLOWED)
def test_within_one_origin_and_to_its_secure_twin_a_redirect_is_followed(
    url: str, location: str, expected: str
) -> None:
    assert target(url, answer(301, location=location)) == expected


@pytest.mark.parametrize(("url", "location"), NOT_FOLLOWED)
def test_credentials_are_taken_nowhere_else(url: str, location: str) -> None:
    assert target(url, answer(301, location=location)) is None


def test_only_a_status_with_a_location_is_a_redirect() -> None:
    assert is_redirect(answer(308, location="/"))
    assert not is_redirect(answer(308))
    assert not is_redirect(answer(200, location="/"))
