"""Servers on real loopback sockets in the test's own event loop, and the probe pointed at them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import uvicorn
from starlette.types import ASGIApp

from mcp_echo_core.client.wire import Wire
from mcp_echo_core.probe.check import Finding
from mcp_echo_core.probe.checks import CHECKS
from mcp_echo_core.probe.runner import Report, probe
from mcp_echo_core.probe.survey import Options

START = 10.0
"""Seconds a server may take to listen."""

Serve = Callable[[ASGIApp], Awaitable[str]]


@contextlib.asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """An app on a free loopback port until the block ends; its endpoint's URL."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", timeout_graceful_shutdown=0)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    async with asyncio.timeout(START):
        while not server.started:
            await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.should_exit = True
        async with asyncio.timeout(START):
            await task


async def report_on(url: str, *ids: str, **options: object) -> Report:
    """What the probe finds at a URL, with these checks or all."""
    checks = [check for check in CHECKS if not ids or check.id in ids]
    assert not ids or len(checks) == len(ids), f"no such check among {ids}"
    async with Wire(5.0) as wire:
        return await probe(Options(url=url, timeout=5.0, **options), checks, lambda *_: None, wire)


async def finding_on(url: str, check_id: str, **options: object) -> Finding:
    """What one check finds at a URL."""
    return (await report_on(url, check_id, **options)).lines[0].finding
