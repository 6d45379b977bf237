"""The sessions' figures for ``/metrics``: store-wide where the store is shared, this process's otherwise."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mcp_echo_core.exposition import Counted, histogram
from mcp_echo_core.health import StoreAnswer
from mcp_echo_core.stores.base import REASONS, Statistics
from mcp_echo_core.stores.durations import BOUNDS

if TYPE_CHECKING:
    from prometheus_client.core import Metric


class SessionFigures:
    """Collects what the session store said; nothing at all where there is none.

    Args:
        store: Its answer.
    """

    def __init__(self, store: StoreAnswer) -> None:
        self._store = store

    def collect(self) -> Iterator["Metric"]:
        """The metric families, as ``prometheus_client`` collectors give them."""
        from prometheus_client.core import GaugeMetricFamily  # only a scrape needs it

        if self._store.reachable is not None:
            up = int(self._store.reachable)
            yield GaugeMetricFamily("mcp_echo_session_store_up", "Whether the session store answers.", up)
        if self._store.statistics is not None:
            yield from _families(self._store.statistics)


def _families(sessions: Statistics) -> Iterator["Metric"]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    yield GaugeMetricFamily("mcp_echo_sessions_active", "Sessions alive.", sessions.active)
    yield CounterMetricFamily("mcp_echo_sessions_created", "Sessions created.", sessions.created)
    ended = CounterMetricFamily(
        "mcp_echo_sessions_ended",
        "Sessions ended: deleted by the client, idle, made room at the cap, drained with their process.",
        labels=["reason"],
    )
    for reason in REASONS:
        ended.add_metric([reason], sessions.reasons.get(reason, 0))
    yield ended
    lived: dict[tuple[str, ...], Counted] = {(reason,): durations for reason, durations in sessions.durations.items()}
    text = "Seconds that ended sessions had lived."
    yield histogram("mcp_server_session_duration_seconds", text, ("reason",), BOUNDS, lived)
    yield GaugeMetricFamily("mcp_echo_session_queue_messages", "Messages waiting in outboxes.", sessions.queued)
