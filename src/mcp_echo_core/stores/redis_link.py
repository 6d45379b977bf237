"""Redis as the store uses it: one connection that all requests of a process share.

Commands of concurrent requests go out as they come and their replies are matched in order, so that neither many
requests nor a thousand waiting streams need more connections, and a request that is cancelled disturbs no other.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import Any

from msgspec import Struct
from redis.exceptions import NoScriptError, ResponseError

from mcp_echo_core.stores.base import StoreUnavailable
from mcp_echo_core.stores.redis_wire import Server, Wire, Word

OUTAGES = ("MISCONF", "BUSY", "NOREPLICAS", "OOM", "UNKILLABLE")
"""First words of error replies that say: not now. For others redis-py has classes, and ``NOSCRIPT`` never gets here."""


class Script(Struct, frozen=True):
    """A Lua script; ``sha`` is how Redis knows it."""

    source: bytes
    sha: str


@cache
def script(*names: str, constants: str = "") -> Script:
    """The script that these files of the folder ``lua`` make together, after lines that define constants."""
    folder = files("mcp_echo_core.stores") / "lua"
    source = constants.encode() + b"\n".join((folder / f"{name}.lua").read_bytes() for name in names)
    return Script(source, sha1(source, usedforsecurity=False).hexdigest())


class Call(Struct, frozen=True):
    """A script with what it is about; all keys belong to one slot."""

    script: Script
    keys: Sequence[str]
    arguments: Sequence[Word]

    def words(self) -> tuple[Word, ...]:
        """The command for a Redis that knows the script."""
        return ("EVALSHA", self.script.sha, len(self.keys), *self.keys, *self.arguments)

    def spelled_out(self) -> tuple[Word, ...]:
        """The command that brings the script along."""
        return ("EVAL", self.script.source, len(self.keys), *self.keys, *self.arguments)


class Link:
    """Redis as the store uses it: connects when needed, and again after an outage.

    Args:
        server: The Redis.
        on_loss: Called when the connection was lost.
    """

    def __init__(self, server: Server, on_loss: Callable[[], None]) -> None:
        self._server = server
        self._on_loss = on_loss
        self._wire: Wire | None = None
        self._connecting: asyncio.Task[Wire] | None = None
        self._closing = False

    async def command(self, *words: Word) -> Any:
        """A command's reply.

        Raises:
            StoreUnavailable: There is none now.
        """
        return self.checked(await (await self._sent(words)))

    async def run(self, call: Call) -> Any:
        """A script's reply, in one round trip once Redis knows it.

        Raises:
            StoreUnavailable: There is none now.
        """
        return await self.outcome(call, await (await self._sent(call.words())))

    async def start(self, call: Call) -> "asyncio.Future[Any]":
        """Start a script; ``outcome`` makes something of what will be there.

        Raises:
            StoreUnavailable: It cannot be sent.
        """
        return await self._sent(call.words())

    async def outcome(self, call: Call, reply: Any) -> Any:
        """What came of a script that was started; it is sent whole if Redis does not know it.

        Raises:
            StoreUnavailable: There is no reply now.
        """
        if type(reply) is NoScriptError:
            reply = await (await self._sent(call.spelled_out()))
        return self.checked(reply)

    async def run_all(self, calls: Sequence[Call | Sequence[Word]]) -> list[Any]:
        """Scripts and commands in one round trip; the replies in their order.

        Raises:
            StoreUnavailable: One has no reply.
        """
        pending = [await self._sent(call.words() if isinstance(call, Call) else call) for call in calls]
        replies = []
        for call, answer in zip(calls, pending, strict=True):
            reply = await answer
            replies.append(await self.outcome(call, reply) if isinstance(call, Call) else self.checked(reply))
        return replies

    def checked(self, reply: Any) -> Any:
        """A reply that is none of the failures.

        Raises:
            StoreUnavailable: Redis cannot serve now.
            ResponseError: The command is wrong.
        """
        if isinstance(reply, StoreUnavailable):
            raise StoreUnavailable(*reply.args)
        if isinstance(reply, ResponseError):
            if type(reply).__name__.startswith("ReadOnly") and self._wire is not None:
                self._wire.end(reply)  # a former primary: its name may lead to the new one by now
            if _is_outage(reply):
                raise self._server.unavailable(reply)
            raise reply
        return reply

    async def close(self) -> None:
        """Let go of the connection."""
        self._closing = True
        if self._connecting is not None:
            await asyncio.wait([self._connecting])
        wire = self._wire
        if wire is not None:
            wire.end("the store was closed")
            await wire.closed()

    async def _sent(self, words: Sequence[Word]) -> "asyncio.Future[Any]":
        wire = self._wire
        if wire is None:
            if self._closing:
                raise self._server.unavailable("the store was closed")
            if self._connecting is None:
                self._connecting = asyncio.create_task(self._connect())
                self._connecting.add_done_callback(lambda task: task.exception())  # nobody may be left to see it
            # Everybody who comes meanwhile waits for the same attempt, which is nobody's to cancel.
            wire = await asyncio.shield(self._connecting)
        return await wire.send(*words)

    async def _connect(self) -> Wire:
        try:
            wire = self._wire = Wire(self._server, await self._server.connect(), self._lost)
            return wire
        finally:
            self._connecting = None

    def _lost(self, wire: Wire) -> None:
        if self._wire is wire:
            self._wire = None
            if not self._closing:
                self._on_loss()


def _is_outage(error: ResponseError) -> bool:
    # redis-py takes the first word off replies that it has a class for.
    return type(error) is not ResponseError or str(error).startswith(OUTAGES)
