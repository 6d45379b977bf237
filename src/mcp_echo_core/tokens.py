"""Reading JSON Web Tokens without verifying them, and saying what is wrong with those that cannot be read.

Source: RFC 7519 (JWT), RFC 7515 section 7.1 (compact serialisation), RFC 7516 (JWE). PyJWT decodes; it is lenient about
base64url and brief about faults, so both are looked at here first.
"""

import base64
import json
import math
import re
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from mcp_echo_core import redaction, text

BEARER_SCHEMES = frozenset({"bearer", "dpop"})
"""Authorization schemes whose credential may be a JWT (RFC 6750, RFC 9449)."""

JWS_PARTS = ("header", "payload", "signature")
JWE_PARTS = 5

MAX_DEPTH = 16
"""Levels of a claim's value that are shown."""

_NOT_BASE64URL = re.compile(r"[^A-Za-z0-9_-]")
_MILLISECONDS = 100_000_000_000
"""A date above this is in milliseconds rather than in the year 5138."""


class TokenFault(Exception):
    """A text is not a readable JSON Web Token; the message says which part is wrong and why, without quoting it."""


class Token(Struct, frozen=True):
    """A decoded token whose signature nobody has looked at; values are fit for JSON."""

    header: dict[str, Any]
    payload: dict[str, Any]


class Date(Struct, frozen=True):
    """A claim that is meant to be a date (RFC 7519 section 2, NumericDate).

    Attributes:
        claim: Its name.
        seconds: Seconds since 1970, where it is a date.
        fault: Why it is none.
    """

    claim: str
    seconds: float | None = None
    fault: str | None = None

    def __str__(self) -> str:
        return text.utc(self.seconds) if self.seconds is not None else f"{text.NOT_AVAILABLE} ({self.fault})"


def decode(value: str) -> Token:
    """Decode a token without verification; a ``Bearer`` prefix is tolerated.

    Raises:
        TokenFault: It cannot be decoded.
    """
    token = strip_scheme(value)
    parts = _parts(token)
    for name, part in zip(JWS_PARTS, parts, strict=True):
        _check_encoding(name, part)
    import jwt  # only tools that decode tokens need it, not the start

    try:
        decoded = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        for name, part in zip(JWS_PARTS[:2], parts, strict=False):
            _json_object(name, part)
        raise TokenFault(f"PyJWT does not accept the token: {text.line(str(error), 200)}.") from None
    return Token(presentable(decoded["header"]), presentable(decoded["payload"]))


def strip_scheme(value: str) -> str:
    """A token without white space around it and without the ``Bearer`` (or ``DPoP``) before it."""
    scheme, _, rest = value.strip().partition(" ")
    return rest.strip() if scheme.lower() in BEARER_SCHEMES else value.strip()


def date(payload: dict[str, Any], claim: str) -> Date | None:
    """A claim as a date; ``None`` when the token does not have it."""
    if claim not in payload:
        return None
    value = payload[claim]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Date(claim, fault=f"not a number but {_kind(value)}")
    if value > _MILLISECONDS:
        return Date(claim, fault="out of range: milliseconds, where seconds are expected?")
    if text.moment(value) is None:
        return Date(claim, fault="out of range")
    return Date(claim, float(value))


def status(not_before: Date | None, expires: Date | None, now: float) -> str:
    """What a token's dates say about a moment.

    Returns:
        ``VALID``, ``EXPIRED``, ``NOT YET VALID``, ``NO EXPIRY`` or, where a date cannot be read, ``UNKNOWN``.
    """
    if any(date is not None and date.fault for date in (not_before, expires)):
        return "UNKNOWN"
    if expires is not None and expires.seconds is not None and now >= expires.seconds:
        return "EXPIRED"
    if not_before is not None and not_before.seconds is not None and now < not_before.seconds:
        return "NOT YET VALID"
    return "VALID" if expires is not None else "NO EXPIRY"


def span(earlier: float, later: float) -> str:
    """The time between two dates in seconds since 1970, in its two largest units."""
    return text.calendar_span(datetime.fromtimestamp(earlier, UTC), datetime.fromtimestamp(later, UTC))


def presentable(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Decoded JSON, made fit to be encoded and shown: bounded, without NaN, infinity and lone surrogates."""
    if isinstance(value, str):
        return _presentable_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        return "… (nested more deeply)"
    if isinstance(value, list):
        return [presentable(item, depth - 1) for item in value]
    return {_presentable_text(name): presentable(item, depth - 1) for name, item in value.items()}


def _presentable_text(value: str) -> str:
    cut = value if len(value) <= text.MAX_VALUE else f"{value[: text.MAX_VALUE]}… ({len(value)} characters)"
    return redaction.mask_tokens(cut).encode("utf-8", "backslashreplace").decode()


def _parts(token: str) -> list[str]:
    if not token:
        raise TokenFault("The token is empty.")
    parts = token.split(".")
    if len(parts) == 1:
        raise TokenFault(
            "The token is opaque: it has no dots, so it is no JWT. Only its issuer can tell what it means."
        )
    if len(parts) == JWE_PARTS:
        raise TokenFault(f"The token is encrypted (JWE, 5 parts): only its recipient can read it. {_jwe(parts[0])}")
    if len(parts) != len(JWS_PARTS):
        raise TokenFault(f"A JWT has 3 parts separated by dots (header.payload.signature); this one has {len(parts)}.")
    return parts


def _jwe(part: str) -> str:
    try:
        _check_encoding("header", part)
        header = _json_object("header", part)
    except TokenFault as fault:
        return str(fault)
    named = {name: text.line(str(header[name]), 50) for name in ("alg", "enc") if name in header}
    return f"Its header names {', '.join(f'{name}={value}' for name, value in named.items()) or 'no algorithm'}."


def _check_encoding(name: str, part: str) -> None:
    which = f"The {name} (part {JWS_PARTS.index(name) + 1} of 3)"
    if not part and name != "signature":
        raise TokenFault(f"{which} is empty.")
    if foreign := _NOT_BASE64URL.search(part):
        where = f"character {foreign.start() + 1} is {_character(foreign[0])}"
        raise TokenFault(f"{which} is not base64url (RFC 4648 section 5): {where}.")
    if len(part) % 4 == 1:
        raise TokenFault(f"{which} is not base64url: {len(part)} characters cannot be decoded, some are missing.")
    if name == "signature":
        return
    try:
        _bytes(part).decode("utf-8")
    except UnicodeDecodeError as error:
        raise TokenFault(f"{which} is not UTF-8: byte {error.start} does not fit.") from None


def _json_object(name: str, part: str) -> dict[str, Any]:
    which = f"The {name} (part {JWS_PARTS.index(name) + 1} of 3)"
    try:
        value = json.loads(_bytes(part))
    except RecursionError:
        raise TokenFault(f"{which} is JSON that is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise TokenFault(f"{which} is not JSON: {error.msg} at character {error.pos + 1}.") from None
    except ValueError:
        raise TokenFault(f"{which} is JSON with a number that is too long.") from None
    if not isinstance(value, dict):
        raise TokenFault(f"{which} is not a JSON object but {_kind(value)}.")
    return value


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _character(character: str) -> str:
    names = {
        "=": "a padding '=', which JWTs leave out",
        " ": "a space",
        "+": "'+' of plain base64",
        "/": "'/' of base64",
    }
    return names.get(character, f"'{text.line(character)}'")


def _kind(value: Any) -> str:
    kinds = {
        bool: "a boolean",
        str: "a string",
        int: "a number",
        float: "a number",
        list: "an array",
        dict: "an object",
    }
    return kinds.get(type(value), "null")
