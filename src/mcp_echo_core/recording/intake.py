"""How many exchanges are taken down: all that anybody can look at, so that a flood costs the requests little.

Every record takes a burst and a few a second, whatever the others do; beyond that all records share what may be taken
at all. What is not taken is counted.
"""

BURST, RATE = 100, 10.0
"""Exchanges that a record takes in any case: at once after a quiet time, and a second in the long run."""

COMMON_BURST, COMMON_RATE = 2000, 500.0
"""The same of what all records take beyond that."""

OWN_PAUSE, COMMON_PAUSE = 1 / RATE, 0.005
"""Seconds after a refusal in which nobody counts again what is left."""


class Share:
    """What is left of something that is used up and grows again."""

    __slots__ = ("_at", "_left", "empty_at")

    def __init__(self, most: float) -> None:
        self._at = 0.0
        self._left = most
        self.empty_at = -1.0

    def takes(self, now: float, most: float, rate: float) -> bool:
        """Whether there is one more, which is then taken."""
        left = min(most, self._left + rate * max(now - self._at, 0.0))
        self._at = now
        if left < 1.0:
            self._left = left
            self.empty_at = now
            return False
        self._left = left - 1.0
        return True


class Intake:
    """Decides for all records of a journal."""

    def __init__(self) -> None:
        self._common = Share(COMMON_BURST)

    def admits(self, own: Share, now: float) -> bool:
        """Whether a record takes one more exchange.

        Args:
            own: What the record takes in any case.
            now: Seconds of a clock that may be set.
        """
        common = self._common
        if 0.0 <= now - own.empty_at < OWN_PAUSE and 0.0 <= now - common.empty_at < COMMON_PAUSE:
            return False
        return own.takes(now, BURST, RATE) or common.takes(now, COMMON_BURST, COMMON_RATE)


def new_share() -> Share:
    """What a new record takes in any case."""
    return Share(BURST)
