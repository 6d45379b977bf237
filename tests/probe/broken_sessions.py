"""Servers whose sessions are broken on purpose, each in one way; and some that are fine, but not like the model."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from model_server import ModelServer, failure, success


class Minting(ModelServer):
    """Mints the given ids."""

    def __init__(self, ids: Iterator[str]) -> None:
        super().__init__()
        self.ids = ids

    def mint(self) -> str:
        return next(self.ids)


class RawHeader(ModelServer):
    """Sends these bytes as the session ids, one header field each."""

    def __init__(self, *values: bytes) -> None:
        super().__init__()
        self.values = values

    def initialize(self, message: dict[str, Any]) -> Response:
        response = super().initialize(message)
        del response.headers["mcp-session-id"]
        response.raw_headers.extend((b"mcp-session-id", value) for value in self.values)
        return response


class AdoptingWithoutMinting(ModelServer):
    """Gives no ids, but keeps things under those of clients."""

    def initialize(self, message: dict[str, Any]) -> Response:
        response = super().initialize(message)
        del response.headers["mcp-session-id"]
        return response

    def session_fault(self, session: str | None) -> Response | None:
        return None

    async def delete(self, request: Request) -> Response:
        return Response(status_code=405)


class Sessionless(AdoptingWithoutMinting):
    """Gives no ids and ignores those of clients."""

    def tool(self, params: dict[str, Any], session: str | None) -> str:
        return "nothing was echoed" if params["name"] == "replayLastEcho" else params["arguments"]["message"]


class SessionlessButStrict(Sessionless):
    """Gives no ids and refuses those of clients."""

    def session_fault(self, session: str | None) -> Response | None:
        return None if session is None else failure(400, -32600, "There are no sessions here")


class RefusesEverybody(ModelServer):
    """Wants to know who asks."""

    def guard(self, request: Request) -> Response | None:
        return Response("who are you?", 401)


class NoOp(ModelServer):
    """Mints ids, accepts any, keeps nothing."""

    def session_fault(self, session: str | None) -> Response | None:
        return None

    def tool(self, params: dict[str, Any], session: str | None) -> str:
        return "nothing was echoed" if params["name"] == "replayLastEcho" else params["arguments"]["message"]

    async def delete(self, request: Request) -> Response:
        return Response(status_code=204)


class NoOpThatRepeats(NoOp):
    """Says of any id on ``initialize`` that it is the session's, and keeps nothing."""

    async def post(self, request: Request) -> Response:
        response = await super().post(request)
        if "mcp-session-id" in response.headers and "mcp-session-id" in request.headers:
            response.headers["mcp-session-id"] = request.headers["mcp-session-id"]
        elif (session := request.headers.get("mcp-session-id")) is not None:
            message = json.loads(await request.body())
            if message["method"] == "initialize":
                response = self.initialize(message)
                response.headers["mcp-session-id"] = session
        return response


class Adopting(ModelServer):
    """Makes a session of any id that a client invents, at its first use."""

    def session_fault(self, session: str | None) -> Response | None:
        if session is None:
            return failure(400, -32600, "Session required")
        self.sessions.setdefault(session, None)
        return None


class AdoptingOnInitialize(ModelServer):
    """Takes the id of the client for the new session, and has no tools that would show it."""

    async def post(self, request: Request) -> Response:
        session = request.headers.get("mcp-session-id")
        message = json.loads(await request.body())
        if message["method"] == "initialize" and session is not None:
            self.sessions[session] = None
            response = self.initialize(message)
            response.headers["mcp-session-id"] = session
            return response
        return await super().post(request)

    def request(self, message: dict[str, Any], session: str | None) -> Response:
        return (
            success(message, {"tools": []}) if message["method"] == "tools/list" else super().request(message, session)
        )


class Replacing(ModelServer):
    """Begins another session, quietly, when it does not know the id."""

    async def post(self, request: Request) -> Response:
        session = request.headers.get("mcp-session-id")
        message = json.loads(await request.body())
        if session is None or session in self.sessions or "id" not in message:
            return await super().post(request)
        fresh = self.mint()
        self.sessions[fresh] = None
        response = self.initialize(message) if message["method"] == "initialize" else self.request(message, fresh)
        response.headers["mcp-session-id"] = fresh
        return response


class SaysOtherwise(ModelServer):
    """Refuses unknown ids with another status than 404."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status

    def session_fault(self, session: str | None) -> Response | None:
        if session is None or session in self.sessions:
            return super().session_fault(session)
        return failure(self.status, -32602, "Unknown session", 1)


class WithoutId(ModelServer):
    """Refuses requests that lack an id with this status."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status

    def session_fault(self, session: str | None) -> Response | None:
        return failure(self.status, -32600, "Session required") if session is None else super().session_fault(session)


class ServesWithoutId(ModelServer):
    """Does not require an id."""

    def session_fault(self, session: str | None) -> Response | None:
        return None if session is None else super().session_fault(session)


class MintsForEverybody(ServesWithoutId):
    """Gives every request of the legacy era that has no id a session of its own."""

    async def post(self, request: Request) -> Response:
        response = await super().post(request)
        modern = "mcp-method" in request.headers
        if not modern and "mcp-session-id" not in request.headers and "mcp-session-id" not in response.headers:
            session = self.mint()
            self.sessions[session] = None
            response.headers["mcp-session-id"] = session
        return response


class LabelsRefusals(ModelServer):
    """Puts an id on every refusal of a request without one, and forgets it."""

    def session_fault(self, session: str | None) -> Response | None:
        refusal = super().session_fault(session)
        if refusal is not None and session is None:
            refusal.headers["mcp-session-id"] = self.mint()
        return refusal


class BreaksOnOddIds(ModelServer):
    """Falls over an id that is no UUID."""

    def session_fault(self, session: str | None) -> Response | None:
        if session is None:
            return super().session_fault(session)
        try:
            uuid.UUID(session)
        except ValueError:
            return failure(500, -32603, "badly formed hexadecimal UUID string")
        return super().session_fault(session)


class Deletes(ModelServer):
    """Answers DELETE with this status and ends nothing."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status

    async def delete(self, request: Request) -> Response:
        fault = self.session_fault(request.headers.get("mcp-session-id"))
        return fault or Response(status_code=self.status)


class StreamsToTheDead(ModelServer):
    """Checks sessions on POST, but streams to anybody."""

    async def get(self, request: Request) -> Response:
        return StreamingResponse(self.stream(request), media_type="text/event-stream")


class Expiring(ModelServer):
    """Ends sessions that are left alone.

    Args:
        seconds: How long they may be.
        status: What they get afterwards.
    """

    def __init__(self, seconds: float, status: int = 404) -> None:
        super().__init__()
        self.seconds = seconds
        self.status = status
        self.used: dict[str, float] = {}

    def session_fault(self, session: str | None) -> Response | None:
        now = time.monotonic()
        if session in self.sessions and now - self.used.setdefault(session, now) > self.seconds:
            return failure(self.status, -32600, "Session expired")
        self.used[session or ""] = now
        return super().session_fault(session)


class TakesAllAndSharesState(NoOp):
    """Accepts any id, and has one state for all."""

    def tool(self, params: dict[str, Any], session: str | None) -> str:
        return ModelServer.tool(self, params, "everybody")


class Useless(ModelServer):
    """Lets clients begin, and no more."""

    def session_fault(self, session: str | None) -> Response | None:
        return failure(403, -32000, "not for you")


class Busy(ModelServer):
    """Has no time for strangers."""

    def session_fault(self, session: str | None) -> Response | None:
        fault = super().session_fault(session)
        return failure(429, -32000, "slow down") if fault is not None else None


class Silent(ModelServer):
    """Never answers GET and DELETE."""

    async def get(self, request: Request) -> Response:
        while not await request.is_disconnected():
            await request.receive()
        return Response(status_code=204)

    delete = get


class SilentToStrangers(ModelServer):
    """Never answers a POST with an unknown id."""

    async def post(self, request: Request) -> Response:
        if request.headers.get("mcp-session-id") in (None, *self.sessions):
            return await super().post(request)
        while not await request.is_disconnected():
            await request.receive()
        return Response(status_code=204)
