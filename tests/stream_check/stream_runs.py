"""The whole check, pointed at servers."""

import asyncio
from typing import Any

from ticking_server import TickingServer, listening

from mcp_echo_core.stream_check.ask import Wanted
from mcp_echo_core.stream_check.check import Options, Report, check

STEPS, INTERVAL = 5, 0.04

TRIES = 5
"""So often a check is made anew that says that its own process did not run, as happens on a busy machine."""


async def checked(server: TickingServer, wanted: Wanted | None = None, timeout: float = 5.0, **options: Any) -> Report:
    """What the check finds."""
    wanted = wanted or Wanted.ticks(STEPS, INTERVAL, timeout)
    for _ in range(TRIES):
        server.requests.clear()
        async with listening(server) as url, asyncio.timeout(20):
            report = await check(Options(url=url, headers=(), wanted=wanted, timeout=timeout, **options))
        if not any("this process itself did not run" in variant.verdict.answer for variant in report.variants):
            break
    return report


def kinds(report: Report) -> list[str]:
    return [variant.verdict.kind for variant in report.variants]
