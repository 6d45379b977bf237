"""What the user's credentials must not do: appear anywhere because the server has repeated them.

What is shown is redacted by the form of what it holds. An opaque token in the middle of an error message has no form,
but here it is known what was sent. Every value that the user gave for a header counts, unless the header is one of
those that tell nothing but how to speak.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from mcp_echo_core import redaction

MIN_ANYWHERE = 8
"""Characters of a credential that is replaced inside of words too; a shorter one might be part of any word."""

CUT = "…"
"""Ends what was cut; a credential that ends there, or at the end of a text, may have been cut with it."""

PUBLIC = frozenset(
    {
        "accept", "accept-encoding", "accept-language", "cache-control", "connection", "content-type", "expect",
        "forwarded", "host", "last-event-id", "mcp-method", "mcp-name", "mcp-protocol-version", "mcp-session-id",
        "origin", "referer", "traceparent", "tracestate", "user-agent",
    }
)  # fmt: skip
"""Headers that hold no credential; so do those that begin with ``X-Forwarded-``."""

_COOKIES = frozenset({"cookie", "set-cookie", "cookie2"})

Headers = Sequence[tuple[str, str]]


class Secrecy:
    """Masks what the user has given, wherever it turns up: whole, escaped, or cut at its end.

    Args:
        url: Of the server; its userinfo and secret parameters are credentials.
        headers: What the user wants every request to carry.
    """

    def __init__(self, url: str = "", headers: Headers = ()) -> None:
        self._given = {name.lower() for name, _ in headers if not is_public(name)}
        certain = {spelling for secret in _credentials(url, headers) for spelling in _spellings(secret)}
        possible = {spelling for secret in _others(url, headers) for spelling in _spellings(secret)}
        self._long = sorted((each for each in certain | possible if len(each) >= MIN_ANYWHERE), key=len, reverse=True)
        short = [rf"(?<!\w){re.escape(each)}(?!\w)" for each in certain if len(each) < MIN_ANYWHERE]
        self._short = re.compile("|".join(short)) if short else None

    def text(self, value: str) -> str:
        """A text without credentials; to be made before the text is cut."""
        value = self._without_long(value)
        return self._short.sub(redaction.HIDDEN, value) if self._short is not None else value

    def value(self, value: Any) -> Any:
        """A JSON value with the texts in it masked; names of members only by long credentials, since ours are words."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self._without_long(str(name)): self.value(member) for name, member in value.items()}
        return [self.value(member) for member in value] if isinstance(value, list | tuple) else value

    def header(self, name: str, value: str) -> str:
        """A header's value as it may be shown."""
        if self.hides(name):
            return redaction.credentials(value)
        if name.lower() in _COOKIES or (redaction.looks_secret(name) and not is_public(name)):
            return self.text(redaction.header(name, value))
        return redaction.header(name, self.text(value))

    def hides(self, name: str) -> bool:
        """Whether a header of this name is shown masked for no other reason than that the user has given it."""
        return name.lower() in self._given and not redaction.looks_secret(name)

    def _without_long(self, value: str) -> str:
        for secret in self._long:
            if secret[:MIN_ANYWHERE] in value:
                value = _without_cut(value.replace(secret, redaction.mask(secret)), secret)
        return value


def is_public(name: str) -> bool:
    """Whether a header of this name holds no credential."""
    return name.lower() in PUBLIC or name.lower().startswith("x-forwarded-")


def _credentials(url: str, headers: Headers) -> Iterator[str]:
    """What is a credential by the name it goes under."""
    for name, value in headers:
        if redaction.looks_secret(name) and not is_public(name):
            cookies = [pair.partition("=")[2] for pair in value.split(";")] if name.lower() == "cookie" else []
            scheme, secret = redaction.split_scheme(value)
            password = _basic(secret)[1] if scheme.lower() == "basic" else ""
            yield from (part for part in (value, secret, password, *cookies) if part)
    parts = urlsplit(url)
    yield from (part for part in (unquote(parts.password or ""),) if part)
    for name, _, value in (parameter.partition("=") for parameter in parts.query.split("&")):
        if value and redaction.looks_secret_parameter(unquote(name)):
            yield from (value, unquote_plus(value))


def _others(url: str, headers: Headers) -> Iterator[str]:
    """What may be one: user names, and values of headers that nobody knows."""
    yield unquote(urlsplit(url).username or "")
    for name, value in headers:
        scheme, secret = redaction.split_scheme(value)
        if scheme.lower() == "basic":
            yield _basic(secret)[0]
        elif not is_public(name):
            yield value


def _basic(secret: str) -> tuple[str, str]:
    """User name and password of ``Basic`` credentials (RFC 7617 section 2); empty where they cannot be read."""
    try:
        name, _, password = base64.b64decode(secret, validate=True).decode("utf-8", "replace").partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return name, password


def _spellings(secret: str) -> set[str]:
    """A credential as it is, as URLs and as JSON spell it."""
    return {secret, unquote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1]}


def _without_cut(value: str, secret: str) -> str:
    """A text without the beginnings of a credential that stand where something was cut off."""
    head, parts = secret[:MIN_ANYWHERE], value.split(CUT)
    if head not in value:
        return value
    for number, part in enumerate(parts):
        begin = max(0, len(part) - len(secret))
        while (begin := part.find(head, begin)) >= 0:
            if secret.startswith(part[begin:]):
                parts[number] = part[:begin] + redaction.HIDDEN
                break
            begin += 1
    return CUT.join(parts)


NOTHING_SECRET = Secrecy()
"""Where the user has given nothing."""
