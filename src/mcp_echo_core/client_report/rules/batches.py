"""Several messages in one POST."""

from collections import Counter
from collections.abc import Iterator

from mcp_echo_core.client_report.heard import Heard
from mcp_echo_core.client_report.rule import Rule, each_exchange, quoted

_SENDING = "basic/transports, Sending Messages to the Server"


def _is_batch(heard: Heard) -> bool:
    return heard.event.method == "POST" and isinstance(heard.value, list)


def _batched(heard: Heard) -> Iterator[str]:
    if _is_batch(heard):
        yield f"An array of {len(heard.value)} was posted; only 2025-03-26 has batches."


def _contents(heard: Heard) -> Iterator[str]:
    if not _is_batch(heard):
        return
    messages = heard.messages
    if not messages:
        yield "The batch is empty."
    if any(message.is_response for message in messages) and any(message.method is not None for message in messages):
        yield "The batch holds responses next to requests or notifications."
    if heard.opens:
        yield "initialize is part of a batch."
    used = Counter(message.id_key for message in messages if message.is_request and message.id_key is not None)
    for message in messages:
        if message.is_request and message.id_key is not None and used.pop(message.id_key, 0) > 1:
            yield f"The id {quoted(message.id)} occurs more than once in one batch."


RULES = (
    Rule(
        id="no-batch",
        area="jsonrpc",
        revisions=("2025-06-18", "2025-11-25", "2026-07-28"),
        level="must",
        title="A POST carries one message",
        fix="Post every message by itself.",
        spec=(
            f"2025-06-18, 2025-11-25 {_SENDING}",
            "2026-07-28 basic/transports/streamable-http, Sending Messages",
        ),
        judge=each_exchange(_batched),
    ),
    Rule(
        id="batch-contents",
        area="jsonrpc",
        revisions=("2025-03-26",),
        level="must",
        title="A batch holds what may be sent together",
        fix="Put requests and notifications into one array, responses into another, and send initialize alone.",
        spec=(f"2025-03-26 {_SENDING}", "2025-03-26 basic/lifecycle, Initialization", "JSON-RPC 2.0 section 6"),
        judge=each_exchange(_contents),
    ),
)
