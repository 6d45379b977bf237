"""The phases that a request goes through, and the header that tells how long each took."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

PHASES = ("read", "decode", "classify", "session", "tool", "encode")
"""In order; a request that is refused ends in one of them, and one without session or tool passes these at once."""


def phases(marks: Sequence[float]) -> Iterator[tuple[str, float]]:
    """How long each phase took that is over, in seconds.

    Args:
        marks: Monotonic seconds of the request's start and of the end of each phase.
    """
    return zip(PHASES, (max(0.0, end - start) for start, end in pairwise(marks)), strict=False)


def server_timing(marks: Sequence[float], now: float) -> tuple[bytes, bytes]:
    """The header field ``Server-Timing`` with the phases so far and their total, in milliseconds (W3C Server Timing).

    Args:
        marks: Monotonic seconds of the request's start and of the end of each phase.
        now: Monotonic seconds at which the answer is sent.
    """
    every = [*phases(marks), ("total", now - marks[0])]
    return b"server-timing", ", ".join(f"{name};dur={seconds * 1000:.3f}" for name, seconds in every).encode()
