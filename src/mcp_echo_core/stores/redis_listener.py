"""Wakes streams when something has happened to their session: one pub/sub connection for all streams of a process.

A notice says only that there may be something; what there is, the store asks for. So a notice that is lost with its
connection delays a message until the stream asks again, and loses none.
"""

import asyncio
import time
from collections.abc import Callable

from redis.asyncio import Connection
from redis.exceptions import RedisError

from mcp_echo_core.stores.base import StoreUnavailable
from mcp_echo_core.stores.outbox import Wakeup
from mcp_echo_core.stores.redis_wire import SENDING_FAILS, TIMEOUT, Server, release

RECONNECT_SECONDS = 0.2
"""How long after a failure the next attempt is made."""

LINGER_SECONDS = 5.0
"""How long a session is listened to after its last stream has left, since most come back at once."""

OUTBOX = ""
"""The topic of a session's outbox; the others are names of response streams."""


class Channel:
    """Notices about one session.

    Attributes:
        ready: Resolved with nothing when notices arrive from now on, or with why they do not.
        notices: How many there have been: what was asked before the last one may be out of date.
        users: Streams that use it now.
        idle_since: Monotonic seconds at which the last one left.
    """

    __slots__ = ("_closed", "_topics", "idle_since", "notices", "ready", "users")

    def __init__(self) -> None:
        self._topics: dict[str, Wakeup] = {}
        self._closed = False
        self.ready: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self.notices = 0
        self.users = 0
        self.idle_since = time.monotonic()

    async def wait(self, topic: str, timeout: float) -> None:
        """Return at a notice on the topic, at the end of all, or when the time in seconds is over."""
        wakeup = self._topics.setdefault(topic, Wakeup())
        if self._closed:
            wakeup.close()
        await wakeup.wait(timeout)
        if not wakeup.waiters:
            self._topics.pop(topic, None)

    def notice(self, topic: str | None) -> None:
        """Wake the stream that has waited longest for the outbox, all of a response, or all whatsoever."""
        self.notices += 1
        for name, wakeup in [*self._topics.items()]:
            if name == topic == OUTBOX:
                wakeup.wake_one()
            elif topic in (name, None):
                while wakeup.waiters:
                    wakeup.wake_one()

    def resolve(self, problem: object) -> None:
        """Tell those who wait for ``ready``."""
        if not self.ready.done():
            self.ready.set_result(problem)

    def close(self) -> None:
        """Nobody has to wait any more."""
        self._closed = True
        self.resolve(None)
        for wakeup in [*self._topics.values()]:
            wakeup.close()


class Listener:
    """Listens to the sessions that streams of this process wait for.

    Args:
        server: The Redis.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._channels: dict[str, Channel] = {}
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether all waiting is over."""
        return self._closed

    async def join(self, name: str) -> Channel:
        """The channel of this name, listening; ``leave`` it afterwards.

        Raises:
            StoreUnavailable: It cannot be listened to now.
        """
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = Channel()
            if self._closed:
                channel.close()
            if self._connection is not None:
                await self._say("SUBSCRIBE", name)
        if self._task is None and not self._closed:
            self._task = asyncio.create_task(self._run())
        channel.users += 1
        try:
            async with asyncio.timeout(TIMEOUT):
                problem = await asyncio.shield(channel.ready)
        except TimeoutError:
            problem = f"no subscription within {TIMEOUT:g} s"
        except BaseException:
            self.leave(channel)
            raise
        if problem is not None:
            self.leave(channel)
            raise self._server.unavailable(problem)
        return channel

    def leave(self, channel: Channel) -> None:
        """A stream needs its channel no more, for now."""
        channel.users -= 1
        channel.idle_since = time.monotonic()

    async def tidy(self) -> None:
        """Stop listening to what nobody has waited for in a while."""
        before = time.monotonic() - LINGER_SECONDS
        idle = [name for name, channel in self._channels.items() if not channel.users and channel.idle_since < before]
        for name in idle:
            del self._channels[name]
        if idle and self._connection is not None:
            await self._say("UNSUBSCRIBE", *idle)

    def reset(self) -> None:
        """Connect anew: the server was lost on another connection, and this one may not have noticed."""
        if self._task is not None and self._connection is not None:
            self._task.cancel()
            self._task = asyncio.create_task(self._run()) if self._channels else None

    async def close(self) -> None:
        """Wake everybody for good."""
        self._closed = True
        for channel in self._channels.values():
            channel.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while not self._closed:
            try:
                await self._listen(await self._server.connect())
            except (StoreUnavailable, RedisError, OSError) as error:
                for channel in self._channels.values():
                    channel.resolve(error)
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self, connection: Connection) -> None:
        try:
            for channel in self._channels.values():
                if channel.ready.done():
                    channel.ready = asyncio.get_running_loop().create_future()
            self._connection = connection
            if self._channels:
                await self._say("SUBSCRIBE", *self._channels)
            while True:
                kind, name, value = await connection.read_response(disable_decoding=True)
                listening = self._channels.get(name.decode())
                if listening is not None:
                    _HANDLERS.get(kind, _ignore)(listening, value)
        finally:
            if self._connection is connection:
                self._connection = None
            await release(connection)

    async def _say(self, *words: str) -> None:
        connection = self._connection
        if connection is not None:
            try:
                await connection.send_packed_command(connection.pack_command(*words), check_health=False)
            except SENDING_FAILS as error:
                raise self._server.unavailable(error) from error


def _subscribed(channel: Channel, _: object) -> None:
    channel.resolve(None)
    channel.notice(None)  # there may have been others before


def _told(channel: Channel, payload: bytes) -> None:
    if payload == b"m":
        channel.notice(OUTBOX)
    elif payload == b"e":
        channel.notice(None)
    else:
        channel.notice(payload[1:].decode())


def _ignore(_: Channel, __: object) -> None:
    return None


_HANDLERS: dict[bytes, Callable[[Channel, bytes], None]] = {b"subscribe": _subscribed, b"message": _told}
