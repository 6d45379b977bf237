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


@pytest.mark.parametrize(
    "value",
    [
        {"credentials": {"value": "hunter2hunter2", "more": ["hunter2hunter2"]}},
        {"tokens": ["hunter2hunter2"]},
        {"headers": [{"name": "Authorization", "value": "hunter2hunter2"}]},
        {"message": json.dumps({"password": "hunter2hunter2"})},
        {"message": json.dumps({"inner": json.dumps({"password": 'a"hunter2hunter2'})})},
        {"message": "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----"},
        {"message": "{'password':'hunter2hunter2'}"},
    ],
)
@pytest.mark.parametrize("cut", [0, 3])
def test_credentials_are_hidden_in_every_form_also_where_the_body_is_cut(value: Any, cut: int) -> None:
    body = json.dumps(value).encode()
    assert b"hunter2" not in masked(body[: len(body) - cut])


@pytest.mark.parametrize("behind", ["", "@h", '@h"}'])
@pytest.mark.parametrize("before", ['{"uri": "', "see ", '{"a": [1, {"message": "\\"'])
def test_userinfo_is_hidden_also_where_the_body_is_cut_before_its_end(before: str, behind: str) -> None:
    assert b"hunter2" not in masked(f"{before}https://user:hunter2hunter2{behind}".encode())


@pytest.mark.parametrize(
    "text", ['{"uri": "https://host:3000', '{"uri": "https://host:3000/a', '{"uri": "see https://h/ : ok']
)
def test_the_port_of_a_body_that_is_cut_stays(text: str) -> None:
    assert masked(text.encode()) == text.encode()


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


def is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


@given(VALUES, st.integers(0, 200))
def test_what_is_cut_anywhere_is_masked_without_a_fault_and_never_becomes_whole(value: Any, cut: int) -> None:
    body = json.dumps({"token": "hunter2hunter2", "value": value}).encode()
    part = body[: max(len(body) - 1 - cut, 0)]
    shown = masked(part)
    assert b"hunter2hunter2" not in shown
    assert not is_json(shown)


@given(VALUES)
def test_json_stays_json_of_the_same_shape(value: Any) -> None:
    shown = json.loads(masked(json.dumps(value).encode()))
    assert type(shown) is type(value)
    if isinstance(value, dict):
        assert shown.keys() == value.keys()
