"""A server of the official SDK's 2.x line: ``sdk2.py PORT stateful|stateless``."""

import sys

from mcp.server.mcpserver import MCPServer

server = MCPServer("sdk2")


@server.tool()
def echo(message: str) -> str:
    """Send the text back."""
    return message


if __name__ == "__main__":
    port, variant = sys.argv[1:]
    server.run("streamable-http", host="127.0.0.1", port=int(port), stateless_http=variant == "stateless")
