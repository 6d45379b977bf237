"""Figures about the machine, the container and this process; ``None`` is a figure that cannot be had.

Nothing here blocks for longer than a few reads of ``/proc``. Sources: psutil; Linux' documentation of control groups,
cgroup-v2 and cgroup-v1/memory.
"""

import asyncio
import os
import platform
import re
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct

T = TypeVar("T")

ROOT = Path("/")

MIN_CPU_WINDOW = 0.1
"""Seconds between two readings of the CPU counters, below which their difference means nothing."""

_CONTAINER_ID = re.compile(r"(?:docker|containerd|libpod|crio|containers|kubepods)\S*?[/:-]([0-9a-f]{64})")
_SHORT_ID = re.compile(r"[0-9a-f]{12}")


class Memory(Struct, frozen=True, rename="camel"):
    """Memory of this process and what there is for it, in bytes: the container's limit, else the machine's."""

    used_bytes: int | None
    limit_bytes: int | None

    @property
    def share(self) -> float | None:
        """Used share, 0 to 1."""
        if self.used_bytes is None or not self.limit_bytes:
            return None
        return self.used_bytes / self.limit_bytes


class Container(Struct, frozen=True, rename="camel"):
    """What the process runs in."""

    docker: bool
    container_id: str | None
    kubernetes: bool


class CpuMeter:
    """Busy share of all processors since the reading before; the first one is since boot.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counted = (0.0, 0.0)
        self._at = float("-inf")
        self._share: float | None = None

    def share(self) -> float | None:
        """Busy share, 0 to 1; readings in quick succession repeat the last one."""
        now = self._clock()
        if now - self._at >= MIN_CPU_WINDOW:
            counted = _measured(_cpu_seconds)
            if counted is not None and counted[1] > self._counted[1]:
                busy, total = (new - old for new, old in zip(counted, self._counted, strict=True))
                self._share = min(1.0, max(0.0, busy / total))
                self._counted = counted
            self._at = now
        return self._share


def cpu_share() -> float | None:
    """Busy share of all processors since the reading before, 0 to 1."""
    return _CPU.share()


def cores(root: Path = ROOT) -> float:
    """Processors this process may use: the container's quota, else those of its affinity mask."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limits = [_cpu_quota(folder) for folder in _cgroup_folders("cpu", root)]
    return min([float(usable), *(limit for limit in limits if limit is not None)])


def memory(root: Path = ROOT) -> Memory:
    """Memory of this process, and the container's limit where there is one below the machine's total."""
    used = _measured(lambda: _psutil().Process().memory_info().rss)
    total = _measured(lambda: _psutil().virtual_memory().total)
    files = ("memory.max", "memory.limit_in_bytes")
    limits = [_number(folder / file) for folder in _cgroup_folders("memory", root) for file in files]
    known = [limit for limit in [total, *limits] if limit]
    return Memory(used, min(known) if known else None)


def disk_share() -> float | None:
    """Used share of the disk under the root of the file system, 0 to 1."""
    return _measured(lambda: _psutil().disk_usage(os.path.abspath(os.sep)).percent / 100)  # noqa: PTH100 - drives on Windows


def threads() -> int | None:
    """Threads of this process."""
    return _measured(lambda: _psutil().Process().num_threads())


def open_files() -> int | None:
    """Open file descriptors of this process, sockets included; handles on Windows."""
    return _measured(_descriptors)


def load_average() -> tuple[float, float, float] | None:
    """Load of the machine over 1, 5 and 15 minutes."""
    return _measured(lambda: _psutil().getloadavg())


async def connections() -> int | None:
    """Established TCP connections of this process; counted in a thread, for it takes time where there are many."""
    return await asyncio.to_thread(_measured, _established)


def platform_name() -> str:
    """Kernel, release and machine, such as ``Linux-5.15.0-x86_64``."""
    return f"{platform.system()}-{platform.release()}-{platform.machine()}"


def container(environ: Mapping[str, str], root: Path = ROOT) -> Container:
    """Which container this process runs in, by the traces that engines leave."""
    traces = _read(root / "proc/self/cgroup") + _read(root / "proc/self/mountinfo")
    found = _CONTAINER_ID.search(traces)
    marked = (root / ".dockerenv").exists() or (root / "run/.containerenv").exists()
    identifier = found[1][:12] if found else None
    host = environ.get("HOSTNAME", "")
    if identifier is None and marked and _SHORT_ID.fullmatch(host):
        identifier = host
    accounts = root / "var/run/secrets/kubernetes.io"
    return Container(marked or found is not None, identifier, "KUBERNETES_SERVICE_HOST" in environ or accounts.exists())


@cache
def _psutil() -> Any:
    """The library; loading it takes a tenth of the start-up time, and the first answer does not need it."""
    import psutil

    return psutil


def _measured(measure: Callable[[], T]) -> T | None:
    try:
        return measure()
    except (_psutil().Error, OSError, NotImplementedError, AttributeError, RuntimeError):
        return None


def _cpu_seconds() -> tuple[float, float]:
    times = _psutil().cpu_times()
    # Guest time is part of user time already.
    total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    return total - times.idle - getattr(times, "iowait", 0.0), total


def _descriptors() -> int:
    process = _psutil().Process()
    count: int = process.num_fds() if hasattr(process, "num_fds") else getattr(process, "num_handles")()  # noqa: B009
    return count


def _established() -> int:
    return sum(found.status == _psutil().CONN_ESTABLISHED for found in _psutil().Process().net_connections("tcp"))


def _cgroup_folders(controller: str, root: Path) -> list[Path]:
    folders: list[Path] = []
    for row in _read(root / "proc/self/cgroup").splitlines():
        _, _, rest = row.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers == "" or controller in controllers.split(","):
            mount = root / "sys/fs/cgroup" / (controller if controllers else "")
            inner = mount / path.lstrip("/")
            folders += [inner, *(folder for folder in inner.parents if folder == mount or mount in folder.parents)]
    return folders


def _cpu_quota(folder: Path) -> float | None:
    quota, _, period = _read(folder / "cpu.max").strip().partition(" ")
    if quota.isdigit() and period.isdigit() and int(period):
        return int(quota) / int(period)
    microseconds, per = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
    return microseconds / per if microseconds and per else None


def _number(file: Path) -> int | None:
    content = _read(file).strip()
    return int(content) if content.isdigit() else None


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""


_CPU = CpuMeter()
