"""Whose word about client addresses is believed."""

from collections.abc import Sequence

import pytest

from mcp_echo_core.http import HttpRequest, TrustedProxies


def request_from(peer: str | None, *forwarded: str) -> HttpRequest:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    client = None if peer is None else (peer, 40000)
    return HttpRequest({"headers": headers, "client": client}, 0.0, 1)


@pytest.mark.parametrize(
    ("allowed", "peer", "forwarded", "client"),
    [
        (["127.0.0.1"], "127.0.0.1", [], "127.0.0.1"),
        (["127.0.0.1"], "127.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        (["127.0.0.1"], "198.51.100.1", ["203.0.113.7"], "198.51.100.1"),
        (["127.0.0.1"], "127.0.0.1", ["6.6.6.6, 203.0.113.7"], "203.0.113.7"),
        (["127.0.0.1", "10.0.0.0/8"], "127.0.0.1", ["6.6.6.6, 203.0.113.7, 10.1.2.3"], "203.0.113.7"),
        (["127.0.0.1", "10.0.0.0/8"], "127.0.0.1", ["6.6.6.6", "203.0.113.7", "10.1.2.3"], "203.0.113.7"),
        (["127.0.0.1", "10.0.0.0/8"], "127.0.0.1", ["10.1.2.3"], "10.1.2.3"),
        (["*"], "198.51.100.1", ["6.6.6.6, 203.0.113.7"], "6.6.6.6"),
        (["::1"], "::1", ["2001:db8::7"], "2001:db8::7"),
        (["2001:db8::/32"], "2001:db8::1", ["203.0.113.7"], "203.0.113.7"),
        (["10.1.2.3/8"], "10.9.9.9", ["203.0.113.7"], "203.0.113.7"),
        (["127.0.0.1"], "127.0.0.1", ["unknown"], "unknown"),
        ([], "127.0.0.1", ["203.0.113.7"], "127.0.0.1"),
        (["unix:", "nonsense"], "127.0.0.1", ["203.0.113.7"], "127.0.0.1"),
        (["127.0.0.1"], None, ["203.0.113.7"], None),
        (["*"], None, ["203.0.113.7"], "203.0.113.7"),
    ],
)
def test_the_client_is_the_last_address_that_no_trusted_proxy_vouches_past(
    allowed: Sequence[str], peer: str | None, forwarded: Sequence[str], client: str | None
) -> None:
    assert TrustedProxies(allowed).client_address(request_from(peer, *forwarded)) == client


@pytest.mark.parametrize("forwarded", ["203.0.113.7,", "203.0.113.7, ", ",203.0.113.7,,"])
def test_empty_parts_name_nobody(forwarded: str) -> None:
    assert TrustedProxies(["127.0.0.1"]).client_address(request_from("127.0.0.1", forwarded)) == "203.0.113.7"


@pytest.mark.parametrize("address", ["", "localhost", "127.0.0.1.", "127.1", "::ffff:", "10.0.0.1 ", None])
def test_what_is_no_address_is_not_trusted(address: str | None) -> None:
    assert not TrustedProxies(["127.0.0.0/8", "10.0.0.0/8"]).trusts(address)


def test_an_address_of_the_other_family_is_in_no_network() -> None:
    assert not TrustedProxies(["10.0.0.0/8"]).trusts("2001:db8::1")
