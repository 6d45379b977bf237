"""All checks, in the order in which they are asked and reported."""

from mcp_echo_core.probe.checks import session_minted

CHECKS = tuple(module.CHECK for module in (session_minted,))
"""One check per module."""
