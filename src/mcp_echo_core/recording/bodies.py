"""Bodies without credentials. JSON stays JSON: what is masked is masked inside its string, the rest is kept as sent."""

import json
import re
from typing import Any

from mcp_echo_core import redaction

NO_SECRETS = frozenset({"progresstoken", "nextcursor", "cursor", "idempotencykey"})
"""Members, in lower case, whose names only look as if they held a credential: rules have to see their values."""


_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s"{}\[\],:]+)', re.DOTALL)
_BEHIND_AUTHORITY = re.compile(r'[\s/?#@"\\]')
_CLOSING = {"{": "}", "[": "]"}

NAMES = ("name", "key", "header")
"""Members that name what a member ``value`` beside them holds."""


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
        shown = clean(value)
    except (ValueError, RecursionError):
        return _encoded(_unreadable(data.decode("utf-8", "surrogateescape")))
    if shown is value:
        return data
    return json.dumps(shown, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a pair of escapes was cut in half
        return text.encode("utf-8", "backslashreplace")


def _unreadable(text: str) -> str:
    """A text that is no JSON without credentials; if it is cut JSON, by its members as far as they go."""
    whole, ending = _completed(text)
    try:
        value = json.loads(whole)
        shown = clean(value)
    except (ValueError, RecursionError):
        return _part(text)
    if shown is value:
        return _part(text)
    # Without the ending it stays what it is, a part: nobody shall take it for a whole message.
    return _part(json.dumps(shown, ensure_ascii=False).removesuffix(ending))


def _part(text: str) -> str:
    """A text that ends anywhere, maybe in the middle of a URL's userinfo, whose ``@`` is then not there to tell."""
    before, found, rest = text.rpartition("://")
    name, colon, secret = rest.partition(":")
    if found and colon and not secret.isdigit() and not _BEHIND_AUTHORITY.search(rest):
        text = f"{before}://{name}:{redaction.HIDDEN if secret else ''}"
    return redaction.text(text)


def _completed(text: str) -> tuple[str, str]:
    """Cut JSON with what closes it, and what that is."""
    open_brackets: list[str] = []
    position = complete = 0
    is_value = True
    while (found := _TOKEN.match(text, position)) is not None:
        position = found.end()
        part = found[1]
        if part in _CLOSING:
            open_brackets.append(_CLOSING[part])
        elif part in ("}", "]") and open_brackets:
            open_brackets.pop()
        if part not in (",", ":") and (is_value or part in ("{", "[", "}", "]")):
            complete = position
        is_value = part in (":", "[") or (part == "," and open_brackets[-1:] == ["]"])
    closing = "".join(reversed(open_brackets))
    if is_value and text[position:].lstrip().startswith('"'):
        return text.rstrip("\\") + '"' + closing, '"' + closing
    return text[:complete] + closing, closing


def beginning(data: bytes) -> Any:
    """The value of JSON that was cut, as far as it goes; ``None`` where nothing can be told."""
    try:
        return json.loads(_completed(data.decode("utf-8", "replace"))[0])
    except (ValueError, RecursionError):
        return None


def clean(value: Any) -> Any:
    """A JSON value without credentials; the value itself where there are none."""
    if isinstance(value, str):
        shown = redaction.text(value)
        return value if shown == value else shown
    if isinstance(value, list):
        items = [clean(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if isinstance(value, dict):
        names_secret = any(isinstance(name := value.get(key), str) and _is_secret(name) for key in NAMES)
        members = {
            name: _hidden(inner) if _is_secret(name) or (names_secret and name.lower() == "value") else clean(inner)
            for name, inner in value.items()
        }
        return members if any(members[name] is not value[name] for name in value) else value
    return value


def _is_secret(name: str) -> bool:
    return name.lower() not in NO_SECRETS and redaction.looks_secret(name)


def _hidden(value: Any) -> Any:
    """A value with all its texts hidden, whatever its form."""
    if isinstance(value, str):
        return redaction.HIDDEN if value else value
    if isinstance(value, list) and value:
        return [_hidden(item) for item in value]
    if isinstance(value, dict) and value:
        return {name: _hidden(inner) for name, inner in value.items()}
    return value
