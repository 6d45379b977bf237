"""Counters of one process: plain numbers while serving, Prometheus text when somebody asks.

Several workers share a folder: each leaves a snapshot of its numbers there, and the one that is asked adds up the
others'. A worker's own numbers are exact, the others' at most ``SHARE_INTERVAL`` old.
"""

import logging
import os
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from prometheus_client.core import Metric
    from prometheus_client.registry import Collector

log = logging.getLogger(__name__)

BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the duration histogram, seconds."""

SHARE_INTERVAL = 1.0
"""Seconds between snapshots for the other workers."""

LONG_LIVED = frozenset({"GET", "subscriptions/listen"})
"""Kinds of requests whose time is how long somebody listened."""

RATE_WINDOW = 60
"""Samples, one a second, from which the request rate is computed."""


class Series(Struct):
    """What is counted for one kind of request; ``buckets`` are not cumulative."""

    count: int = 0
    seconds: float = 0.0
    buckets: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BUCKETS) + 1))


class Snapshot(Struct):
    """The numbers of one process."""

    pid: int
    active: int
    series: dict[str, Series]
    errors: dict[str, int]


class Metrics:
    """Counts requests.

    Attributes:
        active: Requests being served now, open streams included.
        series: By JSON-RPC method, or by HTTP method where no message was read.
        errors: Refusals by JSON-RPC error code.

    Args:
        shared: Folder that the workers of one server share, if there are several.
    """

    def __init__(self, shared: Path | None = None) -> None:
        self.active = 0
        self.series: dict[str, Series] = {}
        self.errors: dict[str, int] = {}
        self._shared = shared
        self._samples: deque[tuple[float, int]] = deque(maxlen=RATE_WINDOW + 1)

    def observe(self, kind: str, seconds: float) -> None:
        """Count an answered request; ``kind`` is one of a bounded set of names."""
        series = self.series.get(kind)
        if series is None:
            series = self.series[kind] = Series()
        series.count += 1
        series.seconds += seconds
        series.buckets[bisect_left(BUCKETS, seconds)] += 1

    def fail(self, code: int) -> None:
        """Count a refusal by its JSON-RPC error code."""
        key = str(code)
        self.errors[key] = self.errors.get(key, 0) + 1

    @property
    def requests(self) -> int:
        """Requests answered by this process."""
        return sum(series.count for series in self.series.values())

    def requests_of_all_workers(self) -> int:
        """Requests answered by all workers of this server."""
        self.share()
        others = (series.count for snapshot in self._others() for series in snapshot.series.values())
        return self.requests + sum(others)

    @property
    def error_rate(self) -> float | None:
        """Share of requests that were refused, 0 to 1; ``None`` before the first."""
        return sum(self.errors.values()) / self.requests if self.requests else None

    @property
    def average_seconds(self) -> float | None:
        """Mean time to answer, streams that stay open left out; ``None`` before the first request."""
        answered = [series for kind, series in self.series.items() if kind not in LONG_LIVED]
        count = sum(series.count for series in answered)
        return sum(series.seconds for series in answered) / count if count else None

    def sample(self, now: float) -> None:
        """Note how far the counters are, once a second; ``now`` is monotonic seconds."""
        self._samples.append((now, self.requests))

    def per_minute(self, now: float) -> float | None:
        """Requests per minute over the last minute; ``None`` before the first sample."""
        if not self._samples or now <= self._samples[0][0]:
            return None
        since, count = self._samples[0]
        return (self.requests - count) / (now - since) * 60

    def take_over(self) -> None:
        """Add the numbers of workers that have ended to this one's: nothing is lost and no file stays behind."""
        for file in self._shared.glob("*.json") if self._shared else ():
            claimed = file.with_suffix(f".{os.getpid()}")
            try:
                pid = int(file.stem)
                if pid != os.getpid() and _alive(pid):
                    continue
                file.replace(claimed)  # only one worker can
                ended = msgspec.json.decode(claimed.read_bytes(), type=Snapshot)
                claimed.unlink()
            except (OSError, ValueError):
                continue
            self._add(ended)

    def share(self) -> None:
        """Leave a snapshot for the other workers."""
        if self._shared is None:
            return
        target = self._shared / f"{os.getpid()}.json"
        scratch = target.with_suffix(".new")
        try:
            scratch.write_bytes(msgspec.json.encode(self._snapshot(os.getpid())))
            scratch.replace(target)
        except OSError as error:
            log.warning("counters cannot be shared with the other workers", extra={"problem": error})
            self._shared = None

    def expose(self, *others: "Collector") -> bytes:
        """All workers' numbers, and those of other collectors, in the Prometheus text format."""
        from prometheus_client import CollectorRegistry, generate_latest  # only a scrape needs it

        registry = CollectorRegistry(auto_describe=False)
        for collector in (self, *others):
            registry.register(collector)
        return generate_latest(registry)

    def collect(self) -> Iterator["Metric"]:
        """The metric families, as ``prometheus_client`` collectors give them."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        self.share()  # so that whichever worker is asked next says no less
        snapshots = [self._snapshot(os.getpid()), *self._others()]
        total = CounterMetricFamily("mcp_echo_requests", "Requests answered.", labels=["method"])
        duration = HistogramMetricFamily(
            "mcp_echo_request_duration_seconds", "Seconds from the request's head to the end of the answer.",
            labels=["method"],
        )  # fmt: skip
        for kind in sorted({kind for snapshot in snapshots for kind in snapshot.series}):
            parts = [snapshot.series[kind] for snapshot in snapshots if kind in snapshot.series]
            total.add_metric([kind], sum(part.count for part in parts))
            duration.add_metric([kind], list(_cumulative(parts)), sum(part.seconds for part in parts))
        yield total
        yield duration
        errors = CounterMetricFamily("mcp_echo_errors", "Refused messages by JSON-RPC error code.", labels=["code"])
        for code in sorted({code for snapshot in snapshots for code in snapshot.errors}):
            errors.add_metric([code], sum(snapshot.errors.get(code, 0) for snapshot in snapshots))
        yield errors
        active = sum(snapshot.active for snapshot in snapshots)
        yield GaugeMetricFamily("mcp_echo_active_requests", "Requests being served, open streams included.", active)

    def _snapshot(self, pid: int) -> Snapshot:
        return Snapshot(pid, self.active, self.series, self.errors)

    def _add(self, ended: Snapshot) -> None:
        for kind, theirs in ended.series.items():
            if _fits(theirs):
                ours = self.series.setdefault(kind, Series())
                ours.count += theirs.count
                ours.seconds += theirs.seconds
                ours.buckets = [mine + its for mine, its in zip(ours.buckets, theirs.buckets, strict=True)]
        for code, count in ended.errors.items():
            self.errors[code] = self.errors.get(code, 0) + count

    def _others(self) -> Iterator[Snapshot]:
        for file in self._shared.glob("*.json") if self._shared else ():
            try:
                snapshot = msgspec.json.decode(file.read_bytes(), type=Snapshot)
            except (OSError, ValueError):  # gone or not ours: the other workers' numbers still count
                continue
            if snapshot.pid == os.getpid() or not all(map(_fits, snapshot.series.values())):
                continue
            if not _alive(snapshot.pid):
                snapshot.active = 0
            yield snapshot


def _cumulative(parts: list[Series]) -> Iterator[tuple[str, float]]:
    total = 0
    for index, bound in enumerate((*map(str, BUCKETS), "+Inf")):
        total += sum(part.buckets[index] for part in parts)
        yield bound, total


def _fits(series: Series) -> bool:
    return len(series.buckets) == len(BUCKETS) + 1


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
