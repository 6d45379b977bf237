"""The options of every command that talks to a server: whom, with which headers, for how long."""

import argparse
import base64
import math
import os
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn
from urllib.parse import unquote_to_bytes, urlsplit

from mcp_echo_core import redaction
from mcp_echo_core.client.secrecy import Secrecy
from mcp_echo_core.client.urls import without_userinfo
from mcp_echo_core.commands.output import to_stderr

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
        url: The MCP endpoint, without userinfo.
        headers: Sent with every request, the credentials included.
        timeout: Seconds that an answer may take.
        verify: Whether certificates are checked.
    """

    url: str
    headers: tuple[tuple[str, str], ...]
    timeout: float
    verify: bool

    @property
    def authorized(self) -> bool:
        """Whether the user has given an ``Authorization``."""
        return any(name.lower() == "authorization" for name, _ in self.headers)

    @property
    def secrecy(self) -> Secrecy:
        """What masks the credentials in all that is shown."""
        return Secrecy(self.url, self.headers)


class Range(NamedTuple):
    """What a number may be.

    Attributes:
        least: The lower end.
        most: The upper end.
        above: The lower end itself is not allowed.
        kind: What to call it; only ``an integer`` has to be whole.
    """

    least: float
    most: float
    above: bool = False
    kind: str = "a number of seconds"


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
        url = usable_url(options.url)
        headers += _authorization(url, options.bearer, os.environ if environment is None else environment, headers)
        return Connection(
            without_userinfo(url),
            tuple(headers),
            number_in("--timeout", options.timeout, Range(0, MAX_TIMEOUT, above=True)),
            not options.insecure,
        )
    except ValueError as error:
        refuse(options.prog, str(error))


def usable_url(text: str) -> str:
    """A URL of the command line.

    Raises:
        ValueError: It is not one of http or https with a host.
    """
    problem = f"{_without_credentials(text)!r} is not a URL such as http://127.0.0.1:3000/mcp"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port out of range, a bracket left open
        raise ValueError(problem) from None
    if not usable or not text.isprintable() or " " in text:
        raise ValueError(problem)
    return text


def _without_credentials(text: str) -> str:
    """What may be a URL, as it may be shown: what is before an ``@`` may be a password, whatever the scheme."""
    return redaction.text(text if "://" in text or "@" not in text else f"...@{text.rpartition('@')[2]}")


def add_era_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--era`` to a command."""
    parser.add_argument(
        "--era", choices=("auto", "modern", "legacy"), default="auto",
        help="modern is 2026-07-28, legacy what begins with initialize; auto finds out, and is the default",
    )  # fmt: skip


def number_in(flag: str, text: str, allowed: Range) -> float:
    """The value of an option that is a number.

    Raises:
        ValueError: It is none, or outside of what is allowed; the text says what is.
    """
    try:
        value = float(int(text) if allowed.kind == "an integer" else float(text))
    except ValueError:
        value = math.nan
    if not allowed.least <= value <= allowed.most or (allowed.above and value == allowed.least):
        limits = f"above {allowed.least:g} and up to" if allowed.above else f"from {allowed.least:g} to"
        raise ValueError(f"{flag}: {text!r} is not {allowed.kind} {limits} {allowed.most:g}")
    return value


def option_number(prog: str, flag: str, text: str, allowed: Range) -> float:
    """As ``number_in``, for a command that has to refuse what is none.

    Raises:
        SystemExit: Exit code 2, after one line that says what is allowed.
    """
    try:
        return number_in(flag, text, allowed)
    except ValueError as error:
        refuse(prog, str(error))


def refuse(prog: str, problem: str) -> NoReturn:
    """Say in one line why a command cannot run.

    Raises:
        SystemExit: With exit code 2, always.
    """
    to_stderr(f"{prog}: {problem}")
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


def _authorization(
    url: str, bearer: str | None, environment: Mapping[str, str], headers: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """The header for the credentials that the command line names; the environment's token only where it names none.

    Userinfo is sent as ``Basic``, as by every HTTP client (RFC 7617).
    """
    userinfo = urlsplit(url).netloc.rpartition("@")[0]
    given = {
        "userinfo in the URL": bool(userinfo),
        "--bearer": bool(bearer),
        "--header Authorization": any(name.lower() == "authorization" for name, _ in headers),
    }
    named = [name for name, is_given in given.items() if is_given]
    if len(named) > 1:
        raise ValueError(f"{' and '.join(named)} exclude each other: a request has one Authorization")
    if userinfo:
        pair = b":".join(map(unquote_to_bytes, (userinfo if ":" in userinfo else f"{userinfo}:").split(":", 1)))
        return [("Authorization", f"Basic {base64.b64encode(pair).decode()}")]
    token = bearer if bearer is not None else "" if named else environment.get(BEARER_VARIABLE, "")
    if token and not _BEARER.fullmatch(token):
        raise ValueError(f"{'--bearer' if bearer else BEARER_VARIABLE}: the token has characters that no token has")
    return [("Authorization", f"Bearer {token}")] if token else []
