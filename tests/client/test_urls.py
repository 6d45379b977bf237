"""Parts of URLs."""

import pytest

from mcp_echo_core.client.urls import origin_of, port_of, without_userinfo


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://user:word@A.example:3000/mcp?x=1", "http://a.example:3000"),
        ("http://a.example:80/mcp", "http://a.example"),
        ("https://a.example:443", "https://a.example"),
        ("https://a.example:80/", "https://a.example:80"),
        ("http://[::1]:3000/mcp", "http://[::1]:3000"),
        ("/mcp", ""),
        ("http://", ""),
        ("http://a.example:99999/", ""),
        ("http://[::1", ""),
    ],
)
def test_an_origin_is_scheme_host_and_a_port_that_is_not_the_usual_one(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("url", "port"), [("http://a/", 80), ("https://a/", 443), ("https://a:3000/", 3000), ("ftp://a/", None)]
)
def test_a_port_is_the_one_that_is_connected_to(url: str, port: int | None) -> None:
    assert port_of(url) == port


def test_a_url_without_userinfo_is_otherwise_the_same() -> None:
    assert without_userinfo("https://user:p@ss@a.example:3000/m?q=u@v#f") == "https://a.example:3000/m?q=u@v#f"
