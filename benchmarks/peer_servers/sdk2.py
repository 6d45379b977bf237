"""An echo server of the official SDK's 2.x line, set up for speed: ``sdk2.py PORT stateful|stateless``."""

import sys

import uvicorn
from mcp.server.mcpserver import MCPServer

server = MCPServer("bench", log_level="WARNING")


@server.tool()
async def echo(message: str) -> str:
    """Send the text back."""
    return message


if __name__ == "__main__":
    port, variant = sys.argv[1:]
    app = server.streamable_http_app(json_response=True, stateless_http=variant == "stateless")
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
