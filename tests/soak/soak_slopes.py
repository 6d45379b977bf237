"""Memory and open files of processes over time, and when their growth counts as a leak. Judging is pure."""

import contextlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import linear_regression

import psutil

MIB = 1 << 20

RSS_LIMIT = 1.0
"""MiB a minute that a process may grow in the second half of a soak."""

FILES_LIMIT = 2.0
"""Open files a minute, likewise."""

LEAST_SECONDS = 150.0
"""Of samples that a judgement needs: over less, a page cache and a few connections look like a slope."""


@dataclass(frozen=True)
class Sample:
    """A process at one moment.

    Attributes:
        time: Seconds since the load began.
        rss: Resident bytes.
        files: Open file descriptors.
    """

    time: float
    rss: int
    files: int


@dataclass(frozen=True)
class Growth:
    """What became of a process; slopes are those of the second half, and ``None`` where it saw too little of it."""

    process: str
    seconds: float
    rss_first_mib: float
    rss_last_mib: float
    rss_slope: float | None
    files_first: int
    files_most: int
    files_last: int
    files_slope: float | None
    judged: bool

    @property
    def leaks(self) -> list[str]:
        """What grows faster than it may."""
        if not self.judged:
            return []
        slopes = (("MiB of memory", self.rss_slope, RSS_LIMIT), ("open files", self.files_slope, FILES_LIMIT))
        return [
            f"{self.process} grows by {slope:.2f} {what} a minute, more than {limit:g}"
            for what, slope, limit in slopes
            if slope is not None and slope > limit
        ]

    @property
    def as_row(self) -> dict[str, object]:
        return {**asdict(self), "leaks": self.leaks}


def growth(process: str, samples: list[Sample], half: float, *, ours: bool = True) -> Growth:
    """What became of a process.

    Args:
        process: Its name.
        samples: In order, at least one.
        half: Seconds after which the second half begins.
        ours: It is one of those that are judged; Redis fills the memory that it is given.
    """
    late = [sample for sample in samples if sample.time >= half]
    enough = len(late) > 1 and late[-1].time > late[0].time
    return Growth(
        process=process,
        seconds=round(samples[-1].time - samples[0].time, 1),
        rss_first_mib=round(samples[0].rss / MIB, 2),
        rss_last_mib=round(samples[-1].rss / MIB, 2),
        rss_slope=_per_minute(late, [sample.rss / MIB for sample in late]) if enough else None,
        files_first=samples[0].files,
        files_most=max(sample.files for sample in samples),
        files_last=samples[-1].files,
        files_slope=_per_minute(late, [sample.files for sample in late]) if enough else None,
        judged=ours and enough and late[-1].time - late[0].time >= LEAST_SECONDS,
    )


def take(processes: Mapping[str, int], now: float, series: dict[str, list[Sample]]) -> None:
    """Add a sample of each process, by name and process id; one that has just ended adds none."""
    for name, pid in processes.items():
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            sample = Sample(now, process.memory_info().rss, process.num_fds())
            series.setdefault(f"{name} ({pid})", []).append(sample)


def _per_minute(samples: list[Sample], values: list[float] | list[int]) -> float:
    return round(linear_regression([sample.time / 60 for sample in samples], values).slope, 3)
