"""What the modern era adds to results: ``resultType``, who answered, and how long an answer may be kept.

Source: 2026-07-28 basic/index (ResultType, ``_meta``), server/discover, server/utilities/caching.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Raw

from mcp_echo_core import __version__
from mcp_echo_core.eras.versions import MODERN_VERSIONS
from mcp_echo_core.messages import encode
from mcp_echo_core.plans import Answer
from mcp_echo_core.variants import Variant

SERVER_KEY = "io.modelcontextprotocol/serverInfo"

TTL_MILLISECONDS = 300_000
"""How long clients may keep lists and discovery: they change only with a new release or configuration."""

CACHING = {"ttlMs": TTL_MILLISECONDS, "cacheScope": "public"}

UNCACHED = {"ttlMs": 0, "cacheScope": "private"}
"""For what is true only now and for this caller."""


class Results:
    """Completes the results of one server.

    Args:
        variant: Who answers.
        versions: The revisions that are served.
        capabilities: What ``server/discover`` declares.
    """

    def __init__(self, variant: Variant, versions: tuple[str, ...], capabilities: Mapping[str, Any]) -> None:
        info = {"name": variant.distribution, "title": variant.title, "version": __version__}
        self._meta = {SERVER_KEY: info}
        discovery = {
            "supportedVersions": [version for version in versions if version in MODERN_VERSIONS],
            "capabilities": capabilities,
            "instructions": variant.instructions,
        }
        self.discovery = Answer(self.encoded(discovery))

    def complete(self, result: Mapping[str, Any], meta: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A result with everything this era asks for."""
        return {"resultType": "complete", **result, "_meta": {**self._meta, **meta} if meta else self._meta}

    def encoded(self, result: Mapping[str, Any]) -> Raw:
        """A cacheable result that never changes, encoded once."""
        return Raw(encode(self.complete({**result, **CACHING})))
