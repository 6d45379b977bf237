"""The clients of a soak: how often each kind runs, and what one turn of each is."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from soak_book import Book
from soak_refusals import MODERN_REFUSALS, REFUSALS
from soak_sessions import META, Gone, LegacySession, ModernSession, Session, modern_call, modern_headers
from soak_streams import cancelled, finished, listened, resumed
from soak_wire import Door, Failed, again

from harness import introduction, rpc, tool_call

S = TypeVar("S", bound=Session)

LIFE = (5, 40)
"""Fewest and most requests of a session that is ended by its client."""

REST = 1.0
"""Seconds between two turns of somebody who only looks."""

STEPS_HEADERS = modern_headers("tools/call", "echo")


@dataclass
class Clients:
    """Everybody who uses the servers.

    Args:
        stateful: The gateway of the stateful server.
        stateless: The other.
        book: All sessions.
        over: Set when everybody shall stop.
        random: Decides how long something lasts.
    """

    stateful: Door
    stateless: Door
    book: Book
    over: asyncio.Event
    random: random.Random
    _texts: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def run(self) -> None:
        """All of them, until it is over."""
        crowd: tuple[tuple[int, Callable[[], Awaitable[None]]], ...] = (
            (4, self.stays_legacy), (2, self.stays_modern), (4, self.comes_and_goes), (6, self.leaves_legacy),
            (4, self.leaves_modern), (4, self.listens), (3, self.waits_for_progress), (2, self.loses_its_stream),
            (2, self.changes_its_mind), (1, self.errs), (1, self.operates), (4, self.asks_stateless),
            (3, self.asks_stateless_modern), (2, self.waits_for_stateless_progress),
        )  # fmt: skip
        async with asyncio.TaskGroup() as group:
            for count, turn in crowd:
                for _ in range(count):
                    group.create_task(self._forever(turn))

    async def stays_legacy(self) -> None:
        """A session for the whole soak, also used as a handle by the other era."""
        session = await again(self._begin)
        same = ModernSession(self.stateful, self.book, session.tracked)
        for users in itertools.cycle((session, session, same)):
            await self._echo_and_replay(users)
            if self.over.is_set():
                return

    async def stays_modern(self) -> None:
        """A handle for the whole soak."""
        session = await again(self._begin_modern)
        while not self.over.is_set():
            await self._echo_and_replay(session)

    async def comes_and_goes(self) -> None:
        """A session that its client ends."""
        session = await again(self._begin)
        for _ in range(self.random.randint(*LIFE)):
            await self._echo_and_replay(session)
        await again(session.end)
        await again(session.is_over)

    async def leaves_legacy(self) -> None:
        """A session that is left alone: still there after half its time, no more when it is over."""
        await self._leave(await again(self._begin))

    async def leaves_modern(self) -> None:
        """The same with a handle."""
        await self._leave(await again(self._begin_modern))

    async def listens(self) -> None:
        """A session whose messages are read from a stream that is cut again and again."""
        session = await again(self._begin)
        await listened(session, self.random, self.over, self.random.randint(*LIFE))
        await again(session.end)

    async def waits_for_progress(self) -> None:
        """Answers in steps, read to the end, in both eras."""
        session = await again(self._begin)
        await again(lambda: finished(session.door, "POST stream", session.headers))
        params = {"meta": META, "session": session.tracked.id}
        await again(lambda: finished(session.door, "modern POST stream", STEPS_HEADERS, params))
        await again(session.end)

    async def loses_its_stream(self) -> None:
        """An answer in steps that is cut, and the rest of it from GET."""
        session = await again(self._begin)
        await again(lambda: resumed(session))
        await again(session.end)

    async def changes_its_mind(self) -> None:
        """A request that is cancelled: by a message in the one era, by leaving in the other."""
        session = await again(self._begin)
        await again(lambda: cancelled(session))
        params = {"meta": META, "session": session.tracked.id}
        await again(lambda: finished(session.door, "modern POST stream, left", STEPS_HEADERS, params, leave=True))
        await again(session.end)

    async def errs(self) -> None:
        """Everything that a client can do wrong."""
        for door in (self.stateful, self.stateless):
            for refusal in (*REFUSALS[door.site], *MODERN_REFUSALS):
                await again(lambda door=door, refusal=refusal: refusal.provoke(door))  # type: ignore[misc]
        await self._rest(REST)

    async def operates(self) -> None:
        """What operators and those who watch a client ask."""
        for door in (self.stateful, self.stateless):
            for path in ("/health", "/metrics", "/livez"):
                await again(lambda door=door, path=path: door.send(path, "GET", path))  # type: ignore[misc]
            await door.send("/readyz", "GET", "/readyz", expected=(200, 503))
        session = await again(self._begin)
        for path in ("record.json", "report.json", "export.har"):
            await self._echo_and_replay(session)
            place = f"/dashboard/{session.tracked.id}/{path}"
            await again(lambda place=place, path=path: self.stateful.send(f"dashboard {path}", "GET", place))  # type: ignore[misc]
        await again(session.end)
        await self._rest(REST)

    async def asks_stateless(self) -> None:
        """The older era where there are no sessions."""
        await self.stateless.post("initialize", rpc("initialize", introduction()))
        for tool, arguments in (("echo", {"message": self._text()}), ("printHeader", {}), ("requestTiming", {})):
            await self.stateless.post(tool, tool_call(tool, arguments))
        await self.stateless.post("tools/list", rpc("tools/list"))

    async def asks_stateless_modern(self) -> None:
        """The newer era where there are no sessions."""
        discover = rpc("server/discover", {"_meta": META})
        await self.stateless.post("server/discover", discover, modern_headers("server/discover"))
        text = self._text()
        answer = await modern_call(self.stateless, "echo", {"message": text})
        if text.encode() not in answer.body:
            raise self.stateless.failed("modern echo", "wrong answer", answer.sent, repr(answer.body))

    async def waits_for_stateless_progress(self) -> None:
        """Answers in steps."""
        await finished(self.stateless, "modern POST stream", STEPS_HEADERS, {"meta": META})
        await finished(self.stateless, "POST stream", {})

    async def _forever(self, turn: Callable[[], Awaitable[None]]) -> None:
        while not self.over.is_set():
            try:
                await turn()
            except (Failed, Gone):
                await self._rest(REST)

    async def _echo_and_replay(self, session: Session) -> None:
        await again(lambda: session.echo(self._text()))
        await again(session.replay)

    async def _leave(self, session: Session) -> None:
        await self._echo_and_replay(session)
        if await self._rest(self.book.timeout / 2):
            return
        await again(session.replay)
        # From the last answer on, the server's count of the time cannot be longer than this.
        if not await self._rest(self.book.timeout):
            await again(session.is_over)
            session.tracked.ended = session.tracked.confirmed = True

    async def _begin(self) -> LegacySession:
        return await LegacySession.begin(self.stateful, self.book)

    async def _begin_modern(self) -> ModernSession:
        return await ModernSession.begin(self.stateful, self.book, self._text())

    async def _rest(self, seconds: float) -> bool:
        """Wait; whether it is over before."""
        try:
            await asyncio.wait_for(self.over.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _text(self) -> str:
        return f"text {next(self._texts)}"
