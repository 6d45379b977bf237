"""What operators ask: ``/health``, ``/livez``, ``/readyz``, ``/metrics``, and a helpful 404 for everything else."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mcp_echo_core import __version__
from mcp_echo_core.drain import Drain
from mcp_echo_core.exposition import RequestFigures, expose
from mcp_echo_core.health import StoreAnswer, ask_store
from mcp_echo_core.messages import encode
from mcp_echo_core.pace import beside
from mcp_echo_core.runtime import Runtime
from mcp_echo_core.session_metrics import SessionFigures

PATHS = ("/mcp", "/health", "/livez", "/readyz", "/metrics")


def routes(runtime: Runtime, drain: Drain) -> list[BaseRoute]:
    """The operators' routes of one server."""

    async def health(_: Request) -> Response:
        store = await ask_store(runtime)
        status = "degraded" if store.reachable is False else "healthy"
        return _json({"status": "draining" if drain.draining else status, **_figures(runtime, store), **_who(runtime)})

    async def livez(_: Request) -> Response:
        return _json({"status": "alive"})

    async def readyz(_: Request) -> Response:
        if drain.draining:
            return _json({"status": "draining"}, 503)
        problem = await runtime.sessions.problem()
        return (
            _json({"status": "store unreachable", "problem": problem}, 503) if problem else _json({"status": "ready"})
        )

    async def metrics(_: Request) -> Response:
        store = await ask_store(runtime)
        text = await beside(expose, RequestFigures(runtime.metrics.snapshots()), SessionFigures(store))
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    handlers: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "/health": health, "/livez": livez, "/readyz": readyz, "/metrics": metrics,
    }  # fmt: skip
    return [Route(path, handler) for path, handler in handlers.items()]


RESERVED_BINS = ("/b/static/mcp", "/b/view/mcp")
"""Where bins would be whose dashboards have the paths of something else."""


async def refuse(request: Request, error: Exception) -> Response:
    """Answer what has no route or no such method, and say what there is."""
    refusal = cast("HTTPException", error)
    path = request.scope["path"][:200]  # not from the URL: some paths make none
    told = {"error": refusal.detail, "seen": f"{request.method} {path}", "paths": PATHS}
    told["fix"] = "The protocol endpoint is /mcp; the other paths are read with GET."
    if path.startswith(RESERVED_BINS):
        told["fix"] = "Bins named static or view would have no dashboard: choose another name."
    return _json(told, refusal.status_code, **(refusal.headers or {}))


def _figures(runtime: Runtime, store: StoreAnswer) -> dict[str, Any]:
    uptime = round(runtime.clock.wall() - runtime.started_at, 3)
    if store.reachable is None:
        return {"uptime": uptime, "requests_handled": runtime.metrics.requests_of_all_workers()}
    statistics = store.statistics
    if statistics is None:
        return {"sessions": None, "uptime_seconds": uptime}
    sessions = {"active": statistics.active, "total_created": statistics.created, "expired": statistics.expired}
    return {"sessions": sessions, "uptime_seconds": uptime}


def _who(runtime: Runtime) -> dict[str, str]:
    return {"version": __version__, "variant": runtime.variant.name, "instance": runtime.instance}


def _json(value: Any, status: int = 200, **headers: str) -> Response:
    headers["cache-control"] = "no-store"
    return Response(encode(value), status, media_type="application/json", headers=headers)
