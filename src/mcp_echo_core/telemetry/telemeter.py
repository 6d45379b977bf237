"""Hands spans and metrics to OpenTelemetry's SDK; nothing that goes wrong here may touch or delay an answer.

A span is made when its exchange is over, with the times it had; the SDK's own threads deliver it. Each process has its
own: providers are made when it begins to serve.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

from msgspec import Struct
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import Histogram
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from mcp_echo_core import __version__
from mcp_echo_core.exchange import Exchange
from mcp_echo_core.metrics import BUCKETS
from mcp_echo_core.runtime import Runtime
from mcp_echo_core.stores.base import StoreUnavailable
from mcp_echo_core.stores.durations import BOUNDS, Durations
from mcp_echo_core.telemetry import complaints, facts
from mcp_echo_core.telemetry.configuration import Signals
from mcp_echo_core.telemetry.contexts import around
from mcp_echo_core.telemetry.lifetimes import since

STOP_SECONDS = 2.0
"""How long the end waits for the collector."""

SPAN_EXPORTERS: dict[str, Callable[[], SpanExporter]] = {"otlp": OTLPSpanExporter, "console": ConsoleSpanExporter}
METRIC_EXPORTERS: dict[str, Callable[[], MetricExporter]] = {
    "otlp": OTLPMetricExporter,
    "console": ConsoleMetricExporter,
}

_SCOPE = "mcp_echo_core"
_TRANSPORT = {"network.transport": "tcp", "network.protocol.name": "http"}

log = logging.getLogger(__name__)


class _Sdk(Struct, frozen=True):
    """What is there while the server serves; without a provider its part is ``None``."""

    spans: TracerProvider | None
    metrics: MeterProvider | None
    tracer: Tracer | None
    operations: Histogram | None
    sessions: Histogram | None
    exporters: Sequence[SpanExporter | MetricExporter]


class Telemeter:
    """Tells exchanges and ended sessions; meets ``configuration.Telemetry``.

    Args:
        signals: What is wanted.
        runtime: The server.
        own_sessions: Nobody else serves its sessions.
    """

    def __init__(self, signals: Signals, runtime: Runtime, *, own_sessions: bool) -> None:
        self._signals = signals
        self._runtime = runtime
        self._own_sessions = own_sessions
        self._sdk: _Sdk | None = None
        self._ended: dict[str, Durations] = {}
        self._failed = False

    def start(self) -> None:
        complaints.install()
        try:
            self._sdk = _sdk(self._signals, _resource(self._runtime))
        except Exception:
            log.exception("telemetry could not be started; the server goes on without")

    def record(self, exchange: Exchange, seconds: float) -> None:
        if self._sdk is None:
            return
        with self._harmless():
            self._tell(self._sdk, exchange, seconds)

    async def watch_sessions(self) -> None:
        while self._own_sessions and self._sdk is not None and self._sdk.sessions is not None:
            await asyncio.sleep(self._runtime.settings.session_cleanup_interval)
            await self._tell_sessions()

    async def stop(self) -> None:
        await self._tell_sessions()
        sdk, self._sdk = self._sdk, None
        if sdk is None:
            return
        # Neither takes a time-out, and threads of the interpreter's own pool would hold up its end.
        ends = [provider.shutdown for provider in (sdk.spans, sdk.metrics) if provider is not None]
        threads = [Thread(target=end, name="telemetry-end", daemon=True) for end in ends]
        for thread in threads:
            thread.start()
        await asyncio.to_thread(_join, threads, STOP_SECONDS)
        if any(thread.is_alive() for thread in threads):
            log.warning("telemetry was not delivered in time and is lost", extra={"waited_seconds": STOP_SECONDS})
            for exporter in sdk.exporters:
                exporter.shutdown()  # ends what it tries again

    def _tell(self, sdk: _Sdk, exchange: Exchange, seconds: float) -> None:
        message = facts.message_of(exchange)
        method = facts.method_of(exchange, message)
        labels = facts.labels(exchange, method)
        context = None
        if sdk.tracer is not None:
            end = int(self._runtime.clock.wall() * 1e9)
            parent, links = around(exchange.http, message)
            span = sdk.tracer.start_span(
                facts.span_name(exchange, method),
                parent,
                SpanKind.SERVER,
                labels,
                links,
                end - int(seconds * 1e9),
            )
            if span.is_recording():
                span.set_attributes(facts.details(exchange, method, message, self._runtime))
                _conclude(span, exchange)
            span.end(end)
            context = set_span_in_context(span)
        if sdk.operations is not None and method:
            sdk.operations.record(seconds, labels, context)

    async def _tell_sessions(self) -> None:
        sdk = self._sdk
        if sdk is None or sdk.sessions is None or not self._own_sessions:
            return
        with self._harmless():
            statistics = await self._runtime.sessions.statistics(self._runtime.clock.wall())
            if statistics is not None:
                before, self._ended = self._ended, statistics.durations
                await asyncio.to_thread(_tell_ended, sdk.sessions, before, self._ended)

    @contextmanager
    def _harmless(self) -> Iterator[None]:
        try:
            yield
        except StoreUnavailable:
            pass  # the endpoint has told that, and the next look will count what this one missed
        except Exception:
            if not self._failed:
                log.exception("telemetry failed; this is told once")
            self._failed = True


def _conclude(span: Span, exchange: Exchange) -> None:
    if facts.error_type(exchange) is not None:
        span.set_status(Status(StatusCode.ERROR, facts.error_message(exchange)))


def _tell_ended(histogram: Histogram, before: dict[str, Durations], now: dict[str, Durations]) -> None:
    for reason, durations in now.items():
        labels = {**_TRANSPORT, "mcp_echo.session.end": reason}
        for seconds in since(durations, before.get(reason)):
            histogram.record(seconds, labels)


def _join(threads: list[Thread], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def _resource(runtime: Runtime) -> Resource:
    """Who tells; what the environment says of it beats what we know."""
    known = {"service.name": runtime.variant.distribution, "service.version": __version__}
    if runtime.instance:
        known["service.instance.id"] = runtime.instance
    return Resource.create({**known, **OTELResourceDetector().detect().attributes})


def _sdk(signals: Signals, resource: Resource) -> _Sdk:
    span_exporters = [SPAN_EXPORTERS[name]() for name in signals.traces]
    metric_exporters = [METRIC_EXPORTERS[name]() for name in signals.metrics]
    spans = metrics = tracer = operations = sessions = None
    if span_exporters:
        spans = TracerProvider(resource=resource, shutdown_on_exit=False)
        for exporter in span_exporters:
            spans.add_span_processor(BatchSpanProcessor(exporter))
        tracer = spans.get_tracer(_SCOPE, __version__)
    if metric_exporters:
        readers = [PeriodicExportingMetricReader(exporter) for exporter in metric_exporters]
        metrics = MeterProvider(readers, resource, shutdown_on_exit=False)
        meter = metrics.get_meter(_SCOPE, __version__)
        operations = meter.create_histogram(
            "mcp.server.operation.duration",
            "s",
            "Seconds of the protocol's operations as the server sees them.",
            explicit_bucket_boundaries_advisory=BUCKETS,
        )
        sessions = meter.create_histogram(
            "mcp.server.session.duration",
            "s",
            "Seconds that ended sessions had lived.",
            explicit_bucket_boundaries_advisory=BOUNDS,
        )
    return _Sdk(spans, metrics, tracer, operations, sessions, [*span_exporters, *metric_exporters])
