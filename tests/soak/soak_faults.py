"""What is done to the servers while clients use them, when, and which errors it explains."""

import asyncio
import math
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from soak_ledger import Ledger, Window
from soak_site import Site
from soak_wire import BROKEN, ENDED, NO_END, OUTAGE

OUTAGE_SECONDS = 2.0
"""How long Redis is away, besides the time that it takes to start."""

SETTLED_SECONDS = 2.0
"""How long after a fault its effects are still explained by it: instances connect to Redis anew, clients come back."""


@dataclass(frozen=True)
class Fault:
    """Something that is done.

    Attributes:
        at: Share of the soak after which it begins.
        name: What the report calls it.
        site: Whose requests may notice.
        tolerated: What they may notice.
        work: Does it; in a thread.
    """

    at: float
    name: str
    site: str
    tolerated: frozenset[str]
    work: Callable[[Site], None]


def _kill(site: Site) -> None:
    site.replaced(site.kill_worker())


ROLLED = frozenset({ENDED, NO_END})
"""A GET's stream ends with its instance, and so may an answer whose client has gone and that nobody waits for."""

AWAY = frozenset({OUTAGE, ENDED, NO_END})

# All in the first half: the second shows whether anything grows.
PLAN = (
    Fault(0.06, "worker killed", "stateless", frozenset({BROKEN}), _kill),
    Fault(0.12, "stateful-1 rolled", "stateful", ROLLED, lambda site: site.roll("stateful-1")),
    Fault(0.19, "stateful-2 rolled", "stateful", ROLLED, lambda site: site.roll("stateful-2")),
    Fault(
        0.26, "Redis restarted", "stateful", AWAY, lambda site: site.restart_redis(signal.SIGTERM, OUTAGE_SECONDS)
    ),
    Fault(0.34, "worker killed again", "stateless", frozenset({BROKEN}), _kill),
    Fault(
        0.40, "Redis killed", "stateful", AWAY, lambda site: site.restart_redis(signal.SIGKILL, OUTAGE_SECONDS)
    ),
)  # fmt: skip


async def inflict(site: Site, ledger: Ledger, seconds: float) -> list[dict[str, object]]:
    """Do all of it in the course of so many seconds; when each was done, and how long it took."""
    done: list[dict[str, object]] = []
    for fault in PLAN:
        await asyncio.sleep(max(0.0, ledger.begin + fault.at * seconds - time.monotonic()))
        async with _explained(fault, ledger) as window:
            await asyncio.to_thread(fault.work, site)
            took = time.monotonic() - window.begin
        at = round(window.begin - ledger.begin, 1)
        done.append({"fault": fault.name, "at_seconds": at, "took_seconds": round(took, 1)})
    return done


@asynccontextmanager
async def _explained(fault: Fault, ledger: Ledger) -> AsyncIterator[Window]:
    window = Window(fault.name, fault.site, fault.tolerated, time.monotonic(), math.inf)
    ledger.windows.append(window)
    yield window
    # A killed worker has broken what it was serving at once; the rest of the time is its successor's start.
    window.end = (window.begin if fault.work is _kill else time.monotonic()) + SETTLED_SECONDS
