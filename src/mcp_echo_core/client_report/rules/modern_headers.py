"""Headers that repeat the method, the name and arguments of a modern request, and how values are put into them."""

from collections.abc import Iterator, Sequence

from mcp_echo_core import redaction
from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.heard import Heard, Message
from mcp_echo_core.client_report.mirrored import (
    TASK_METHODS,
    Repeated,
    Tools,
    arguments_of,
    malformed,
    masked,
    name_of,
    read,
)
from mcp_echo_core.client_report.rule import Found, Rule, found, quoted
from mcp_echo_core.client_report.rules.modern import MODERN, each_header, lone, told_by

_TRANSPORT = "2026-07-28 basic/transports/streamable-http"
_STANDARD_SPEC = f"{_TRANSPORT}, Standard Request Headers"
_ENCODING_SPEC = f"{_TRANSPORT}, Value Encoding"
_CUSTOM_SPEC = f"{_TRANSPORT}, Custom Headers from Tool Parameters"


def _method(heard: Heard, message: Message) -> Iterator[str | Found]:
    values, method = heard.headers("mcp-method"), message.method
    if method is None or not method.isascii() or not method.isprintable() or masked(method, *values):
        return
    if not values:
        if message.is_request:  # what notifications need is not defined (Sending Messages, Note)
            yield f"{quoted(method)} came without Mcp-Method."
    elif len(values) > 1:
        yield f"{quoted(method)} came with Mcp-Method {len(values)} times."
    elif values[0].strip(" \t") != method.strip(" \t"):
        yield f"Mcp-Method says {quoted(values[0])}, the method is {quoted(method)}."


def differing(repeated: Repeated) -> Iterator[str]:
    """Why a header does not repeat its value, unless the fault is how the value was written."""
    if not repeated.values:
        yield f"{repeated.name} is missing; the body says {quoted(repeated.value)}."
    elif len(repeated.values) > 1:
        yield f"{repeated.name} came {len(repeated.values)} times."
    elif read(repeated.values[0], repeated.value).kind == "different":
        yield f"{repeated.name} says {quoted(repeated.values[0])}, the body says {quoted(repeated.value)}."


def _name(heard: Heard, message: Message) -> Iterator[str | Found]:  # noqa: ARG001 - the message tells its exchange
    repeated = name_of(message)
    if repeated is not None and message.method not in TASK_METHODS:
        yield from differing(repeated)


def _all_repeated(conversation: Conversation, revisions: Sequence[str]) -> Iterator[tuple[Heard, Repeated]]:
    tools = Tools(conversation)
    for heard in conversation.of(*revisions):
        message = lone(heard)
        if message is None:
            continue
        name = name_of(message)
        if name is not None:
            yield heard, name
        if message.method == "tools/call":
            for repeated in arguments_of(message, tools.mirrors(message)[0]):
                yield heard, repeated


def _written(conversation: Conversation, revisions: Sequence[str], kind: str) -> Iterator[Found]:
    for heard, repeated in _all_repeated(conversation, revisions):
        if len(repeated.values) != 1:
            continue
        value = repeated.values[0]
        reading = read(value, repeated.value) if repeated.known else malformed(value)
        if reading.kind == kind:
            yield found(heard, f"{repeated.name} {quoted(value)}: {reading.reason}.", certainty=told_by(heard))
        elif reading.kind == "wrapped" and kind == "sentinel":
            says = f"{repeated.name} was wrapped although {quoted(repeated.value)} can be sent as it is."
            yield found(heard, says, level="note")


def _encoding(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    return _written(conversation, revisions, "encoding")


def _sentinel(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    return _written(conversation, revisions, "sentinel")


def _calls(conversation: Conversation, revisions: Sequence[str]) -> Iterator[tuple[Message, Heard | None, Repeated]]:
    """The mirrored arguments of calls whose tool is known; those that the server took as they were are in order."""
    tools = Tools(conversation)
    for heard in conversation.of(*revisions):
        message = lone(heard)
        mirrors, listing = (None, None) if message is None else tools.mirrors(message)
        if message is None or mirrors is None:
            continue
        for repeated in arguments_of(message, mirrors):
            if not (message.result and repeated.known):
                yield message, listing, repeated


def _mirrored(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for message, listing, repeated in _calls(conversation, revisions):
        value = repeated.value
        if not repeated.known or repeated.values or not isinstance(value, bool | int | float | str):
            continue
        says = f"The argument {quoted(value)} is not repeated in {repeated.name}."
        if listing is not None:
            yield found(message, says, listing)
        else:
            unseen = "this client has not been seen to fetch the list of tools"
            yield found(message, f"{says[:-1]}; {unseen}.", level="should")


def _agrees(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for message, listing, repeated in _calls(conversation, revisions):
        more = () if listing is None else (listing,)
        if not repeated.values:
            continue
        if not repeated.known:
            if listing is not None:
                says = f"{repeated.name} was sent; the tool's schema marks no such argument."
                yield found(message, says, *more, level="note")
        elif repeated.value is None:
            shown = quoted(redaction.shorten(repeated.values[0]))
            yield found(message, f"{repeated.name} says {shown}, but there is no such argument.", *more)
        else:
            for says in differing(repeated):
                yield found(message, says, *more, certainty=told_by(message.heard))


RULES = (
    Rule(
        id="modern-mcp-method-header",
        area="modern",
        revisions=MODERN,
        level="must",
        title="Mcp-Method repeats the method",
        fix="Send the method as it is in the body, in the same case, in Mcp-Method.",
        spec=(_STANDARD_SPEC, f"{_TRANSPORT}, Case Sensitivity"),
        judge=each_header(_method),
    ),
    Rule(
        id="modern-mcp-name-header",
        area="modern",
        revisions=MODERN,
        level="must",
        title="Mcp-Name repeats the name or the URI",
        fix="Send params.name (tools/call, prompts/get) or params.uri (resources/read) in Mcp-Name.",
        spec=(_STANDARD_SPEC,),
        judge=each_header(_name),
    ),
    Rule(
        id="modern-header-value-encoding",
        area="modern",
        revisions=MODERN,
        level="must",
        title="What no header can carry is wrapped in base64",
        fix="Send such a value as =?base64?…?=, with the base64 of its UTF-8 in between.",
        spec=(_ENCODING_SPEC,),
        judge=_encoding,
    ),
    Rule(
        id="modern-sentinel-correct",
        area="modern",
        revisions=MODERN,
        level="must",
        title="The base64 sentinel is written exactly",
        fix="Write =?base64? and ?= in lower case, standard base64 with padding between, and wrap look-alikes too.",
        spec=(_ENCODING_SPEC,),
        judge=_sentinel,
    ),
    Rule(
        id="modern-param-header-mirrored",
        area="modern",
        revisions=MODERN,
        level="must",
        certainty="likely",
        title="Arguments that a tool marks are repeated in headers",
        fix="Read x-mcp-header in the tool's inputSchema and send Mcp-Param-<name> with every call.",
        spec=(_CUSTOM_SPEC, f"{_TRANSPORT}, Client Behavior"),
        judge=_mirrored,
    ),
    Rule(
        id="modern-param-header-agrees",
        area="modern",
        revisions=MODERN,
        level="must",
        title="Mcp-Param headers say what the arguments say",
        fix="Make the headers from the arguments that are sent; leave out those of absent and null arguments.",
        spec=(_ENCODING_SPEC, f"{_TRANSPORT}, Server Behavior for Custom Headers"),
        judge=_agrees,
    ),
)
