"""echo where binary data is enabled: the text, and the data as the content block that fits its type."""

import base64
import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from mcp_echo_core import text
from mcp_echo_core.call import Call
from mcp_echo_core.eras.versions import AUDIO_CONTENT
from mcp_echo_core.errors import ToolFailure
from mcp_echo_core.stores.records import Effect
from mcp_echo_core.tools import echo
from mcp_echo_core.tools.base import COUNTED

Data = Annotated[str, Meta(description="Binary data to echo, as base64; needs mimeType")]
MimeType = Annotated[str, Meta(description="MIME type of data, such as image/png")]

BLOB_URI = "echo://binary"
"""Address of data that is neither image nor audio, in its embedded resource."""

MAX_PREVIEW = 40
"""Characters of a bad argument that are quoted back."""

_MIME_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:\s*;\s*[\w.+-]+=(?:[\w.+-]+|\"[^\"\x00-\x1f]*\"))*", re.ASCII)


class Binary(Struct):
    """Data that was echoed, and the kind of content block that carries it."""

    block: Literal["image", "audio", "resource"]
    data: str
    mime_type: str = msgspec.field(name="mimeType")
    size: int
    """Bytes."""


class StatefulArguments(echo.StatefulArguments, forbid_unknown_fields=True):
    """Arguments of the stateful server's echo when binary data is enabled."""

    data: Data | UnsetType = UNSET
    mime_type: MimeType | UnsetType = msgspec.field(name="mimeType", default=UNSET)


class StatelessArguments(echo.StatelessArguments, forbid_unknown_fields=True):
    """Arguments of the stateless server's echo when binary data is enabled."""

    data: Data | UnsetType = UNSET
    mime_type: MimeType | UnsetType = msgspec.field(name="mimeType", default=UNSET)


class StatefulResult(echo.StatefulResult, rename="camel"):
    """What was echoed, and which echo of its session it was."""

    binary: Binary | None = None


class StatelessResult(echo.StatelessResult):
    """What was echoed."""

    binary: Binary | None = None


Arguments = StatefulArguments | StatelessArguments


async def run_stateful(arguments: StatefulArguments, call: Call) -> StatefulResult:
    """Echo with session context, text and data.

    Raises:
        ToolFailure: The data is not what it should be.
    """
    binary = _binary(arguments, call.revision)
    echoed = await echo.run_stateful(arguments, call)
    return StatefulResult(echoed.message, echoed.session, echoed.echo_count, binary)


async def run_stateless(arguments: StatelessArguments, call: Call) -> StatelessResult:
    """Echo text and data.

    Raises:
        ToolFailure: The data is not what it should be.
    """
    binary = _binary(arguments, call.revision)
    return StatelessResult((await echo.run_stateless(arguments, call)).message, binary)


def remember_if_valid(arguments: StatefulArguments) -> Effect:
    """Remember the text for replayLastEcho, unless the echo is going to fail."""
    return COUNTED if _fault(arguments) else echo.remember(arguments)


def blocks(result: StatefulResult | StatelessResult) -> list[dict[str, Any]]:
    """The content block that carries the data (server/tools, Tool Result)."""
    binary = result.binary
    if binary is None:
        return []
    if binary.block == "resource":
        resource = {"uri": BLOB_URI, "mimeType": binary.mime_type, "blob": binary.data}
        return [{"type": "resource", "resource": resource}]
    return [{"type": binary.block, "data": binary.data, "mimeType": binary.mime_type}]


def _binary(arguments: Arguments, revision: str) -> Binary | None:
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


def _fault(arguments: Arguments) -> str | None:
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


STATEFUL = msgspec.structs.replace(
    echo.STATEFUL,
    arguments=StatefulArguments,
    result=StatefulResult,
    run=run_stateful,
    effect=remember_if_valid,
    blocks=blocks,
)

STATELESS = msgspec.structs.replace(
    echo.STATELESS,
    arguments=StatelessArguments,
    result=StatelessResult,
    run=run_stateless,
    blocks=blocks,
)
