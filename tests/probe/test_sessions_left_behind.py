"""What a run leaves behind on the servers it asked."""

import asyncio
from typing import Any

import pytest
from balancers import RoundRobin, separate
from broken_sessions import Deletes, MintsForEverybody
from probe_runs import report_on

from in_loop import Serve
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.probe.checks import CHECKS
from mcp_echo_core.probe.reports import summary
from mcp_echo_core.probe.runner import probe
from mcp_echo_core.probe.survey import Options
from model_server import ModelServer

BARE: dict[str, Any] = {
    "number": 1, "purpose": "?", "method": "POST", "url": "http://a/mcp", "request_headers": (), "request_body": "",
}  # fmt: skip


async def test_a_run_leaves_no_session_behind(serve: Serve) -> None:
    server = MintsForEverybody()
    report = await report_on(await serve(server))
    assert server.sessions == {}
    assert report.left == 0
    assert not any("could not be ended" in told for told in summary.complaints(report))


async def test_sessions_behind_several_instances_are_ended_on_the_one_that_has_them(serve: Serve) -> None:
    instances = separate()
    report = await report_on(await serve(RoundRobin(instances)))
    assert sum(len(instance.sessions) for instance in instances) == report.left
    assert report.left < 10


async def test_an_interrupted_run_ends_its_sessions(serve: Serve) -> None:
    server, told = ModelServer(), list[str]()
    reached = asyncio.Event()
    url = await serve(server)

    def watch(done: int, total: int, check: object) -> None:
        if done == 20:
            reached.set()

    async with Wire(5.0) as wire:
        running = asyncio.create_task(probe(Options(url=url), CHECKS, watch, wire, told.append))
        async with asyncio.timeout(10):
            await reached.wait()
        assert server.sessions
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert server.sessions == {}
    assert told == []


async def test_what_an_interrupted_run_cannot_end_is_told(serve: Serve) -> None:
    told = list[str]()

    def watch(done: int, total: int, check: object) -> None:
        if done == 1:
            raise asyncio.CancelledError

    async with Wire(5.0) as wire:
        with pytest.raises(asyncio.CancelledError):
            await probe(Options(url=await serve(Deletes(405))), CHECKS, watch, wire, told.append)
    assert told == ["1 sessions could not be ended in time; they live until they expire"]
