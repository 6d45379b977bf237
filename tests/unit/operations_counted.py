"""What requests are counted by."""

from mcp_echo_core.metrics import Operation


def operation(
    method: str = "ping", target: str = "", era: str = "legacy", version: str = "2025-11-25", outcome: str = "ok"
) -> Operation:
    """An operation, of which a test says only what matters to it."""
    return method, target, era, version, outcome
