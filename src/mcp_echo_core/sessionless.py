"""The life cycle of no sessions: the stateless variant's answer to everything a session would be needed for."""

from typing import Any

from mcp_echo_core.errors import HttpRefusal
from mcp_echo_core.runtime import Clock
from mcp_echo_core.settings import Settings
from mcp_echo_core.stores.records import Delivery, Effect, Session


class NoSessions:
    """The stateless variant: session headers are seen but mean nothing, and streams of a session cannot be had."""

    def __init__(self, settings: Settings, store: object, instance: str) -> None:
        """Take what every life cycle takes, and keep nothing of it."""

    async def mint(self, now: float, **facts: Any) -> None:
        return None

    async def enter(self, session_id: str | None, effect: Effect, now: float) -> None:
        return None

    async def notice(self, session_id: str | None, effect: Effect, now: float) -> None:
        return None

    async def peek(self, session_id: str | None, now: float) -> None:
        return None

    async def end(self, session_id: str, now: float) -> None:
        return None

    async def require(self, session_id: str | None, purpose: str, now: float) -> Session:
        raise _no_sessions(purpose)

    async def append(self, session_id: str, stream: str, delivery: Delivery | None, now: float, *, last: bool) -> bool:
        return False

    async def take(self, session_id: str, stream: str, after: int | None, now: float) -> None:
        return None

    def add_busy(self, session_id: str, seconds: float) -> None:
        return None

    async def statistics(self, now: float) -> None:
        return None

    async def problem(self) -> None:
        return None

    async def sweep_forever(self, clock: Clock) -> None:
        return None

    async def open(self) -> None:
        return None

    async def close(self, now: float) -> None:
        return None


def _no_sessions(what: str) -> HttpRefusal:
    return HttpRefusal(
        405,
        "Method not allowed",
        headers=[(b"allow", b"POST")],
        problem=f"{what}, and this server keeps no sessions",
        rule="A server without streams outside requests answers GET and DELETE with 405",
        spec="basic/transports, Listening for Messages from the Server",
        fix="Use POST, or the stateful server.",
    )
