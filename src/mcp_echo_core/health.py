"""Measuring the health of this server, and judging it by named thresholds."""

import asyncio
from typing import Literal

from msgspec import Struct

from mcp_echo_core import system
from mcp_echo_core.runtime import Runtime
from mcp_echo_core.stores.base import Statistics, StoreUnavailable
from mcp_echo_core.system import Memory

Level = Literal["healthy", "degraded", "unhealthy"]


class Threshold(Struct, frozen=True):
    """From which values on something is degraded, and from which unhealthy."""

    degraded: float
    unhealthy: float

    def judge(self, value: float | None) -> Level:
        """The level of a value; what cannot be measured counts as healthy."""
        if value is None or value < self.degraded:
            return "healthy"
        return "degraded" if value < self.unhealthy else "unhealthy"


LOOP_LAG = Threshold(0.1, 1.0)
"""Seconds that a task waits for its turn."""

STORE_ROUND_TRIP = Threshold(0.1, 1.0)
"""Seconds that the session store takes for an answer."""

STORE_TIMEOUT = 2.0
"""Seconds after which the session store counts as not reachable."""

MEMORY_SHARE = Threshold(0.9, 0.98)
DISK_SHARE = Threshold(0.9, 0.99)
CPU_SHARE = Threshold(0.9, 1.0)
"""Told, but no part of the overall verdict: a busy processor is what it is there for."""

AVERAGE_SECONDS = Threshold(0.2, 1.0)
ERROR_RATE = Threshold(0.05, 0.5)
"""Told, but no part of the overall verdict: slow requests and refusals may be the clients' doing."""


class Health(Struct, rename="camel"):
    """The measured figures (shares from 0 to 1, seconds) and the verdict that follows from the first four.

    Attributes:
        overall: The worst of loop, store, memory and disk.
        store_round_trip: ``None`` where there are no sessions, or the store does not answer.
        store_reachable: Whether the store answered; ``None`` where there is none.
        store_problem: Why it did not, if it said so.
    """

    overall: Level
    loop_lag: float
    store_round_trip: float | None
    store_reachable: bool | None
    store_problem: str | None
    memory: Memory
    disk_share: float | None
    cpu_share: float | None
    connections: int | None
    average_seconds: float | None
    requests_per_minute: float | None
    error_rate: float | None
    uptime_seconds: float

    @property
    def levels(self) -> dict[str, Level]:
        """The levels from which the overall verdict follows, by name."""
        unreachable = self.store_reachable is False
        return {
            "Event loop": LOOP_LAG.judge(self.loop_lag),
            "Session store": "unhealthy" if unreachable else STORE_ROUND_TRIP.judge(self.store_round_trip),
            "Memory": MEMORY_SHARE.judge(self.memory.share),
            "Disk": DISK_SHARE.judge(self.disk_share),
        }


class StoreAnswer(Struct, frozen=True):
    """What the session store said, in how many seconds; all ``None`` where there is none."""

    statistics: Statistics | None = None
    seconds: float | None = None
    reachable: bool | None = None
    problem: str | None = None


async def examine(runtime: Runtime) -> tuple[Health, Statistics | None]:
    """Measure, and judge what was measured."""
    lag = await _loop_lag(runtime)
    store = await ask_store(runtime)
    metrics = runtime.metrics
    health = Health(
        overall="healthy",
        loop_lag=lag,
        store_round_trip=store.seconds,
        store_reachable=store.reachable,
        store_problem=store.problem,
        memory=system.memory(),
        disk_share=system.disk_share(),
        cpu_share=system.cpu_share(),
        connections=await system.connections(),
        average_seconds=metrics.average_seconds,
        requests_per_minute=metrics.per_minute(runtime.clock.monotonic()),
        error_rate=metrics.error_rate,
        uptime_seconds=max(0.0, runtime.clock.wall() - runtime.started_at),
    )
    health.overall = worst(*health.levels.values())
    return health, store.statistics


def worst(*levels: Level) -> Level:
    """The worst of some levels."""
    order: tuple[Level, ...] = ("unhealthy", "degraded", "healthy")
    return next(level for level in order if level in levels)


async def _loop_lag(runtime: Runtime) -> float:
    """Seconds that everything else which is ready to run keeps a task waiting."""
    before = runtime.clock.monotonic()
    await asyncio.sleep(0)
    return runtime.clock.monotonic() - before


async def ask_store(runtime: Runtime) -> StoreAnswer:
    """Ask the session store for its figures, and do not wait for it forever."""
    before = runtime.clock.monotonic()
    try:
        async with asyncio.timeout(STORE_TIMEOUT):
            statistics = await runtime.sessions.statistics(runtime.clock.wall())
    except StoreUnavailable as outage:
        return StoreAnswer(reachable=False, problem=str(outage))
    except Exception:  # noqa: BLE001 - whatever a store raises, it did not answer, and that is the finding
        return StoreAnswer(reachable=False)
    if statistics is None:
        return StoreAnswer()
    return StoreAnswer(statistics, runtime.clock.monotonic() - before, reachable=True)
