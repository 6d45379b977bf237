"""Whether living sessions are found at all: ids may get lost on the way, and instances may not share what they keep.

Source: 2025-11-25 basic/transports, Session Management 2 and 3. What does not find its session says nothing about any
other rule, so that checks ask here before they accuse.
"""

from collections.abc import Sequence
from itertools import chain

from msgspec import Struct

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe.kept_state import session_state, why_unseen
from mcp_echo_core.probe.survey import Survey, once
from mcp_echo_core.probe.verdicts import BUSY

SESSIONS, CALLS = 4, 5
"""Sessions that are asked for, and how often each over a new connection."""

ELSEWHERE = "the session is found only on some instances, see replicas"
IGNORED = "every request came back with another session id: the id is lost on the way, or ignored"
FIX_IGNORED = "Let Mcp-Session-Id through to the server as it is; a gateway that makes requests anew has to copy it."


class Scattered(Struct, frozen=True):
    """Living sessions that are found by some requests only.

    Attributes:
        sessions: The answers to the same request in each of them.
    """

    sessions: Sequence[Sequence[Answer]]

    @property
    def calls(self) -> Sequence[Answer]:
        """All answers."""
        return list(chain.from_iterable(self.sessions))

    @property
    def misses(self) -> Sequence[Answer]:
        """Those that did not find their session."""
        return [answer for answer in self.calls if _missed(answer)]

    @property
    def statuses(self) -> frozenset[int | None]:
        """What those got that did not find their session."""
        return frozenset(answer.status for answer in self.misses)

    @property
    def proven(self) -> bool:
        """Whether it shows: one was found after a miss, which no end explains, or one at once and another never."""
        patterns = ["".join("M" if _missed(answer) else "H" for answer in calls) for calls in self.sessions if calls]
        never = any(set(pattern) == {"M"} for pattern in patterns)
        return any("MH" in pattern or (never and pattern[0] == "H") for pattern in patterns)


@once
async def scattered(survey: Survey) -> Scattered | None:
    """Ask for a few sessions over new connections, and one over the kept one; ``None`` where all are found, or none."""
    if (await survey.session()).id is None:
        return None
    found = Scattered([await _calls(survey, fresh=turn > 0) for turn in range(SESSIONS)])
    if not found.proven:
        return None
    survey.living.unfindable = True
    return found


async def _calls(survey: Survey, *, fresh: bool) -> Sequence[Answer]:
    session = await survey.begin("a session that is asked for", fresh=fresh, said=False)
    if session.id is None:
        return ()
    purpose = f"is a living session found over {'a new' if fresh else 'the same'} connection?"
    return [await survey.ask(session, "tools/list", purpose=purpose, fresh=fresh) for _ in range(CALLS)]


def _missed(answer: Answer) -> bool:
    return answer.result is None and answer.status is not None and answer.status not in BUSY


@once
async def ignored_ids(survey: Survey) -> Sequence[Answer]:
    """Answers to requests of a living session that carry the id of another one; none where the session is kept.

    What is proven to be kept under the id counts for more than what answers call it.
    """
    session = await survey.begin("a session whose id may get lost")
    if session.id is None:
        return ()
    asked = [await survey.ask(session, "ping", purpose="whose session id comes back?") for _ in range(2)]
    if any(answer.session in (None, session.id) for answer in asked):
        return ()
    if await why_unseen(survey) is None and (await session_state(survey)).kept:
        return ()
    return asked
