"""The registry: which tools each variant offers, in the order of ``tools/list``. One file per tool."""

from typing import Any

from mcp_echo_core.settings import Settings
from mcp_echo_core.tools import (
    auth_context,
    bearer_decode,
    cors_analysis,
    echo,
    echo_binary,
    environment_dump,
    health_probe,
    print_header,
    replay_last_echo,
    request_timing,
    session_info,
    who_is_the_goat,
)
from mcp_echo_core.tools.base import Tool

Tools = tuple[Tool[Any, Any], ...]

STATEFUL_TOOLS: Tools = (
    echo.STATEFUL,
    replay_last_echo.STATEFUL,
    print_header.STATEFUL,
    bearer_decode.STATEFUL,
    auth_context.STATEFUL,
    request_timing.STATEFUL,
    cors_analysis.STATEFUL,
    environment_dump.STATEFUL,
    health_probe.STATEFUL,
    session_info.STATEFUL,
    who_is_the_goat.STATEFUL,
)

STATELESS_TOOLS: Tools = (
    echo.STATELESS,
    print_header.STATELESS,
    bearer_decode.STATELESS,
    auth_context.STATELESS,
    request_timing.STATELESS,
    cors_analysis.STATELESS,
    environment_dump.STATELESS,
    health_probe.STATELESS,
    who_is_the_goat.STATELESS,
)

_WITH_BINARY: tuple[tuple[Tool[Any, Any], Tool[Any, Any]], ...] = (
    (echo.STATEFUL, echo_binary.STATEFUL),
    (echo.STATELESS, echo_binary.STATELESS),
)


def tools_for(tools: Tools, settings: Settings) -> Tools:
    """A variant's tools as the settings want them: ``enable_binary`` lets echo take data."""
    if not settings.enable_binary:
        return tools
    return tuple(next((other for plain, other in _WITH_BINARY if tool is plain), tool) for tool in tools)
