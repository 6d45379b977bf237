"""What one running server consists of, as a value that tools and operations may read."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from mcp_echo_core.changes import Changes
from mcp_echo_core.cors import Cors, Preflights
from mcp_echo_core.http import TrustedProxies
from mcp_echo_core.seals import Sealer
from mcp_echo_core.settings import Settings

if TYPE_CHECKING:
    from mcp_echo_core.metrics import Metrics
    from mcp_echo_core.recording.journal import Journal
    from mcp_echo_core.sessions import Sessions
    from mcp_echo_core.variants import Variant


class Clock(Struct, frozen=True):
    """Where the time comes from; tests put their own.

    Attributes:
        wall: Seconds since 1970 in UTC.
        monotonic: Seconds from an arbitrary point, for durations.
    """

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.perf_counter


class Runtime(Struct, frozen=True, kw_only=True):
    """One server in one process.

    Attributes:
        environ: The environment variables as they were at start.
        instance: Name of this process; empty when it shall not be told.
        started_at: Wall-clock seconds of the start.
        sessions: Life cycle of sessions; the stateless variant's refuses.
        sealer: Makes state that travels through clients tamper-proof.
        changes: Where changes of what is on offer are told.
        journal: The record of exchanges, where there is one.
        preflights: The last CORS preflight of each origin.
    """

    variant: "Variant"
    settings: Settings
    environ: Mapping[str, str]
    instance: str
    clock: Clock
    started_at: float
    metrics: "Metrics"
    sessions: "Sessions"
    proxies: TrustedProxies
    cors: Cors
    preflights: Preflights
    sealer: Sealer
    changes: Changes
    journal: "Journal | None" = None
