"""A request that takes too long is cancelled, as the era with a handshake asks for."""

from typing import Any

import pytest
from client_runs import ran
from odd_servers import Curious, Silent, Working
from starlette.requests import Request
from starlette.responses import Response

from in_loop import Serve


@pytest.mark.parametrize("begins", [False, True])
async def test_a_server_whose_answer_is_not_waited_for_any_more_is_told(serve: Serve, *, begins: bool) -> None:
    server = Working(begins=begins)
    done = await ran("call", await serve(server), "echo", "message=hi", "--timeout", "0.3", "--no-session")
    assert done.code == 2
    assert "within 0.3 s" in done.err
    call, cancelled = server.asked[-2:]
    assert (call["method"], cancelled["method"]) == ("tools/call", "notifications/cancelled")
    assert cancelled["params"] == {"requestId": call["id"], "reason": "no answer in time"}
    assert cancelled["session"] == call["session"] is not None
    assert "id" not in cancelled


async def test_initialize_is_never_cancelled(serve: Serve) -> None:
    class Mute(Silent):
        bodies: list[bytes] = []  # noqa: RUF012 - of this test alone

        async def post(self, request: Request) -> Response:
            self.bodies.append(await request.body())
            return await super().post(request)

    server = Mute()
    assert (await ran("tools", await serve(server), "--era", "legacy", "--timeout", "0.2")).code == 2
    assert [b'"initialize"' in body for body in server.bodies] == [True]


async def test_in_the_modern_era_closing_the_stream_is_the_cancellation(serve: Serve) -> None:
    class Slow(Curious):
        methods: list[str] = []  # noqa: RUF012 - of this test alone

        def modern(self, request: Request, message: dict[str, Any]) -> Response:
            self.methods.append(message["method"])
            if message["method"] == "tools/call":
                return Working(begins=True).stream()
            return super().modern(request, message)

    server = Slow()
    assert (await ran("call", await serve(server), "book", "--timeout", "0.3")).code == 2
    assert server.methods[-1] == "tools/call"
