"""Bodies without credentials. JSON stays JSON: what is masked is masked inside its string, the rest is kept as sent."""

import json
from typing import Any

from mcp_echo_core import redaction

NO_SECRETS = frozenset({"progresstoken", "nextcursor", "cursor", "idempotencykey"})
"""Members, in lower case, whose names only look as if they held a credential: rules have to see their values."""


def masked(data: bytes) -> bytes:
    """A body, or a part of an event stream, without credentials; byte for byte the same where there are none."""
    if data.startswith((b"event:", b"id:", b"data:", b":")):
        return b"\n".join(_line(line) for line in data.split(b"\n"))
    return _document(data)


def _line(line: bytes) -> bytes:
    return b"data: " + _document(line[len(b"data: ") :]) if line.startswith(b"data: ") else line


def _document(data: bytes) -> bytes:
    try:
        value = json.loads(data)
        clean = _clean(value)
    except (ValueError, RecursionError):
        return redaction.text(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    if clean is value:
        return data
    return json.dumps(clean, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _clean(value: Any) -> Any:
    """A JSON value without credentials; the value itself where there are none."""
    if isinstance(value, str):
        shown = redaction.text(value)
        return value if shown == value else shown
    if isinstance(value, list):
        items = [_clean(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if isinstance(value, dict):
        members = {name: _member(name, inner) for name, inner in value.items()}
        return members if any(members[name] is not value[name] for name in value) else value
    return value


def _member(name: str, value: Any) -> Any:
    if isinstance(value, str) and value and name.lower() not in NO_SECRETS and redaction.looks_secret(name):
        return redaction.HIDDEN
    return _clean(value)
