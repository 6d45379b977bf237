"""Running a server: one process or several, on uvicorn, until it is told to stop."""

import asyncio
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from mcp_echo_core import __version__, logs
from mcp_echo_core.app import METRICS_FOLDER_VARIABLE
from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.guard import is_loopback_name
from mcp_echo_core.settings import TABLE, Settings
from mcp_echo_core.variants import Variant

log = logging.getLogger(__name__)


def serve(variant: Variant, environ: Mapping[str, str], flags: Mapping[str, str | None]) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight.

    Args:
        variant: Which of the two servers.
        environ: The environment variables.
        flags: Values from the command line by field name.

    Raises:
        ConfigurationError: A setting cannot be used.
        SystemExit: The address cannot be bound (exit code 1).
    """
    settings = Settings.from_env(environ, variant.name, flags)
    logs.configure(settings)
    if settings.workers > 1 and variant.name == "stateful":
        raise ConfigurationError("--workers", str(settings.workers), "1, as memory:// keeps sessions in one process")
    # Workers, and the app of this process, read their settings from the environment: flags go there.
    os.environ.update(_as_variables(variant, flags))
    config = _config(variant, settings)
    # uvicorn raises the signal again when it is done, and by default that ends a process with an error.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    listener = config.bind_socket()
    _announce(variant, settings, listener.getsockname()[1])
    if settings.workers == 1 and not settings.max_requests:
        uvicorn.Server(config).run(sockets=[listener])
        return
    os.environ[METRICS_FOLDER_VARIABLE] = tempfile.mkdtemp(prefix="mcp-echo-metrics-")
    try:
        Multiprocess(config, [listener]).run()
    finally:
        shutil.rmtree(os.environ.pop(METRICS_FOLDER_VARIABLE), ignore_errors=True)


def _config(variant: Variant, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        f"{variant.package}:app",
        host=settings.host,
        port=settings.port,
        http=_http_protocol(settings.read_timeout),
        ws="none",
        workers=settings.workers,
        limit_concurrency=settings.connections,
        limit_max_requests=settings.max_requests or None,
        limit_max_requests_jitter=settings.max_requests // 10,
        timeout_keep_alive=max(1, round(settings.keep_alive_timeout)),
        timeout_graceful_shutdown=max(1, round(settings.drain_timeout)),
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
        if (value := flags.get(setting.field)) is not None
    }


def _announce(variant: Variant, settings: Settings, port: int) -> None:
    log.info(
        "listening",
        extra={
            "variant": variant.name,
            "url": f"http://{settings.host}:{port}/mcp",
            "workers": settings.workers,
            "version": __version__,
        },
    )
    if not is_loopback_name(settings.host):
        log.warning(
            "bound beyond loopback: this server has no authentication; put a gateway that authenticates in front of it",
            extra={"host": settings.host},
        )


def _http_protocol(head_timeout: float) -> Any:
    """The engine's protocol with a limit on how long a request's head may take; without httptools, the engine's own."""
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:  # pragma: no cover - platforms without httptools
        return "auto"

    class TimedHeads(HttpToolsProtocol):
        """Closes connections whose request head is not complete in time (slowloris)."""

        head_timer: asyncio.TimerHandle | None = None
        head_pending = True

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._watch_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._unwatch_head()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.head_pending and self.head_timer is None:
                self._watch_head()

        def on_message_begin(self) -> None:
            self.head_pending = True
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            self.head_pending = False
            self._unwatch_head()
            super().on_headers_complete()

        def _watch_head(self) -> None:
            self.head_timer = self.loop.call_later(head_timeout, self.transport.close)

        def _unwatch_head(self) -> None:
            if self.head_timer is not None:
                self.head_timer.cancel()
                self.head_timer = None

    return TimedHeads
