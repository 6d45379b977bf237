"""Session ids as texts: what form they have, how much of them is chance, and others that look the same.

What is measured is what an attacker sees, too: which characters differ between the ids of one server. A hash of a
counter looks like chance here; only the server's source tells it apart.
"""

import base64
import math
import re
import secrets
import string
import uuid
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from mcp_echo_core import redaction
from mcp_echo_core.errors import Refusal
from mcp_echo_core.messages import decode
from mcp_echo_core.text import line

ENOUGH_BITS = 64
"""Bits of chance that a session id needs (OWASP Session Management Cheat Sheet, Session ID Entropy)."""

RANDOM_CHARACTERS = 16
"""How many characters of an invented id are left to chance at least, so that it is nobody's."""

NEAR_SECONDS = 2 * 86_400
"""Numbers that lie so near to now, read as a time, are one."""

MAX_GAP = 16
"""Numbers that follow each other in steps no larger are a sequence; other clients take some in between."""

LOOKS_RANDOM = 0.7
"""The share of the characters that chance would show at a place, from which on the place counts as chance."""

MAX_SHOWN = 200
"""Characters of an id that are printed."""

MIN_ALIKE = 5
"""From how many ids of the same length something can be said of chance."""

ALPHABETS = tuple(
    string.digits + letters
    for letters in (
        "",
        "abcdef",
        "ABCDEF",
        string.ascii_lowercase,
        string.ascii_uppercase,
        string.ascii_letters,
        string.ascii_letters + "-_",
        string.ascii_letters + string.punctuation,
    )
)
"""Of which ids are made, the smallest first."""

VISIBLE = re.compile(r"[\x21-\x7e]+")
"""What a session id may be made of (2025-11-25 basic/transports, Session Management 1)."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_UUID_FIXED = (14, 19)  # version and variant
_HEX = re.compile(r"[0-9a-fA-F]{16,}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{16,}={0,2}")
_TIME_UNITS = (1, 10**3, 10**6, 10**9)


def shown(session_id: str) -> str:
    """An id as a report may print it: on one safe line, a token in it masked."""
    return line(redaction.header("mcp-session-id", session_id), MAX_SHOWN)


def form(session_id: str) -> str:
    """What an id looks like, in a few words."""
    if _UUID.fullmatch(session_id):
        version = uuid.UUID(session_id).version
        return f"UUID version {version}" if version else "UUID without a version"
    if (algorithm := _jwt_algorithm(session_id)) is not None:
        return f"JWT ({algorithm})"
    if session_id.isascii() and session_id.isdigit():
        return "integer"
    for name, pattern in (("hex", _HEX), ("base64url", _BASE64URL)):
        if pattern.fullmatch(session_id):
            return f"{name}, {len(session_id)} characters"
    return f"other, {len(session_id)} characters"


def random_bits(ids: Sequence[str]) -> float | None:
    """Bits of chance in ids of one origin, estimated from the places at which they differ.

    Args:
        ids: Distinct ones; those of the most frequent length are compared.

    Returns:
        The estimate; ``None`` when too few of them have the same length.
    """
    length = Counter(map(len, ids)).most_common(1)[0][0]
    alike = [session_id for session_id in ids if len(session_id) == length]
    if len(alike) < MIN_ALIKE:
        return None
    varying = [column for column in map(set, zip(*alike, strict=True)) if len(column) > 1]
    pool = set().union(*varying)
    size = next((len(alphabet) for alphabet in ALPHABETS if pool <= set(alphabet)), max(len(pool), 1))
    by_chance = size * (1 - (1 - 1 / size) ** len(alike))
    return sum(math.log2(size if len(column) >= LOOKS_RANDOM * by_chance else len(column)) for column in varying)


def pattern_in(ids: Sequence[str], now: float) -> str | None:
    """How the next id could be told from these: ``sequential`` or ``the time``; ``None`` when they are no numbers.

    Args:
        ids: At least two, distinct.
        now: Wall-clock seconds at which they were minted.
    """
    for base, digits in ((10, string.digits), (16, string.hexdigits)):
        numbers = sorted(_numbers(ids, base, digits))
        if not numbers:
            continue
        if max(after - before for before, after in pairwise(numbers)) <= MAX_GAP:
            return "sequential"
        if any(abs(number / unit - now) < NEAR_SECONDS for unit in _TIME_UNITS for number in numbers[:1]):
            return "the time"
    return None


def invented(first: str, second: str) -> str:
    """An id that looks like two of a server's and was never minted; never short enough to be somebody's by chance."""
    alphabet = _alphabet(first)
    fixed = _UUID_FIXED if _UUID.fullmatch(first) else ()
    made, drawn = [], 0
    for place, character in enumerate(first):
        same = second[place : place + 1] == character and first != second
        if same or character not in alphabet or place in fixed:
            made.append(character)
        else:
            made.append(secrets.choice(alphabet))
            drawn += 1
    if drawn < RANDOM_CHARACTERS:
        made.extend(secrets.choice(alphabet) for _ in range(RANDOM_CHARACTERS))
    return "".join(made)


def _alphabet(session_id: str) -> str:
    used = {character for character in session_id if character.isascii() and character.isalnum()}
    return next(alphabet for alphabet in ALPHABETS if used <= set(alphabet))


def _numbers(ids: Sequence[str], base: int, digits: str) -> list[int]:
    """The ids as numbers, without what they begin and end with in common; empty when one is none."""
    plain = [session_id.replace("-", "") if _UUID.fullmatch(session_id) else session_id for session_id in ids]
    before = _common_start(plain).rstrip(digits)
    after = _common_start([session_id[::-1] for session_id in plain]).rstrip(digits)
    middles = [session_id[len(before) : len(session_id) - len(after)] for session_id in plain]
    if any(not middle or set(middle) - set(digits) for middle in middles):
        return []
    return [int(middle, base) for middle in middles]


def _common_start(texts: Sequence[str]) -> str:
    first, last = min(texts), max(texts)
    pairs = enumerate(zip(first, last, strict=False))
    return first[: next((place for place, (one, other) in pairs if one != other), min(len(first), len(last)))]


def _jwt_algorithm(session_id: str) -> str | None:
    parts = session_id.split(".")
    try:
        header = decode(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except (Refusal, ValueError):
        return None
    is_jwt = len(parts) == 3 and isinstance(header, dict) and "alg" in header  # noqa: PLR2004 - RFC 7519 section 3
    return str(header["alg"])[:10] if is_jwt else None
