"""Counters of one process: plain numbers, of which ``exposition.py`` makes text when somebody asks.

Several workers share a folder: each leaves a snapshot of its numbers there, and the one that is asked adds up the
others'. A worker's own numbers are exact, the others' at most ``SHARE_INTERVAL`` old.
"""

import logging
import os
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

log = logging.getLogger(__name__)

BUCKETS = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005),
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0),
)
"""Upper bounds of the duration histograms, seconds: those of OpenTelemetry's conventions for MCP, and finer ones below,
where this server answers."""

SHARE_INTERVAL = 1.0
"""Seconds between snapshots for the other workers."""

Operation = tuple[str, str, str, str, str]
"""What requests are counted by: method, tool or prompt, era, protocol revision, outcome; each from a bounded set."""

OTHER, UNKNOWN = "other", "unknown"
"""Stand for a method or tool that there is not, and for the era and revision of what was refused before they were
known: nobody's spelling makes a series of its own."""

LONG_LIVED = frozenset({"GET", "subscriptions/listen"})
"""Kinds of requests whose time is how long somebody listened."""

RATE_WINDOW = 60
"""Samples, one a second, from which the request rate is computed."""


class Series(Struct):
    """What is counted for one operation; ``buckets`` are not cumulative."""

    count: int = 0
    seconds: float = 0.0
    buckets: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BUCKETS) + 1))

    def add(self, other: "Series") -> None:
        """Count what another has counted."""
        self.count += other.count
        self.seconds += other.seconds
        self.buckets = [mine + its for mine, its in zip(self.buckets, other.buckets, strict=True)]


class Snapshot(Struct):
    """The numbers of one process."""

    pid: int
    active: int
    series: list[tuple[Operation, Series]]
    errors: dict[str, int]


class Metrics:
    """Counts requests.

    Attributes:
        active: Requests being served now, open streams included.
        series: By operation; its method is the HTTP method where no message was read.
        errors: Refusals by JSON-RPC error code.

    Args:
        shared: Folder that the workers of one server share, if there are several.
    """

    def __init__(self, shared: Path | None = None) -> None:
        self.active = 0
        self.series: dict[Operation, Series] = {}
        self.errors: dict[str, int] = {}
        self._shared = shared
        self._samples: deque[tuple[float, int]] = deque(maxlen=RATE_WINDOW + 1)

    def observe(self, operation: Operation, seconds: float) -> None:
        """Count a request that is over."""
        series = self.series.get(operation)
        if series is None:
            series = self.series[operation] = Series()
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
        others = (series.count for snapshot in self._others() for _, series in snapshot.series)
        return self.requests + sum(others)

    @property
    def error_rate(self) -> float | None:
        """Share of requests that were refused, 0 to 1; ``None`` before the first."""
        return sum(self.errors.values()) / self.requests if self.requests else None

    @property
    def average_seconds(self) -> float | None:
        """Mean time to answer, streams that stay open left out; ``None`` before the first request."""
        answered = [series for (method, *_), series in self.series.items() if method not in LONG_LIVED]
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

    def snapshots(self) -> list[Snapshot]:
        """The numbers of all workers, which go on counting meanwhile."""
        self.share()  # so that whichever worker is asked next says no less
        own = msgspec.json.encode(self._snapshot(os.getpid()))
        return [msgspec.json.decode(own, type=Snapshot), *self._others()]

    def _snapshot(self, pid: int) -> Snapshot:
        return Snapshot(pid, self.active, list(self.series.items()), self.errors)

    def _add(self, ended: Snapshot) -> None:
        for operation, theirs in ended.series:
            if _fits(theirs):
                self.series.setdefault(operation, Series()).add(theirs)
        for code, count in ended.errors.items():
            self.errors[code] = self.errors.get(code, 0) + count

    def _others(self) -> Iterator[Snapshot]:
        for file in self._shared.glob("*.json") if self._shared else ():
            try:
                snapshot = msgspec.json.decode(file.read_bytes(), type=Snapshot)
            except (OSError, ValueError):  # gone or not ours: the other workers' numbers still count
                continue
            if snapshot.pid == os.getpid() or not all(_fits(series) for _, series in snapshot.series):
                continue
            if not _alive(snapshot.pid):
                snapshot.active = 0
            yield snapshot


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
