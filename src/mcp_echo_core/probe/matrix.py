"""What a server makes of session ids that it should not serve, measured once: six conditions, three HTTP methods.

Every condition has ids of its own, so that a DELETE kills nothing that others still need, and each row ends with it.
"""

import asyncio
import uuid

from msgspec import structs

from mcp_echo_core.client.answers import Answer, is_stream
from mcp_echo_core.client.incoming import Outgoing
from mcp_echo_core.client.requests import Requests
from mcp_echo_core.errors import METHOD_NOT_FOUND
from mcp_echo_core.probe.cells import (
    ID_OF,
    METHODS,
    Cell,
    Condition,
    Matrix,
    Method,
    OtherCaller,
    is_foreign,
    verdict_on,
)
from mcp_echo_core.probe.lost_sessions import ignored_ids
from mcp_echo_core.probe.session_ids import invented
from mcp_echo_core.probe.survey import Session, Survey, once
from mcp_echo_core.redaction import header as shown

MALFORMED = "not a session id!"
"""Legal in HTTP, but no server may mint it: it has blanks."""

MADE_UP_BEARER = "made-up-caller-for-a-session-check"
"""A token that no issuer has ever issued."""


@once
async def session_matrix(survey: Survey) -> Matrix:
    """Measure; ``survey.session()`` must not be refused."""
    return await _Measurement(survey, await survey.session()).matrix()


def let_in(answer: Answer) -> bool:
    """Whether a request was let in; that a method does not exist says nothing about the session."""
    return answer.ok and (answer.result is not None or answer.code == METHOD_NOT_FOUND)


async def glance(survey: Survey, request: Outgoing) -> Answer:
    """Send a request; of an event stream only the head is read."""
    async with survey.wire.open(request) as incoming:
        if not is_stream(incoming.headers):
            await incoming.response()
    return survey.wire.answer(incoming)


class _Measurement:
    """Fills a matrix."""

    def __init__(self, survey: Survey, shared: Session) -> None:
        self.survey = survey
        self.shared = shared
        self.living: dict[Method, Cell] = {}
        self.cells: dict[tuple[Condition, Method], Cell] = {}
        self.harmless = "tools/list"

    async def matrix(self) -> Matrix:
        survey = self.survey
        alone = await survey.begin("a session to leave alone") if survey.options.idle > 0 else None
        since = survey.wire.clock()
        session = await self.measure_living()
        await self.row("absent", None)
        await self.row("malformed", MALFORMED)
        await self.row("unknown", self.never_minted(session))
        await self.row("ended", session.id, self.why_not_ended(session))
        other = await self.foreign()
        await self.expired(alone, since)
        return Matrix(session=self.shared, living=self.living, cells=self.cells, other=other)

    async def measure_living(self) -> Session:
        """What a session gets that is alive, and its end."""
        session = await self.survey.begin("a session to compare with, and to end")
        requests = self.survey.requests
        self.living["POST"] = await self.cell("living", "POST", session.id, requests)
        if self.living["POST"].verdict == "not offered":
            self.harmless = "ping"
            self.living["POST"] = await self.cell("living", "POST", session.id, requests)
        if self.living["POST"].verdict == "accepted" and await ignored_ids(self.survey):
            self.living["POST"] = structs.replace(self.living["POST"], verdict="replaced")
        for method in METHODS[1:]:
            self.living[method] = await self.cell("living", method, session.id, requests)
        return session

    def never_minted(self, session: Session) -> str:
        """An unknown id."""
        if session.id is None or self.shared.id is None:
            return str(uuid.uuid4())
        return invented(self.shared.id, session.id)

    def why_not_ended(self, session: Session) -> str | None:
        if session.id is None:
            return "the server gives no session id that could be ended"
        end = self.living["DELETE"]
        return None if end.verdict == "accepted" else f"sessions cannot be ended: DELETE was answered {end.told}"

    async def expired(self, alone: Session | None, since: float) -> None:
        """Wait out the rest of the time and use the session that was left alone."""
        idle = self.survey.options.idle
        if alone is None or alone.id is None or alone.refused:
            why = "--idle SECONDS was not given" if alone is None else alone.refused or "the server gives no session id"
            await self.row("expired", None, why)
            return
        await asyncio.sleep(since + idle - self.survey.wire.clock())
        post = await self.cell("expired", "POST", alone.id, self.survey.requests)
        alive = post.verdict == "accepted"
        await self.row("expired", alone.id, f"still alive after {idle:g} s" if alive else None, post)

    async def foreign(self) -> OtherCaller | None:
        """Another caller's session used by us, and ours by the other caller."""
        options = self.survey.options
        if options.other_headers:
            return await self.two_callers()
        credentials = [name for name, value in options.headers if shown(name, value) != value]
        if credentials:
            why = f"{credentials[0]} names one caller; give --other-bearer, the token of another one"
            await self.row("foreign", None, why)
            return None
        mine = await self.survey.begin("a session for a caller without credentials")
        stranger = Requests(options.url, [*options.headers, ("Authorization", f"Bearer {MADE_UP_BEARER}")])
        await self.row("foreign", mine.id, mine.refused or self.no_id(mine), requests=stranger)
        return None

    async def two_callers(self) -> OtherCaller | None:
        survey = self.survey
        if survey.options.other_headers == survey.options.headers:
            await self.row("foreign", None, "--other-bearer gives the same credentials as the usual ones")
            return None
        theirs = await survey.begin("a session of the other caller", requests=survey.others)
        refused = theirs.refused and f"for the other caller, {theirs.refused}"
        why = refused or self.no_id(theirs) or self.no_id(self.shared)
        await self.row("foreign", theirs.id, why)
        if why:
            return None
        owner = await self.post("living", theirs.id, survey.others)
        return OtherCaller(await self.cell("foreign", "POST", self.shared.id, survey.others), owner)

    def no_id(self, session: Session) -> str | None:
        return "the server gives no session id" if session.id is None else None

    async def row(
        self,
        condition: Condition,
        session_id: str | None,
        why_not: str | None = None,
        post: Cell | None = None,
        requests: Requests | None = None,
    ) -> None:
        """Fill a row.

        Args:
            condition: Of the row.
            session_id: What is sent.
            why_not: Why nothing is sent.
            post: A cell that has been measured before.
            requests: Makes the requests, if not for the usual caller.
        """
        for method in METHODS:
            if why_not is not None:
                cell = Cell(condition, method, "untested", why_not, post.answer if post is not None else None)
            elif post is not None and method == "POST":
                cell = post
            else:
                cell = await self.cell(condition, method, session_id, requests or self.survey.requests)
            self.cells[condition, method] = cell

    async def cell(self, condition: Condition, method: Method, session_id: str | None, requests: Requests) -> Cell:
        """Send one request and judge the answer."""
        if condition != "living" and self._silent(method):
            return Cell(condition, method, "untested", f"in a living session, too: {self.living[method].told}")
        if method == "POST":
            answer = await self.post(condition, session_id, requests)
        else:
            purpose = f"{method} with {ID_OF[condition]}"
            answer = await glance(self.survey, requests.bare(method, purpose=purpose, session=session_id))
        offered = condition != "living" and self.living[method].verdict == "accepted"
        verdict = verdict_on(answer, condition, method, session_id, offered=offered)
        return Cell(condition, method, verdict, answer.told(), answer)

    async def post(self, condition: Condition, session_id: str | None, requests: Requests) -> Answer:
        request = requests.legacy(
            self.harmless,
            purpose=f"{self.harmless} with {ID_OF[condition]}",
            session=session_id,
            version=self.shared.version,
        )
        return await self.survey.send(request)

    def _silent(self, method: Method) -> bool:
        """Whether not even a living session gets an answer of the server's; waiting for all others would take long."""
        answer = self.living[method].answer
        return answer is not None and (answer.status is None or is_foreign(answer))
