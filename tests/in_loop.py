"""Servers on real loopback sockets in the test's own event loop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import uvicorn
from starlette.types import ASGIApp

Serve = Callable[[ASGIApp], Awaitable[str]]
"""Serves an app for the length of a test; the URL of its endpoint."""

STOP = 5.0
"""Seconds that requests may take to notice that they are cancelled."""


@contextlib.asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """An app on a free loopback port until the block ends; its endpoint's URL.

    The engine's phases are called one by one: its own loop looks only ten times a second whether it should end, and
    hundreds of tests would wait for that.
    """
    # The engine would set up the logging of the whole process, and other tests look at that.
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False, server_header=False)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    await server.on_tick(0)  # writes the Date that answers carry
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        await _stop(server)


async def _stop(server: uvicorn.Server) -> None:
    for listener in server.servers:
        listener.close()
    for connection in list(server.server_state.connections):
        connection.shutdown()
    tasks = list(server.server_state.tasks)
    for task in tasks:
        task.cancel()
    async with asyncio.timeout(STOP):
        await asyncio.gather(*tasks, return_exceptions=True)
    await server.lifespan.shutdown()
