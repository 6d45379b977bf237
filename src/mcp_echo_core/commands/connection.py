"""The options of every command that talks to a server: whom, with which headers, for how long."""

import argparse
import math
import os
import re
import sys
from collections.abc import Mapping
from typing import NamedTuple, NoReturn
from urllib.parse import urlsplit

BEARER_VARIABLE = "MCP_ECHO_BEARER"
"""The environment variable for a token, which the command line would show to everybody on the machine."""

MAX_TIMEOUT = 3600.0
"""The longest ``--timeout``, in seconds."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A header's name (RFC 9110 section 5.1)."""

_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
"""A header's value (RFC 9110 section 5.5)."""

_BEARER = re.compile(r"[\x21-\x7e]+")


class Connection(NamedTuple):
    """Whom to ask, and how.

    Attributes:
        url: The MCP endpoint.
        headers: Sent with every request, the bearer token included.
        timeout: Seconds that an answer may take.
        verify: Whether certificates are checked.
    """

    url: str
    headers: tuple[tuple[str, str], ...]
    timeout: float
    verify: bool


def add_connection_options(parser: argparse.ArgumentParser, *, timeout: float = 10.0) -> None:
    """Add URL, ``--header``, ``--bearer``, ``--timeout`` and ``--insecure`` to a command."""
    parser.add_argument("url", metavar="URL", help="the MCP endpoint, such as http://127.0.0.1:3000/mcp")
    group = parser.add_argument_group("connection")
    group.add_argument(
        "--header", action="append", default=[], metavar="'NAME: VALUE'", help="send this header too; may be repeated"
    )
    group.add_argument(
        "--bearer", metavar="TOKEN", help=f"send this token as Authorization: Bearer [{BEARER_VARIABLE}]"
    )
    group.add_argument(
        "--timeout", default=f"{timeout:g}", metavar="SECONDS",
        help="how long an answer may take; default: %(default)s",
    )  # fmt: skip
    group.add_argument("--insecure", action="store_true", help="do not check the server's certificate")
    parser.set_defaults(prog=parser.prog)


def connection_from(options: argparse.Namespace, environment: Mapping[str, str] | None = None) -> Connection:
    """Whom to ask, and how, as the parsed options say.

    Args:
        options: Of a parser that ``add_connection_options`` completed.
        environment: By default the process's own.

    Raises:
        SystemExit: An option cannot be used; one line has said which, the exit code is 2.
    """
    try:
        headers = [_header(text) for text in options.header]
        token = _token(options.bearer, os.environ if environment is None else environment, headers)
        if token:
            headers.append(("Authorization", f"Bearer {token}"))
        return Connection(usable_url(options.url), tuple(headers), _seconds(options.timeout), not options.insecure)
    except ValueError as error:
        refuse(options.prog, str(error))


def usable_url(text: str) -> str:
    """A URL of the command line.

    Raises:
        ValueError: It is not one of http or https with a host.
    """
    problem = f"{text!r} is not a URL such as http://127.0.0.1:3000/mcp"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port out of range, a bracket left open
        raise ValueError(problem) from None
    if not usable or not text.isprintable() or " " in text:
        raise ValueError(problem)
    return text


def refuse(prog: str, problem: str) -> NoReturn:
    """Say in one line why a command cannot run.

    Raises:
        SystemExit: With exit code 2, always.
    """
    print(f"{prog}: {problem}", file=sys.stderr)
    raise SystemExit(2)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise ValueError("--header wants 'Name: value'; there is no colon in what it got")
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"--header: {name!r} is not a header's name")
    value = value.strip(" \t")
    if not _VALUE.fullmatch(value):
        raise ValueError(f"--header: the value of {name} has characters that no header can carry")
    return name, value


def _token(given: str | None, environment: Mapping[str, str], headers: list[tuple[str, str]]) -> str:
    explicit = any(name.lower() == "authorization" for name, _ in headers)
    if given and explicit:
        raise ValueError("--bearer and --header Authorization exclude each other")
    token = given if given is not None else "" if explicit else environment.get(BEARER_VARIABLE, "")
    if token and not _BEARER.fullmatch(token):
        source = "--bearer" if given else BEARER_VARIABLE
        raise ValueError(f"{source}: the token has characters that no token has")
    return token


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= MAX_TIMEOUT:
        raise ValueError(f"--timeout: {text!r} is not a number of seconds above 0 and up to {MAX_TIMEOUT:g}")
    return seconds
