"""A run's findings in every format; all are made of the same ``Report``, and none trusts a word of the server's."""

import json
from collections.abc import Callable, Mapping

import msgspec

from mcp_echo_core.probe.reports import html, junit, markdown
from mcp_echo_core.probe.runner import Report


def as_json(report: Report) -> str:
    """The report as it is; in ASCII, so that nothing in it can act on a terminal."""
    return json.dumps(msgspec.to_builtins(report), indent=2) + "\n"


DOCUMENTS: Mapping[str, Callable[[Report], str]] = {
    "json": as_json,
    "markdown": markdown.render,
    "junit": junit.render,
    "html": html.render,
}
"""The formats beside the text for terminals."""
