"""The stateless server as an AWS Lambda function: API Gateway (HTTP API, payload 2.0) and function URLs.

The handler is ``handler.handler``; the settings are the function's environment variables. Answers are whole: what the
server streams (a POST that asks for progress) arrives when it is complete, since the adapter collects it. Header fields
in which a gateway would name the user are taken out: this one has none, so they are what a client says of itself.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from mangum import Mangum

from mcp_echo_core.identity import HEADER_NAMES
from mcp_echo_streamablehttp_server_stateless import app

STREAM_SECONDS = 20.0
"""After which a stream without an end (``subscriptions/listen``) is ended; less than the function's timeout."""

ENDING_SECONDS = 2.0
"""What the server then gets to end by itself; a call that reports progress goes on without its client."""

TOO_SLOW = b"The request took longer than this function gives one: ask for less, or ask a server that is no function."

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


async def bounded(scope: Any, receive: Receive, send: Send) -> None:
    """Serve a request; when its time is over, the server hears that the client is gone.

    The client gets what there is of the answer, or 504 where none has begun.
    """
    over = asyncio.get_running_loop().time() + STREAM_SECONDS
    started = complete = False

    async def hear() -> Any:
        try:
            async with asyncio.timeout_at(over):
                return await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}

    async def tell(message: Any) -> None:
        nonlocal started, complete
        started = True
        complete = message["type"] == "http.response.body" and not message.get("more_body", False)
        await send(message)

    named = [(name, value) for name, value in scope["headers"] if name.decode("latin-1").lower() not in HEADER_NAMES]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(over + ENDING_SECONDS):
            await app({**scope, "headers": named}, hear, tell)
    if not started:
        await send({"type": "http.response.start", "status": 504, "headers": [(b"content-type", b"text/plain")]})
    if not complete:
        await send({"type": "http.response.body", "body": b"" if started else TOO_SLOW})


# Without the application's lifespan: its tasks between requests would only run while one is served, and a function
# that is frozen for hours has no figures of the last second to share.
handler = Mangum(bounded, lifespan="off")
