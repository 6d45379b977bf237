"""What was negotiated, and that nothing else is used."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcp_echo_core.client_report.conversation import Conversation, SessionFacts
from mcp_echo_core.client_report.heard import NOTHING, Message
from mcp_echo_core.client_report.rule import EVERY, HANDSHAKE, Certainty, Found, Rule, found, quoted
from mcp_echo_core.client_report.rules.metadata import has_prefix
from mcp_echo_core.eras.envelope import CAPABILITIES_KEY

_LEGACY = ("2024-11-05", *HANDSHAKE)
_MUST_NEGOTIATE = ("2025-06-18", "2025-11-25")
_WITH_MODES = ("2025-11-25", "2026-07-28")

_NEEDS: Mapping[str, tuple[str, ...]] = {
    "tools/list": ("tools",),
    "tools/call": ("tools",),
    "prompts/list": ("prompts",),
    "prompts/get": ("prompts",),
    "resources/list": ("resources",),
    "resources/templates/list": ("resources",),
    "resources/read": ("resources",),
    "resources/subscribe": ("resources", "subscribe"),
    "resources/unsubscribe": ("resources", "subscribe"),
    "logging/setLevel": ("logging",),
    "completion/complete": ("completions",),
    "tasks/get": ("tasks",),
    "tasks/result": ("tasks",),
    "tasks/list": ("tasks", "list"),
    "tasks/cancel": ("tasks", "cancel"),
}
"""What a server must have declared for a method of its clients."""

_EMITS: Mapping[str, tuple[str, ...]] = {
    "notifications/roots/list_changed": ("roots", "listChanged"),
    "notifications/tasks/status": ("tasks",),
}
"""What a client must have declared for a notification of its own."""

_SINCE = {"completions": "2025-03-26", "elicitation": "2025-06-18", "tasks": "2025-11-25"}
_OBJECTS = ("roots", "sampling", "elicitation", "tasks", "experimental")


def _exists(capability: str, revision: str) -> bool:
    """Whether a revision with a handshake has a capability."""
    return _LEGACY.index(revision) >= _LEGACY.index(_SINCE.get(capability, _LEGACY[0]))


def _declares(capabilities: Any, path: Sequence[str]) -> bool:
    for name in path:
        capabilities = capabilities.get(name) if isinstance(capabilities, dict) else None
    return capabilities is not None and capabilities is not False


def _undeclared(message: Message, session: SessionFacts, revision: str) -> str | None:
    method = message.method or ""
    for table, declared, side in (
        (_NEEDS if message.is_request else NOTHING, session.server_capabilities, "the server"),
        (_EMITS if message.is_notification else NOTHING, session.client_capabilities, "the client"),
    ):
        path = table.get(method)
        if path is not None and _exists(path[0], revision) and not _declares(declared, path):
            return f"{quoted(method)} needs the capability {'.'.join(path)}, which {side} did not declare."
    return None


def _negotiated(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for session in conversation.sessions.values():
        if session.initialize is None or session.version is None or session.version not in revisions:
            continue
        for message in session.messages:
            if (says := _undeclared(message, session, session.version)) is not None:
                yield found(message, says, level=None if session.version in _MUST_NEGOTIATE else "should")


def _declared(message: Message) -> Mapping[str, Any]:
    """The capabilities that a message declares."""
    declared = message.params.get("capabilities") if message.method == "initialize" else None
    if message.heard.modern:
        declared = message.meta.get(CAPABILITIES_KEY)
    return declared if isinstance(declared, dict) else NOTHING


def _misshapen(capabilities: Mapping[str, Any], revision: str) -> Iterator[tuple[str, Certainty | None]]:
    modern = revision not in _LEGACY
    known = [name for name in _OBJECTS if (name != "tasks" if modern else _exists(name, revision))]
    for name in [*known, *(["extensions"] if modern else [])]:
        if name in capabilities and not isinstance(capabilities[name], dict):
            yield f"The capability {name} is {quoted(capabilities[name])} where an object belongs.", None
    roots, elicitation = capabilities.get("roots"), capabilities.get("elicitation")
    if not modern and isinstance(roots, dict) and not isinstance(roots.get("listChanged", False), bool):
        yield f"The capability roots.listChanged is {quoted(roots['listChanged'])} where a boolean belongs.", None
    if revision in _WITH_MODES and isinstance(elicitation, dict):
        modes = [mode for mode in ("form", "url") if mode in elicitation]
        for mode in modes:
            if not isinstance(elicitation[mode], dict):
                wrong = quoted(elicitation[mode])
                yield f"The capability elicitation.{mode} is {wrong} where an object belongs.", None
        if elicitation and not modes:
            yield f"The capability elicitation is {quoted(elicitation)}, and names neither form nor url.", "likely"
    extensions = capabilities.get("extensions")
    for name in extensions if modern and isinstance(extensions, dict) else ():
        if not has_prefix(name):
            yield f"The extension {quoted(name)} has no valid prefix.", None


def _shapes(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for message in conversation.messages(revisions):
        for says, certainty in _misshapen(_declared(message), message.heard.revision):
            yield found(message, says, certainty=certainty)


def _supports(tools: Any) -> Iterator[tuple[str, str]]:
    """What listed tools say about tasks."""
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, dict) and isinstance(tool.get("name"), str):
            execution = tool.get("execution")
            support = execution.get("taskSupport") if isinstance(execution, dict) else None
            yield tool["name"], support if isinstance(support, str) else "forbidden"


def _augmented(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for session in conversation.sessions.values():
        if session.initialize is None or session.version not in revisions:
            continue
        offered = _declares(session.server_capabilities, ("tasks", "requests", "tools", "call"))
        listed: dict[str, tuple[str, Message]] = {}
        for message in session.messages:
            if message.method == "tools/list":
                for name, support in _supports(message.result.get("tools")):
                    listed[name] = (support, message)
            if message.method == "tools/call" and message.is_request:
                yield from _task(message, offered, listed)


def _task(message: Message, offered: bool, listed: Mapping[str, tuple[str, Message]]) -> Iterator[Found]:
    augments, name = message.params.get("task") is not None, message.params.get("name")
    called = f"tools/call of {quoted(name)}"
    if not offered:
        if augments:
            yield found(message, f"{called} asks for a task; the server did not declare tasks.requests.tools.call.")
        return
    if not isinstance(name, str) or name not in listed:
        return
    support, listing = listed[name]
    if augments and support == "forbidden":
        yield found(message, f"{called} asks for a task, which the listed tool does not support.", listing.heard)
    if not augments and support == "required":
        yield found(message, f"{called} asks for no task, which the listed tool requires.", listing.heard)


RULES = (
    Rule(
        id="negotiated-capabilities-only",
        area="lifecycle",
        revisions=_LEGACY,
        level="must",
        title="Only what was negotiated is used",
        fix="Look at the capabilities in the answer to initialize before calling, and declare what the client emits.",
        spec=("2025-11-25 and earlier: basic/lifecycle, Operation (SHOULD before 2025-06-18)",),
        judge=_negotiated,
    ),
    Rule(
        id="client-capability-shape",
        area="lifecycle",
        revisions=EVERY,
        level="must",
        title="Capabilities are declared in the form of the schema",
        fix='Declare what the client can do as an object, such as "sampling": {}, and leave the rest out.',
        spec=(
            "schema/<revision>/schema.ts, ClientCapabilities",
            "2025-11-25, 2026-07-28 client/elicitation, Capabilities",
            "2026-07-28 basic/versioning, Extension Negotiation",
        ),
        judge=_shapes,
    ),
    Rule(
        id="task-augmentation-negotiated",
        area="tasks",
        revisions=("2025-11-25",),
        level="must",
        title="A tool is called as a task where server and tool allow it",
        fix="Check tasks.requests.tools.call of the server first, then execution.taskSupport of the tool.",
        spec=("2025-11-25 basic/utilities/tasks, Tool-Level Negotiation",),
        judge=_augmented,
    ),
)
