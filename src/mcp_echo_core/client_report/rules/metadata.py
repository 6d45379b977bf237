"""The keys and values of ``_meta``."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.dialogue import MASK
from mcp_echo_core.client_report.heard import Message
from mcp_echo_core.client_report.rule import Certainty, Found, Rule, each_message, found, quoted
from mcp_echo_core.eras.classify import VERSION_KEY
from mcp_echo_core.eras.envelope import CAPABILITIES_KEY, CLIENT_KEY

_WITH_GRAMMAR = ("2025-06-18", "2025-11-25", "2026-07-28")

_LABEL = r"[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PREFIX = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NAME = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?")
_RESERVED_LABELS = ("modelcontextprotocol", "mcp")

_OFFICIAL = "io.modelcontextprotocol"
_KNOWN = frozenset({
    VERSION_KEY, CLIENT_KEY, CAPABILITIES_KEY,
    *(f"{_OFFICIAL}/{name}" for name in (
        "logLevel", "subscriptionId", "serverInfo", "related-task", "model-immediate-response", "tasks", "ui",
    )),
})  # fmt: skip
"""Reserved keys that a revision or an official extension defines."""

_TRACEPARENT = re.compile(
    r"(?:00|(?!00|ff)[0-9a-f]{2}(?=.{53}(?:-|$)))-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)
_TRACE_MEMBER = re.compile(
    r"[a-z0-9][a-z0-9_*/-]{0,255}(@[a-z0-9][a-z0-9_*/-]{0,13})?=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,256}"
)
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_OCTETS = r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*"
_PAIR = rf"[ \t]*{_WORD}[ \t]*=[ \t]*{_OCTETS}[ \t]*"
_BAGGAGE_MEMBER = re.compile(rf"{_PAIR}(?:;(?:{_PAIR}|[ \t]*{_WORD}[ \t]*))*")
MAX_TRACE_MEMBERS = 32


def has_prefix(key: str) -> bool:
    """Whether a key has the form of a ``_meta`` key with a prefix."""
    prefix, slash, name = key.partition("/")
    return bool(slash) and _PREFIX.fullmatch(prefix) is not None and _NAME.fullmatch(name) is not None


def _metas(message: Message) -> Iterator[Mapping[str, Any]]:
    """The ``_meta`` of a message and of what the protocol nests in it; arguments of tools are none of its matter."""
    holders: list[Any] = [message.params, message.members.get("result")]
    inputs = message.params.get("inputResponses")
    holders += inputs.values() if isinstance(inputs, dict) else ()
    for holder in holders:
        meta = holder.get("_meta") if isinstance(holder, dict) else None
        if isinstance(meta, dict):
            yield meta


def _key_fault(key: str) -> str | None:
    prefix, slash, rest = key.partition("/")
    name = rest if slash else key
    if slash and not _PREFIX.fullmatch(prefix):
        return f"its prefix {quoted(prefix)} is not made of labels with dots between them"
    if not _NAME.fullmatch(name):
        return f"its name {quoted(name)} has characters, or ends, that no name has"
    return None


def _keys(message: Message) -> Iterator[str]:
    for meta in _metas(message):
        for key in meta:
            if MASK not in key and (fault := _key_fault(key)) is not None:
                yield f"The key {quoted(key)} in _meta is malformed: {fault}."


def _is_reserved(prefix: str, revision: str) -> bool:
    if not _PREFIX.fullmatch(prefix):
        return False
    labels = prefix.split(".")
    if revision == "2025-06-18":
        return len(labels) > 1 and labels[-2] in _RESERVED_LABELS
    return len(labels) > 1 and labels[1] in _RESERVED_LABELS


def _reserved(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for message in conversation.messages(revisions):
        for key in message.meta:
            prefix, slash, _ = key.partition("/")
            if not slash or key in _KNOWN or not _is_reserved(prefix, message.heard.revision):
                continue
            # Official extensions add keys here, and may have done so since this was written.
            official = prefix == _OFFICIAL or prefix.startswith(f"{_OFFICIAL}.")
            certainty: Certainty | None = "heuristic" if official else None
            says = f"The key {quoted(key)} in _meta is not known here, and its prefix is reserved."
            yield found(message, says, certainty=certainty)


def _is_traceparent(value: str) -> bool:
    # Later versions may append fields.
    known = _TRACEPARENT.fullmatch if value.startswith("00") else _TRACEPARENT.match
    return known(value) is not None


def _is_tracestate(value: str) -> bool:
    members = [part for each in value.split(",") if (part := each.strip(" \t"))]
    return len(members) <= MAX_TRACE_MEMBERS and all(_TRACE_MEMBER.fullmatch(member) for member in members)


def _is_baggage(value: str) -> bool:
    members = " ".join(value.split()).split(",")
    return all(_BAGGAGE_MEMBER.fullmatch(member) for member in members if member.strip())


_TRACING = {"traceparent": _is_traceparent, "tracestate": _is_tracestate, "baggage": _is_baggage}


def _tracing(message: Message) -> Iterator[str]:
    for key, is_valid in _TRACING.items():
        if key not in message.meta:
            continue
        value = message.meta[key]
        if not isinstance(value, str):
            yield f"{key} in _meta is {quoted(value)} where a string belongs."
        elif MASK not in value and not is_valid(value):
            yield f"{key} in _meta is {quoted(value)}, which W3C does not define."


RULES = (
    Rule(
        id="meta-key-format",
        area="metadata",
        revisions=_WITH_GRAMMAR,
        level="must",
        title="Keys in _meta have the form prefix/name",
        fix="Name keys like com.example/my-key: labels with dots between them, one slash, a name.",
        spec=("2025-06-18 and later: basic/index, _meta",),
        judge=each_message(_keys),
    ),
    Rule(
        id="meta-reserved-prefix",
        area="metadata",
        revisions=_WITH_GRAMMAR,
        level="must",
        certainty="likely",
        title="Reserved prefixes in _meta are left to the protocol",
        fix="Put keys of your own under a prefix made from a domain of your own.",
        spec=("2025-06-18 and later: basic/index, _meta",),
        judge=_reserved,
    ),
    Rule(
        id="trace-context-format",
        area="metadata",
        revisions=("2026-07-28",),
        level="must",
        title="Trace context in _meta is written as W3C defines it",
        fix="Let an OpenTelemetry propagator write traceparent, tracestate and baggage.",
        spec=("2026-07-28 basic/index, _meta", "W3C Trace Context", "W3C Baggage"),
        judge=each_message(_tracing),
    ),
)
