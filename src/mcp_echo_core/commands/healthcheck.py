"""``mcp-echo healthcheck``: ask a running server whether it is ready; for containers without curl."""

import argparse
import http.client
import json
import os
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from mcp_echo_core.commands.connection import usable_url
from mcp_echo_core.redaction import text as redacted
from mcp_echo_core.text import line

PROBE_SECONDS = 5.0
"""How long a health check waits for its answer."""

MAX_STATUS = 100
"""Characters of a server's status that are printed."""


def main(words: Sequence[str]) -> int:
    """Ask the server that the words, or the environment, name.

    Returns:
        0 when the server is ready, 1 when not, 2 when the URL cannot be used.
    """
    parser = argparse.ArgumentParser(prog="mcp-echo healthcheck", description="Exit 0 if a server is ready.")
    parser.add_argument("url", nargs="?", help="URL of the server; by default loopback with the port of MCP_ECHO_PORT")
    url = parser.parse_args(words).url
    return healthcheck(url or f"http://127.0.0.1:{os.environ.get('MCP_ECHO_PORT') or '3000'}")


def healthcheck(url: str) -> int:
    """Ask ``/readyz``; for container health checks, without curl.

    Returns:
        0 when the server is ready, 1 when not, 2 when the URL cannot be used.
    """
    try:
        connection = _connection(usable_url(url))
    except (ValueError, http.client.InvalidURL) as error:
        print(f"healthcheck: {redacted(str(error))}", file=sys.stderr)
        return 2
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        status = _status(response)
    except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
        print(
            f"unhealthy: {redacted(url)} did not answer as a server of this kind: {line(str(error))}", file=sys.stderr
        )
        return 1
    finally:
        connection.close()
    print(status)
    return 0 if response.status == http.client.OK else 1


def _status(response: http.client.HTTPResponse) -> str:
    text = response.read()
    if not text.startswith(b"{"):
        raise ValueError(f"HTTP status {response.status}")
    return line(str(json.loads(text).get("status")), MAX_STATUS)


def _connection(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return connect(parts.hostname or "", parts.port, timeout=PROBE_SECONDS)
