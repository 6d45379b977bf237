"""From the text of a setting to its value; each parser's ``ValueError`` says what is allowed."""

import re
from collections.abc import Callable
from ipaddress import ip_network

from mcp_echo_core.eras.versions import ALL_VERSIONS, HANDSHAKE_VERSIONS
from mcp_echo_core.stores.records import Rate

TOOLSET_NAMES = ("diagnostics", "conformance")
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
MAX_DIGITS = 19
MAX_INSTANCE = 64


def boolean(text: str) -> bool:
    """A switch."""
    known = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    if text.lower() not in known:
        raise ValueError("allowed are true, 1, yes, on, false, 0, no, off")
    return known[text.lower()]


def integer(minimum: int, maximum: int, unit: str) -> Callable[[str], int]:
    """Makes a parser of integers within limits."""

    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and minimum <= int(text) <= maximum):
            raise ValueError(f"allowed is an integer from {minimum} to {maximum} ({unit})")
        return int(text)

    return parse


def seconds(minimum: float, maximum: float = 31_536_000) -> Callable[[str], float]:
    """Makes a parser of durations within limits, in seconds."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not minimum <= value <= maximum:
            raise ValueError(f"allowed is a number of seconds from {minimum:g} to {maximum:g}")
        return value

    return parse


def choice(*allowed: str) -> Callable[[str], str]:
    """Makes a parser of one word out of several."""

    def parse(text: str) -> str:
        matches = [name for name in allowed if name.lower() == text.lower()]
        if not matches:
            raise ValueError(f"allowed are {', '.join(allowed)}")
        return matches[0]

    return parse


def comma_list(text: str) -> tuple[str, ...]:
    """Texts separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def hosts(text: str) -> tuple[str, ...]:
    """Host names separated by commas, with or without a port."""
    names = comma_list(text)
    wrong = [name for name in names if "/" in name or "@" in name or " " in name]
    if wrong:
        raise ValueError(f"{wrong[0]} is no host; allowed are host, host:port, host:* and *")
    return names


def allowed_origins(text: str) -> tuple[str, ...]:
    """Origins separated by commas."""
    names = comma_list(text)
    wrong = [name for name in names if name not in ("*", "null") and not re.fullmatch(r"[^:/ ]+://[^/ @]+", name)]
    if wrong:
        raise ValueError(
            f"{wrong[0]} is no origin; allowed are scheme://host, scheme://host:port, scheme://host:* and *"
        )
    return names


def networks(text: str) -> tuple[str, ...]:
    """IP addresses and networks separated by commas."""
    names = comma_list(text)
    for name in names:
        if name != "*":
            try:
                ip_network(name, strict=False)
            except ValueError:
                raise ValueError(f"{name} is no address or network; allowed are those and *") from None
    return names


def origins(text: str) -> tuple[str, ...]:
    """Origins separated by commas; ``none`` is none."""
    return () if text == "none" else allowed_origins(text)


def versions(text: str) -> tuple[str, ...]:
    """Protocol revisions separated by commas."""
    asked = comma_list(text)
    unknown = [name for name in asked if name not in ALL_VERSIONS]
    if unknown or not asked:
        problem = f"{', '.join(unknown)} is not a known revision; " if unknown else ""
        raise ValueError(f"{problem}allowed is a comma list of {', '.join(ALL_VERSIONS)}")
    if not set(asked) & set(HANDSHAKE_VERSIONS):
        raise ValueError(f"at least one revision with a handshake is needed: {', '.join(HANDSHAKE_VERSIONS)}")
    return tuple(name for name in ALL_VERSIONS if name in asked)


def rate(text: str) -> Rate | None:
    """Requests per unit of time."""
    if text == "off":
        return None
    count, _, unit = text.partition("/")
    if unit not in UNITS or not (count.isascii() and count.isdigit() and len(count) <= MAX_DIGITS and int(count)):
        raise ValueError("allowed are off and a number per s, m or h such as 50/s")
    return Rate(int(count), UNITS[unit])


def toolsets(text: str) -> tuple[str, ...]:
    """Names of toolsets separated by commas."""
    names = comma_list(text)
    if not names or not set(names) <= set(TOOLSET_NAMES):
        raise ValueError(f"allowed is a comma list of {', '.join(TOOLSET_NAMES)}")
    return tuple(name for name in TOOLSET_NAMES if name in names)


def instance(text: str) -> str | None:
    """Name of a process; ``random`` is none yet."""
    if text == "random":
        return None
    if not (text.isascii() and text.isprintable() and " " not in text and len(text) <= MAX_INSTANCE):
        raise ValueError(f"allowed are up to {MAX_INSTANCE} visible ASCII characters")
    return text


def plain(text: str) -> str:
    """Any text."""
    return text
