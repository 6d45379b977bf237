"""How the tools write figures and foreign text for people: one line, bounded, with nothing smuggled in."""

import unicodedata
from datetime import UTC, datetime

NOT_AVAILABLE = "not available"
NOT_PROVIDED = "not provided"

MAX_VALUE = 2000
"""Characters of one foreign value that are printed."""

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
"""Unicode categories that are escaped: control, format (bidirectional marks), surrogate, breaks, unusual spaces."""

_WANTED = frozenset(" \u200c\u200d")
"""What is not escaped of them: the space, and the joiners that scripts and emoji need."""


def line(value: str, limit: int = MAX_VALUE) -> str:
    """A foreign text as one safe line: control characters are shown as escapes, what is too long is cut."""
    if len(value) > limit:
        return f"{_escaped(value[:limit])}… ({len(value)} characters)"
    return _escaped(value)


def block(value: str) -> str:
    """A foreign text of several lines, made as safe as ``line`` but for its newlines."""
    return "\n".join(map(_escaped, value.split("\n")))


def or_else(value: str | None, missing: str = NOT_PROVIDED) -> str:
    """A foreign text as one safe line, or what stands for its absence."""
    return missing if value is None else line(value)


def duration(seconds: float) -> str:
    """A duration such as ``5m 30s``, ``1h 23m 45s`` or ``2d 0h 0m 5s``; whole seconds, negative counts as none."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "m"), (rest, "s")]
    while len(parts) > 1 and parts[0][0] == 0:
        del parts[0]
    return " ".join(f"{count}{unit}" for count, unit in parts)


def calendar_span(start: datetime, end: datetime) -> str:
    """The time from one date to a later one in its two largest units, such as ``6 years, 11 months``."""
    months = (end.year - start.year) * 12 + end.month - start.month
    months -= (end.day, end.time()) < (start.day, start.time())
    if months > 0:
        return _largest(divmod(months, 12), ("year", "month"))
    seconds = max(0, int((end - start).total_seconds()))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return _largest((days, hours), ("day", "hour"))
    if hours:
        return _largest((hours, minutes), ("hour", "minute"))
    return _largest((minutes, seconds % 60), ("minute", "second"))


def moment(seconds: float) -> datetime | None:
    """The UTC date of seconds since 1970, or ``None`` where the calendar has none (year 1 to 9999)."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):  # NaN, beyond the calendar, beyond the platform's clock
        return None


def utc(seconds: float, decimals: int = 0) -> str:
    """Seconds since 1970 as ``2018-01-18 01:30:22 UTC``, with up to six decimals of the second (cut, not rounded)."""
    date = moment(seconds)
    if date is None:
        return NOT_AVAILABLE
    fraction = f".{date.microsecond:06d}"[: decimals + 1] if decimals else ""
    return f"{date:%Y-%m-%d %H:%M:%S}{fraction} UTC"


def size(count: int | None) -> str:
    """Bytes as ``512B``, ``12KB`` or ``256MB`` (1024 based)."""
    if count is None:
        return NOT_AVAILABLE
    if count < 1 << 10:
        return f"{count}B"
    return f"{round(count / (1 << 10))}KB" if count < 1 << 20 else f"{round(count / (1 << 20))}MB"


def percent(share: float | None, decimals: int = 1) -> str:
    """A share from 0 to 1 as ``12.5%``."""
    return NOT_AVAILABLE if share is None else f"{share * 100:.{decimals}f}%"


def milliseconds(seconds: float | None, decimals: int = 1) -> str:
    """Seconds as ``18.7ms``."""
    return NOT_AVAILABLE if seconds is None else f"{seconds * 1000:.{decimals}f}ms"


def figure(value: float | None, pattern: str = "{}") -> str:
    """A number in its pattern, such as ``{:.1f}/min``."""
    return NOT_AVAILABLE if value is None else pattern.format(value)


def lines(values: dict[str, str], mark: str) -> list[str]:
    """Labelled values, one a line: ``mark`` is ``- `` or an indentation."""
    return [f"{mark}{label}: {value}" for label, value in values.items()]


def sections(rows_by_title: dict[str, dict[str, str]], mark: str) -> list[str]:
    """Titled groups of labelled values, each as one text."""
    return ["\n".join([title, *lines(rows, mark)]) for title, rows in rows_by_title.items()]


def _escaped(value: str) -> str:
    if value.isascii() and value.isprintable():
        return value
    return "".join(map(_visible, value))


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _UNSAFE or character in _WANTED:
        return character
    return character.encode("unicode_escape").decode()


def _largest(counts: tuple[int, int], units: tuple[str, str]) -> str:
    parts = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in zip(counts, units, strict=True) if count]
    return ", ".join(parts) or f"0 {units[1]}s"
