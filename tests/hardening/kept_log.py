"""Log lines of this package in both formats, as an operator would have them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from mcp_echo_core import logs


class KeptLog(logging.Handler):
    """Keeps every line in both formats."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += [formatter.format(record) for formatter in (logs.TextFormatter(), logs.JsonFormatter())]


@contextmanager
def kept_log() -> Iterator[KeptLog]:
    """All lines from DEBUG upwards, while a block runs."""
    logger, kept = logging.getLogger("mcp_echo_core"), KeptLog()
    before = logger.level
    logger.addHandler(kept)
    logger.setLevel(logging.DEBUG)
    try:
        yield kept
    finally:
        logger.removeHandler(kept)
        logger.setLevel(before)
