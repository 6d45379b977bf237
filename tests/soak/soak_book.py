"""What clients know of their sessions: what each must still say, whether it must still be there, how many there are.

Pure: times are passed in. A session's last use, as the server sees it, lies between the moment a request was sent and
the moment its answer was seen; every judgement keeps to the side on which nobody is accused wrongly.
"""

from dataclasses import dataclass, field


@dataclass
class Tracked:
    """One session.

    Attributes:
        id: Its id, or its handle.
        sure: When the last request that was served was sent: the server's last use is not before.
        possible: When the last answer or failure was seen: the server's last use is not after.
        texts: What a replay may say; more than one where an echo failed that may have been done all the same.
        ended: A DELETE was sent.
        confirmed: It was answered.
    """

    id: str
    sure: float
    possible: float
    texts: set[str] = field(default_factory=set)
    ended: bool = False
    confirmed: bool = False

    def tried(self, text: str) -> None:
        """An echo is about to be sent."""
        self.texts.add(text)

    def used(self, sent: float, seen: float, text: str | None = None) -> None:
        """A request was served; an echo leaves only its own text."""
        self.sure, self.possible = max(self.sure, sent), max(self.possible, seen)
        if text is not None:
            self.texts = {text}

    def may_be_gone(self, seen: float, timeout: float) -> bool:
        """Whether an answer seen now may say that there is no such session."""
        return self.ended or seen - self.sure >= timeout


@dataclass
class Book:
    """All sessions of a soak.

    Args:
        timeout: Seconds without use after which a session is gone.
    """

    timeout: float
    sessions: dict[str, Tracked] = field(default_factory=dict)
    doubtful: list[float] = field(default_factory=list)
    """When a request failed that may have made a session all the same."""
    lost: list[str] = field(default_factory=list)
    """Why each session counts as lost that should still be there."""

    def begun(self, session: str, sent: float, seen: float) -> Tracked:
        """A new session."""
        tracked = self.sessions[session] = Tracked(session, sent, seen)
        return tracked

    def expected(self, before: float, after: float) -> tuple[int, int]:
        """Fewest and most sessions that may be alive in a figure that was asked for and seen at these times."""
        all_ = self.sessions.values()
        fewest = sum(not each.ended and each.sure + self.timeout > after for each in all_)
        most = sum(not each.confirmed and each.possible + self.timeout > before for each in all_)
        return fewest, most + sum(time + self.timeout > before for time in self.doubtful)

    def alive(self, now: float, margin: float) -> list[Tracked]:
        """Sessions that live for some seconds more."""
        return [each for each in self.sessions.values() if not each.ended and each.sure + self.timeout > now + margin]
