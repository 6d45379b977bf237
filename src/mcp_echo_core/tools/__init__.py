"""The registry: which tools each variant offers, in the order of ``tools/list``. One file per tool."""

from typing import Any

from mcp_echo_core.tools import echo
from mcp_echo_core.settings import Settings
from mcp_echo_core.tools.base import Tool

STATEFUL_TOOLS: tuple[Tool[Any, Any], ...] = (
    echo.STATEFUL,
)

STATELESS_TOOLS: tuple[Tool[Any, Any], ...] = (
    echo.STATELESS,
)


def tools_for(tools: tuple[Tool[Any, Any], ...], settings: Settings) -> tuple[Tool[Any, Any], ...]:
    """The tools as the settings want them."""
    return tools
