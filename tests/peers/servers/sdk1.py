"""A server of the official SDK's 1.x line: ``sdk1.py PORT stateful|stateless``."""

import sys

from mcp.server.fastmcp import FastMCP

port, variant = sys.argv[1:]
server = FastMCP("sdk1", host="127.0.0.1", port=int(port), stateless_http=variant == "stateless")


@server.tool()
def echo(message: str) -> str:
    """Send the text back."""
    return message


if __name__ == "__main__":
    server.run("streamable-http")
