"""An exchange as something to run, with curl or httpx; credentials are left for you to fill in."""

import re
import shlex
from collections.abc import Iterator
from urllib.parse import quote

from mcp_echo_core import redaction
from mcp_echo_core.client_report.heard import REPLAY
from mcp_echo_core.dashboard.concealing import SESSION_FIELD
from mcp_echo_core.recording.events import ExchangeEvent
from mcp_echo_core.recording.taken import MAX_BODY_BYTES

_MADE_BY_CLIENT = frozenset({"host", "content-length", "connection", "transfer-encoding", "expect", "accept-encoding"})
"""Fields that the program writes itself."""

_MARK = "Mcp-Echo-Replay"
"""Keeps what is repeated by hand from being judged as the client's own."""

_MADE_ON_THE_WAY = ("x-forwarded-", "forwarded", "via", "x-real-ip", "x-envoy-", "x-traefik-")
"""How the names of fields begin that a gateway added."""

_VARIABLES = {"authorization": "TOKEN", "cookie": "COOKIE"}

CUT = "# The body was too long to be kept whole: this is its beginning."


UNREAD = "# The body was not read: the request was refused by its head. Add it to send the same."


def curl(event: ExchangeEvent, *, unread: bool = False) -> str:
    """The command that sends the request again; ``unread`` where the body never was recorded."""
    lines = [f"curl --globoff -i -X {shlex.quote(event.method)} {shlex.quote(_url(event))}"]
    for name, value, variable in _fields(event):
        shown = shlex.quote(f"{name}: {value}")
        # A variable stands outside the single quotes, in double ones: only there does the shell put its content in.
        lines.append(f"  -H {shown}" + (f'"${variable}"' if variable else ""))
    if event.body:
        lines.append(f"  --data-raw {shlex.quote(_body(event))}")
    command = " \\\n".join(lines)
    return "\n".join([*_remarks(event, unread=unread), command, ""])


def httpx(event: ExchangeEvent, *, unread: bool = False) -> str:
    """The Python lines that send the request again; ``unread`` as for ``curl``."""
    fields = list(_fields(event))
    lines = ["import os", "", "import httpx", ""] if any(each[2] for each in fields) else ["import httpx", ""]
    lines += _remarks(event, unread=unread)
    lines += ["answer = httpx.request(", f"    {event.method!r},", f"    {_url(event)!r},", "    headers=["]
    for name, value, variable in fields:
        told = f"{value!r} + os.environ[{variable!r}]" if variable else repr(value)
        lines.append(f"        ({name!r}, {told}),")
    lines.append("    ],")
    if event.body:
        lines.append(f"    content={_body(event)!r}.encode(),")
    return "\n".join([*lines, ")", "print(answer.status_code, answer.text)", ""])


def _fields(event: ExchangeEvent) -> Iterator[tuple[str, str, str]]:
    """Names, values and, of credentials, the variable that stands for what is masked."""
    schemes = {credential.header: credential.scheme for credential in event.head.credentials}
    written = event.head.written or ()
    names = written if len(written) == len(event.head.fields) else [name for name, _ in event.head.fields]
    for shown, (name, value) in zip(names, event.head.fields, strict=True):
        lower = name.lower()
        if lower in _MADE_BY_CLIENT or lower == REPLAY or lower.startswith(_MADE_ON_THE_WAY):
            continue
        if lower in schemes or (lower != SESSION_FIELD and redaction.looks_secret(lower)):
            scheme = schemes.get(lower, "")
            variable = _VARIABLES.get(lower) or re.sub(r"[^A-Z0-9]+", "_", lower.upper()).strip("_") or "SECRET"
            yield shown, f"{scheme} " if scheme else "", variable if not variable[0].isdigit() else f"H_{variable}"
        else:
            yield shown, value, ""
    yield _MARK, "1", ""


def _url(event: ExchangeEvent) -> str:
    host = next((value for name, value in event.head.fields if name.lower() == "host"), "localhost")
    return f"{event.scheme}://{host}{quote(event.path)}{event.query}"


def _body(event: ExchangeEvent) -> str:
    return event.body.decode("utf-8", "replace")


def _remarks(event: ExchangeEvent, *, unread: bool) -> list[str]:
    if unread:
        return [UNREAD]
    return [CUT] if event.body_bytes > MAX_BODY_BYTES else []
