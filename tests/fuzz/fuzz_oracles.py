"""What must be true of every answer, log line and record, whatever was sent."""

import base64
import json
import logging
import re
from typing import Any

from fuzz_exchange import Finding, Got
from fuzz_messages import BODY_CANARY, HEAD_CANARY

from mcp_echo_core import logs

INNER = len(HEAD_CANARY) // 4
"""What stands between this many characters of each end of a credential is shown by nothing."""

HEAD_CANARIES = tuple(
    canary.encode()
    for canary in (HEAD_CANARY[INNER:-INNER], base64.b64encode(f"user:{HEAD_CANARY}".encode()).decode()[INNER:-INNER])
)
BODY_CANARIES = (BODY_CANARY[INNER:-INNER].encode(),)
SERVER_CANARY = "s3rv-Pd5Rn7Tf9Zb2Xc4Vg6Lh8-c4n4ry"
"""Stands in the server's own environment as a secret: nobody is shown it."""

STATUSES = frozenset({
    200, 201, 202, 204, 303, 400, 401, 403, 404, 405, 406, 408, 409, 413, 415, 421, 429, 431, 503,
})  # fmt: skip
"""503 is by design: no room for a session or feed, or the process ends; it comes with Retry-After or a fix."""

_IN_LINES = tuple(canary.decode() for canary in (*HEAD_CANARIES, *BODY_CANARIES, SERVER_CANARY.encode()))
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
_VALUE = re.compile(rb"[\x20-\x7e\x80-\xff\t]*")
_WITHOUT_BODY = frozenset({204, 304})


def check(got: Got, method: str, path: str) -> None:
    """An answer that any client can read.

    Raises:
        Finding: It is not.
    """
    if not got.status:
        if not got.left and not got.accepted:
            raise Finding("no answer")
        return
    if got.status not in STATUSES:
        raise Finding(f"status {got.status}: {bytes(got.body[:300])!r}")
    _check_fields(got)
    _check_secrets(got, path)
    if got.ended:
        _check_body(got, method, path)


def _check_fields(got: Got) -> None:
    for name, content in got.headers:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(content):
            raise Finding(f"a header field that is none: {name!r}: {content!r}")
    names = [name for name, _ in got.headers]
    once = {b"content-length", b"content-type", b"mcp-session-id", b"location", b"retry-after"}
    if twice := [name for name in once if names.count(name) > 1]:
        raise Finding(f"sent more than once: {twice}")
    if got.status in {401, 405} and not {b"www-authenticate", b"allow"} & set(names):
        raise Finding(f"{got.status} without the field that belongs to it")


def _check_secrets(got: Got, path: str) -> None:
    told = bytes(got.body) + b"\n".join(content for _, content in got.headers)
    forbidden = (*HEAD_CANARIES, SERVER_CANARY.encode())
    if path.startswith(("/dashboard", "/b/")) and not path.rstrip("/").endswith("/mcp"):
        forbidden += BODY_CANARIES
    for canary in forbidden:
        if canary in told:
            raise Finding(f"a credential in an answer: {told[max(0, told.index(canary) - 300) :][:700]!r}")
    if b"Traceback (most" in told:
        raise Finding("a traceback in an answer")


def _check_body(got: Got, method: str, path: str) -> None:
    length = got.header(b"content-length")
    if got.status in _WITHOUT_BODY and (got.body or length is not None):
        raise Finding(f"{got.status} with a body or a length")
    if method == "HEAD" or got.status in _WITHOUT_BODY:
        return
    if length is not None and int(length) != len(got.body):
        raise Finding(f"a length of {length!r} for {len(got.body)} bytes")
    if got.header(b"content-encoding") is None:
        _check_content(got, (got.header(b"content-type") or b"").partition(b";")[0], path)


def _check_content(got: Got, kind: bytes, path: str) -> None:
    protocol = path.rstrip("/").endswith("/mcp")
    if kind == b"application/json":
        told = _strict(bytes(got.body))
        if protocol and got.status != 404:
            _check_messages(told)
    elif kind == b"text/event-stream":
        for block in bytes(got.body).decode().split("\n\n"):
            data = [line[6:] for line in block.split("\n") if line.startswith("data: ")]
            if data and protocol and "event: keep-alive" not in block:
                _check_messages(_strict("\n".join(data).encode()))
    elif got.body and protocol:
        raise Finding(f"an answer of the endpoint as {kind!r}")


def _check_messages(told: Any) -> None:
    for message in told if isinstance(told, list) else [told]:
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            raise Finding(f"no JSON-RPC: {message!r}")
        error = message.get("error")
        if isinstance(error, dict) and "The server failed to answer" in repr(error.get("data")):
            raise Finding(f"an internal fault: {message!r}")


def _strict(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except ValueError as error:
        raise Finding(f"what says it is JSON is none: {error}: {data[:200]!r}") from None


def _no_constant(name: str) -> Any:
    raise Finding(f"{name} is no JSON")


class LogLines(logging.Handler):
    """Looks at each log line, in the two formats by turns."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self._seen = 0
        self._formatters = (logs.TextFormatter(), logs.JsonFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            self.faults.append(f"an error was logged: {self._formatters[0].format(record)[:3000]}")
        self._seen += 1
        line = self._formatters[self._seen % 2].format(record)
        if not line.isprintable():
            self.faults.append(f"a log line with control characters: {line!r}")
        if any(canary in line for canary in _IN_LINES):
            self.faults.append(f"a credential in a log line: {line}")

    def check(self) -> None:
        """Raise what was found since the last look."""
        if self.faults:
            faults, self.faults = self.faults, []
            raise Finding(faults[0])
