"""State that travels through the client and comes back as it was: signed, bound to its request, and soon stale.

Source: 2026-07-28 basic/patterns/mrtr (``requestState`` is hostile until authenticated).
"""

import base64
import hashlib
import hmac
from typing import Any

import msgspec

from mcp_echo_core.errors import InvalidParams
from mcp_echo_core.messages import encode

LIFETIME_SECONDS = 600
"""How long a client may take between two rounds."""

_SIGNATURE_BYTES = 32


class Sealer:
    """Seals values with a key that all processes of a server share.

    Args:
        key: The secret.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, value: Any, binding: bytes, now: float) -> str:
        """A value as text that only this server can have made.

        Args:
            value: Any JSON value.
            binding: What it belongs to; opening it elsewhere fails.
            now: Wall-clock seconds.
        """
        payload = encode([now + LIFETIME_SECONDS, value])
        return base64.urlsafe_b64encode(self._sign(payload, binding) + payload).decode()

    def open(self, text: Any, binding: bytes, now: float) -> Any:
        """The sealed value.

        Raises:
            InvalidParams: It was not made by this server, not for this request, or too long ago.
        """
        try:
            raw = base64.b64decode(text, altchars=b"-_", validate=True) if type(text) is str else b""
        except ValueError:  # not base64, or not ASCII
            raw = b""
        signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(payload, binding)):
            raise _refusal("requestState was not made by this server for this request")
        expires, value = msgspec.json.decode(payload)
        if now >= expires:
            raise _refusal(f"requestState is older than {LIFETIME_SECONDS} seconds")
        return value

    def _sign(self, payload: bytes, binding: bytes) -> bytes:
        return hmac.digest(self._key, hashlib.sha256(binding).digest() + payload, "sha256")


def _refusal(problem: str) -> InvalidParams:
    return InvalidParams(
        problem,
        rule="A client repeats the request unchanged, with the exact requestState and from the same principal",
        spec="2026-07-28 basic/patterns/mrtr",
        fix="Begin again without requestState.",
    )
