"""What requests without a handshake say about themselves, and what of the older revisions they still bring along."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.heard import Heard, Message
from mcp_echo_core.client_report.rule import Certainty, Found, Rule, each_message, found, quoted
from mcp_echo_core.eras.classify import VERSION_KEY
from mcp_echo_core.eras.envelope import CAPABILITIES_KEY, CLIENT_KEY, LOG_LEVEL_KEY
from mcp_echo_core.eras.versions import HANDSHAKE_VERSIONS, MODERN_VERSIONS

MODERN = MODERN_VERSIONS

REMOVED: Mapping[str, str] = {
    "initialize": "_meta on every request",
    "notifications/initialized": "nothing: there is no handshake",
    "ping": "server/discover",
    "logging/setLevel": f"{LOG_LEVEL_KEY} in _meta",
    "resources/subscribe": "subscriptions/listen",
    "resources/unsubscribe": "closing the stream of subscriptions/listen",
    "notifications/roots/list_changed": "nothing: roots travel in inputResponses",
    "tasks/result": "tasks/get",
    "tasks/list": "tasks/get for each task",
}
"""Methods that 2026-07-28 dropped, and what to use instead (2026-07-28 changelog, Major changes 2, 4, 5 and 6)."""

MIRRORS = ("mcp-protocol-version", "mcp-method", "mcp-name")
"""The headers that every request repeats from its body, as far as they apply."""

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}|draft.*", re.IGNORECASE)
_TRANSPORT = "2026-07-28 basic/transports/streamable-http"
_META_SPEC = "2026-07-28 basic/index, _meta"


def judgeable(message: Message) -> bool:
    """Whether it is known what holds for a message: it names no other revision, and it has an envelope.

    A removed method without an envelope is one fault, not one per header.
    """
    version = message.meta.get(VERSION_KEY)
    if isinstance(version, str):
        return version in MODERN_VERSIONS or not _DATED.fullmatch(version)
    return message.method not in REMOVED


def lone(heard: Heard) -> Message | None:
    """The message of a POST, if it carries one that is judged and no batch."""
    single = len(heard.messages) == 1 and not isinstance(heard.value, list)
    return heard.messages[0] if single and judgeable(heard.messages[0]) else None


def told_by(heard: Heard) -> Certainty | None:
    """How sure it is that a header's fault is the client's: behind a proxy it need not be."""
    return "likely" if heard.proxied else None


def each_header(judge: Callable[[Heard, Message], Iterator[str | Found]]) -> Callable[..., Iterator[Found]]:
    """A rule about the headers of one message; what is wrong with it, or a whole case where its level differs."""

    def judged(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
        for heard in conversation.of(*revisions):
            if (message := lone(heard)) is not None:
                for case in judge(heard, message):
                    yield found(heard, case, certainty=told_by(heard)) if isinstance(case, str) else case

    return judged


def _required_meta(message: Message) -> Iterator[str]:
    if not message.is_request or not judgeable(message):
        return
    missing = []
    if not isinstance(message.meta.get(VERSION_KEY), str):
        missing.append(f"no text {VERSION_KEY}")
    if not isinstance(message.meta.get(CAPABILITIES_KEY), dict):
        missing.append(f"no object {CAPABILITIES_KEY}")
    if missing:
        yield f"{quoted(message.method)} has {' and '.join(missing)} in params._meta."


def _client_info(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for message in conversation.messages(revisions):
        # Without any envelope this is the lesser problem.
        if not message.is_request or VERSION_KEY not in message.meta or not judgeable(message):
            continue
        client = message.meta.get(CLIENT_KEY)
        if CLIENT_KEY not in message.meta:
            yield found(message, f"{quoted(message.method)} does not say which client sends it.")
        elif not isinstance(client, dict):
            yield found(message, f"clientInfo of {quoted(message.method)} is {quoted(client)}.", level="must")
        elif unnamed := [name for name in ("name", "version") if not isinstance(client.get(name), str)]:
            says = f"clientInfo of {quoted(message.method)} has no text {' and no text '.join(unnamed)}."
            yield found(message, says, level="must")


def _version_present(heard: Heard, message: Message) -> Iterator[str | Found]:
    values = heard.headers("mcp-protocol-version")
    what = "A message" if message.method is None else quoted(message.method)
    if not values:
        yield found(
            heard,
            f"{what} came without MCP-Protocol-Version.",
            level="note" if message.is_notification else None,
            certainty=told_by(heard),
        )
    elif len(values) > 1 or "," in values[0]:
        yield f"{what} came with MCP-Protocol-Version more than once: {quoted(', '.join(values))}."


def _version_matches(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for heard in conversation.of(*revisions):
        values, named = heard.headers("mcp-protocol-version"), heard.messages[0].meta if heard.messages else {}
        version = named.get(VERSION_KEY)
        if len(heard.messages) != 1 or len(values) != 1 or "," in values[0] or not isinstance(version, str):
            continue
        if (header := values[0].strip(" \t")) != version:
            old = " The header names a revision with a handshake." if header in HANDSHAKE_VERSIONS else ""
            says = f"MCP-Protocol-Version says {quoted(header)}, _meta says {quoted(version)}.{old}"
            yield found(heard, says, certainty=told_by(heard))


def _no_responses(message: Message) -> Iterator[str]:
    if message.is_response:
        yield f"A response with the id {quoted(message.id)} was posted."


def _removed(message: Message) -> Iterator[str]:
    if (replacement := REMOVED.get(message.method or "")) is not None:
        yield f"{quoted(message.method)} was sent; it was replaced by {replacement}."


def _legacy_mechanisms(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for heard in conversation.of(*revisions):
        used = [name for name in ("Mcp-Session-Id", "Last-Event-ID") if heard.headers(name.lower())]
        if heard.event.method in ("GET", "DELETE"):
            used.append(f"the method {heard.event.method}")
        if any(message.method == "notifications/cancelled" for message in heard.messages):
            used.append("notifications/cancelled")
        if used:
            yield found(heard, f"{' and '.join(used)} {'has' if len(used) == 1 else 'have'} no effect here.")


def _deprecated(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for exchanges in conversation.callers(revisions).values():
        first: dict[str, Heard] = {}
        for heard in exchanges:
            for feature in (feature for message in heard.messages for feature in _old_features(message.meta)):
                first.setdefault(feature, heard)
        if first:
            earliest = next(iter(first.values()))
            yield found(earliest, f"The client relies on {', '.join(sorted(first))}.", *first.values())


def _old_features(meta: Mapping[str, Any]) -> Iterator[str]:
    capabilities = meta.get(CAPABILITIES_KEY)
    if isinstance(capabilities, dict):
        yield from (name for name in ("roots", "sampling") if isinstance(capabilities.get(name), dict))
    if isinstance(meta.get(LOG_LEVEL_KEY), str):
        yield "logging"


RULES = (
    Rule(
        id="modern-required-meta",
        area="modern",
        revisions=MODERN,
        level="must",
        title="Each request names its revision and the client's capabilities",
        fix=f"Put {VERSION_KEY} and {CAPABILITIES_KEY} (if need be {{}}) into params._meta of every request.",
        spec=(_META_SPEC,),
        judge=each_message(_required_meta),
    ),
    Rule(
        id="modern-client-info",
        area="modern",
        revisions=MODERN,
        level="should",
        title="Each request tells which client sends it",
        fix=f"Put {CLIENT_KEY} with a name and a version into params._meta of every request.",
        spec=(_META_SPEC, "2026-07-28 schema, Implementation"),
        judge=_client_info,
    ),
    Rule(
        id="modern-version-header-present",
        area="modern",
        revisions=MODERN,
        level="must",
        title="Each POST has one MCP-Protocol-Version",
        fix="Send MCP-Protocol-Version once, with the revision that _meta names.",
        spec=(f"{_TRANSPORT}, Protocol Version Header", f"{_TRANSPORT}, Sending Messages"),
        judge=each_header(_version_present),
    ),
    Rule(
        id="modern-version-header-matches-meta",
        area="modern",
        revisions=MODERN,
        level="must",
        title="Header and _meta name the same revision",
        fix="Take both from the same place, request by request.",
        spec=(f"{_TRANSPORT}, Protocol Version Header",),
        judge=_version_matches,
    ),
    Rule(
        id="modern-no-responses",
        area="modern",
        revisions=MODERN,
        level="must",
        title="Clients post no responses",
        fix="The server asks nothing by itself: answer an input_required result by trying again with inputResponses.",
        spec=(f"{_TRANSPORT}, Sending Messages", "2026-07-28 basic/patterns/mrtr"),
        judge=each_message(_no_responses),
    ),
    Rule(
        id="modern-removed-methods",
        area="modern",
        revisions=MODERN,
        level="must",
        title="Methods that this revision removed are not used",
        fix="Use what replaced the method, or speak an older revision after a handshake.",
        spec=("2026-07-28 changelog, Major changes",),
        judge=each_message(_removed),
    ),
    Rule(
        id="modern-legacy-mechanisms",
        area="modern",
        revisions=MODERN,
        level="note",
        title="Sessions, resumption and notifications that cancel belong to older revisions",
        fix="Keep no session, listen with subscriptions/listen, and cancel by closing the response stream.",
        spec=(f"{_TRANSPORT}, Earlier Streamable HTTP Revisions", "2026-07-28 basic/patterns/cancellation"),
        judge=_legacy_mechanisms,
    ),
    Rule(
        id="deprecated-features",
        area="modern",
        revisions=MODERN,
        level="note",
        title="Roots, sampling and logging are deprecated",
        fix="They still work; name directories in arguments, call the model's provider, log with OpenTelemetry.",
        spec=("2026-07-28 deprecated", "2026-07-28 changelog, Deprecated"),
        judge=_deprecated,
    ),
)
