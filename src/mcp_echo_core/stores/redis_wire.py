"""A connection to Redis that many requests use at once: commands out, replies in, in the same order."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Any

from redis.asyncio import Connection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from mcp_echo_core import redaction
from mcp_echo_core.stores.base import StoreUnavailable

TIMEOUT = 1.0
"""Seconds that connecting and any reply may take."""

TICKS = 4
"""Looks at the oldest unanswered command within ``TIMEOUT``; a stalled event loop alone does not count as silence."""

SENDING_FAILS = (RedisError, OSError, RuntimeError)
"""What writing raises on a connection that is no more; the last is uvloop's, for one that it has closed already."""

Word = bytes | str | int | float


class Server:
    """The Redis a URL names; makes connections.

    Args:
        url: As redis-py takes it: ``redis://[user:password@]host:port/db``, ``rediss://``.

    Raises:
        ValueError: The URL cannot be used.
        TypeError: Its query has an option that there is not.
    """

    def __init__(self, url: str) -> None:
        self._name = redaction.text(url)
        options: dict[str, Any] = {"socket_timeout": None, "socket_keepalive": True, "client_name": "mcp-echo"}
        self._pool: Any = ConnectionPool.from_url(url, protocol=2, retry=Retry(NoBackoff(), 0), **options)
        self._pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py takes any option until then

    async def connect(self) -> Connection:
        """A new connection, logged in and with the database selected.

        Raises:
            StoreUnavailable: It cannot be had now.
        """
        connection: Connection = self._pool.make_connection()
        try:
            async with asyncio.timeout(TIMEOUT):
                await connection.connect()  # type: ignore[no-untyped-call]
        except (RedisError, OSError, TimeoutError) as error:
            await release(connection)
            raise self.unavailable(str(error) or f"no connection within {TIMEOUT:g} s") from error
        return connection

    def unavailable(self, problem: object) -> StoreUnavailable:
        """What is raised when it cannot be reached."""
        if isinstance(problem, StoreUnavailable):
            return StoreUnavailable(*problem.args)  # names it already
        return StoreUnavailable(f"{self._name}: {redaction.text(str(problem))}")


async def release(connection: Connection) -> None:
    """Close a connection, whatever state it is in."""
    with contextlib.suppress(RedisError, OSError, TimeoutError):
        await connection.disconnect(nowait=True)


class Wire:
    """A connection in use: commands out, replies in, in the same order.

    Args:
        server: Where it leads.
        connection: Connected.
        on_end: Called once it is of no use any more.
    """

    def __init__(self, server: Server, connection: Connection, on_end: Callable[["Wire"], None]) -> None:
        self._server = server
        self._connection = connection
        self._on_end = on_end
        self._unanswered: deque[asyncio.Future[Any]] = deque()
        self._loop = asyncio.get_running_loop()
        self._watch: asyncio.TimerHandle | None = None
        self._oldest: tuple[asyncio.Future[Any] | None, int] = (None, 0)
        self._problem: object = "the connection was closed"
        self._ended = False
        self._reader = asyncio.create_task(self._read())

    async def send(self, *words: Word) -> "asyncio.Future[Any]":
        """Send a command.

        Returns:
            Where its reply will be: a value, or the exception that it amounts to.

        Raises:
            StoreUnavailable: It cannot be sent.
        """
        if self._ended:
            raise self._server.unavailable(self._problem)
        answer = self._loop.create_future()
        # Nothing may come between these two lines and the writing: replies are matched by order.
        self._unanswered.append(answer)
        packed = self._connection.pack_command(*words)
        if self._watch is None:
            self._watch = self._loop.call_later(TIMEOUT / TICKS, self._look)
        try:
            await self._connection.send_packed_command(packed, check_health=False)
        except SENDING_FAILS as error:
            self.end(error)
            raise self._server.unavailable(error) from error
        return answer

    def end(self, problem: object) -> None:
        """Use it no more; what is unanswered fails."""
        if not self._ended:
            self._ended = True
            self._problem = problem
            if asyncio.current_task() is not self._reader:
                self._reader.cancel()
            self._on_end(self)

    async def closed(self) -> None:
        """Wait for the end of its resources."""
        await asyncio.wait([self._reader])

    async def _read(self) -> None:
        try:
            while True:
                try:
                    reply = await self._connection.read_response(disable_decoding=True)
                except ResponseError as error:
                    reply = error
                answer = self._unanswered.popleft()
                if not answer.done():
                    answer.set_result(reply)
        except (RedisError, OSError) as error:
            self.end(error)
        finally:
            self.end(self._problem)
            if self._watch is not None:
                self._watch.cancel()
            failure = self._server.unavailable(self._problem)
            while self._unanswered:
                answer = self._unanswered.popleft()
                if not answer.done():
                    answer.set_result(failure)
            await release(self._connection)

    def _look(self) -> None:
        self._watch = None
        if not self._unanswered or self._ended:
            return
        oldest, looks = self._unanswered[0], 1
        if oldest is self._oldest[0]:
            looks = self._oldest[1] + 1
        if looks >= TICKS:
            self.end(f"no answer within {TIMEOUT:g} s")
            return
        self._oldest = oldest, looks
        self._watch = self._loop.call_later(TIMEOUT / TICKS, self._look)
