"""``/metrics``: what was counted, in the Prometheus text format."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

from mcp_echo_core.metrics import BUCKETS, OTHER, UNKNOWN, Operation, Series, Snapshot

if TYPE_CHECKING:
    from prometheus_client.core import HistogramMetricFamily, Metric
    from prometheus_client.registry import Collector

LABELS = ("method", "tool", "era", "protocol_version", "outcome")
"""Of operations."""

HTTP_METHODS = frozenset({"GET", "DELETE", "OPTIONS"})
"""Kinds of requests that carry no message."""


class Counted(Protocol):
    """What a histogram shows: counts that are not cumulative, and the sum of what was counted."""

    buckets: list[int]
    seconds: float


class RequestFigures:
    """Collects what the workers have counted.

    Args:
        snapshots: The numbers of each.
    """

    def __init__(self, snapshots: Sequence[Snapshot]) -> None:
        self._snapshots = snapshots

    def collect(self) -> Iterator["Metric"]:
        """The metric families, as ``prometheus_client`` collectors give them."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        every = [pair for snapshot in self._snapshots for pair in snapshot.series]
        methods = _summed(((operation[0],), series) for operation, series in every)
        total = CounterMetricFamily("mcp_echo_requests", "Requests answered.", labels=["method"])
        for labels, series in methods.items():
            total.add_metric(labels, series.count)
        yield total
        text = "Seconds from the request's head to the end of the answer."
        yield histogram("mcp_echo_request_duration_seconds", text, ("method",), BUCKETS, methods)
        text = "Seconds of the protocol's operations as the server sees them."
        operations = _summed((labels_of(operation), series) for operation, series in every if carried(operation))
        yield histogram("mcp_server_operation_duration_seconds", text, LABELS, BUCKETS, operations)
        errors = CounterMetricFamily("mcp_echo_errors", "Refused messages by JSON-RPC error code.", labels=["code"])
        for code in sorted({code for snapshot in self._snapshots for code in snapshot.errors}):
            errors.add_metric([code], sum(snapshot.errors.get(code, 0) for snapshot in self._snapshots))
        yield errors
        active = sum(snapshot.active for snapshot in self._snapshots)
        yield GaugeMetricFamily("mcp_echo_active_requests", "Requests being served, open streams included.", active)


def expose(*collectors: "Collector") -> bytes:
    """What these collect, in the text format."""
    from prometheus_client import CollectorRegistry, generate_latest  # only a scrape needs it

    registry = CollectorRegistry(auto_describe=False)
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)


def carried(operation: Operation) -> bool:
    """Whether a request carried a message that was read: others are no operation of the protocol."""
    method, _, era, _, _ = operation
    return method not in HTTP_METHODS and era != UNKNOWN


def labels_of(operation: Operation) -> Operation:
    """The values of ``LABELS``: an unknown tool is ``OTHER``, and what is not about a tool names none."""
    method, target, era, version, outcome = operation
    tool = (target or OTHER) if method == "tools/call" else ""
    return method, tool, era, version, outcome


def histogram(
    name: str, text: str, labels: Sequence[str], bounds: Sequence[float], counted: Mapping[tuple[str, ...], Counted]
) -> "HistogramMetricFamily":
    """A family of histograms, as ``prometheus_client`` has them."""
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily(name, text, labels=labels)
    for values, each in counted.items():
        buckets = zip((*map(str, bounds), "+Inf"), accumulate(each.buckets), strict=True)
        family.add_metric(values, list(buckets), each.seconds)
    return family


def _summed(every: Iterable[tuple[tuple[str, ...], Series]]) -> dict[tuple[str, ...], Series]:
    """What was counted under the same labels, added up, in the order of the labels."""
    sums: dict[tuple[str, ...], Series] = {}
    for labels, series in every:
        sums.setdefault(labels, Series()).add(series)
    return dict(sorted(sums.items()))
