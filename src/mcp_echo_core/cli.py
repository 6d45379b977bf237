"""The command line: ``mcp-echo serve``, ``mcp-echo healthcheck``, and ``python -m`` of the two server packages.

Exit codes: 0 done, 1 failed or unhealthy, 2 a setting or argument cannot be used.
"""

import argparse
import http.client
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from mcp_echo_core import __version__
from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.settings import TABLE

PROBE_SECONDS = 5.0
"""How long a health check waits for its answer."""

VARIANT_NAMES = ("stateful", "stateless")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``mcp-echo``.

    Args:
        arguments: Words of the command line; by default the process's own.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="mcp-echo", description="The diagnostic endpoint of the MCP world.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    serve_parser = commands.add_parser("serve", help="run a server", description="Run a server.")
    serve_parser.add_argument("--variant", choices=VARIANT_NAMES, required=True, help="which of the two servers")
    _add_settings(serve_parser, None)
    check_parser = commands.add_parser(
        "healthcheck", help="ask a running server whether it is healthy", description="Exit 0 if a server is ready."
    )
    check_parser.add_argument(
        "url", nargs="?", help="URL of the server; by default loopback with the port of MCP_ECHO_PORT"
    )
    options = vars(parser.parse_args(arguments))
    if options.pop("command") == "healthcheck":
        return healthcheck(options["url"] or f"http://127.0.0.1:{os.environ.get('MCP_ECHO_PORT') or '3000'}")
    return _serve(options.pop("variant"), options)


def serve_variant(variant_name: str, arguments: Sequence[str] | None = None) -> int:
    """Run one server: what ``python -m`` of its package does.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog=f"mcp-echo-streamablehttp-server-{variant_name}")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    _add_settings(parser, variant_name)
    return _serve(variant_name, vars(parser.parse_args(arguments)))


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


def _serve(variant_name: str, flags: Mapping[str, str | None]) -> int:
    from mcp_echo_core.server import serve
    from mcp_echo_core.variants import VARIANTS

    try:
        serve(VARIANTS[variant_name], os.environ, flags)
    except ConfigurationError as error:
        print(f"configuration error: {error}", file=sys.stderr)
        return 2
    return 0


def _add_settings(parser: argparse.ArgumentParser, variant_name: str | None) -> None:
    group = parser.add_argument_group("settings", "Flags beat environment variables.")
    for setting in TABLE:
        names = [variant_name] if variant_name else list(VARIANT_NAMES)
        variables = list(dict.fromkeys(v for name in names for v in setting.variables_for(name)))
        defaults = dict.fromkeys(setting.default_for(name) for name in names)
        told = " or ".join(default or "none" for default in defaults)
        env = f" [{', '.join(variables)}]" if variables else ""
        parser_help = f"{setting.help} Default: {told}.{env}".replace("%", "%%")
        switch: dict[str, Any] = {"nargs": "?", "const": "true"} if setting.is_switch else {}
        group.add_argument(setting.flag, dest=setting.field, metavar="VALUE", help=parser_help, **switch)
