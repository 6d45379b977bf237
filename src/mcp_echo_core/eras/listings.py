"""The four list methods of every revision, encoded once."""

from collections.abc import Callable
from typing import Any

from msgspec import Raw

from mcp_echo_core.catalog import Catalog
from mcp_echo_core.eras.handles import with_handle
from mcp_echo_core.eras.results import Results
from mcp_echo_core.eras.versions import ALL_VERSIONS, MODERN_VERSIONS
from mcp_echo_core.messages import encode

Describe = Callable[[Catalog, str], dict[str, Any]]


def listings(catalog: Catalog, results: Results) -> dict[str, dict[str, Raw]]:
    """Encoded results by method and revision."""
    methods: dict[str, Describe] = {
        "tools/list": _tools,
        "prompts/list": _prompts,
        "resources/list": _resources,
        "resources/templates/list": _templates,
    }
    return {method: {v: _encoded(describe(catalog, v), v, results) for v in ALL_VERSIONS}
            for method, describe in methods.items()}  # fmt: skip


def _encoded(result: dict[str, Any], revision: str, results: Results) -> Raw:
    return results.encoded(result) if revision in MODERN_VERSIONS else Raw(encode(result))


def _tools(catalog: Catalog, revision: str) -> dict[str, Any]:
    entries = [(tool, tool.describe(revision)) for tool in catalog.tools]
    if revision in MODERN_VERSIONS:
        return {"tools": [with_handle(entry, tool) for tool, entry in entries]}
    return {"tools": [entry for _, entry in entries]}


def _prompts(catalog: Catalog, revision: str) -> dict[str, Any]:
    return {"prompts": [prompt.describe(revision) for prompt in catalog.prompts]}


def _resources(catalog: Catalog, revision: str) -> dict[str, Any]:
    offered = [r for r in catalog.resources if not (r.needs_session and revision in MODERN_VERSIONS)]
    return {"resources": [resource.describe(revision) for resource in offered]}


def _templates(catalog: Catalog, revision: str) -> dict[str, Any]:
    return {"resourceTemplates": [template.describe(revision) for template in catalog.templates]}
