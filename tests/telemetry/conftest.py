"""A collector, and servers whose telemetry it collects."""

import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest
from collector import Collector, Telling, collecting

from asgi_bridge import lifespan
from harness import FakeClock, Server


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that takes everything."""
    with collecting() as running:
        yield running


@pytest.fixture
def telling(monkeypatch: pytest.MonkeyPatch, clock: FakeClock, collector: Collector) -> Telling:
    """Servers that tell the collector: ``telling("stateless", OTEL_TRACES_EXPORTER="none")``."""

    @contextlib.asynccontextmanager
    async def serve(variant: str = "stateful", **changes: str) -> AsyncIterator[Server]:
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **changes}
        for name, value in variables.items():
            monkeypatch.setenv(name, value)  # the SDK reads the process's own
        server = Server(variant, clock, **variables)
        async with lifespan(server.app):
            yield server

    return serve
