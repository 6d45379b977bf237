"""What is said of each happening, as styled parts of a line; whoever prints them makes foreign text harmless."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from mcp_echo_core.text import line

Parts = Sequence[tuple[str, str]]
"""Texts and their styles."""

MAX_SECONDS = 1e9
"""More is no time that anything took; a server may say anything."""

MAX_WORD, MAX_SENTENCE = 60, 500
"""Characters of a foreign name, and of a foreign sentence."""

MAX_CASES = 3
"""Cases of a finding that are told; the dashboard has all of them."""

_CLIENT_FAULT, _SERVER_FAULT = 400, 500
_STYLES = {"must": "bold red", "should": "red", "suspicion": "yellow", "note": "dim"}


def heading(record: Mapping[str, Any]) -> Iterator[Parts]:
    """Who is talking, and to whom."""
    subject, server, session = (_object(record.get(name)) for name in ("subject", "server", "session"))
    place = f"{_word(server.get('name'))} {_word(server.get('version'))} ({_word(server.get('instance'))})"
    yield [(f"{_word(subject.get('kind'))} {_word(subject.get('id'))}", "bold"), (f" on {place}", "")]
    clients = [_object(each) for each in _list(_object(record.get("report")).get("clients"))]
    for each in clients[:MAX_CASES]:
        yield [(f"client {_word(each.get('name'))} {_word(each.get('version'))}, {_word(each.get('revision'))}", "")]
    if not clients:
        yield [("nobody has introduced themselves yet", "dim")]
    if session:
        yield from ended(session)


def ended(session: Mapping[str, Any]) -> Iterator[Parts]:
    """That a session is over, if it is."""
    if isinstance(session.get("ended"), dict):
        yield [(f"the session has ended ({_word(session['ended'].get('reason'))})", "yellow")]
    elif session.get("alive") is False:
        yield [("the session is over", "yellow")]


def exchange(told: Mapping[str, Any], *, known: bool) -> Parts:
    """An exchange in a line.

    Args:
        told: What the feed says of it.
        known: Its beginning has been told: this is the end of a stream.
    """
    status = told.get("status")
    parts = [
        (f"{_clock(told.get('at'))} {_word(told.get('sequence')):>4}  ", "dim"),
        (f"{_word(status)} ", _status_style(status)),
        (f"{_what(told):36} ", ""),
        (f"{_word(told.get('era')):6} {_word(told.get('revision')):10}  ", "dim"),
        (f"{_took(told):>10}  ", ""),
        (_word(told.get("session") or "-"), "dim"),
    ]
    if (remarks := ", ".join(_remarks(told, known=known))) != "":
        parts.append((f"  {remarks}", "cyan" if told.get("stream") else "red"))
    if rules := [_word(each) for each in _list(told.get("rules"))]:
        parts.append((f"  ✗ {' '.join(rules[:10])}", _STYLES.get(_word(told.get("level")), "dim")))
    return parts


def finding(told: Mapping[str, Any]) -> Iterator[Parts]:
    """A finding, or an observation of what lies between, in a few lines."""
    says = told.get("says")
    if "rule" not in told:
        yield [("gateway ", "magenta"), (f"{_word(told.get('id'))}: {_sentence(says)}", "")]
        return
    weight = _word(told.get("weight"))
    title = f"{_word(told.get('rule'))} ({_word(told.get('revision'))}): {_sentence(told.get('title'))}"
    yield [(f"{weight.upper():6} ", _STYLES.get(weight, "")), (title, _STYLES.get(weight, ""))]
    numbers = " ".join(_word(each) for each in _list(told.get("evidence"))[:10])
    for case in _list(says)[:MAX_CASES]:
        yield [(f"       {_sentence(case)}", "")]
    yield [(f"       exchanges {numbers}. Fix: {_sentence(told.get('fix'))}", "dim")]


def _what(told: Mapping[str, Any]) -> str:
    kind, method = _word(told.get("kind")), _word(told.get("http"))
    named = kind if kind == method else f"{method} {kind}"
    return named if told.get("name") is None else f"{named} {_word(told.get('name'))}"


def _remarks(told: Mapping[str, Any], *, known: bool) -> Iterator[str]:
    if told.get("code") is not None:
        yield f"error {_word(told['code'])}"
    if told.get("tool_error") is True:
        yield "tool error"
    if told.get("stream") is True:
        count = len(_list(told.get("pieces")))
        pieces = f"{count} piece{'' if count == 1 else 's'}"
        if told.get("open") is True:
            yield "stream opens"
        elif known:
            yield f"stream ended by {_word(told.get('ended_by'))}, {pieces}"
        else:
            yield f"stream, {pieces}"


def _took(told: Mapping[str, Any]) -> str:
    seconds = told.get("seconds")
    return f"{seconds * 1000:.1f} ms" if isinstance(seconds, int | float) and abs(seconds) < MAX_SECONDS else "open"


def _status_style(status: Any) -> str:
    if type(status) is not int or status < _CLIENT_FAULT:
        return "green"
    return "red" if status >= _SERVER_FAULT else "yellow"


def _clock(at: Any) -> str:
    try:
        return f"{datetime.fromtimestamp(at).astimezone():%H:%M:%S}"
    except (TypeError, ValueError, OverflowError, OSError):
        return "--:--:--"


def _word(value: Any) -> str:
    return line("?" if value is None else str(value), MAX_WORD)


def _sentence(value: Any) -> str:
    return line(str(value), MAX_SENTENCE)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
