"""Sessions as clients use them, in both eras: what was echoed has to be what is replayed."""

import itertools
import time
from collections.abc import Mapping
from typing import Any, NoReturn

from soak_book import Book, Tracked
from soak_wire import WRONG, Answer, Door, Failed

from harness import NEWEST, introduction, note, rpc, tool_call

MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "soak", "version": "1.0"},
}
LOST = "session lost"
EXPIRED = "expired while its client was slow"

_numbers = itertools.count(1)


class Gone(Exception):
    """The session is no more; whether it should be is filed already."""


def modern_headers(method: str, name: str | None = None) -> dict[str, str]:
    """What a request of the era without sessions carries beside its body."""
    return {"mcp-protocol-version": MODERN, "mcp-method": method, **({"mcp-name": name} if name else {})}


class Session:
    """A session of either era; what both have in common."""

    prefix = ""
    door: Door
    book: Book
    tracked: Tracked

    async def echo(self, text: str) -> None:
        """Echo a text.

        Raises:
            Failed: It came to nothing, or was done all the same.
            Gone: There is no such session.
        """
        self.tracked.tried(text)
        answer = await self.call("echo", {"message": text})
        said = _structured(answer).get("message")
        if said != text:
            raise self._failed("echo", WRONG, answer, f"{text!r} was echoed as {answer.body!r}")
        self.tracked.used(answer.sent, answer.seen, text)

    async def replay(self) -> None:
        """See whether the last text is still known.

        Raises:
            Failed: The request came to nothing.
            Gone: There is no such session, or it knows nothing or another text.
        """
        answer = await self.call("replayLastEcho", {})
        said = _structured(answer).get("message")
        if said not in self.tracked.texts:
            self._lose("replayLastEcho", answer, f"{answer.body!r} instead of {self.tracked.texts}", excused=False)
        self.tracked.used(answer.sent, answer.seen)

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Answer:
        """Call a tool in this session.

        Raises:
            Failed: It came to nothing.
            Gone: There is no such session.
        """
        try:
            answer = await self._call(tool, arguments)
        except Failed:
            self.tracked.possible = time.monotonic()
            raise
        if self._is_gone(answer):
            excused = self.tracked.may_be_gone(answer.seen, self.book.timeout)
            self._lose(tool, answer, repr(answer.body), excused=excused)
        return answer

    async def is_over(self) -> None:
        """See that the session is no more, as it should be.

        Raises:
            Failed: It still is, or the request came to nothing.
        """
        answer = await self._call("replayLastEcho", {})
        if not self._is_gone(answer):
            raise self._failed("replayLastEcho", WRONG, answer, f"a session that is over lives: {answer.body!r}")

    async def _call(self, tool: str, arguments: Mapping[str, Any]) -> Answer:
        raise NotImplementedError

    def _is_gone(self, answer: Answer) -> bool:
        raise NotImplementedError

    def _lose(self, tool: str, answer: Answer, why: str, *, excused: bool) -> NoReturn:
        self.tracked.ended = self.tracked.confirmed = True
        if excused:
            self.door.ledger.facts[EXPIRED] += 1
        else:
            self.book.lost.append(f"{self.tracked.id}: {tool} was answered {why}")
            self._failed(tool, LOST, answer, why)
        raise Gone

    def _failed(self, tool: str, what: str, answer: Answer, why: str) -> Failed:
        return self.door.failed(self.prefix + tool, what, answer.sent, why)


class LegacySession(Session):
    """A session by handshake. Make it with ``begin``."""

    def __init__(self, door: Door, book: Book, tracked: Tracked) -> None:
        self.door, self.book, self.tracked = door, book, tracked
        self.headers = {"mcp-session-id": tracked.id, "mcp-protocol-version": NEWEST}

    @classmethod
    async def begin(cls, door: Door, book: Book) -> "LegacySession":
        """Shake hands.

        Raises:
            Failed: That came to nothing.
        """
        try:
            answer = await door.post("initialize", rpc("initialize", introduction(), next(_numbers)))
        except Failed:
            book.doubtful.append(time.monotonic())
            raise
        session = cls(door, book, book.begun(answer.headers["mcp-session-id"], answer.sent, answer.seen))
        await session.post("initialized", note("notifications/initialized"), 202)
        return session

    async def post(self, kind: str, message: Any, expected: int) -> Answer:
        """Any other message in this session.

        Raises:
            Failed: It came to nothing.
        """
        answer = await self.door.post(kind, message, self.headers, expected)
        self.tracked.used(answer.sent, answer.seen)
        return answer

    async def end(self) -> None:
        """DELETE it.

        Raises:
            Failed: It may still be there.
        """
        # The second of two tries may find that the first has done it.
        expected = (204, 404) if self.tracked.ended else (204,)
        self.tracked.ended = True
        await self.door.send("DELETE", "DELETE", "/mcp", headers=self.headers, expected=expected)
        self.tracked.confirmed = True

    async def _call(self, tool: str, arguments: Mapping[str, Any]) -> Answer:
        message = tool_call(tool, arguments, next(_numbers))
        return await self.door.post(tool, message, self.headers, (200, 404))

    def _is_gone(self, answer: Answer) -> bool:
        return answer.status == 404


class ModernSession(Session):
    """A state handle of the era without sessions. Make it with ``begin``."""

    prefix = "modern "

    def __init__(self, door: Door, book: Book, tracked: Tracked) -> None:
        self.door, self.book, self.tracked = door, book, tracked

    @classmethod
    async def begin(cls, door: Door, book: Book, text: str) -> "ModernSession":
        """Echo a text without a handle, which makes one.

        Raises:
            Failed: That came to nothing.
        """
        try:
            answer = await modern_call(door, "echo", {"message": text})
        except Failed:
            book.doubtful.append(time.monotonic())
            raise
        tracked = book.begun(_structured(answer)["session"], answer.sent, answer.seen)
        tracked.tried(text)
        return cls(door, book, tracked)

    async def _call(self, tool: str, arguments: Mapping[str, Any]) -> Answer:
        return await modern_call(self.door, tool, {**arguments, "session": self.tracked.id})

    def _is_gone(self, answer: Answer) -> bool:
        return bool(answer.json["result"].get("isError")) and b"unknown, expired or ended" in answer.body


async def modern_call(door: Door, tool: str, arguments: Mapping[str, Any]) -> Answer:
    """Call a tool in the era without sessions.

    Raises:
        Failed: It came to nothing.
    """
    message = tool_call(tool, arguments, next(_numbers), _meta=META)
    return await door.post(f"modern {tool}", message, modern_headers("tools/call", tool))


def _structured(answer: Answer) -> Mapping[str, Any]:
    content: Mapping[str, Any] = answer.json["result"].get("structuredContent") or {}
    return content
