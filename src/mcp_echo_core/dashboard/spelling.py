"""Texts as they are meant: percent-encoding, escapes of JSON and references of HTML undone, however often they nest."""

import re
from html import unescape
from urllib.parse import quote, unquote

MAX_ROUNDS = 6
"""How often a text may be encoded; what is encoded more often is nobody's way to write a path."""

_TOKEN = re.compile(r"""[^\s"'<>]+""")
_ESCAPE = re.compile(r"\\+(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|/)")
_AS_THEY_ARE = "/-._~:?#[]@!$&()*+,;="
"""What need not be encoded to stand in a URL, nor in a string of JSON."""


def tokens(text: str) -> re.Pattern[str] | None:
    """What separates into parts that may be encoded; ``None`` where nothing is."""
    return _TOKEN if "%" in text or "\\" in text or "&" in text else None


def plain(token: str) -> str:
    """A part of a text as it is meant; itself where nothing is encoded."""
    for _ in range(MAX_ROUNDS):
        decoded = unquote(_ESCAPE.sub(_meant, token)) if "\\" in token or "%" in token else token
        decoded = unescape(decoded) if "&" in decoded else decoded
        if decoded == token:
            break
        token = decoded
    return token


def encoded(text: str) -> str:
    """A text that was decoded, fit to stand where it stood before."""
    return quote(text, safe=_AS_THEY_ARE, errors="replace")


def _meant(found: re.Match[str]) -> str:
    digits = found[1] or found[2]
    return chr(int(digits, 16)) if digits else "/"
