"""The servers under test and what becomes of one input: a few requests of one client, all of them looked at."""

import asyncio
import gc
import logging
import re
import sys
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Self

from fuzz_choices import Choices
from fuzz_exchange import Finding, Got, exchange, websocket
from fuzz_oracles import BODY_CANARIES, HEAD_CANARIES, SERVER_CANARY, LogLines, check
from fuzz_requests import BINS, Known, Sent, request
from fuzz_wire import Wire

from harness import Server
from mcp_echo_core import pace
from mcp_echo_core.eras import streams
from mcp_echo_core.toolsets.conformance import running

LOGGERS = {"mcp_echo_core": logging.DEBUG, "uvicorn": logging.WARNING}

MAX_REQUESTS = 6
"""Requests of one input."""

MAX_BLOCKED = 0.5
"""Seconds of work, not of waiting, that one input may cost: the event loop serves nobody meanwhile."""

MAX_SESSIONS = 50
MAX_TASKS = 60
"""Tasks that may be left over from one input: what watches records and sessions."""

INSPECT_EVERY = 1000
"""Inputs between two looks at records, sessions and what the collector finds."""

SECRETS = {
    "API_KEY": SERVER_CANARY,
    "DATABASE_URL": f"postgres://u:{SERVER_CANARY}@h/d",
    "MCP_ECHO_STATE_SECRET": SERVER_CANARY,
}
COMMON = {
    **SECRETS,
    "MCP_MAX_SESSIONS": str(MAX_SESSIONS),
    "MCP_JOURNAL_MAX_BYTES": "60000",
    "MCP_SSE_KEEPALIVE_INTERVAL": "0.05",
}
ROOMY = {"MCP_ECHO_TOOLSETS": "diagnostics,conformance", "ECHO_ENABLE_BINARY": "true"}
STRICT = {
    "MCP_SESSION_REQUIRED": "true", "MCP_SESSION_RATE_LIMIT": "5/s", "MCP_PROTOCOL_STRICT": "true",
    "MCP_ALLOWED_HOSTS": "localhost", "MCP_ALLOWED_ORIGINS": "http://localhost", "MCP_CORS_ORIGINS": "http://localhost",
    "MCP_ECHO_DASHBOARD_TOKEN": SERVER_CANARY, "ECHO_ENABLE_COMPRESSION": "true", "ECHO_MAX_MESSAGE_SIZE": "2000",
}  # fmt: skip
CONFIGURATIONS = (("stateful", ROOMY), ("stateless", ROOMY), ("stateful", STRICT), ("stateless", STRICT))

_HANDLE = re.compile(rb'"(?:session|key|bin|requestState)":\s*"([^"\\]{1,300})"')


class Inline(ThreadPoolExecutor):
    """Does at once what is meant for threads, so that an input always takes the same way."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - the caller's to handle, as it would be from a thread
            done.set_exception(error)
        return done


class Target:
    """Runs inputs while it is entered; whatever is wrong is raised as it is found."""

    def __init__(self) -> None:
        self._lines = LogLines()
        self._lost: list[str] = []
        self.loop = asyncio.new_event_loop()
        self.loop.set_default_executor(Inline(1))
        self.loop.set_exception_handler(self._lose)
        self._servers = [Server(variant, **COMMON, **settings) for variant, settings in CONFIGURATIONS]
        self._wires = [Wire(server.app) for server in self._servers]
        self.inputs = self.requests = 0
        self.slowest = self._worked = 0.0
        self.statuses: dict[int, int] = {}

    def __enter__(self) -> Self:
        self._before = [
            (logger, logger.handlers, logger.propagate, logger.level) for logger in map(logging.getLogger, LOGGERS)
        ]
        for name, level in LOGGERS.items():
            logger = logging.getLogger(name)
            logger.handlers, logger.propagate = [self._lines], False
            logger.setLevel(level)
        self._waits = pace.REST, running.PAUSE, streams.ANSWER_SECONDS
        pace.REST = running.PAUSE = streams.ANSWER_SECONDS = 0.0  # waiting finds nothing
        return self

    def __exit__(self, *_: object) -> None:
        for logger, handlers, propagate, level in self._before:
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)
        pace.REST, running.PAUSE, streams.ANSWER_SECONDS = self._waits
        self.loop.run_until_complete(self._end())
        self.loop.close()

    async def _end(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _lose(self, _: object, context: dict[str, Any]) -> None:
        self._lost.append(f"lost: {context['message']}: {context.get('exception')!r}")

    def run(self, data: bytes) -> None:
        """One input.

        Raises:
            Finding: Something is wrong.
        """
        self.inputs += 1
        began = self._worked or time.thread_time()
        self.loop.run_until_complete(self._client(Choices(data)))
        self._worked = time.thread_time()
        took = self._worked - began
        self.slowest = max(self.slowest, took)
        if took > MAX_BLOCKED:
            raise Finding(f"one input took {took:.2f} s of work")
        self._lines.check()
        if self._lost:
            lost, self._lost = self._lost, []
            raise Finding(lost[0])
        if self.inputs % INSPECT_EVERY == 0:
            self.inspect()
            self._worked = 0.0

    async def _client(self, choices: Choices) -> None:
        number = choices.below(len(self._servers))
        server, wire, known = self._servers[number], self._wires[number], Known()
        for _ in range(MAX_REQUESTS):
            if choices.over and self.requests:
                break
            self.requests += 1
            way = choices.below(24)
            if way == 23:
                server.clock.jump(choices.pick((0.5, 30.0, 4000.0)))
            sent = request(choices, known)
            for got in await self._answers(server, wire, sent, way, choices):
                self.statuses[got.status] = self.statuses.get(got.status, 0) + 1
                check(got, sent.method, sent.path)
                _learn(got, known)
            if active := server.app.runtime.metrics.active:
                raise Finding(f"{active} requests are still counted as active")

    async def _answers(self, server: Server, wire: Wire, sent: Sent, way: int, choices: Choices) -> list[Got]:
        if way >= 18 and way < 23:
            return await wire.talk(sent, choices)
        if way == 17:
            sent.path = sent.path if sent.path.startswith("/dashboard/") else f"/dashboard/{BINS[0]}/ws"
            return [await websocket(server.app, sent)]
        return [await exchange(server.app, sent)]

    def inspect(self) -> None:
        """Look at what is kept: records without credentials, no more sessions than allowed, nothing left running.

        Raises:
            Finding: It is otherwise.
        """
        gc.collect()
        self.loop.run_until_complete(self._inspect())

    async def _inspect(self) -> None:
        if (left := len(asyncio.all_tasks())) > MAX_TASKS:
            raise Finding(f"{left} tasks are left over")
        for server in self._servers:
            await self._inspect_records(server)
            if await server.alive() > MAX_SESSIONS:
                raise Finding("more sessions than allowed")
            server.clock.jump(4000)
            if await server.alive():
                raise Finding("sessions outlive their time")
        if self._lost:
            raise Finding(self._lost.pop())

    async def _inspect_records(self, server: Server) -> None:
        journal: Any = server.app.runtime.journal
        for subject in list(journal._rings) if journal is not None else ():
            record = await journal.read(subject)
            told = repr(record).encode("utf-8", "surrogateescape")
            for canary in (*HEAD_CANARIES, *BODY_CANARIES, SERVER_CANARY.encode()):
                if canary in told:
                    raise Finding(f"a credential in a record: {told[max(0, told.index(canary) - 400) :][:800]!r}")


def _learn(got: Got, known: Known) -> None:
    session = got.header(b"mcp-session-id")
    if session is not None:
        known.sessions.append(session.decode("latin-1"))
    for found in _HANDLE.findall(bytes(got.body)) if len(got.body) < 20_000 else ():
        (known.keys if b'"key"' in got.body else known.sessions).append(found.decode("utf-8", "replace"))


@contextmanager
def watching() -> Iterator[list[str]]:
    """What is told to nobody while a block runs: warnings, and exceptions where none can be raised."""
    told: list[str] = []
    before = sys.unraisablehook
    sys.unraisablehook = lambda lost: told.append(f"unraisable: {lost.exc_value!r} in {lost.object!r}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield told
    finally:
        sys.unraisablehook = before
