"""What a client accepts and what it says it sends."""

from collections.abc import Iterator

from mcp_echo_core.client_report.conversation import Heard
from mcp_echo_core.client_report.rule import Rule, each_exchange

ALL = ("2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28")


def _content_type(heard: Heard) -> Iterator[str]:
    if heard.event.method == "POST":
        value = heard.header("content-type")
        if (value or "").partition(";")[0].strip().lower() != "application/json":
            yield f"Content-Type is {value!r}; most servers answer 400 or 415."


RULES = (
    Rule(
        id="content-type-json",
        area="transport",
        revisions=ALL,
        level="should",
        title="A POST declares application/json",
        fix="Send 'Content-Type: application/json'.",
        spec=("RFC 9110 section 8.3", "2026-07-28 basic/transports/streamable-http, Standard Request Headers"),
        judge=each_exchange(_content_type),
    ),
)
