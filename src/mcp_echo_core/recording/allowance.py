"""How much of the processor the work after the answers may take: little enough for requests that want all of it."""

import time

SHARE = 0.02
"""Of the time; what it is spent on is followed by writing, which costs about half as much again."""

BURST = 0.01
"""Seconds that may be spent at once after a quiet time."""


class Allowance:
    """Seconds of processor time, to be spent by one thread."""

    def __init__(self) -> None:
        self._left = BURST
        self._at = time.monotonic()
        self._begun = 0.0

    @property
    def is_left(self) -> bool:
        """Whether anything may be spent now."""
        now = time.monotonic()
        self._left = min(BURST, self._left + SHARE * (now - self._at))
        self._at = now
        return self._left > 0

    def __enter__(self) -> None:
        self._begun = time.thread_time()

    def __exit__(self, *_: object) -> None:
        self._left -= time.thread_time() - self._begun
