"""The probe sees through a real nginx: instances that lose each other's sessions, and instances that share them."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from live import serving
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.probe.check import Finding
from mcp_echo_core.probe.checks import CHECKS
from mcp_echo_core.probe.runner import probe
from mcp_echo_core.probe.survey import Options
from nginx_process import round_robin
from redis_process import running_redis

pytestmark = pytest.mark.peers

NAMES = ("one", "two")
TURNS = "HM" * 20


@pytest.fixture(params=["memory", "redis"])
def cluster(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Two stateful servers with that store behind a round robin; its name and the port of nginx."""
    with ExitStack() as stack:
        store = "memory://"
        if request.param == "redis":
            folder = tmp_path / "redis"
            folder.mkdir()
            store = stack.enter_context(running_redis(folder)).url
        servers = [
            stack.enter_context(serving("stateful", tmp_path, MCP_SESSION_STORE=store, MCP_ECHO_INSTANCE=name))
            for name in NAMES
        ]
        port = stack.enter_context(round_robin(tmp_path, [server.port for server in servers]))
        yield request.param, port


async def finding_behind(port: int) -> Finding:
    """What the probe says of the replicas."""
    options = Options(url=f"http://127.0.0.1:{port}/mcp")
    (check,) = [check for check in CHECKS if check.id == "replicas"]
    async with Wire(options.timeout) as wire:
        report = await probe(options, [check], lambda *_: None, wire)
    return report.lines[0].finding


async def test_two_instances_behind_nginx_are_told_in_one_line(cluster: tuple[str, int]) -> None:
    store, port = cluster
    finding = await finding_behind(port)
    if store == "redis":
        assert (finding.outcome, finding.answer) == ("passed", "2 instances that share their sessions")
        assert finding.facts["fresh"] == "H" * 40
    else:
        hits = finding.facts["fresh"]
        assert hits in (TURNS, TURNS[::-1])
        assert finding.outcome == "failed"
        assert finding.answer == f"round robin over 2 without a shared store: 20 of 40 calls missed ({hits})"
    instances = finding.facts["instances"]["mcp-echo-instance"]
    assert instances.keys() == set(NAMES)
    (line,) = [line for line in finding.details if line.startswith("mcp-echo-instance: ")]
    assert all(name in line for name in NAMES)
