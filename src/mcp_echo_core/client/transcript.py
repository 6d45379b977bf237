"""Exchanges as text: heads, and of bodies as much as a reader wants; nothing of it can act on a terminal."""

from collections.abc import Sequence

from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.text import block
from mcp_echo_core.text import line as safe


def title(exchange: Exchange) -> str:
    """Number, purpose and duration."""
    return f"#{exchange.number} {safe(exchange.purpose)} ({exchange.seconds * 1000:.0f} ms)"


def request(exchange: Exchange, most: int) -> list[str]:
    """What was sent, a line each; ``most`` characters of the body."""
    return _message(f"{exchange.method} {safe(exchange.url)}", exchange.request_headers, exchange.request_body, most)


def answer(exchange: Exchange, most: int) -> list[str]:
    """What came back, a line each; ``most`` characters of the body."""
    if exchange.status is None:
        return [f"no answer: {safe(exchange.failure or 'for no known reason')}"]
    lines = _message(f"HTTP {exchange.status}", exchange.headers, exchange.body, most)
    return [*lines, "", f"({safe(exchange.failure)})"] if exchange.failure else lines


def _message(first: str, headers: Sequence[tuple[str, str]], body: str, most: int) -> list[str]:
    fields = [safe(f"{name}: {value}") for name, value in headers]
    shown = body if len(body) <= most else f"{body[:most]}…"
    return [first, *fields, *(["", *block(shown.rstrip("\n")).split("\n")] if body else [])]
