"""echo: send a text back, with what the session knows about it; in steps, to see whether a gateway streams."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from mcp_echo_core.call import SILENT, Call
from mcp_echo_core.errors import ToolFailure
from mcp_echo_core.guard import parse_accept
from mcp_echo_core.messages import encode_log
from mcp_echo_core.stores.records import Effect
from mcp_echo_core.tools.base import COUNTED, READ_ONLY, SESSION_URI, State, Tool

MAX_LOGGED = 4096
"""Characters of a text that are sent as a log message: it waits in the outbox, a hundred times."""

MAX_SECONDS = 60
"""How long the steps of one echo may take."""

Message = Annotated[str, Meta(description="Message to echo")]
Uppercase = Annotated[bool, Meta(description="Convert to uppercase")]
Steps = Annotated[
    int,
    Meta(ge=1, le=100, description="Progress notifications to send before the answer (1 to 100); needs progressToken"),
]
Interval = Annotated[
    float, Meta(ge=0.01, le=10, description="Seconds from one of them to the next (0.01 to 10); at most 60 in all")
]


class StatefulArguments(Struct, forbid_unknown_fields=True):
    """Arguments of the stateful server's echo."""

    message: Message
    uppercase: Uppercase = False
    progress_steps: Steps | UnsetType = msgspec.field(name="progressSteps", default=UNSET)
    progress_interval: Interval = msgspec.field(name="progressInterval", default=1.0)


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
    """Remember the text for replayLastEcho, and let the outbox show server-to-client delivery; not of bad arguments."""
    if arguments.progress_steps is not UNSET and _fault(arguments):
        return COUNTED
    echoed = transformed(arguments)
    message = encode_log("info", "echo", echoed if len(echoed) <= MAX_LOGGED else f"{echoed[:MAX_LOGGED]}… (cut)")
    return Effect(requests=1, echo=echoed, updated=SESSION_URI, message=message)


async def run_stateful(arguments: StatefulArguments, call: Call) -> StatefulResult:
    """Echo with session context.

    Raises:
        ToolFailure: The steps take too long, or there is nobody to send them to.
    """
    assert call.session is not None  # noqa: S101 - the stateful variant has one on every tools/call
    echoed = transformed(arguments)
    # The count is this echo's; while progress is reported, others may be counted.
    result = StatefulResult(echoed, call.session.id, call.session.echo_count)
    if call.progress_token is not None or call.log_level is not None or arguments.progress_steps is not UNSET:
        await _report(arguments, call, echoed)
    return result


async def run_stateless(arguments: StatelessArguments, call: Call) -> StatelessResult:
    """Echo.

    Raises:
        ToolFailure: The steps take too long, or there is nobody to send them to.
    """
    echoed = transformed(arguments)
    if arguments.reverse:
        echoed = echoed[::-1]
    if call.progress_token is not None or call.log_level is not None or arguments.progress_steps is not UNSET:
        await _report(arguments, call, echoed)
    return StatelessResult(echoed)


async def _report(arguments: StatefulArguments, call: Call, echoed: str) -> None:
    if arguments.progress_steps is UNSET:
        await call.progress(0, 1, "message received")
        await call.progress(1, 1, "echo ready")
    else:
        await _walk(arguments, arguments.progress_steps, call)
    await call.log("info", "echo", echoed)


async def _walk(arguments: StatefulArguments, steps: int, call: Call) -> None:
    problem = _fault(arguments) or _unheard(call)
    if problem:
        raise ToolFailure(problem)
    for number in range(1, steps + 1):
        now = datetime.fromtimestamp(call.runtime.clock.wall(), UTC)
        await call.progress(number, steps, f"step {number} of {steps}, sent at {now:%Y-%m-%dT%H:%M:%S.%f}Z")
        # After each one: the first opens the stream at once, and the answer does not come together with the last.
        await asyncio.sleep(arguments.progress_interval)


def _fault(arguments: StatefulArguments) -> str | None:
    steps, interval = arguments.progress_steps, arguments.progress_interval
    if steps is UNSET or steps * interval <= MAX_SECONDS:
        return None
    return (
        f"Invalid arguments for echo: 'progressSteps' is the integer {steps} and 'progressInterval' the number "
        f"{interval:g}: expected a product of at most {MAX_SECONDS} seconds"
    )


def _unheard(call: Call) -> str | None:
    """Why progress does not reach whoever sent the request, and what to do about it."""
    if call.progress_token is None:
        why = "the request's _meta has no progressToken"
    elif call.channel is SILENT:
        why = "a batch is answered in one piece"
    elif not parse_accept((call.http.header("accept") or "").encode("latin-1")).sse:
        why = "the request's Accept does not allow text/event-stream"
    else:
        return None
    return (
        f"echo cannot send progress: {why}. Send a request of its own with _meta.progressToken, a string or an "
        "integer, and 'Accept: application/json, text/event-stream'."
    )


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
