"""The ceiling: the least an ASGI application can do on the engine our servers run on.

It reads the body and answers a constant JSON text of BENCH_BODY_BYTES bytes. Whatever a server loses against this one
it loses in its own code, since engine, flags and answer size are the same.
"""

import json
import os
import sys
from typing import Any

import uvicorn

SHELL = {"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": ""}]}}


def constant_body(size: int) -> bytes:
    """A JSON-RPC answer of exactly ``size`` bytes (or the smallest there is)."""
    padding = "x" * max(0, size - len(json.dumps(SHELL)))
    answer = {**SHELL, "result": {"content": [{"type": "text", "text": padding}]}}
    return json.dumps(answer).encode()


BODY = constant_body(int(os.environ.get("BENCH_BODY_BYTES", "200")))
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())],
}
END = {"type": "http.response.body", "body": BODY}


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Read the whole body, answer the constant."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send(START)
    await send(END)


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        log_level="warning",
    )
