"""replayLastEcho: what the session remembers of the last echo; the proof that a session survives between requests."""

from msgspec import Struct

from mcp_echo_core.call import Call
from mcp_echo_core.errors import ToolFailure
from mcp_echo_core.stores.records import Effect
from mcp_echo_core.tools.base import READ_ONLY, NoArguments, State, Tool

_NOTHING = "There is nothing to replay in this session yet: call echo first"


class Result(Struct, rename="camel"):
    """The last echo, which echo of its session it was, and how many replays the session has seen."""

    message: str
    echo_number: int
    replay_count: int


async def run(arguments: NoArguments, call: Call) -> Result:  # noqa: ARG001
    """Replay.

    Raises:
        ToolFailure: Nothing has been echoed, or the request belongs to no session.
    """
    session = call.session
    if session is None or session.last_echo is None:
        raise ToolFailure(f"{_NOTHING}, then replayLastEcho in the same session.")
    return Result(session.last_echo, session.last_echo_number, session.replay_count)


def render(result: Result) -> str:
    """The replay as text."""
    return (
        f"🔄 Replaying last echo:\n{result.message}\n\n"
        f"Original echo count: {result.echo_number}\n"
        f"This session has replayed {result.replay_count} messages"
    )


STATEFUL = Tool(
    name="replayLastEcho",
    title="Replay last echo",
    description="Replay the last echoed message (demonstrates that the session keeps state)",
    arguments=NoArguments,
    result=Result,
    run=run,
    state=State.NEEDED,
    render=render,
    effect=lambda _: Effect(requests=1, replay=True),
    annotations={**READ_ONLY, "idempotentHint": False},
)
