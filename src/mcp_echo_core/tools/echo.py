"""echo: send a text back, with what the session knows about it."""

from typing import Annotated

from msgspec import Meta, Struct

from mcp_echo_core.call import Call
from mcp_echo_core.messages import encode_notification
from mcp_echo_core.stores.base import Effect
from mcp_echo_core.tools.base import READ_ONLY, Tool

Message = Annotated[str, Meta(description="Message to echo")]
Uppercase = Annotated[bool, Meta(description="Convert to uppercase")]


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
    text = transformed(arguments)
    log = {"level": "info", "logger": "echo", "data": text}
    return Effect(requests=1, echo=text, message=encode_notification("notifications/message", log))


async def run_stateful(arguments: StatefulArguments, call: Call) -> StatefulResult:
    """Echo with session context."""
    assert call.session is not None  # noqa: S101 - the stateful variant has one on every tools/call
    await _report(call)
    return StatefulResult(transformed(arguments), call.session.id, call.session.echo_count)


async def run_stateless(arguments: StatelessArguments, call: Call) -> StatelessResult:
    """Echo."""
    await _report(call)
    text = transformed(arguments)
    return StatelessResult(text[::-1] if arguments.reverse else text)


async def _report(call: Call) -> None:
    if call.progress_token is not None:
        await call.progress(0, 1, "message received")
        await call.progress(1, 1, "echo ready")


def render_stateful(result: StatefulResult) -> str:
    """The echo as text."""
    return f"{result.message}\n\nSession: {result.session}\nEcho count in session: {result.echo_count}"


def render_stateless(result: StatelessResult) -> str:
    """The echo as text."""
    return result.message


STATEFUL = Tool(
    name="echo",
    title="Echo",
    description="Echo a message back with session context tracking",
    arguments=StatefulArguments,
    result=StatefulResult,
    run=run_stateful,
    render=render_stateful,
    effect=remember,
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
