"""sessionInfo: everything the server keeps about the caller's own session."""

from msgspec import Struct

from mcp_echo_core import text
from mcp_echo_core.call import Call
from mcp_echo_core.errors import ToolFailure
from mcp_echo_core.tools.base import NoArguments, State, Tool


class Result(Struct, rename="camel"):
    """The caller's session; times are UTC seconds since 1970, durations seconds.

    Attributes:
        minted_by: Name of the process that created the session; empty when that is not known.
        instance: Name of the process that answered; empty when names are disabled.
    """

    session_id: str
    created_at: float
    last_activity: float
    age_seconds: float
    seconds_until_expiry: float
    requests: int
    echo_count: int
    replay_count: int
    queued: int
    dropped: int
    initialized: bool
    protocol_version: str | None
    client: str | None
    minted_by: str
    instance: str


async def run(arguments: NoArguments, call: Call) -> Result:  # noqa: ARG001
    """Read the session.

    Raises:
        ToolFailure: The request belongs to no session.
    """
    session, now = call.session, call.runtime.clock.wall()
    if session is None:
        raise ToolFailure("This request belongs to no session: call echo first, then sessionInfo in the same session.")
    client = session.client or call.client
    return Result(
        session_id=session.id,
        created_at=session.created_at,
        last_activity=session.last_activity,
        age_seconds=max(0.0, now - session.created_at),
        seconds_until_expiry=max(0.0, session.last_activity + call.runtime.settings.session_timeout - now),
        requests=session.requests,
        echo_count=session.echo_count,
        replay_count=session.replay_count,
        queued=session.queued,
        dropped=session.dropped,
        initialized=session.initialized,
        protocol_version=session.protocol_version,
        client=str(client) if client else None,
        minted_by=session.minted_by,
        instance=call.runtime.instance,
    )


def render(result: Result) -> str:
    """The session as text."""
    dropped = f" ({result.dropped} dropped)" if result.dropped else ""
    who = ""
    if result.instance:
        minted_by = text.or_else(result.minted_by or None, text.NOT_AVAILABLE)
        who = f"\n- Minted By: {minted_by}\n- Answered By: {result.instance}"
    return f"""📊 Session Information

🔑 Session Details:
- Session ID: {text.line(result.session_id)}
- Created: {text.utc(result.created_at)}
- Last Activity: {text.utc(result.last_activity)}
- Age: {text.duration(result.age_seconds)}
- Time Until Expiry: {text.duration(result.seconds_until_expiry)}{who}

📈 Session Metrics:
- Total Requests: {result.requests}
- Echo Count: {result.echo_count}
- Replay Count: {result.replay_count}
- Message Queue: {result.queued} pending{dropped}

🧠 Session State:
- Initialized: {"✅" if result.initialized else "❌"}
- Protocol Version: {text.or_else(result.protocol_version, text.NOT_AVAILABLE)}
- Client: {text.or_else(result.client, text.NOT_AVAILABLE)}"""


STATEFUL = Tool(
    name="sessionInfo",
    title="Session information",
    description="Display what the server keeps about the current session: age, expiry, counters, state",
    arguments=NoArguments,
    result=Result,
    run=run,
    state=State.NEEDED,
    render=render,
)
