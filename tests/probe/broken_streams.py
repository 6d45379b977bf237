"""Servers whose streams are as they should be, or broken in one way each."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from model_server import ModelServer, success

LOOK = 0.005
"""Seconds between two looks into an outbox."""


class ResumableServer(ModelServer):
    """Sends a notification for each echo, with ids that name the stream, and continues after the last of them."""

    def __init__(self) -> None:
        super().__init__()
        self.outboxes: dict[str, list[str]] = {}
        self.streams = 0

    def tool(self, params: dict[str, Any], session: str | None) -> str:
        text = super().tool(params, session)
        if params["name"] == "echo":
            self.put(session, {"method": "notifications/message", "params": {"data": text}})
        return text

    def put(self, session: str | None, message: dict[str, Any]) -> None:
        self.outboxes.setdefault(session or "", []).append(json.dumps({"jsonrpc": "2.0", **message}))

    async def stream(self, request: Request) -> AsyncIterator[str]:
        outbox = self.outboxes.setdefault(request.headers["mcp-session-id"], [])
        name, place = self.place(request.headers.get("last-event-id"), outbox)
        yield f"id: {name}-{place}\nretry: 1000\ndata:\n\n"
        waited = 0.0
        while True:
            for message in outbox[place:]:
                place += 1
                yield self.event(name, place, message)
            waited += LOOK
            await asyncio.sleep(LOOK)
            if waited >= self.keep_alive:
                waited = 0.0
                yield ": keep-alive\n\n"

    def place(self, last: str | None, outbox: list[str]) -> tuple[str, int]:
        """The name of the stream, and how much of the outbox it has carried."""
        if last is None:
            self.streams += 1
            return f"s{self.streams}", len(outbox)
        name, _, place = last.rpartition("-")
        return name, int(place)

    def event(self, name: str, place: int, message: str) -> str:
        return f"id: {name}-{place}\ndata: {message}\n\n"


class ForeignIds(ResumableServer):
    """Names its streams in letters beyond Latin-1, which come back as bytes of UTF-8."""

    def place(self, last: str | None, outbox: list[str]) -> tuple[str, int]:
        name, place = super().place(last and last.encode("latin-1").decode(), outbox)
        return (f"поток-{name}" if last is None else name), place


class Repeating(ResumableServer):
    """Sends the event again that the client has named as its last."""

    def place(self, last: str | None, outbox: list[str]) -> tuple[str, int]:
        name, place = super().place(last, outbox)
        return name, place if last is None else place - 1


class Stuttering(ResumableServer):
    """Sends on a continued stream everything once more, a little later."""

    async def stream(self, request: Request) -> AsyncIterator[str]:
        async for event in super().stream(request):
            yield event
            if "after the cut" in event:
                await asyncio.sleep(10 * LOOK)
                yield event


class Talkative(ResumableServer):
    """Sends two notifications per echo, which is nobody's business but its own."""

    def tool(self, params: dict[str, Any], session: str | None) -> str:
        text = super().tool(params, session)
        self.put(session, {"method": "notifications/message", "params": {"data": text}})
        return text


class Losing(ResumableServer):
    """Begins anew where it should continue."""

    def place(self, last: str | None, outbox: list[str]) -> tuple[str, int]:
        return super().place(None, outbox)


class Nameless(ResumableServer):
    """Gives no ids."""

    async def stream(self, request: Request) -> AsyncIterator[str]:
        async for event in super().stream(request):
            yield event.partition("\n")[2] if event.startswith("id:") else event


class SameIds(ResumableServer):
    """Gives every event the same id."""

    def place(self, last: str | None, outbox: list[str]) -> tuple[str, int]:
        return "only", 0 if last is None else 1

    def event(self, name: str, place: int, message: str) -> str:
        return f"id: only\ndata: {message}\n\n"


class Copying(ResumableServer):
    """Sends each answer on the GET stream, too."""

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        response = super().request(message, session)
        self.put(session, {"id": message["id"], "result": {"copied": True}})
        return response


class Mixing(ResumableServer):
    """Replays with a stream what other streams have carried."""

    def __init__(self) -> None:
        super().__init__()
        self.answered: list[str] = []

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        self.answered.append(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": {}}))
        return super().request(message, session)

    async def stream(self, request: Request) -> AsyncIterator[str]:
        if "last-event-id" in request.headers:
            yield f"id: other-{len(self.answered)}\ndata: {self.answered[-1]}\n\n"
        async for event in super().stream(request):
            yield event


class Unresumable(ResumableServer):
    """Gives ids and refuses whoever comes back with one."""

    async def get(self, request: Request) -> Response:
        return Response("no", 400) if "last-event-id" in request.headers else await super().get(request)


class AnswersOnStreams(ModelServer):
    """Answers tools/list on a stream of its own, which can be fetched again, and never says anything by itself."""

    again = ""

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        if message["method"] != "tools/list":
            return super().request(message, session)
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": {"tools": []}}
        text = f"id: p1-0\ndata:\n\nid: p1-1\ndata: {json.dumps(answer)}\n\n"
        self.again = self.replayed(answer)
        return Response(text, media_type="text/event-stream")

    def replayed(self, answer: dict[str, Any]) -> str:
        """What is sent to a client that comes back."""
        return f"id: p1-1\ndata: {json.dumps(answer)}\n\n"

    async def stream(self, request: Request) -> AsyncIterator[str]:
        if "last-event-id" in request.headers:
            yield self.again
        while True:
            await asyncio.sleep(self.keep_alive)
            yield ": keep-alive\n\n"


class AnswersToOthers(AnswersOnStreams):
    """Replays the answer to another request."""

    def replayed(self, answer: dict[str, Any]) -> str:
        return super().replayed({**answer, "id": "another"})


class OneListForAllStreams(AnswersOnStreams):
    """Answers ping on a stream, too, and replays whatever was sent after an event, on whichever stream."""

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        if message["method"] != "ping":
            return super().request(message, session)
        text = self.replayed({"jsonrpc": "2.0", "id": message["id"], "result": {}})
        self.again += text
        return Response(text, media_type="text/event-stream")


class ForgetsAnswers(AnswersOnStreams):
    """Takes the id and sends nothing again."""

    def replayed(self, answer: dict[str, Any]) -> str:
        return ":\n\n"


class Answering(ModelServer):
    """Answers GET in some other way.

    Args:
        status: Of the answer.
        headers: Of the answer.
    """

    def __init__(self, status: int, **headers: str) -> None:
        super().__init__()
        self.status = status
        self.headers = headers

    async def get(self, request: Request) -> Response:
        return Response("<p>hello", self.status, headers=self.headers, media_type="text/html")


class ModernOnly(Answering):
    """Knows no handshake, and answers GET with a status."""

    def initialize(self, message: dict[str, Any]) -> Response:
        return Response("no", 400)


class Silent(ModelServer):
    """Opens a stream and says nothing."""

    keep_alive = 60.0

    async def stream(self, request: Request) -> AsyncIterator[str]:
        await asyncio.sleep(self.keep_alive)
        yield ":\n\n"


class Ending(ModelServer):
    """Ends its streams soon."""

    async def stream(self, request: Request) -> AsyncIterator[str]:
        yield 'data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n'


class Breaking(ModelServer):
    """Breaks its streams off in the middle."""

    async def get(self, request: Request) -> Response:
        return StreamingResponse(
            self.stream(request), media_type="text/event-stream", headers={"content-length": "999"}
        )

    async def stream(self, request: Request) -> AsyncIterator[str]:
        yield ":\n\n"


class Pinging(ModelServer):
    """Keeps its streams alive with requests."""

    async def stream(self, request: Request) -> AsyncIterator[str]:
        for number in range(100):
            yield f'data: {{"jsonrpc":"2.0","id":"ping-{number}","method":"ping"}}\n\n'
            await asyncio.sleep(self.keep_alive)


class NoTools(ModelServer):
    """Has streams whose only event has an id, and nothing that would cause another."""

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        return success(message, {"tools": []})


class NotFound(ModelServer):
    """Knows no GET of sessions that POST knows."""

    async def get(self, request: Request) -> Response:
        return JSONResponse({"error": "Session not found"}, 404)
