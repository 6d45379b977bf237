"""echo: send a text back, with what the session knows about it; where it is enabled, binary data too."""

import base64
import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from mcp_echo_core import text
from mcp_echo_core.call import Call
from mcp_echo_core.eras.versions import AUDIO_CONTENT
from mcp_echo_core.errors import ToolFailure
from mcp_echo_core.messages import encode_log
from mcp_echo_core.stores.records import Effect
from mcp_echo_core.tools.base import COUNTED, READ_ONLY, SESSION_URI, State, Tool

MAX_LOGGED = 4096
"""Characters of a text that are sent as a log message: it waits in the outbox, a hundred times."""

Message = Annotated[str, Meta(description="Message to echo")]
Uppercase = Annotated[bool, Meta(description="Convert to uppercase")]
Data = Annotated[str, Meta(description="Binary data to echo, as base64; needs mimeType")]
MimeType = Annotated[str, Meta(description="MIME type of data, such as image/png")]

BLOB_URI = "echo://binary"
"""Address of data that is neither image nor audio, in its embedded resource."""

MAX_PREVIEW = 40
"""Characters of a bad argument that are quoted back."""

_MIME_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:\s*;\s*[\w.+-]+=(?:[\w.+-]+|\"[^\"\x00-\x1f]*\"))*", re.ASCII)


class StatefulArguments(Struct, forbid_unknown_fields=True):
    """Arguments of the stateful server's echo."""

    message: Message
    uppercase: Uppercase = False


class StatelessArguments(StatefulArguments, forbid_unknown_fields=True):
    """Arguments of the stateless server's echo."""

    reverse: Annotated[bool, Meta(description="Reverse the message")] = False


class StatefulResult(Struct, rename="camel"):
    """What was echoed, and which echo of its session it was."""

    message: str
    session: str
    echo_count: int


class StatelessResult(Struct):
    """What was echoed."""

    message: str


def transformed(arguments: StatefulArguments) -> str:
    """The text that is sent back."""
    return arguments.message.upper() if arguments.uppercase else arguments.message


def remember(arguments: StatefulArguments) -> Effect:
    """Remember the text for replayLastEcho, and let the outbox show server-to-client delivery."""
    echoed = transformed(arguments)
    message = encode_log("info", "echo", echoed if len(echoed) <= MAX_LOGGED else f"{echoed[:MAX_LOGGED]}… (cut)")
    return Effect(requests=1, echo=echoed, updated=SESSION_URI, message=message)


async def run_stateful(arguments: StatefulArguments, call: Call) -> StatefulResult:
    """Echo with session context."""
    assert call.session is not None  # noqa: S101 - the stateful variant has one on every tools/call
    echoed = transformed(arguments)
    # The count is this echo's; while progress is reported, others may be counted.
    result = StatefulResult(echoed, call.session.id, call.session.echo_count)
    if call.progress_token is not None or call.log_level is not None:
        await _report(call, echoed)
    return result


async def run_stateless(arguments: StatelessArguments, call: Call) -> StatelessResult:
    """Echo."""
    echoed = transformed(arguments)
    if arguments.reverse:
        echoed = echoed[::-1]
    if call.progress_token is not None or call.log_level is not None:
        await _report(call, echoed)
    return StatelessResult(echoed)


async def _report(call: Call, echoed: str) -> None:
    await call.progress(0, 1, "message received")
    await call.progress(1, 1, "echo ready")
    await call.log("info", "echo", echoed)


def render_stateful(result: StatefulResult) -> str:
    """The echo as text."""
    return f"{result.message}\n\nSession: {result.session}\nEcho count in session: {result.echo_count}"


def render_stateless(result: StatelessResult) -> str:
    """The echo as text."""
    return result.message


class Binary(Struct):
    """Data that was echoed, and the kind of content block that carries it."""

    block: Literal["image", "audio", "resource"]
    data: str
    mime_type: str = msgspec.field(name="mimeType")
    size: int
    """Bytes."""


class StatefulBinaryArguments(StatefulArguments, forbid_unknown_fields=True):
    """Arguments of the stateful server's echo when binary data is enabled."""

    data: Data | UnsetType = UNSET
    mime_type: MimeType | UnsetType = msgspec.field(name="mimeType", default=UNSET)


class StatelessBinaryArguments(StatelessArguments, forbid_unknown_fields=True):
    """Arguments of the stateless server's echo when binary data is enabled."""

    data: Data | UnsetType = UNSET
    mime_type: MimeType | UnsetType = msgspec.field(name="mimeType", default=UNSET)


class StatefulBinaryResult(StatefulResult, rename="camel"):
    """What was echoed, and which echo of its session it was."""

    binary: Binary | None = None


class StatelessBinaryResult(StatelessResult):
    """What was echoed."""

    binary: Binary | None = None


BinaryArguments = StatefulBinaryArguments | StatelessBinaryArguments


async def run_stateful_binary(arguments: StatefulBinaryArguments, call: Call) -> StatefulBinaryResult:
    """Echo with session context, text and data.

    Raises:
        ToolFailure: The data is not what it should be.
    """
    binary = _binary(arguments, call.revision)
    echoed = await run_stateful(arguments, call)
    return StatefulBinaryResult(echoed.message, echoed.session, echoed.echo_count, binary)


async def run_stateless_binary(arguments: StatelessBinaryArguments, call: Call) -> StatelessBinaryResult:
    """Echo text and data.

    Raises:
        ToolFailure: The data is not what it should be.
    """
    binary = _binary(arguments, call.revision)
    return StatelessBinaryResult((await run_stateless(arguments, call)).message, binary)


def remember_if_valid(arguments: StatefulBinaryArguments) -> Effect:
    """Remember the text for replayLastEcho, unless the echo is going to fail."""
    return COUNTED if _fault(arguments) else remember(arguments)


def blocks(result: StatefulBinaryResult | StatelessBinaryResult) -> list[dict[str, Any]]:
    """The content block that carries the data (server/tools, Tool Result)."""
    binary = result.binary
    if binary is None:
        return []
    if binary.block == "resource":
        resource = {"uri": BLOB_URI, "mimeType": binary.mime_type, "blob": binary.data}
        return [{"type": "resource", "resource": resource}]
    return [{"type": binary.block, "data": binary.data, "mimeType": binary.mime_type}]


def _binary(arguments: BinaryArguments, revision: str) -> Binary | None:
    if fault := _fault(arguments):
        raise ToolFailure(f"Invalid arguments for echo: {fault}")
    data, mime_type = arguments.data, arguments.mime_type
    if data is UNSET or mime_type is UNSET:
        return None
    return Binary(_block(mime_type, revision), data, mime_type, size=len(base64.b64decode(data)))


def _block(mime_type: str, revision: str) -> Literal["image", "audio", "resource"]:
    family = mime_type.partition("/")[0].lower()
    if family == "image":
        return "image"
    return "audio" if family == "audio" and revision in AUDIO_CONTENT else "resource"


def _fault(arguments: BinaryArguments) -> str | None:
    data, mime_type = arguments.data, arguments.mime_type
    if data is UNSET and mime_type is UNSET:
        return None
    if data is UNSET:
        return "'data' is missing: expected base64, since 'mimeType' is given"
    if mime_type is UNSET:
        return "'mimeType' is missing: expected a MIME type such as image/png, since 'data' is given"
    if not _MIME_TYPE.fullmatch(mime_type):
        return f"'mimeType' is {_quoted(mime_type)}: expected a MIME type such as image/png"
    return None if _is_base64(data) else f"'data' is {_quoted(data)}: expected base64 (RFC 4648 section 4)"


def _is_base64(data: str) -> bool:
    try:
        base64.b64decode(data, validate=True)
    except ValueError:
        return False
    return True


def _quoted(value: str) -> str:
    return f'the string "{text.line(value, MAX_PREVIEW)}"'


STATEFUL = Tool(
    name="echo",
    title="Echo",
    description="Echo a message back with session context tracking",
    arguments=StatefulArguments,
    result=StatefulResult,
    run=run_stateful,
    render=render_stateful,
    effect=remember,
    state=State.MADE,
    annotations={**READ_ONLY, "idempotentHint": False},
)

STATELESS = Tool(
    name="echo",
    title="Echo",
    description="Echo a message back, optionally in uppercase or reversed",
    arguments=StatelessArguments,
    result=StatelessResult,
    run=run_stateless,
    render=render_stateless,
)

STATEFUL_BINARY = msgspec.structs.replace(
    STATEFUL,
    arguments=StatefulBinaryArguments,
    result=StatefulBinaryResult,
    run=run_stateful_binary,
    effect=remember_if_valid,
    blocks=blocks,
)

STATELESS_BINARY = msgspec.structs.replace(
    STATELESS,
    arguments=StatelessBinaryArguments,
    result=StatelessBinaryResult,
    run=run_stateless_binary,
    blocks=blocks,
)
