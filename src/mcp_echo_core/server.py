"""Running a server: one process or several, on uvicorn, until it is told to stop."""

import asyncio
import logging
import math
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from multiprocessing.connection import wait

import uvicorn
from uvicorn.supervisors import Multiprocess

from mcp_echo_core import __version__, backlog, logs
from mcp_echo_core.app import METRICS_FOLDER_VARIABLE, App, build
from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.guard import is_loopback_name
from mcp_echo_core.heads import TimedConfig, websocket_protocol
from mcp_echo_core.settings import TABLE, Settings
from mcp_echo_core.stores.base import SessionStore, StoreUnavailable
from mcp_echo_core.stores.registry import open_store
from mcp_echo_core.variants import Variant

WORKER_SILENCE_SECONDS = 1
"""How long a worker may be silent before it counts as dead; its answer does not wait for the requests it serves."""

BEFORE_END_SECONDS = 0.1
"""How long before workers stop listening new connections are kept away from them."""

MAX_WEBSOCKET_BYTES = 4096
"""Of a message to the dashboard's feed, which listens to none."""

log = logging.getLogger(__name__)


class Engine(uvicorn.Server):
    """The engine; it serves every connection that was made before it stops."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in sockets or []:
            await backlog.empty(listener)
        await super().shutdown(sockets)


class Workers(Multiprocess):
    """The engine's workers; together they serve every connection that was made before they stop.

    Args:
        config: What each worker is.
        listener: Served by all of them.
        drain_delay: Seconds for which they go on answering when they are told to stop.
    """

    def __init__(self, config: TimedConfig, listener: socket.socket, drain_delay: float) -> None:
        super().__init__(config, [listener])
        self._drain_delay = drain_delay

    def keep_subprocess_alive(self) -> None:
        for worker in self.processes:
            if worker.exitcode:
                log.warning("a worker died and is replaced", extra={"pid": worker.pid, "exit_code": worker.exitcode})
        super().keep_subprocess_alive()

    def terminate_all(self) -> None:
        if self._drain_delay:
            super().terminate_all()
            _wait_for_all(
                [worker.process.sentinel for worker in self.processes], self._drain_delay - BEFORE_END_SECONDS
            )
        # Still served by all workers, who do not know whether others go on.
        for listener in self.sockets:
            asyncio.run(backlog.empty(listener))
            listener.close()
        if not self._drain_delay:
            super().terminate_all()


def serve(variant: Variant, environ: Mapping[str, str], flags: Mapping[str, str | None]) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight.

    Args:
        variant: Which of the two servers.
        environ: The environment variables.
        flags: Values from the command line by field name.

    Raises:
        ConfigurationError: A setting cannot be used.
        SystemExit: The address cannot be bound, or the session store not be reached (exit code 1).
    """
    settings = Settings.from_env(environ, variant.name, flags)
    logs.configure(settings)
    if variant.name == "stateful":
        _check_store(settings)
    # Whatever else cannot be used is told before anything is announced, and not by every worker again.
    app = build(variant, settings, dict(environ))
    # Until uvicorn takes over, a signal ends the start; uvicorn raises it again when it is done, which is no error.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    listener = _bind(settings)
    _announce(variant, settings, listener.getsockname()[1])
    if settings.workers == 1 and not settings.max_requests:
        Engine(_config(app, settings)).run(sockets=[listener])
    else:
        config = _config(f"{variant.package}:app", settings)
        _run_workers(config, listener, settings.drain_delay, _as_variables(variant, flags))


def _wait_for_all(sentinels: list[int], seconds: float) -> None:
    """Return when all processes have ended or time is over; what one that ends early would have served, others do."""
    deadline = time.monotonic() + seconds
    while sentinels and (left := deadline - time.monotonic()) > 0:
        ended = wait(sentinels, left)
        sentinels = [sentinel for sentinel in sentinels if sentinel not in ended]


def _check_store(settings: Settings) -> None:
    store = open_store(settings)
    scheme = settings.session_store.partition(":")[0]
    why = f"as {scheme}:// keeps sessions in one process; sqlite:// and redis:// share them"
    if settings.workers > 1 and not store.shared:
        raise ConfigurationError("--workers", str(settings.workers), f"1, {why}")
    if settings.max_requests and not store.shared:
        raise ConfigurationError("--max-requests", str(settings.max_requests), f"0, {why}")
    try:
        asyncio.run(_reach(store))
    except StoreUnavailable as outage:
        sys.exit(f"MCP_SESSION_STORE cannot be used now: {outage}")


async def _reach(store: SessionStore) -> None:
    try:
        await store.open()
    finally:
        await store.close()


def _run_workers(
    config: TimedConfig, listener: socket.socket, drain_delay: float, variables: Mapping[str, str]
) -> None:
    # Workers read their settings from the environment: what the command line said goes there.
    os.environ.update(variables)
    if not os.environ.get("MCP_ECHO_STATE_SECRET"):
        os.environ["MCP_ECHO_STATE_SECRET"] = secrets.token_hex()
    os.environ[METRICS_FOLDER_VARIABLE] = tempfile.mkdtemp(prefix="mcp-echo-metrics-")
    try:
        Workers(config, listener, drain_delay).run()
    finally:
        shutil.rmtree(os.environ.pop(METRICS_FOLDER_VARIABLE), ignore_errors=True)


def _bind(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
    except (OSError, UnicodeError, TypeError) as error:  # the last two are what a host that is no name raises
        listener.close()
        problem = getattr(error, "strerror", None) or error
        sys.exit(f"cannot listen on {settings.host} port {settings.port}: {problem} (MCP_ECHO_HOST, MCP_ECHO_PORT)")
    listener.set_inheritable(True)
    return listener


def _config(app: App | str, settings: Settings) -> TimedConfig:
    return TimedConfig(
        app,
        host=settings.host,
        port=settings.port,
        head_timeout=settings.read_timeout,
        ws=websocket_protocol if settings.dashboard and settings.journal_max_bytes else "none",
        ws_max_size=MAX_WEBSOCKET_BYTES,
        ws_per_message_deflate=False,  # costs each connection more memory than all that the feed would save
        workers=settings.workers,
        limit_concurrency=settings.connections + 1,  # uvicorn counts the connection that asks
        limit_max_requests=settings.max_requests or None,
        limit_max_requests_jitter=settings.max_requests // 4,  # so that workers do not end together
        timeout_worker_healthcheck=WORKER_SILENCE_SECONDS,
        timeout_keep_alive=max(1, round(settings.keep_alive_timeout)),
        timeout_graceful_shutdown=math.ceil(settings.drain_timeout) + 1,  # a little for what ends at that moment
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
    )


def _as_variables(variant: Variant, flags: Mapping[str, str | None]) -> dict[str, str]:
    return {
        variable: value
        for setting in TABLE
        for variable in setting.variables_for(variant.name)[:1]
        if (value := flags.get(setting.field)) or (value is not None and setting.may_be_empty)
    }


def _announce(variant: Variant, settings: Settings, port: int) -> None:
    log.info(
        "listening",
        extra={
            "variant": variant.name,
            "url": f"http://{f'[{settings.host}]' if ':' in settings.host else settings.host}:{port}/mcp",
            "workers": settings.workers,
            "version": __version__,
        },
    )
    if not is_loopback_name(settings.host):
        log.warning(
            "bound beyond loopback: this server has no authentication; put a gateway that authenticates in front of it",
            extra={"host": settings.host},
        )
