"""A collector on a loopback port: takes OTLP over HTTP and reads it with the protocol's own messages."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from asgi_bridge import WAIT
from harness import Server
from live import POLL

Telling = Callable[..., AbstractAsyncContextManager[Server]]
"""Serves until the block ends; then everything has been delivered."""


@dataclass(frozen=True)
class Told:
    """A span as it arrived; ids in hexadecimal, times in seconds."""

    name: str
    kind: str
    trace: str
    parent: str
    links: list[tuple[str, str]]
    start: float
    end: float
    attributes: dict[str, Any]
    failed: bool
    description: str
    resource: dict[str, Any]


@dataclass(frozen=True)
class Point:
    """What a histogram had counted under one set of attributes."""

    attributes: dict[str, Any]
    count: int
    sum: float
    bounds: list[float]
    buckets: list[int]


@dataclass
class Collector:
    """What has arrived."""

    port: int
    spans: list[Told] = field(default_factory=list)
    points: dict[str, list[Point]] = field(default_factory=dict)
    raw: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The value of ``OTEL_EXPORTER_OTLP_ENDPOINT``."""
        return f"http://127.0.0.1:{self.port}"

    def span(self, name: str) -> Told:
        """The one span of a name."""
        (found,) = [span for span in self.spans if span.name == name]
        return found

    async def heard(self, name: str) -> None:
        """Return when a histogram has been told."""
        async with asyncio.timeout(WAIT):
            while name not in self.points:  # noqa: ASYNC110 - the collector runs in a thread
                await asyncio.sleep(POLL)

    def take(self, path: str, body: bytes) -> None:
        """Read what was posted."""
        self.raw.append(body)
        if path == "/v1/traces":
            for told in ExportTraceServiceRequest.FromString(body).resource_spans:
                resource = _values(told.resource.attributes)
                self.spans += [_span(span, resource) for scope in told.scope_spans for span in scope.spans]
        else:
            assert path == "/v1/metrics"
            for told in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                for metric in (metric for scope in told.scope_metrics for metric in scope.metrics):
                    assert metric.unit == "s"
                    self.points[metric.name] = [
                        Point(_values(p.attributes), p.count, p.sum, list(p.explicit_bounds), list(p.bucket_counts))
                        for p in metric.histogram.data_points
                    ]


@contextlib.contextmanager
def collecting() -> Iterator[Collector]:
    """A collector until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.take(self.path, body)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(server.server_address[1])
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


def _span(span: SpanMessage, resource: dict[str, Any]) -> Told:
    return Told(
        span.name,
        SpanMessage.SpanKind.Name(span.kind),
        span.trace_id.hex(),
        span.parent_span_id.hex(),
        [(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
        span.start_time_unix_nano / 1e9,
        span.end_time_unix_nano / 1e9,
        _values(span.attributes),
        span.status.code == Status.STATUS_CODE_ERROR,
        span.status.message,
        resource,
    )


def _values(attributes: Any) -> dict[str, Any]:
    return {attribute.key: _value(attribute) for attribute in attributes}


def _value(attribute: KeyValue) -> Any:
    return getattr(attribute.value, attribute.value.WhichOneof("value"))
