"""Bodies on the record: without credentials, and still what was sent."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_echo_core.recording.bodies import masked

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJl"

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)


@pytest.mark.parametrize(
    "value",
    [
        {"jsonrpc": "2.0", "id": 1, "method": "ping"},
        {"_meta": {"progressToken": "a-token-of-progress"}},
        {"cursor": "abc", "nextCursor": "def"},
        {"maxTokens": 100},
    ],
)
def test_what_holds_no_credential_is_kept_byte_for_byte(value: Any) -> None:
    body = json.dumps(value, indent=3).encode()
    assert masked(body) == body


def test_an_address_with_a_secret_in_it_leaves_the_message_readable() -> None:
    body = json.dumps({"uri": "https://x/?token=abc&y=2", "b": 1}).encode()
    value = json.loads(masked(body))
    assert value["b"] == 1
    assert "abc" not in value["uri"]


@pytest.mark.parametrize("name", ["password", "api_key", "access_token", "Authorization", "clientSecret"])
def test_members_with_secret_names_are_hidden_at_any_depth(name: str) -> None:
    shown = masked(json.dumps({"params": [{"arguments": {name: "hunter2hunter2"}}]}).encode())
    assert b"hunter2" not in shown
    assert name in json.loads(shown)["params"][0]["arguments"]


def test_a_token_inside_a_text_is_masked() -> None:
    assert JWT.encode() not in masked(json.dumps({"message": f"it says Bearer {JWT}"}).encode())


def test_events_of_a_stream_stay_events() -> None:
    event = f"event: message\nid: g1-1\ndata: {json.dumps({'token': 'hunter2hunter2', 'text': JWT})}\n\n".encode()
    shown = masked(event)
    assert shown.startswith(b"event: message\nid: g1-1\ndata: {")
    assert shown.endswith(b"}\n\n")
    assert b"hunter2" not in shown
    assert JWT.encode() not in shown


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"not json", b'{"a": ', b"[" * 100_000, b'{"a": "\\ud800"}'])
def test_what_is_no_json_is_kept_as_it_is(body: bytes) -> None:
    assert masked(body) == body


def test_what_is_no_json_is_masked_too() -> None:
    assert JWT.encode() not in masked(b'{"broken": "' + JWT.encode())


@given(VALUES)
def test_json_stays_json_of_the_same_shape(value: Any) -> None:
    shown = json.loads(masked(json.dumps(value).encode()))
    assert type(shown) is type(value)
    if isinstance(value, dict):
        assert shown.keys() == value.keys()
