"""``/readyz``: whether this process should get new requests."""

from typing import Any

import msgspec
from starlette.applications import Starlette

from asgi_bridge import Answer, Request, exchange
from harness import Server
from mcp_echo_core import operations
from mcp_echo_core.drain import Drain
from mcp_echo_core.runtime import Runtime


async def ask(runtime: Runtime, path: str, *, draining: bool = False) -> Answer:
    drain = Drain(runtime.settings, lambda: 0)
    drain.draining = draining
    return await exchange(Starlette(routes=operations.routes(runtime, drain)), Request(method="GET", path=path))


async def test_a_server_is_ready_when_it_serves(server: Server) -> None:
    answer = await ask(server.app.runtime, "/readyz")
    assert (answer.status, answer.message) == (200, {"status": "ready"})


async def test_a_draining_server_is_not_ready_but_alive(server: Server) -> None:
    ready = await ask(server.app.runtime, "/readyz", draining=True)
    assert (ready.status, ready.message) == (503, {"status": "draining"})
    assert (await ask(server.app.runtime, "/livez", draining=True)).status == 200


async def test_a_draining_server_says_so_in_its_health(server: Server) -> None:
    answer = await ask(server.app.runtime, "/health", draining=True)
    assert (answer.status, answer.message["status"]) == (200, "draining")


class Unreachable:
    """Sessions whose store does not answer."""

    async def problem(self) -> str:
        return "connection refused"


async def test_a_server_whose_store_cannot_be_reached_is_not_ready_and_says_why(server: Server) -> None:
    sessions: Any = Unreachable()
    answer = await ask(msgspec.structs.replace(server.app.runtime, sessions=sessions), "/readyz")
    assert answer.status == 503
    assert answer.message == {"status": "store unreachable", "problem": "connection refused"}
