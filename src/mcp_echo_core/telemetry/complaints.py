"""What OpenTelemetry complains of, in this server's log: a collector that is away is one line a minute, not a flood."""

import logging
import time
from collections.abc import Callable

from mcp_echo_core import redaction

SILENCE_SECONDS = 60.0
"""Seconds after a complaint in which further ones are only counted."""

log = logging.getLogger(__name__)


class Complaints(logging.Handler):
    """Passes warnings on, at most one in ``SILENCE_SECONDS``.

    Args:
        monotonic: The time in seconds.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__(logging.WARNING)
        self._monotonic = monotonic
        self._silent_until = 0.0
        self._unsaid = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a record on, or count it."""
        now = self._monotonic()
        if now < self._silent_until:
            self._unsaid += 1
            return
        problem = redaction.shorten(record.getMessage())
        log.warning("telemetry has a problem", extra={"problem": problem, "unsaid": self._unsaid or None})
        self._silent_until, self._unsaid = now + SILENCE_SECONDS, 0


def install() -> None:
    """Hear all loggers of OpenTelemetry, unless the process has its own handler for them."""
    logger = logging.getLogger("opentelemetry")
    if not logger.handlers:
        logger.addHandler(Complaints())
        logger.propagate = False
