"""Toolsets: what a server offers is the sum of the toolsets its settings name."""

from collections.abc import Callable

from mcp_echo_core.catalog import Catalog
from mcp_echo_core.settings import Settings
from mcp_echo_core.toolsets import diagnostics
from mcp_echo_core.variants import Variant


def _conformance(variant: Variant, settings: Settings) -> Catalog:
    from mcp_echo_core.toolsets import conformance

    return conformance.catalog(variant, settings)


TOOLSETS: dict[str, Callable[[Variant, Settings], Catalog]] = {
    "diagnostics": diagnostics.catalog,
    "conformance": _conformance,
}


def catalog_for(variant: Variant, settings: Settings) -> Catalog:
    """Everything a server offers, in the order of ``MCP_ECHO_TOOLSETS``."""
    total = Catalog()
    for name in settings.toolsets:
        total += TOOLSETS[name](variant, settings)
    return total
