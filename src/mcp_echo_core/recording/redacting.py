"""Taking the credentials out of a request's head; many requests have the same, so the result is kept."""

import base64
import hashlib
import hmac
import json
from typing import Any, Protocol

import msgspec
from msgspec import Raw

from mcp_echo_core import redaction
from mcp_echo_core.http import HttpRequest
from mcp_echo_core.recording.bodies import clean
from mcp_echo_core.recording.events import Credential, Head

MAX_HEADS = 1024
"""Distinct heads whose result is kept."""

MAX_TOKEN_BYTES = 8 * 1024
"""A longer token is not decoded."""

FINGERPRINT_DIGITS = 12


class HasKey(Protocol):
    """A journal, as far as it matters here."""

    key: bytes


class Redactor:
    """Makes heads and bodies fit to be recorded.

    Args:
        journal: Fingerprints are made with its key, which it may learn only when it is open.
    """

    def __init__(self, journal: HasKey) -> None:
        self._journal = journal
        self._key = journal.key
        self._heads: dict[tuple[tuple[bytes, bytes], ...], Raw] = {}

    def head(self, http: HttpRequest) -> Raw:
        """A request's header fields without credentials: an encoded ``Head``."""
        if self._journal.key is not self._key:
            self._key = self._journal.key
            self._heads.clear()
        known = self._heads.get(raw := tuple(http.raw_headers))
        if known is not None:
            return known
        names = tuple(name.decode("latin-1") for name in http.written_names if name is not None)
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw]
        credentials = [found for name, value in fields if (found := self._credential(name, value)) is not None]
        head = Head(
            tuple((name, redaction.header(name, value)) for name, value in fields), names or None, tuple(credentials)
        )
        made = Raw(msgspec.msgpack.encode(head))
        if len(self._heads) >= MAX_HEADS:
            self._heads.clear()
        self._heads[raw] = made
        return made

    def _credential(self, name: str, value: str) -> Credential | None:
        if name == "mcp-session-id" or not redaction.looks_secret(name):
            return None
        scheme, secret = redaction.split_scheme(value)
        digest = hmac.new(self._key, secret.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
        parts = secret.split(".") if len(secret) <= MAX_TOKEN_BYTES and secret.startswith("eyJ") else []
        return Credential(name, scheme, digest[:FINGERPRINT_DIGITS], *(_decoded(part) for part in parts[:2]))


def _decoded(part: str) -> dict[str, Any] | None:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        msgspec.msgpack.encode(value)  # half a surrogate pair, or a very large number, could not be kept
    except (ValueError, RecursionError, OverflowError):
        return None
    return clean(value) if isinstance(value, dict) else None
