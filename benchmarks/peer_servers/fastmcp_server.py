"""An echo server of FastMCP, set up for speed: ``fastmcp_server.py PORT stateful|stateless``."""

import logging
import sys

import uvicorn
from fastmcp import FastMCP

server = FastMCP("bench")


@server.tool
async def echo(message: str) -> str:
    """Send the text back."""
    return message


if __name__ == "__main__":
    port, variant = sys.argv[1:]
    for name in ("mcp", "fastmcp"):
        logging.getLogger(name).setLevel(logging.WARNING)
    app = server.http_app(json_response=True, stateless_http=variant == "stateless")
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(port),
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        log_level="warning",
    )
