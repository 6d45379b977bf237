"""The key of the fingerprints is the journal's, whenever the journal learns it; odd tokens do not hurt."""

import base64
import json
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from mcp_echo_core.http import HttpRequest
from mcp_echo_core.recording.events import decode_head
from mcp_echo_core.recording.redacting import Redactor


def request(value: str) -> HttpRequest:
    scope = {"type": "http", "headers": [(b"authorization", value.encode())], "client": None}
    return HttpRequest(scope, 0.0, 1)


def fingerprint(redactor: Redactor, value: str) -> str:
    (credential,) = decode_head(redactor.head(request(value))).credentials
    return credential.fingerprint


def test_a_key_that_is_learned_later_makes_the_fingerprints_from_then_on() -> None:
    journal: Any = SimpleNamespace(key=b"temporary")
    redactor = Redactor(journal)
    first = fingerprint(redactor, "Bearer abcdefghijklmnopqrstuvwxyz")
    journal.key = b"common"
    second = fingerprint(redactor, "Bearer abcdefghijklmnopqrstuvwxyz")
    assert first != second
    assert second == fingerprint(Redactor(journal), "Bearer abcdefghijklmnopqrstuvwxyz")


@pytest.mark.parametrize("claims", ['{"sub": "\\ud800"}', '{"exp": 1' + "0" * 30 + "}", "[" * 2000 + "]" * 2000])
def test_claims_that_nothing_could_keep_are_left_out(claims: str) -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
    body = base64.urlsafe_b64encode(claims.encode()).decode().rstrip("=")
    journal: Any = SimpleNamespace(key=b"x")
    (credential,) = decode_head(Redactor(journal).head(request(f"Bearer {header}.{body}."))).credentials
    assert (credential.token_header, credential.claims) == ({"alg": "none"}, None)
    msgspec.msgpack.encode(credential)
