"""The stateless server as an AWS Lambda function: API Gateway (HTTP API, payload 2.0) and function URLs.

The handler is ``handler.handler``; the settings are the function's environment variables. Answers are whole: what the
server streams (a POST that asks for progress) arrives when it is complete, since the adapter collects it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from mangum import Mangum

from mcp_echo_streamablehttp_server_stateless import app

STREAM_SECONDS = 20.0
"""After which a stream without an end (``subscriptions/listen``) is ended; less than the function's timeout."""

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


async def bounded(scope: Any, receive: Receive, send: Send) -> None:
    """Serve a request; when its time is over, the server hears that the client is gone."""
    over = asyncio.get_running_loop().time() + STREAM_SECONDS
    complete = False

    async def hear() -> Any:
        try:
            async with asyncio.timeout_at(over):
                return await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}

    async def tell(message: Any) -> None:
        nonlocal complete
        complete = message["type"] == "http.response.body" and not message.get("more_body", False)
        await send(message)

    await app(scope, hear, tell)
    if not complete:
        await send({"type": "http.response.body", "body": b""})


# Without the application's lifespan: its tasks between requests would only run while one is served, and a function
# that is frozen for hours has no figures of the last second to share.
handler = Mangum(bounded, lifespan="off")
