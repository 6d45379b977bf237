"""Several workers of the stateless server: all of them serve, numbers are added up, losses are healed."""

import http.client
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness import rpc
from live import Live, serving, until


def workers(server: Live) -> set[int]:
    """Process ids of the workers; multiprocessing's own helper processes do not count."""
    children = psutil.Process(server.process.pid).children()
    return {child.pid for child in children if "spawn_main" in " ".join(_words(child))}


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE  # somebody may have to reap it
    except psutil.NoSuchProcess:
        return False


def instances(server: Live, requests: int = 20) -> set[str]:
    """The workers that answer, by name."""
    return {server.get("/health").json["instance"] for _ in range(requests)}


def counted(server: Live) -> int:
    """Pings of all workers."""
    found = re.search(rb'^mcp_echo_requests_total\{method="ping"\} (\d+)', server.get("/metrics").body, re.MULTILINE)
    return int(found[1]) if found else 0


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Live]:
    """A server with two workers, both ready."""
    with serving("stateless", tmp_path, "--workers", "2") as server:
        until(lambda: len(instances(server)) == 2, "answers of both workers", 20)
        yield server


def test_both_workers_answer_and_their_numbers_are_added_up(pair: Live) -> None:
    for _ in range(30):
        assert pair.post(rpc("ping")).status == 200
    until(lambda: counted(pair) == 30, "30 pings in /metrics")
    until(lambda: pair.get("/health").json["requests_handled"] == 30, "30 requests in /health")
    assert pair.stop() == 0
    assert not [line for line in pair.lines if "Traceback" in line]


def test_a_killed_worker_is_replaced_and_its_requests_still_count(pair: Live) -> None:
    for _ in range(10):
        pair.post(rpc("ping"))
    until(lambda: all(counted(pair) == 10 for _ in range(20)), "10 pings in both workers' /metrics")
    before = instances(pair)
    victim = min(workers(pair))
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(workers(pair) - {victim}) == 2, "a new worker", 20)
    until(lambda: instances(pair) - before, "an answer of the new worker", 20)
    assert counted(pair) == 10
    assert any("a worker died" in line and str(victim) in line for line in pair.lines)
    assert pair.stop() == 0


def test_the_counters_folder_is_removed_at_the_end(tmp_path: Path) -> None:
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    with serving("stateless", tmp_path, "--workers", "2", TMPDIR=str(scratch)) as server:
        assert [file.name.startswith("mcp-echo-metrics-") for file in scratch.iterdir()] == [True]
        assert server.stop() == 0
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_all_workers_end_with_their_parent(pair: Live, number: int) -> None:
    started = workers(pair)
    assert len(started) == 2
    assert pair.stop(number) == 0
    until(lambda: not any(psutil.pid_exists(pid) for pid in started), "the end of all workers")


def test_all_workers_end_when_their_parent_is_killed(pair: Live) -> None:
    started = workers(pair)
    pair.stop(signal.SIGKILL)
    until(lambda: not any(_runs(pid) for pid in started), "the end of all workers")
    assert sum("the process that started this worker is gone" in line for line in pair.lines) == 2


def test_while_workers_drain_one_that_dies_takes_no_connection_from_the_others(tmp_path: Path) -> None:
    with serving("stateless", tmp_path, "--workers", "2", MCP_DRAIN_DELAY="1.5") as server:
        victim = min(workers(server))
        server.kill()
        until(lambda: sum("draining" in line for line in server.lines) == 2, "both workers' drain")
        os.kill(victim, signal.SIGKILL)
        until(lambda: not _runs(victim), "its end")
        assert [server.post(rpc("ping")).status for _ in range(5)] == [200] * 5
        assert server.exit_code() == 0


def test_recycled_workers_lose_no_request(tmp_path: Path) -> None:
    with serving("stateless", tmp_path, "--workers", "2", "--max-requests", "20") as server:
        seen: set[str] = set()
        pings = 0

        def asked() -> bool:
            nonlocal pings
            assert server.post(rpc("ping")).status == 200
            pings += 1
            seen.add(server.get("/health").json["instance"])
            return len(seen) > 3

        until(asked, "answers of two workers that were started later", 60)
        until(lambda: counted(server) == pings, "all pings in /metrics")
        assert server.stop() == 0


def test_a_recycled_worker_answers_the_requests_it_has_taken_on_kept_connections(tmp_path: Path) -> None:
    with serving("stateless", tmp_path, "--max-requests", "10") as server:
        answered = 0
        while answered < 40:
            with server.connection() as connection:
                answered += _until_closed(connection)
        assert server.stop() == 0


def _until_closed(connection: http.client.HTTPConnection) -> int:
    """Requests that one connection serves before the server closes it between two of them."""
    answered = 0
    while answered < 40:
        try:
            connection.request("GET", "/livez")
            response = connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            return answered
        assert response.status == 200
        assert response.read() == b'{"status":"alive"}'
        answered += 1
        if response.will_close:
            break
    return answered
