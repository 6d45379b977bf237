"""Figures of machine, container and process."""

from pathlib import Path

import psutil
import pytest

from mcp_echo_core import system
from mcp_echo_core.system import CpuMeter, Memory

TOTAL = 8 << 30


@pytest.fixture(autouse=True)
def big_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Machine", (), {"total": TOTAL}))


def write(root: Path, name: str, content: str) -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({}, TOTAL),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n"}, 1 << 30),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, TOTAL),
        (
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/memory.max": "1024",
                "sys/fs/cgroup/a/b/memory.max": "max",
            },
            1024,
        ),
        (
            {"proc/self/cgroup": "4:memory:/docker/x\n0::/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "2048\n"},
            2048,
        ),
        (
            {
                "proc/self/cgroup": "4:cpu,memory:/x\n",
                "sys/fs/cgroup/memory/x/memory.limit_in_bytes": "9223372036854771712",
            },
            TOTAL,
        ),
        ({"proc/self/cgroup": "garbage\n"}, TOTAL),
    ],
)
def test_the_memory_limit_is_the_containers_where_there_is_one(
    tmp_path: Path, files: dict[str, str], limit: int
) -> None:
    for name, content in files.items():
        write(tmp_path, name, content)
    measured = system.memory(tmp_path)
    assert measured.limit_bytes == limit
    assert measured.used_bytes > 0


def test_shares_of_memory_need_both_figures() -> None:
    assert Memory(1, 4).share == 0.25
    assert Memory(None, 4).share is None
    assert Memory(1, None).share is None


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n"}, 0.5),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, None),
        (
            {
                "proc/self/cgroup": "1:cpu,cpuacct:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "25000",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            0.25,
        ),
        ({"proc/self/cgroup": "1:cpu:/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1"}, None),
    ],
)
def test_a_quota_limits_the_cores(tmp_path: Path, files: dict[str, str], cores: float | None) -> None:
    for name, content in files.items():
        write(tmp_path, name, content)
    assert system.cores(tmp_path) == (cores or system.cores(tmp_path / "none"))


def test_the_cpu_meter_measures_between_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    now, counted = [0.0], [(10.0, 100.0)]
    monkeypatch.setattr(system, "_cpu_seconds", lambda: counted[0])
    meter = CpuMeter(lambda: now[0])
    assert meter.share() == 0.1
    counted[0] = (15.0, 110.0)
    now[0] = 0.05
    assert meter.share() == 0.1
    now[0] = 1.0
    assert meter.share() == 0.5
    now[0] = 2.0
    assert meter.share() == 0.5


def fail(*_: object) -> None:
    raise psutil.AccessDenied


async def test_what_cannot_be_measured_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "Process", fail)
    monkeypatch.setattr(psutil, "cpu_times", fail)
    monkeypatch.setattr(psutil, "disk_usage", fail)
    monkeypatch.setattr(psutil, "getloadavg", fail)
    monkeypatch.setattr(psutil, "virtual_memory", fail)
    assert CpuMeter().share() is None
    assert (system.threads(), system.open_files(), system.disk_share(), system.load_average()) == (None,) * 4
    assert await system.connections() is None
    assert system.memory(Path("/nowhere")) == Memory(None, None)


async def test_this_machine_has_figures() -> None:
    assert system.threads() >= 1
    assert system.open_files() >= 3
    assert await system.connections() >= 0
    assert len(system.platform_name().split("-")) >= 3
    assert 0 <= system.disk_share() <= 1
    assert 0 <= system.cpu_share() <= 1
