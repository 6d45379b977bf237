"""Workers of one server add up their numbers through a folder; whatever lies there, ``/metrics`` answers."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from operations_counted import operation
from test_metrics import value

from asgi_bridge import Request, lifespan
from harness import Server, rpc
from mcp_echo_core.app import METRICS_FOLDER_VARIABLE
from mcp_echo_core.exposition import RequestFigures, expose
from mcp_echo_core.metrics import Metrics


@pytest.fixture(scope="module")
def dead_pid() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


LIVING_PID = os.getppid()
"""A process that is not this one."""


def leave_snapshot(folder: Path, pid: int, **changes: Any) -> Metrics:
    """What another worker would have left: two pings, one refusal, one active request."""
    metrics = Metrics(folder)
    metrics.observe(operation("ping"), 0.001)
    metrics.observe(operation("ping"), 0.2)
    metrics.fail(-32601)
    metrics.active = 1
    metrics.share()
    own = folder / f"{os.getpid()}.json"
    snapshot = {**msgspec.json.decode(own.read_bytes()), "pid": pid, **changes}
    own.unlink()
    (folder / f"{pid}.json").write_bytes(msgspec.json.encode(snapshot))
    return metrics


def test_a_worker_adds_the_others_numbers_to_its_own(tmp_path: Path) -> None:
    leave_snapshot(tmp_path, LIVING_PID)
    metrics = Metrics(tmp_path)
    metrics.observe(operation("ping"), 0.003)
    metrics.active = 2
    assert metrics.requests == 1
    assert metrics.requests_of_all_workers() == 3
    assert value(metrics, "mcp_echo_requests_total", method="ping") == 3
    assert value(metrics, "mcp_echo_request_duration_seconds_bucket", method="ping", le="0.0025") == 1
    assert value(metrics, "mcp_echo_request_duration_seconds_bucket", method="ping", le="+Inf") == 3
    assert value(metrics, "mcp_echo_request_duration_seconds_sum", method="ping") == pytest.approx(0.204)
    assert value(metrics, "mcp_echo_errors_total", code="-32601") == 1
    assert value(metrics, "mcp_echo_active_requests") == 3


def test_a_workers_own_snapshot_is_not_counted_twice(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)
    metrics.observe(operation("ping"), 0.003)
    metrics.share()
    assert metrics.requests_of_all_workers() == 1


def test_a_later_snapshot_replaces_the_earlier_one(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)
    for _ in range(3):
        metrics.observe(operation("ping"), 0.003)
        metrics.share()
    assert [file.name for file in tmp_path.iterdir()] == [f"{os.getpid()}.json"]


def test_a_dead_workers_requests_still_count_but_none_of_them_is_active(tmp_path: Path, dead_pid: int) -> None:
    leave_snapshot(tmp_path, dead_pid)
    metrics = Metrics(tmp_path)
    assert value(metrics, "mcp_echo_requests_total", method="ping") == 2
    assert value(metrics, "mcp_echo_active_requests") == 0


def test_a_worker_of_another_user_is_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(pid: int, number: int) -> None:
        raise PermissionError

    leave_snapshot(tmp_path, LIVING_PID)
    monkeypatch.setattr(os, "kill", kill)
    assert value(Metrics(tmp_path), "mcp_echo_active_requests") == 1


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Metrics().share()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("garbage", [b"", b"{", b"\xff\xfe", b"[]", b'{"pid": "x"}', b"null", b'{"pid":1}'])
def test_a_snapshot_that_cannot_be_read_is_left_out(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / "1.json").write_bytes(garbage)
    leave_snapshot(tmp_path, LIVING_PID)
    metrics = Metrics(tmp_path)
    metrics.observe(operation("ping"), 0.003)
    assert value(metrics, "mcp_echo_requests_total", method="ping") == 3
    assert metrics.requests_of_all_workers() == 3


def test_a_snapshot_with_other_buckets_is_left_out(tmp_path: Path) -> None:
    short = [(operation("ping"), {"count": 7, "seconds": 1.0, "buckets": [7]})]
    leave_snapshot(tmp_path, LIVING_PID, series=short)
    metrics = Metrics(tmp_path)
    metrics.observe(operation("ping"), 0.003)
    assert expose(RequestFigures(metrics.snapshots()))
    assert metrics.requests_of_all_workers() == 1


def test_a_half_written_snapshot_does_not_count(tmp_path: Path) -> None:
    leave_snapshot(tmp_path, LIVING_PID)
    (tmp_path / f"{LIVING_PID}.json").rename(tmp_path / f"{LIVING_PID}.new")
    assert Metrics(tmp_path).requests_of_all_workers() == 0


def test_a_folder_that_is_gone_costs_the_others_numbers_and_nothing_else(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / "gone")
    metrics.observe(operation("ping"), 0.003)
    metrics.share()
    assert metrics.requests_of_all_workers() == 1
    assert value(metrics, "mcp_echo_requests_total", method="ping") == 1


async def test_a_server_shares_its_numbers_when_it_ends(tmp_path: Path, make_app: Callable[..., Server]) -> None:
    server = make_app("stateless", **{METRICS_FOLDER_VARIABLE: str(tmp_path)})
    async with lifespan(server.app):
        await server.post(rpc("ping"))
    snapshot = msgspec.json.decode((tmp_path / f"{os.getpid()}.json").read_bytes())
    assert [(operation[0], series["count"]) for operation, series in snapshot["series"]] == [("ping", 1)]


async def test_a_server_ends_cleanly_when_its_folder_is_gone(tmp_path: Path, make_app: Callable[..., Server]) -> None:
    server = make_app("stateless", **{METRICS_FOLDER_VARIABLE: str(tmp_path / "gone")})
    async with lifespan(server.app):
        assert (await server.send(Request(method="GET", path="/metrics"))).status == 200


async def test_health_counts_the_requests_of_all_workers(tmp_path: Path, make_app: Callable[..., Server]) -> None:
    leave_snapshot(tmp_path, LIVING_PID)
    server = make_app("stateless", **{METRICS_FOLDER_VARIABLE: str(tmp_path)})
    await server.post(rpc("ping"))
    health = (await server.send(Request(method="GET", path="/health"))).message
    assert health["requests_handled"] == 3
