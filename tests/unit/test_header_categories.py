"""What header fields are for."""

import pytest

from mcp_echo_core.headers import categorise


@pytest.mark.parametrize(
    ("category", "names"),
    [
        (
            "auth",
            [
                "authorization",
                "proxy-authorization",
                "cookie",
                "x-user-id",
                "x-auth-token",
                "x-api-key",
                "remote-user",
                "x-forwarded-user",
                "x-forwarded-access-token",
                "x-auth-request-email",
                "x-github-user",
            ],
        ),
        ("standard", ["host", "accept", "content-type", "user-agent", "origin", "sec-fetch-mode", "sec-websocket-key"]),
        ("mcp", ["mcp-session-id", "mcp-protocol-version", "mcp-param-x", "last-event-id"]),
        ("forwarded", ["x-forwarded-for", "x-real-ip", "forwarded", "via", "x-forwarded-server"]),
        ("custom", ["x-request-id", "x-correlation-id", "traceparent", "anything"]),
    ],
)
def test_categories(category: str, names: list[str]) -> None:
    assert {name: categorise(name) for name in names} == dict.fromkeys(names, category)
