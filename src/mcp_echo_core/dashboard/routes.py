"""The dashboard's routes on one screen; ``docs/dashboard.md`` says what each is for.

Those under an id ask for the token, if there is one; those under a view key show the same, without ids, to anybody.
"""

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router, WebSocketRoute
from starlette.websockets import WebSocket

from mcp_echo_core.body import Receive
from mcp_echo_core.client_report import renderings
from mcp_echo_core.dashboard import exports
from mcp_echo_core.dashboard.access import Gate, Secured, problem
from mcp_echo_core.dashboard.desk import Desk
from mcp_echo_core.dashboard.details import detail
from mcp_echo_core.dashboard.encoding import as_json
from mcp_echo_core.dashboard.overview import overview, with_rules
from mcp_echo_core.dashboard.pages import no_such_page, show_file, show_page
from mcp_echo_core.dashboard.shares import Shares
from mcp_echo_core.dashboard.streams import EventStream, FeedPump, converse
from mcp_echo_core.dashboard.subjects import Subject, find, new_bin_name, viewed
from mcp_echo_core.drain import Drain
from mcp_echo_core.exchange import Send
from mcp_echo_core.guard import Guard
from mcp_echo_core.pace import beside
from mcp_echo_core.recording.journal import Journal
from mcp_echo_core.runtime import Runtime

JSON, MARKDOWN, XML = "application/json", "text/markdown", "application/xml"

_NUMBER = re.compile(r"[0-9]{1,15}")

Handler = Callable[[Request, Subject], Awaitable[Response]]
Find = Callable[[HTTPConnection], Awaitable[Subject | None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]


class Dashboard:
    """The dashboard of one server.

    Args:
        runtime: The server.
        journal: Its records.
        drain: Ends feeds when the process does.
    """

    def __init__(self, runtime: Runtime, journal: Journal, drain: Drain) -> None:
        self._runtime = runtime
        self._journal = journal
        self._drain = drain
        self._desk = Desk(runtime, journal)
        self._shares = Shares(journal, self._desk)
        self._gate = Gate(runtime.settings)

    def router(self) -> Router:
        """Everything under ``/dashboard``."""
        routes: list[BaseRoute] = [Route("/static/{file:path}", show_file)]
        for prefix, search in (("/view/{key}", self._viewed), ("/{id}", self._owned)):
            gate = None if search == self._viewed else self._gate
            routes += [
                Route(prefix, partial(self._answer, gate, search, self._page, page=True)),
                *(
                    Route(prefix + path, partial(self._answer, gate, search, handler))
                    for path, handler in self._handlers().items()
                ),
                WebSocketRoute(prefix + "/ws", partial(self._converse, gate, search)),
            ]
        share = partial(self._answer, self._gate, self._owned)
        routes += [
            Route("/{id}/share", partial(share, self._shares.make), methods=["POST"]),
            Route("/{id}/share/{key}", partial(share, self._shares.revoke), methods=["DELETE"]),
        ]
        return Router(routes, redirect_slashes=False, default=_nothing)

    def _handlers(self) -> dict[str, Handler]:
        return {
            "/record.json": self._record,
            "/exchanges/{sequence}": self._exchange,
            "/events": self._events,
            "/report.json": self._report_json,
            "/report.md": self._report_markdown,
            "/report.junit": self._report_junit,
            "/export.har": self._export_har,
            "/export.json": self._export_json,
            "/export.md": self._export_markdown,
        }

    async def new_bin(self, request: Request) -> Response:
        """A name for a bin; it costs nothing until it is used."""
        if (refusal := self._gate.refusal(request)) is not None:
            return refusal
        name = new_bin_name()
        told = {"bin": name, "endpoint": f"/b/{name}/mcp", "dashboard": f"/dashboard/{name}"}
        return Response(as_json(told), 201, media_type=JSON)

    async def _owned(self, request: HTTPConnection) -> Subject | None:
        return await find(self._runtime, self._journal, request.path_params["id"])

    async def _viewed(self, request: HTTPConnection) -> Subject | None:
        return await viewed(self._journal, request.path_params["key"])

    async def _answer(
        self, gate: Gate | None, search: Find, handler: Handler, request: Request, *, page: bool = False
    ) -> Response:
        if gate is not None and (refusal := gate.refusal(request, page=page)) is not None:
            return refusal
        subject = await search(request)
        if subject is None:
            return no_such_page() if page else problem(404, "There is no such record")
        return await handler(request, subject)

    async def _page(self, request: Request, _: Subject) -> Response:
        return await show_page(request)

    async def _record(self, _: Request, subject: Subject) -> Response:
        shown = await overview(self._runtime, subject, await self._desk.board(subject))
        return Response(await beside(as_json, shown), media_type=JSON)

    async def _exchange(self, request: Request, subject: Subject) -> Response:
        number = request.path_params["sequence"]
        board = await self._desk.board(subject)
        entry = board.entry(int(number)) if _NUMBER.fullmatch(number) else None
        summary = next((each for each in board.summaries if entry and each.sequence == entry.sequence), None)
        if entry is None or summary is None:
            return problem(404, "There is no such exchange, or it is no longer kept")
        verdict = await board.judge.recent()
        made = await beside(_encoded, detail, with_rules(summary, verdict), entry, board.record(), verdict)
        return Response(made, media_type=JSON)

    async def _events(self, request: Request, subject: Subject) -> Response:
        if not self._desk.reserve():
            return problem(503, "Too many feeds are open", "Close one, or try again later.", {"retry-after": "10"})
        try:
            await self._desk.board(subject)  # while it can still be told that this failed
        except BaseException:
            self._desk.release()
            raise
        return EventStream(self._pump(subject), _after(request))

    async def _converse(self, gate: Gate | None, search: Find, websocket: WebSocket) -> None:
        refusal = None if gate is None else gate.refusal(websocket)
        subject = None if refusal is not None else await search(websocket)
        if refusal is None and subject is None:
            refusal = problem(404, "There is no such record")
        elif refusal is None and not self._desk.reserve():
            refusal = problem(503, "Too many feeds are open")
        if refusal is not None or subject is None:
            await websocket.send_denial_response(refusal or problem(404, "There is no such record"))
            return
        try:
            await self._desk.board(subject)
            await converse(websocket, self._pump(subject), _after(websocket))
        finally:
            self._desk.release()

    def _pump(self, subject: Subject) -> FeedPump:
        async def valid() -> bool:
            return subject.view is None or await self._journal.shared(subject.view) == subject.key

        keep_alive = self._runtime.settings.sse_keepalive_interval
        return FeedPump(self._desk, self._drain, subject, valid, keep_alive)

    async def _report_json(self, _: Request, subject: Subject) -> Response:
        verdict = await (await self._desk.board(subject, whole=True)).judge.verdict()
        return Response(as_json(renderings.builtins(verdict.report, verdict.gateway)), media_type=JSON)

    async def _report_markdown(self, _: Request, subject: Subject) -> Response:
        verdict = await (await self._desk.board(subject, whole=True)).judge.verdict()
        return Response(renderings.markdown(verdict.report, verdict.gateway), media_type=MARKDOWN)

    async def _report_junit(self, _: Request, subject: Subject) -> Response:
        verdict = await (await self._desk.board(subject, whole=True)).judge.verdict()
        return Response(renderings.junit(verdict.report, verdict.revisions), media_type=XML)

    async def _export_har(self, _: Request, subject: Subject) -> Response:
        board = await self._desk.board(subject, whole=True)
        made = await beside(_encoded, exports.as_har, board.record(), await board.judge.verdict())
        return Response(made, headers=_attached(subject, "har"), media_type=JSON)

    async def _export_json(self, _: Request, subject: Subject) -> Response:
        board = await self._desk.board(subject, whole=True)
        verdict = await board.judge.verdict()
        shown = await overview(self._runtime, subject, board)
        made = await beside(_encoded, exports.as_details, shown, board.record(), verdict)
        return Response(made, headers=_attached(subject, "json"), media_type=JSON)

    async def _export_markdown(self, _: Request, subject: Subject) -> Response:
        board = await self._desk.board(subject, whole=True)
        await board.judge.verdict()
        shown = await overview(self._runtime, subject, board)
        made = await beside(exports.as_markdown, shown)
        return Response(made, headers=_attached(subject, "md"), media_type=MARKDOWN)


def applications(runtime: Runtime, guard: Guard, drain: Drain, journal: Journal) -> dict[str, Application]:
    """What serves each of the dashboard's two places, by its path."""
    dashboard = Dashboard(runtime, journal, drain)
    bins = Router([Route("/b", dashboard.new_bin, methods=["POST"])], redirect_slashes=False, default=_nothing)
    served = {"/b": bins, "/dashboard": dashboard.router()}
    return {path: Secured(router, runtime.settings, guard) for path, router in served.items()}


async def _nothing(scope: Any, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).send_denial_response(problem(404, "There is nothing here"))
    else:
        await problem(404, "There is nothing here")(scope, receive, send)


def _encoded(make: Callable[..., Any], *facts: Any) -> bytes:
    return as_json(make(*facts))


def _after(request: HTTPConnection) -> int | None:
    """The last event that a listener knows."""
    given = request.headers.get("last-event-id") or request.query_params.get("after") or ""
    return int(given) if _NUMBER.fullmatch(given) else None


def _attached(subject: Subject, ending: str) -> dict[str, str]:
    """Saved under a name that does not tell the id."""
    return {"content-disposition": f'attachment; filename="mcp-echo-{subject.kind}.{ending}"'}
