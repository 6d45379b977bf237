"""How fast one record takes exchanges: as many as anybody can look at, so that a flood costs the requests little."""

BURST = 1000
"""Exchanges that a record takes at once after a quiet time: as many as it keeps."""

RATE = 250.0
"""Exchanges a second that it takes in the long run; what comes faster is counted, not kept."""


class Intake:
    """What one record may still take."""

    __slots__ = ("_at", "_left")

    def __init__(self) -> None:
        self._at = 0.0
        self._left = float(BURST)

    def takes(self, now: float) -> bool:
        """Whether it takes one more, which it then has."""
        left = min(BURST, self._left + RATE * max(now - self._at, 0.0))
        self._at = now
        if left < 1.0:
            self._left = left
            return False
        self._left = left - 1.0
        return True
