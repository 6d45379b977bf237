"""What a client does after a modern server has refused a request."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.heard import Heard, Message
from mcp_echo_core.client_report.rule import Found, Rule, found, quoted
from mcp_echo_core.client_report.rules.modern import MODERN
from mcp_echo_core.eras.classify import VERSION_KEY
from mcp_echo_core.eras.envelope import CLIENT_KEY
from mcp_echo_core.eras.versions import HANDSHAKE_VERSIONS
from mcp_echo_core.errors import HEADER_MISMATCH, METHOD_NOT_FOUND, MISSING_CAPABILITY, UNSUPPORTED_VERSION
from mcp_echo_core.guard import SSE_TYPE

RECOVERY_SECONDS = 60.0
"""So long after a refusal, the same request again is taken for a reaction to it."""

FALLBACK_SECONDS = 10.0
"""So long after a refusal, a handshake is taken for a reaction to it."""

MAX_REPEATS = 1
"""Once more is a second chance; what comes more often ignores the refusal."""

_REFUSED = {400: {HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION}, 404: {METHOD_NOT_FOUND}}
"""What only a modern server answers, by status."""

_TRANSPORT = "2026-07-28 basic/transports/streamable-http"


def _code(message: Message) -> Any:
    return message.error.get("code")


def _data(message: Message) -> Any:
    data = message.error.get("data")
    return data if isinstance(data, dict) else {}


def _after(first: Message, later: Message, seconds: float) -> bool:
    """Whether a message was sent after another one's answer, and soon."""
    answered = first.heard.answered
    return answered is not None and answered <= later.heard.arrived <= answered + seconds


def _mismatched(message: Message) -> bool:
    """Whether a call was refused for its mirrored arguments."""
    header = _data(message).get("header")
    named = isinstance(header, str) and header.lower().startswith("mcp-param-")
    return message.method == "tools/call" and _code(message) == HEADER_MISMATCH and named


def _attempt(message: Message) -> tuple[Any, ...]:
    """A call with its mirrored arguments, the same if it was repeated unchanged."""
    fields = message.heard.event.head.fields
    return (message.operation, *sorted(field for field in fields if field[0].lower().startswith("mcp-param-")))


def _header_mismatch(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for exchanges in conversation.callers(revisions).values():
        messages = [message for heard in exchanges for message in heard.messages]
        # Between two fetches of the list, a client knows the same.
        for fetched, group in groupby(messages, lambda message: message.method == "tools/list"):
            if not fetched:
                yield from _repeated_calls([message for message in group if _mismatched(message)])


def _repeated_calls(refused: Sequence[Message]) -> Iterator[Found]:
    attempts: dict[tuple[Any, ...], list[Message]] = {}
    for message in refused:
        attempts.setdefault(_attempt(message), []).append(message)
    for same in attempts.values():
        for place, first in enumerate(same):
            again = [later for later in same[place + 1 :] if _after(first, later, RECOVERY_SECONDS)]
            if len(again) > MAX_REPEATS:
                name = quoted(first.params.get("name"))
                says = f"{name} was called {len(again)} times again unchanged, without a look at tools/list."
                yield found(again[0], says, first.heard, *(later.heard for later in again))
                break  # one case tells it


def _version(message: Message) -> str | None:
    named = message.meta.get(VERSION_KEY, message.heard.header("mcp-protocol-version"))
    return named if isinstance(named, str) else None


def _unsupported_version(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for exchanges in conversation.callers(revisions).values():
        refused: dict[str, list[Message]] = {}
        for message in (message for heard in exchanges for message in heard.messages):
            version, supported = _version(message), _data(message).get("supported")
            if (
                _code(message) == UNSUPPORTED_VERSION
                and version is not None
                and isinstance(supported, list)
                and supported
            ):
                refused.setdefault(version, []).append(message)
        for version, same in refused.items():
            yield from _sent_again(version, same)


def _sent_again(version: str, refused: Sequence[Message]) -> Iterator[Found]:
    for place, first in enumerate(refused):
        again = [later.heard for later in refused[place + 1 :] if _after(first, later, RECOVERY_SECONDS)]
        if len(again) > MAX_REPEATS:
            supported = ", ".join(map(quoted, _data(first)["supported"][:5]))
            says = f"{quoted(version)} was refused and sent {len(again)} times again; supported is {supported}."
            yield found(again[0], says, first.heard, *again)
            return


def _proves_modern(heard: Heard) -> Message | None:
    """The message whose refusal tells that the server is a modern one."""
    codes = _REFUSED.get(heard.event.status, set())
    for message in heard.messages:
        code = _code(message)
        supported = _data(message).get("supported")
        older = isinstance(supported, list) and any(version in HANDSHAKE_VERSIONS for version in supported)
        if isinstance(code, int) and code in codes and not older:
            return message
    return None


def _falls_back(heard: Heard) -> str | None:
    """What an exchange tries of an older era, if it does."""
    if heard.modern:
        return None
    if heard.opens:
        return "initialize"
    bare = heard.event.method == "GET" and not heard.headers("mcp-session-id")
    return "a bare GET" if bare and SSE_TYPE in (heard.header("accept") or "").lower() else None


def _name(heard: Heard) -> str | None:
    """How the client calls itself."""
    for message in heard.messages:
        client = message.params.get("clientInfo") if message.method == "initialize" else message.meta.get(CLIENT_KEY)
        if isinstance(client, dict):
            return str(client.get("name"))
    return None


def _fallback(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    pending: dict[tuple[str, ...], Heard] = {}
    both: set[tuple[str, ...]] = set()
    for heard in conversation.heard:
        refused = pending.get(heard.sender)
        tried = _falls_back(heard)
        if heard.revision in revisions:
            # Whoever goes on in this era has understood.
            pending.pop(heard.sender, None)
            if _proves_modern(heard) is not None and heard.sender not in both:
                pending[heard.sender] = heard
        elif tried is not None:
            both.add(heard.sender)  # from now on a handshake is no reaction
            if refused is not None and conversation.complete and _reacts(refused, heard):
                yield _fell_back(refused, heard, tried)
            pending.pop(heard.sender, None)


def _reacts(refused: Heard, heard: Heard) -> bool:
    soon = refused.answered is not None and refused.answered <= heard.arrived <= refused.answered + FALLBACK_SECONDS
    names = {_name(heard), _name(refused)} - {None}
    return soon and len(names) <= 1


def _fell_back(refused: Heard, heard: Heard, tried: str) -> Found:
    message = _proves_modern(refused)
    code = None if message is None else _code(message)
    return found(refused, f"{tried} followed upon the error {code}, which a modern server sends.", heard)


RULES = (
    Rule(
        id="header-mismatch-recovery",
        area="modern",
        revisions=MODERN,
        level="should",
        certainty="heuristic",
        title="After a mismatch of Mcp-Param the client looks at tools/list",
        fix="Fetch tools/list, make the headers anew, try once more.",
        spec=(f"{_TRANSPORT}, Client Behavior",),
        judge=_header_mismatch,
    ),
    Rule(
        id="unsupported-version-recovery",
        area="modern",
        revisions=MODERN,
        level="should",
        certainty="likely",
        title="A refused revision is not sent again and again",
        fix="Take a revision from data.supported, or stop and say that there is none in common.",
        spec=("2026-07-28 basic/versioning, Protocol Version Negotiation",),
        judge=_unsupported_version,
    ),
    Rule(
        id="no-legacy-fallback-on-modern-error",
        area="modern",
        revisions=MODERN,
        level="should",
        certainty="likely",
        title="The error of a modern server is no reason for a handshake",
        fix="Read the body of 4xx answers; fall back only if it holds no error of this revision.",
        spec=(
            f"{_TRANSPORT}, Backward Compatibility",
            "2026-07-28 basic/versioning, Backward Compatibility with Initialization-Based Versions",
        ),
        judge=_fallback,
    ),
)
