"""Sessions in Redis or Valkey, shared by all instances that name the same one; layout in ``docs/stores.md``.

What a request does to its session is one script on keys of that session alone. The books of all sessions (how many
live, in which order they expire, how many have ended and why) have keys of their own and follow a moment later, so a
session's record always decides, never the books.
"""

import asyncio
import logging
import re
import time
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from mcp_echo_core import redaction
from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.settings import Settings
from mcp_echo_core.stores.base import Statistics, StoreFull, StoreUnavailable
from mcp_echo_core.stores.memory import MAX_RESPONSES
from mcp_echo_core.stores.records import Delivery, Effect, Rate, RateExceeded, Session
from mcp_echo_core.stores.redis_books import BOOKS, Books
from mcp_echo_core.stores.redis_link import Call, Link, Script, script
from mcp_echo_core.stores.redis_listener import OUTBOX, Listener
from mcp_echo_core.stores.redis_records import record_of, session_from, words_of
from mcp_echo_core.stores.redis_wire import Server, Word

PREFIX = "mcpecho:v1:"
"""Begins every key. Another layout gets another number, and ignores what this one has left."""

OPEN_SECONDS = 5.0
"""How long the start waits for a Redis that does not answer yet."""

RETRY_SECONDS = 0.1

FLUSH_SECONDS = 0.2
"""How long figures that nothing waits for are gathered; as much of them is lost when the process dies."""

_PLAIN_ID = re.compile(r"[!-z|~]{1,200}")
"""Ids that can exist: a hash tag ends at the first brace. Ours are UUIDs; what a client makes up may be anything."""

_PATH = re.compile(r"/?[0-9]*")

APPLY, GET, TAKE, GIVE_BACK, APPEND, FINISH, BUSY = (
    script("session", name) for name in ("apply", "get", "take", "give_back", "append", "finish", "busy")
)

log = logging.getLogger(__name__)


class RedisStore:
    """Sessions in Redis.

    Args:
        url: Which Redis.
        timeout: Seconds without activity after which a session is gone.
        max_sessions: Living sessions that may be kept, over all instances.
        queue_size: Messages an outbox holds.
        rate: How often a session may make requests.

    Raises:
        ValueError: The URL cannot be used.
    """

    shared = True

    def __init__(self, url: str, timeout: float, max_sessions: int, queue_size: int, rate: Rate | None = None) -> None:
        server = Server(url)
        self._timeout = timeout
        self._queue_size = queue_size
        self._rate: tuple[Word, Word] = (
            ("", "") if rate is None else (rate.seconds / rate.requests, rate.seconds - rate.seconds / rate.requests)
        )
        self._listener = Listener(server)
        self._link = Link(server, self._listener.reset)
        self._books = Books(self._link, PREFIX, timeout, max_sessions, self._finish_all)
        self._busy: dict[str, float] = {}
        self._used: dict[str, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    def from_settings(cls, settings: Settings) -> "RedisStore":
        """The store for ``redis://`` and ``rediss://``.

        Raises:
            ConfigurationError: The URL cannot be used.
        """
        url = settings.session_store
        limits = (settings.session_timeout, settings.max_sessions, settings.session_queue_size)
        allowed = (
            "a URL such as redis://user:password@host:6379/0, or rediss:// for TLS; its path is a number, "
            "its options are redis-py's"
        )
        refusal = ConfigurationError("MCP_SESSION_STORE", redaction.text(url), allowed)
        try:
            if _PATH.fullmatch(urlsplit(url).path) is None:
                raise refusal
            return cls(url, *limits, settings.session_rate_limit)
        except (ValueError, TypeError):  # the latter is what redis-py makes of a query it does not know
            raise refusal from None

    async def open(self) -> None:
        deadline = time.monotonic() + OPEN_SECONDS
        while True:
            try:
                scripts = (APPLY, GET, TAKE, GIVE_BACK, APPEND, FINISH, BUSY, *BOOKS)
                await self._link.run_all([("SCRIPT", "LOAD", each.source) for each in scripts])
            except StoreUnavailable:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def create(self, session: Session, now: float) -> None:
        keys = _keys(session.id)
        if keys is None:
            raise ValueError(session.id)
        # Written first: a record nobody has counted is garbage that goes by itself, the reverse would be counted.
        written = [("HSET", keys[0], *record_of(session)), ("PEXPIRE", keys[0], int(2000 * self._timeout) + 60_000)]
        admitted = False
        try:
            admitted = await self._books.admit(session, now, written)
        finally:
            if not admitted:
                self._start(self._link.command("UNLINK", keys[0]))
        if not admitted:
            raise StoreFull

    async def apply(self, session_id: str, effect: Effect, now: float) -> Session | None:
        keys = _keys(session_id)
        if keys is None:
            return None
        busy = self._busy.pop(session_id, 0.0) if self._busy else 0.0
        words = words_of(effect, busy)
        call = Call(APPLY, keys, (now, self._timeout, self._queue_size, *self._rate, *words))
        reply = await self._link.run(call)
        if reply is None:
            return None
        if type(reply) is bytes:
            raise RateExceeded(float(reply))
        self._note_use(session_id, now)
        return session_from(session_id, reply, effect.echo)

    async def get(self, session_id: str, now: float) -> Session | None:
        reply = await self._session(GET, session_id, now)
        return session_from(session_id, reply) if reply is not None else None

    async def delete(self, session_id: str, now: float) -> bool:
        found = await self._session(FINISH, session_id, now, "delete")
        if found is None or found[0] != b"ended":
            return False
        await self._books.settle("delete", [(session_id, now)])
        return True

    async def take(
        self, session_id: str, stream: str, after: int | None, now: float, timeout: float
    ) -> list[Delivery] | None:
        keys = _keys(session_id, stream)
        if keys is None:
            return None
        deadline = time.monotonic() + timeout
        channel = await self._listener.join(keys[0])
        is_response = False
        try:
            while not self._listener.closed:
                notices = channel.notices
                place = (stream, "" if after is None else after, int(is_response))
                reply = await self._hand_over(Call(TAKE, keys, (now, self._timeout, self._queue_size, *place)))
                if reply is None:
                    return None
                self._note_use(session_id, now)
                is_response = bool(reply[0])
                remaining = deadline - time.monotonic()
                if len(reply) > _HEAD or remaining <= 0:
                    return _deliveries(reply)
                if channel.notices == notices:
                    await channel.wait(stream if is_response else OUTBOX, remaining)
        except StoreUnavailable:
            if not self._listener.closed:
                raise
        finally:
            self._listener.leave(channel)
        return None

    async def append(self, session_id: str, stream: str, delivery: Delivery | None, now: float, *, last: bool) -> bool:
        keys = _keys(session_id, stream)
        if keys is None:
            return False
        place: tuple[Word, ...] = (stream, int(last), MAX_RESPONSES)
        message = () if delivery is None else (delivery.sequence, delivery.message)
        arguments = (now, self._timeout, self._queue_size, *place, *message)
        return bool(await self._link.run(Call(APPEND, keys, arguments)))

    def add_busy(self, session_id: str, seconds: float) -> None:
        self._busy[session_id] = self._busy.get(session_id, 0.0) + seconds
        self._flush_soon()

    async def sweep(self, now: float) -> int:
        freed = await self._books.expire(now)
        await self._books.note_sweep(now)
        return freed

    async def statistics(self, now: float) -> Statistics:
        return await self._books.statistics(now, lambda session_id: _keys(session_id) or ())

    async def ping(self) -> None:
        # As a writer: a Redis that takes no writes is of no use.
        await self._link.command("SET", f"{PREFIX}probe", "1", "PX", "1000")

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            await self._flush()
        await self._listener.close()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._link.close()

    async def _session(self, what: Script, session_id: str, now: float, *words: Word) -> Any:
        keys = _keys(session_id)
        if keys is None:
            return None
        return await self._link.run(Call(what, keys, (now, self._timeout, self._queue_size, *words)))

    async def _finish_all(self, session_ids: Iterable[str], now: float, which: str) -> list[Any]:
        """End sessions; what each was found to be."""
        arguments = (now, self._timeout, self._queue_size, which)
        return await self._link.run_all([Call(FINISH, _keys(name) or (), arguments) for name in session_ids])

    async def _hand_over(self, call: Call) -> Any:
        answer = await self._link.start(call)
        try:
            # It may have been done when this task is cancelled, and then somebody else shall have the messages.
            reply = await asyncio.shield(answer)
        except asyncio.CancelledError:
            answer.add_done_callback(lambda done: self._give_back(call, done.result()))
            raise
        return await self._link.outcome(call, reply)

    def _give_back(self, call: Call, reply: Any) -> None:
        if type(reply) is list and not reply[0] and len(reply) > _HEAD + 2 * reply[1]:
            fresh = reply[_HEAD + 2 * reply[1] :: 2]
            self._start(self._link.run(Call(GIVE_BACK, call.keys, (*call.arguments[:4], *fresh))))

    def _note_use(self, session_id: str, now: float) -> None:
        self._used[session_id] = now
        if self._timer is None:
            self._flush_soon()

    def _flush_soon(self) -> None:
        if self._timer is None and not self._listener.closed:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, lambda: self._start(self._flush()))

    async def _flush(self) -> None:
        """Write what nobody waits for: time spent, and when sessions were last used."""
        self._timer = None
        busy, used = self._busy, self._used
        self._busy, self._used = {}, {}
        calls = [
            Call(BUSY, keys, (0, self._timeout, self._queue_size, seconds))
            for session_id, seconds in busy.items()
            if (keys := _keys(session_id)) is not None
        ]
        await self._link.run_all([*calls, *self._books.uses(used)])
        await self._listener.tidy()

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        async def run() -> None:
            try:
                await work
            except StoreUnavailable as outage:
                log.debug("figures for the session store are lost", extra={"problem": outage})

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


_HEAD = 2
"""Values before the messages in what ``lua/take.lua`` returns."""


def _keys(session_id: str, stream: str | None = None) -> Sequence[str] | None:
    """A session's keys in the scripts' order; ``None`` for an id that no session can have."""
    if _PLAIN_ID.fullmatch(session_id) is None:
        return None
    base = f"{PREFIX}{{{session_id}}}:"
    keys = (base + "record", base + "queue", base + "sent", base + "responses")
    return keys if stream is None else (*keys, f"{base}responses:{stream}")


def _deliveries(reply: Sequence[bytes]) -> list[Delivery]:
    return [Delivery(int(reply[i]), reply[i + 1]) for i in range(_HEAD, len(reply), 2)]
