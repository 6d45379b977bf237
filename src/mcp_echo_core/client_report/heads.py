"""Requests that were refused for their heads: their bodies were never read, so nothing in them can be judged."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from mcp_echo_core import text
from mcp_echo_core.client_report.heard import Heard

BY_HEAD = frozenset({400, 403, 406, 413, 415, 421})
"""What ``guard.py`` and ``body.py`` refuse a head with."""

BY_SOURCE = frozenset({403, 421})
"""Those that say where a request must not come from, or go to."""

MAX_REASON = 300
"""Characters that are told of a reason."""

_PREFLIGHT = "OPTIONS"


def refused_by_head(heard: Heard) -> bool:
    """Whether a request was refused before anything but its head was looked at."""
    event = heard.event
    if event.status not in BY_HEAD or event.body_bytes:
        return False
    # A body that was announced, and of which nothing was read, or a problem that only a head can have.
    return event.status in BY_SOURCE or (event.method == "POST" and declared(heard) != 0)


def declared(heard: Heard) -> int | None:
    """How long a body was said to be; ``None`` where that was not said, 0 where there was none."""
    length = (heard.header("content-length") or "").strip()
    if length.isascii() and length.isdigit():
        return int(length[:18])
    return None if heard.headers("transfer-encoding") or heard.event.http_version.startswith("2") else 0


def all_refused(exchanges: Sequence[Heard]) -> str:
    """Why not one request of a conversation was read; empty where some were, or there were none."""
    asked = [heard for heard in exchanges if heard.event.method != _PREFLIGHT or refused_by_head(heard)]
    if not asked or not all(map(refused_by_head, asked)):
        return ""
    [(reason, _)] = Counter(map(_reason, asked)).most_common(1)
    return f"every request was refused: {reason}"


def _reason(heard: Heard) -> str:
    told = _problem(heard)
    problem, seen, rule = (told.get(member) for member in ("problem", "seen", "rule"))
    if heard.event.status == 421 and seen:  # noqa: PLR2004 - misdirected
        problem = f"Host {seen!r} is not allowed"
    elif heard.event.status == 403 and seen:  # noqa: PLR2004 - forbidden
        problem = f"Origin {seen!r} is not allowed"
    why = f" ({rule})" if rule else ""
    return text.line(f"{heard.event.status}, {problem or 'for its head'}{why}", MAX_REASON)


def _problem(heard: Heard) -> dict[str, Any]:
    """What the answer says about it."""
    for said in heard.said:
        error = said.get("error")
        if isinstance(error, dict) and isinstance(error.get("data"), dict):
            return dict(error["data"])
    return {}
