"""Wiring only: one ASGI application per variant, its routes on one screen. Start reading here.

``/mcp``      → ``endpoint.py``  every protocol message
``/health``…  → ``operations.py``
``/dashboard`` → ``dashboard/routes.py``
"""

import asyncio
import gc
import os
import re
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from mcp_echo_core import logs, operations, system
from mcp_echo_core.body import Receive
from mcp_echo_core.changes import Changes
from mcp_echo_core.cors import Cors, Preflights
from mcp_echo_core.dashboard import entrance
from mcp_echo_core.dispatch import Dispatcher
from mcp_echo_core.drain import Drain
from mcp_echo_core.endpoint import Endpoint
from mcp_echo_core.eras.handshake import Handshake
from mcp_echo_core.eras.legacy import LegacyEra
from mcp_echo_core.eras.listings import listings
from mcp_echo_core.eras.modern import ModernEra
from mcp_echo_core.eras.results import Results
from mcp_echo_core.eras.subscriptions import Subscribable
from mcp_echo_core.errors import ConfigurationError, SessionNotFound
from mcp_echo_core.exchange import Send
from mcp_echo_core.guard import Guard
from mcp_echo_core.http import TrustedProxies
from mcp_echo_core.metrics import SHARE_INTERVAL, Metrics
from mcp_echo_core.recording.journal import Journal
from mcp_echo_core.recording.journals import open_journal
from mcp_echo_core.recording.recorder import BIN, Recorder
from mcp_echo_core.runtime import Clock, Runtime
from mcp_echo_core.seals import Sealer
from mcp_echo_core.settings import Settings
from mcp_echo_core.stores.base import StoreUnavailable
from mcp_echo_core.stores.registry import open_store
from mcp_echo_core.telemetry.configuration import Telemetry, open_telemetry
from mcp_echo_core.toolsets import catalog_for
from mcp_echo_core.variants import VARIANTS, Variant

METRICS_FOLDER_VARIABLE = "MCP_ECHO_METRICS_FOLDER"
"""Set by a server for its own workers: where they share their counters."""

PROTOCOL_PATHS = frozenset({"/mcp", "/mcp/"})

BIN_PATH = re.compile(r"/b/(?!(?:static|view)/)([A-Za-z0-9][A-Za-z0-9_-]{0,63})/mcp/?")
"""The endpoint under a name of the user's choice; the dashboard's own paths have two names."""


class App:
    """The ASGI application of one server.

    Protocol messages go straight to the endpoint; a router in front of it would cost a twentieth of the throughput.
    """

    def __init__(self, endpoint: Endpoint, others: Starlette, runtime: Runtime, drain: Drain) -> None:
        self.runtime = runtime
        self.drain = drain
        self._bins = runtime.journal is not None
        self._endpoint = endpoint
        self._others = others

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve a request or the lifespan."""
        if scope["type"] == "http" and scope["path"] in PROTOCOL_PATHS:
            await self._endpoint(scope, receive, send)
        elif scope["type"] == "http":
            if self._bins and (found := BIN_PATH.fullmatch(scope["path"])):
                await self._endpoint({**scope, BIN: found[1]}, receive, send)
            else:
                await self._others(scope, receive, self._naming(send))
        elif scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        else:
            await self._others(scope, receive, send)

    def _naming(self, send: Send) -> Send:
        """Let the operators' answers tell who gave them, too."""

        async def named(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._endpoint.instance_headers]
            await send(message)

        return named

    async def _live(self, scope: Any, receive: Receive, send: Send) -> None:
        try:
            await self.runtime.sessions.open()
        except StoreUnavailable as outage:
            await receive()
            problem = f"MCP_SESSION_STORE cannot be used now: {outage}"
            await send({"type": "lifespan.startup.failed", "message": problem})
            return
        await self._others(scope, receive, send)


def create_app(
    variant: Variant, settings: Settings, *, environ: Mapping[str, str] | None = None, clock: Clock | None = None
) -> App:
    """Build a server.

    Args:
        variant: Which of the two.
        settings: Its configuration.
        environ: Environment variables for ``environmentDump``; none by default.
        clock: Where the time comes from.

    Raises:
        ConfigurationError: The settings do not fit together.
    """
    clock = clock or Clock()
    environ = environ or {}
    instance = secrets.token_hex(4) if settings.instance is None else settings.instance
    shared = environ.get(METRICS_FOLDER_VARIABLE)
    store = open_store(settings)
    runtime = Runtime(
        variant=variant,
        settings=settings,
        environ=environ,
        instance=instance,
        clock=clock,
        started_at=clock.wall(),
        metrics=Metrics(Path(shared) if shared else None),
        sessions=variant.sessions(settings, store, instance),
        proxies=TrustedProxies(settings.forwarded_allow_ips),
        cors=Cors(settings),
        preflights=Preflights(variant.remembered_origins),
        sealer=Sealer((settings.state_secret or secrets.token_hex()).encode()),
        changes=Changes(),
        journal=open_journal(settings) if variant.records else None,
    )
    guard = Guard(settings)
    drain = Drain(settings, lambda: runtime.metrics.active)
    journal = runtime.journal
    recorder = None if journal is None else Recorder(journal, instance, clock)
    telemetry = open_telemetry(runtime, own_sessions=not store.shared)
    eras = _eras(runtime, guard, drain)
    endpoint = Endpoint(runtime, guard, *eras, drain, recording=recorder, telemetry=telemetry)
    others = Starlette(
        routes=[*operations.routes(runtime, drain), *entrance.routes(runtime, guard, drain)],
        exception_handlers={404: operations.refuse, 405: operations.refuse},
        lifespan=_lifespan(runtime, drain, telemetry),
    )
    others.router.redirect_slashes = False  # a redirect would repeat whatever Host said
    return App(endpoint, others, runtime, drain)


def _eras(runtime: Runtime, guard: Guard, drain: Drain) -> tuple[LegacyEra, ModernEra]:
    variant, settings = runtime.variant, runtime.settings
    catalog = catalog_for(variant, settings)
    results = Results(variant, settings.protocol_versions, catalog.capabilities(listens=variant.listens, modern=True))
    dispatcher = Dispatcher(catalog, listings(catalog, results))
    handshake = Handshake(runtime, catalog.capabilities(listens=variant.listens, modern=False))
    return (
        LegacyEra(runtime, dispatcher, handshake, guard, drain),
        ModernEra(runtime, dispatcher, results, drain, Subscribable.of(catalog)),
    )


def app_from_environment(variant_name: str) -> App:
    """Build the ``app`` of a variant's package for any ASGI server, from the environment variables.

    Raises:
        SystemExit: A setting cannot be used (exit code 2).
    """
    try:
        settings = Settings.from_env(os.environ, variant_name)
        logs.configure(settings)
        return build(VARIANTS[variant_name], settings, dict(os.environ))
    except ConfigurationError as error:
        print(f"configuration error: {error}", file=sys.stderr)  # noqa: T201 - there is no log yet
        sys.exit(2)


def build(variant: Variant, settings: Settings, environ: Mapping[str, str]) -> App:
    """Build the one server of this process, as ``create_app``.

    Raises:
        ConfigurationError: The settings do not fit together.
    """
    app = create_app(variant, settings, environ=environ)
    # What exists now lives as long as the process: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    return app


def _lifespan(runtime: Runtime, drain: Drain, telemetry: Telemetry | None) -> Any:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        drain.install(asyncio.get_running_loop())
        runtime.metrics.take_over()
        tasks = [
            asyncio.create_task(runtime.sessions.sweep_forever(runtime.clock)),
            asyncio.create_task(_count_forever(runtime)),
        ]
        if runtime.journal is not None:
            await runtime.journal.open()
            tasks.append(asyncio.create_task(_forget_forever(runtime, runtime.journal)))
        if telemetry is not None:
            telemetry.start()
            tasks.append(asyncio.create_task(telemetry.watch_sessions()))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if runtime.journal is not None:
                await runtime.journal.close()
            await runtime.sessions.close(runtime.clock.wall())
            runtime.metrics.share()
            if telemetry is not None:
                await telemetry.stop()

    return lifespan


async def _count_forever(runtime: Runtime) -> None:
    metrics = runtime.metrics
    seen, prepared = -1, False
    while True:
        metrics.sample(runtime.clock.monotonic())
        metrics.share()
        if not prepared and metrics.requests == seen:
            # A quiet second: load what measures the machine, so that its first reading is about this server's life.
            await asyncio.to_thread(system.cpu_share)
            gc.freeze()
            prepared = True
        seen = metrics.requests
        await asyncio.sleep(SHARE_INTERVAL)


async def _forget_forever(runtime: Runtime, journal: Journal) -> None:
    """Keep records as long as their sessions, and what belongs to none as long as a session may be silent."""

    async def living(subject: str) -> bool:
        try:
            return await runtime.sessions.peek(subject, runtime.clock.wall()) is not None
        except SessionNotFound:
            return False
        except StoreUnavailable:
            return True

    while True:
        await asyncio.sleep(runtime.settings.session_cleanup_interval)
        await journal.sweep(runtime.clock.wall(), runtime.settings.session_timeout, living)
