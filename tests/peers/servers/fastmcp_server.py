"""A server of FastMCP: ``fastmcp_server.py PORT stateful|stateless``."""

import sys

from fastmcp import FastMCP

server = FastMCP("fastmcp")


@server.tool
def echo(message: str) -> str:
    """Send the text back."""
    return message


if __name__ == "__main__":
    port, variant = sys.argv[1:]
    server.run("http", host="127.0.0.1", port=int(port), stateless_http=variant == "stateless", show_banner=False)
