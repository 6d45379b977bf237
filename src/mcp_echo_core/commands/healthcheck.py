"""``mcp-echo healthcheck``: ask a running server whether it is ready; for containers without curl."""

import argparse
import http.client
import json
import os
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

PROBE_SECONDS = 5.0
"""How long a health check waits for its answer."""


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
        connection = _connection(url)
    except (ValueError, http.client.InvalidURL):
        print(f"healthcheck: {url!r} is not a URL such as http://127.0.0.1:3000", file=sys.stderr)
        return 2
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        status = _status(response)
    except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
        print(f"unhealthy: {url} did not answer as a server of this kind: {error}", file=sys.stderr)
        return 1
    finally:
        connection.close()
    print(status)
    return 0 if response.status == http.client.OK else 1


def _status(response: http.client.HTTPResponse) -> str:
    text = response.read()
    if not text.startswith(b"{"):
        raise ValueError(f"HTTP status {response.status}")
    return str(json.loads(text).get("status"))


def _connection(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return connect(parts.hostname, parts.port, timeout=PROBE_SECONDS)
