"""What is really kept under a session id: proven with ``echo`` and ``replayLastEcho``, where a server has them.

Also whether an id that the client invented becomes a session, which without such a proof only the answer to
``initialize`` can tell.
"""

import secrets

from msgspec import Struct

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.errors import METHOD_NOT_FOUND
from mcp_echo_core.messages import encode
from mcp_echo_core.probe.session_ids import invented
from mcp_echo_core.probe.survey import Session, Survey, once

REPLAYS = 3
"""Over how many connections the state is asked for; replicas that share nothing give it only sometimes."""


class State(Struct, frozen=True):
    """What became of a text that was echoed in one session.

    Attributes:
        echo: The answer to the echo.
        replays: The answers to ``replayLastEcho`` in the same session, each over a connection of its own.
        elsewhere: The answer to ``replayLastEcho`` in another session.
        text: What was echoed.
    """

    echo: Answer
    replays: tuple[Answer, ...]
    elsewhere: Answer
    text: str

    @property
    def hits(self) -> int:
        """How many of the replays had the text."""
        return sum(self._has(replay) for replay in self.replays)

    @property
    def common(self) -> bool:
        """Whether the text was there in another session, too: then it is kept, but not under the session's id."""
        return self._has(self.elsewhere)

    @property
    def kept(self) -> bool:
        """Whether it is kept under the session's id."""
        return self.hits > 0 and not self.common

    @property
    def evidence(self) -> tuple[Answer, ...]:
        """All answers."""
        return (self.echo, *self.replays, self.elsewhere)

    def _has(self, answer: Answer) -> bool:
        return answer.result is not None and self.text.encode() in encode(answer.result)


class Adoption(Struct, frozen=True, kw_only=True):
    """What a server makes of an id that the client invented.

    Attributes:
        id: The invented id.
        answer: To ``initialize`` with that id.
        carried: The answer gives the invented id as the session's.
        begun: What is kept under it after that ``initialize``; ``None`` where it cannot be seen.
        unasked: The same for another invented id, without any ``initialize``.
    """

    id: str
    answer: Answer
    carried: bool
    begun: State | None = None
    unasked: State | None = None

    @property
    def proven(self) -> State | None:
        """State that was kept under an invented id."""
        return next((state for state in (self.begun, self.unasked) if state is not None and state.kept), None)

    @property
    def adopted(self) -> bool:
        """Whether an invented id became a session's, as far as that can be seen."""
        return self.proven is not None or (self.carried and self.begun is None)


async def why_unseen(survey: Survey) -> str | None:
    """Why state cannot be seen; ``None`` when it can."""
    listing = await survey.listing()
    if listing.result is None and listing.code != METHOD_NOT_FOUND:
        return f"tools/list was answered {listing.told()}"
    missing = {"echo", "replayLastEcho"} - set(await survey.tools())
    return f"the server has no tool {' and no '.join(sorted(missing))}" if missing else None


async def remembered(survey: Survey, session_id: str | None, version: str, elsewhere: str) -> State:
    """Echo a text in one session, then ask for it there and elsewhere.

    Args:
        survey: Whom to ask.
        session_id: The session.
        version: The negotiated revision.
        elsewhere: Id of another session.
    """
    text = f"kept-{secrets.token_hex(6)}"

    async def call(tool: str, in_session: str | None, purpose: str, arguments: dict[str, str]) -> Answer:
        params = {"name": tool, "arguments": arguments}
        request = survey.requests.legacy(
            "tools/call", params, purpose=purpose, session=in_session, version=version
        )  # fmt: skip
        return await survey.send(request, fresh=True)

    echo = await call("echo", session_id, "put a text into the session", {"message": text})
    replays = [
        await call("replayLastEcho", session_id, "is the text still there, over a new connection?", {})
        for _ in range(REPLAYS)
    ]
    other = await call("replayLastEcho", elsewhere, "the text must not be in another session", {})
    return State(echo, tuple(replays), other, text)


@once
async def session_state(survey: Survey) -> State:
    """What is kept in a session; ``survey.session()`` must not be refused and ``why_unseen`` must be ``None``."""
    mine = await survey.begin("a session to keep something in")
    other = await survey.begin("a session that must not see it")
    return await remembered(survey, mine.id, mine.version, other.id or str(mine.id))


@once
async def adoption(survey: Survey) -> Adoption:
    """Use invented ids; ``survey.session()`` must not be refused."""
    shared = await survey.session()
    third, second, first = [_invented(shared) for _ in range(3)]
    answer = await survey.send(survey.requests.initialize(purpose="initialize with an invented id", session=first))
    carried = answer.result is not None and answer.session == first
    if carried:
        survey.end_later(first)
    if await why_unseen(survey) is not None:
        return Adoption(id=first, answer=answer, carried=carried)
    begun = None
    if carried:
        purpose = "follow up on the invented id"
        await survey.send(survey.requests.initialized(purpose=purpose, session=first, version=shared.version))
        begun = await remembered(survey, first, shared.version, third)
    unasked = await remembered(survey, second, shared.version, third)
    if unasked.kept:
        survey.end_later(second)
    return Adoption(id=first, answer=answer, carried=carried, begun=begun, unasked=unasked)


def _invented(shared: Session) -> str:
    return invented(shared.id or "0" * 32, shared.id or "f" * 32)
