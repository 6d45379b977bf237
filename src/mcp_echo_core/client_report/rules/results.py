"""What users and clients tell the server when it asks: forms and roots."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.dialogue import Dialogue
from mcp_echo_core.client_report.heard import NOTHING, Message
from mcp_echo_core.client_report.rule import ALL, Found, Rule, found, quoted

_ACTIONS = ("accept", "decline", "cancel")
_WITH_LISTS = ("2025-11-25", "2026-07-28")


def _is_entry(value: Any, revision: str) -> bool:
    if isinstance(value, list):
        return revision in _WITH_LISTS and all(isinstance(each, str) for each in value)
    return isinstance(value, str | int | float | bool)


def _elicited(params: Mapping[str, Any], result: Mapping[str, Any], revision: str) -> Iterator[str]:
    action, content = result.get("action"), result.get("content")
    if action not in _ACTIONS:
        yield f"its action is {quoted(action)}"
    if action != "accept" or params.get("mode", "form") != "form":
        return
    schema = params.get("requestedSchema")
    asks = isinstance(schema, dict) and bool(schema.get("required"))
    if content is None:
        if asks:
            yield "it accepts without content"
    elif not isinstance(content, dict):
        yield f"its content is {quoted(content)} where an object belongs"
    else:
        for name, value in content.items():
            if not _is_entry(value, revision):
                yield f"{quoted(name)} in its content is {quoted(value)}, which no form field holds"


def _rooted(result: Mapping[str, Any]) -> Iterator[str]:
    roots = result.get("roots")
    if not isinstance(roots, list):
        yield f"its roots are {quoted(roots)} where an array belongs"
        return
    for root in roots:
        uri = root.get("uri") if isinstance(root, dict) else None
        if not isinstance(uri, str) or not uri.lower().startswith("file://"):
            yield f"a root's uri is {quoted(uri)}, which is no file:// URI"


def _faults(method: Any, params: Any, result: Any, revision: str) -> Iterator[str]:
    if not isinstance(result, dict):
        return
    if method == "elicitation/create":
        yield from _elicited(params if isinstance(params, dict) else NOTHING, result, revision)
    elif method == "roots/list":
        yield from _rooted(result)


def _posted(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for session in conversation.sessions.values():
        if session.version is None or session.version not in revisions:
            continue
        asked = Dialogue(session.exchanges).asked
        for message in session.messages:
            question = asked.get(message.id_key) if message.is_response and message.id_key is not None else None
            if question is not None and "error" not in message.members:
                result = message.members.get("result")
                for fault in _faults(question.method, question.params, result, session.version):
                    says = f"The answer to {quoted(question.method)} is not valid: {fault}."
                    yield found(message, says, question.heard)


def _about(message: Message) -> tuple[str, ...]:
    """What a request is about; it is made again with the answers."""
    params = message.params
    return (*message.heard.caller, message.method or "", str(params.get("name")), str(params.get("uri")))


def _brought(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    asked: dict[tuple[str, ...], tuple[Message, Mapping[str, Any]]] = {}
    for message in conversation.messages(revisions):
        if not message.heard.modern:
            continue
        answers, (asking, questions) = (
            message.params.get("inputResponses"),
            asked.get(_about(message), (message, NOTHING)),
        )
        for key, result in answers.items() if isinstance(answers, dict) else ():
            question = questions.get(key)
            if isinstance(question, dict):
                for fault in _faults(question.get("method"), question.get("params"), result, message.heard.revision):
                    says = (
                        f"The input response {quoted(key)} to {quoted(question.get('method'))} is not valid: {fault}."
                    )
                    yield found(message, says, asking.heard)
        requests = message.result.get("inputRequests")
        if isinstance(requests, dict):
            asked[_about(message)] = (message, requests)


def _given(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    yield from _posted(conversation, revisions)
    yield from _brought(conversation, revisions)


RULES = (
    Rule(
        id="server-request-results-valid",
        area="client-features",
        revisions=ALL,
        level="must",
        title="Answers about forms and roots follow their schema",
        fix="Answer with an action and, where a form is accepted, its fields; name roots by file:// URIs.",
        spec=(
            "2025-06-18, 2025-11-25, 2026-07-28 client/elicitation, Response Actions",
            "client/roots, Root",
            "schema/<revision>/schema.ts, ElicitResult, ListRootsResult",
        ),
        judge=_given,
    ),
)
