"""``tools/list`` of every revision, encoded once."""

from collections.abc import Sequence
from typing import Any

from msgspec import Raw

from mcp_echo_core.eras.handles import with_handle
from mcp_echo_core.eras.results import Results
from mcp_echo_core.eras.versions import HANDSHAKE_VERSIONS, MODERN_VERSIONS
from mcp_echo_core.messages import encode
from mcp_echo_core.tools.base import Tool


def listings(tools: Sequence[Tool[Any, Any]], results: Results) -> dict[str, Raw]:
    """Encoded result of ``tools/list`` by revision."""
    legacy = {v: Raw(encode({"tools": [tool.describe(v) for tool in tools]})) for v in HANDSHAKE_VERSIONS}
    modern = {
        v: results.encoded({"tools": [with_handle(tool.describe(v), tool) for tool in tools]}) for v in MODERN_VERSIONS
    }
    return legacy | modern
