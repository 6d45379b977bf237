"""Many calls in one session, over as many connections: which of them find it, and who answers.

Source: 2025-11-25 basic/transports, Session Management.
"""

import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Literal
from uuid import uuid4

from msgspec import Struct

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.errors import METHOD_NOT_FOUND
from mcp_echo_core.probe.survey import Session, Survey, once
from mcp_echo_core.probe.verdicts import BUSY

CALLS = 40
"""Calls over fresh connections."""

KEPT_CALLS = 10
"""Calls over one connection; that all of them find their session by chance is unlikely enough."""

OTHER_SESSIONS = 8
"""Further sessions that are begun, each over a connection of its own, and asked for once."""

MOST_WITHOUT_VERDICT = 4
"""Of the calls; with more of them nothing is said but how many they were."""

MAX_SILENT = 3
"""Calls in a row without any answer, after which no further ones are made."""

MOST_PERIOD = 8
"""Instances that a round robin may have to be seen as one."""

REGULAR = 0.9
"""Share of the calls that must follow the pattern; a retry or another client may shift it."""

IDENTITIES = (
    "mcp-echo-instance", "x-served-by", "x-server", "x-server-id", "x-server-name", "x-instance", "x-instance-id",
    "x-instance-name", "x-backend", "x-backend-server", "x-backend-name", "x-node", "x-node-id", "x-pod", "x-pod-name",
    "x-hostname", "x-host", "x-replica", "x-worker", "x-upstream", "x-upstream-addr", "server", "via",
)  # fmt: skip
"""Header fields in which an instance, or what stands before it, may give itself away."""

Routing = Literal[
    "one",
    "shared",
    "round-robin",
    "random",
    "sticky-connection",
    "sticky-cookie",
    "by-session",
    "ended",
    "lost",
    "unseen",
]
"""How calls of a session reach an instance. ``ended``: from some call on none found the session, ``lost``: none ever
did, ``unseen``: the calls tell nothing."""

Seen = Mapping[str, Mapping[str, int]]
"""By what could name an instance: its values, and how many answers had them."""


class Replicas(Struct, frozen=True, kw_only=True):
    """What came of the calls.

    Attributes:
        session: The one in which they were made.
        kept: Answers to calls over the connection on which the session began.
        fresh: Answers to calls over a connection each, in their order.
        cookie: The same with the cookies that came with the session; empty if that was not asked.
        others: Further sessions: what ``initialize`` was answered, and one call in each.
        invented: The answer to a call with an id that no server gave; ``None`` without sessions.
    """

    session: Session
    kept: tuple[Answer, ...] = ()
    fresh: tuple[Answer, ...] = ()
    cookie: tuple[Answer, ...] = ()
    others: tuple[tuple[Answer, Answer], ...] = ()
    invented: Answer | None = None

    @property
    def one_connection(self) -> bool:
        """Whether the session began and was asked for on one and the same connection."""
        return len({each.exchange.connection for each in (self.session.answer, *self.kept)}) == 1

    @property
    def hindered(self) -> Mapping[str, int]:
        """What gave no verdict, and how often, if that was too often to say that all is well."""
        none = Counter(answer.told() for answer in self.calls if letter(answer) == "?")
        return none if none.total() > MOST_WITHOUT_VERDICT else {}

    @property
    def calls(self) -> Sequence[Answer]:
        """Over new connections, in whichever session."""
        return (*self.fresh, *(answer for _, answer in self.others))

    @property
    def anything_goes(self) -> bool:
        """Whether an invented id is as good as a real one."""
        return self.invented is not None and self.invented.result is not None

    @property
    def seen(self) -> Seen:
        """Who answered."""
        introductions = [introduction for introduction, _ in self.others]
        return fingerprints([*self.fresh, *introductions, *(answer for _, answer in self.others)])

    @property
    def instances(self) -> int:
        """How many different ones were seen; 1 when nothing tells them apart."""
        return max((len(values) for values in self.seen.values()), default=1)

    @property
    def routing(self) -> Routing:
        """What the hits and misses say about the way to the instances."""
        others = pattern(answer for _, answer in self.others)
        found = routing(pattern(self.fresh), pattern(self.kept) if self.one_connection else "", pattern(self.cookie))
        if (found == "lost" and "H" in others) or (found == "one" and "M" in others):
            return "by-session"
        return "shared" if found == "one" and self.instances > 1 else found


@once
async def replicas(survey: Survey) -> Replicas:
    """Make all the calls, one after the other, so that their order is the order in which they arrived."""
    session = await survey.begin("a session that is asked for over many connections")
    if session.refused:
        return Replicas(session=session)
    method = await _method(survey, session)
    purpose = "is the session known over the same connection?"
    kept = await _series(lambda: survey.ask(session, method, purpose=purpose), KEPT_CALLS)
    purpose = "is the session known over a new connection?"
    fresh = await _series(lambda: survey.ask(session, method, purpose=purpose, fresh=True), CALLS)
    cookies = route_cookies(session.answer) if "M" in pattern(fresh) else ""
    survey.living.unfindable |= {"H", "M"} <= set(pattern([*kept, *fresh]))
    return Replicas(
        session=session,
        kept=tuple(kept),
        fresh=tuple(fresh),
        cookie=tuple([await _with(survey, session, method, cookies) for _ in range(CALLS if cookies else 0)]),
        others=await _others(survey, method) if session.id is not None else (),
        invented=await _invented(survey, session, method) if session.id is not None else None,
    )


async def _series(call: Callable[[], Awaitable[Answer]], count: int) -> Sequence[Answer]:
    """The same call over and over, until nobody answers any more."""
    answers: list[Answer] = []
    while len(answers) < count and not _silent(answers[-MAX_SILENT:]):
        answers.append(await call())
    return answers


def _silent(last: Sequence[Answer]) -> bool:
    return len(last) == MAX_SILENT and all(answer.status is None or answer.timed_out for answer in last)


async def _method(survey: Survey, session: Session) -> str:
    answer = await survey.ask(session, "ping", purpose="is there a ping to ask with?")
    return "tools/list" if answer.code == METHOD_NOT_FOUND else "ping"


async def _with(survey: Survey, session: Session, method: str, cookies: str) -> Answer:
    request = survey.requests.legacy(
        method,
        purpose="is the session known over a new connection, with its cookie?",
        session=session.id,
        version=session.version,
        extra=[("Cookie", cookies)],
    )
    return await survey.send(request, fresh=True)


async def _others(survey: Survey, method: str) -> tuple[tuple[Answer, Answer], ...]:
    pairs = []
    for _ in range(OTHER_SESSIONS):
        session = await survey.begin("one more session", fresh=True)
        if session.id is None or session.refused:
            break
        asked = await survey.ask(session, method, purpose="is this session known as well?", fresh=True)
        pairs.append((session.answer, asked))
    return tuple(pairs)


async def _invented(survey: Survey, session: Session, method: str) -> Answer:
    invented = Session(session.answer, str(uuid4()), session.version)
    return await survey.ask(invented, method, purpose="is an invented session id known?")


def letter(answer: Answer) -> str:
    """``H`` for a call that found its session, ``M`` for one that was refused, ``?`` for no verdict."""
    if answer.result is not None:
        return "H"
    if answer.status is None or answer.timed_out or answer.status in BUSY:
        return "?"
    return "?" if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "M"


def pattern(answers: Iterable[Answer]) -> str:
    """Hits and misses in the order of the calls."""
    return "".join(map(letter, answers))


def routing(fresh: str, kept: str, cookie: str) -> Routing:
    """What patterns of hits and misses say.

    Args:
        fresh: Over a connection each.
        kept: Over the connection on which the session began; empty if it was not one.
        cookie: Over a connection each, with the cookies of the session; empty if there were none.
    """
    if "H" not in fresh + kept:
        return "lost" if "M" in fresh else "unseen"
    if "M" not in fresh + kept:
        return "one"
    if cookie and "M" not in cookie:
        return "sticky-cookie"
    if kept and "M" not in kept:
        return "ended" if re.fullmatch("H{4,}M{4,}", fresh) else "sticky-connection"
    return "random" if period(fresh) is None else "round-robin"


def period(fresh: str) -> int | None:
    """After how many calls a pattern repeats: so many instances take turns. ``None`` if it does not."""
    for length in range(2, MOST_PERIOD + 1):
        same = sum(one == other for one, other in zip(fresh, fresh[length:], strict=False))
        turns = min(fresh.count("H"), fresh.count("M")) * length
        if same >= REGULAR * (len(fresh) - length) and turns >= REGULAR * len(fresh) - length:
            return length
    return None


def fingerprints(answers: Iterable[Answer]) -> Seen:
    """Who gave answers, as far as these tell; what differs with nearly every answer names no instance."""
    seen: dict[str, Counter[str]] = {}
    for answer in answers:
        for name, value in identity(answer).items():
            seen.setdefault(name, Counter())[value] += 1
    return {
        name: dict(values)
        for name, values in seen.items()
        if len(values) == 1 or len(values) * 2 <= sum(values.values())
    }


def identity(answer: Answer) -> dict[str, str]:
    """What an answer tells about who gave it: header fields, cookies for routing, ``serverInfo``."""
    found = {name: str(answer.headers[name]) for name in IDENTITIES if name in answer.headers}
    for field in answer.headers.get_list("set-cookie"):
        name, _, value = field.partition(";")[0].partition("=")
        found[f"cookie {name.strip()}"] = value.strip()
    if "serverInfo" in (answer.result or {}):
        found["serverInfo"] = json.dumps((answer.result or {})["serverInfo"], sort_keys=True)
    return found


def route_cookies(answer: Answer) -> str:
    """The cookies that an answer sets, as a client sends them back."""
    return "; ".join(field.partition(";")[0].strip() for field in answer.headers.get_list("set-cookie"))
