"""The conformance toolset: what the official suite expects a server to offer so that it can judge the rest.

Off unless ``MCP_ECHO_TOOLSETS`` names it, and imported only then: a model in production has no use for these. Names,
URIs and arguments are the suite's; ``scripts/conformance`` runs it.
"""

from mcp_echo_core.catalog import Catalog
from mcp_echo_core.settings import Settings
from mcp_echo_core.toolsets.conformance import (
    contents,
    elicitations,
    input_rounds,
    prompts,
    resources,
    running,
    schemas,
    triggers,
)
from mcp_echo_core.variants import Variant


def catalog(variant: Variant, settings: Settings) -> Catalog:  # noqa: ARG001 - the same in both servers
    """What the conformance toolset offers."""
    return Catalog(
        tools=(
            *contents.TOOLS,
            *running.TOOLS,
            *elicitations.TOOLS,
            *input_rounds.TOOLS,
            *schemas.TOOLS,
            *triggers.TOOLS,
        ),
        prompts=prompts.PROMPTS,
        resources=resources.RESOURCES,
        templates=resources.TEMPLATES,
        subscribable=frozenset({resources.WATCHED_URI}),
        changes=True,
    )
