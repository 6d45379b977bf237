"""protocol rules 3.1 step 8 and docs : JSON is read strictly, and everything legal is read exactly."""

from typing import Any

import pytest
from wire_cases import check_error

from harness import Server, encoded, rpc, tool_call

PING = '{"jsonrpc":"2.0","id":7,"method":"ping"}'


def with_params(params: str) -> bytes:
    """A ping with literal params."""
    return f'{{"jsonrpc":"2.0","id":7,"method":"ping","params":{params}}}'.encode()


UNREADABLE = {
    "utf-16-le": PING.encode("utf-16-le"),
    "utf-16-be": PING.encode("utf-16-be"),
    "utf-16-bom": PING.encode("utf-16"),
    "utf-32": PING.encode("utf-32"),
    "utf-8-bom": PING.encode("utf-8-sig"),
    "overlong": with_params('{"a":"\x00"}').replace(b"\x00", b"\xc0\x80"),
    "raw-surrogate": with_params('{"a":"?"}').replace(b"?", b"\xed\xa0\x80"),
    "lone-surrogate": with_params(r'{"a":"\ud800"}'),
    "lone-low-surrogate": with_params(r'{"a":"\udc00"}'),
    "lone-surrogate-before-text": with_params(r'{"a":"\ud83d and more"}'),
    "lone-surrogate-name": with_params(r'{"\ud800":1}'),
    "lone-surrogate-id": rb'{"jsonrpc":"2.0","id":"\ud800","method":"ping"}',
    "nan": with_params('{"a":NaN}'),
    "infinity": with_params('{"a":Infinity}'),
    "minus-infinity": with_params('{"a":-Infinity}'),
    "control-character": with_params('{"a":"\x01"}'),
    "trailing-comma": with_params('{"a":1,}'),
    "comment": with_params('{"a":1/**/}'),
    "single-quotes": with_params("{'a':1}"),
    "leading-zero": with_params('{"a":01}'),
    "duplicate": with_params('{"a":1,"a":1}'),
    "duplicate-id": b'{"jsonrpc":"2.0","id":7,"id":8,"method":"ping"}',
    "duplicate-method": b'{"jsonrpc":"2.0","id":7,"method":"ping","method":"tools/list"}',
    "duplicate-nested": with_params('{"a":[{"b":{"c":1,"d":2,"c":3}}]}'),
    "duplicate-by-escape": with_params(r'{"a":1,"\u0061":2}'),
    "duplicate-beside-colons": with_params('{"x":"a:b:c","y":1,"y":2}'),
    "duplicate-empty-name": with_params('{"":1,"":2}'),
    "nested-arrays": with_params('{"a":' + "[" * 5000 + "]" * 5000 + "}"),
    "nested-objects": with_params('{"a":' * 5000 + "1" + "}" * 5000),
    "nested-open": b"[" * 100_000,
    "huge-integer": with_params('{"a":' + "9" * 5000 + "}"),
    "huge-integer-id": b'{"jsonrpc":"2.0","id":' + b"1" * 5000 + b',"method":"ping"}',
}

READABLE = {
    "colon-in-value": with_params('{"a":"b:c"}'),
    "colon-in-name": with_params('{"a:b":1,"a":2}'),
    "json-in-string": with_params(r'{"a":"{\"b\":1,\"b\":2}"}'),
    "escaped-colon": with_params(r'{"a":"\u003a","b":":"}'),
    "same-name-in-siblings": with_params('{"x":{"a":1},"y":{"a":":"},"z":[{"a":1},{"a":1}]}'),
    "name-in-other-case": with_params('{"a":1,"A":"x:y"}'),
    "surrogate-pair": with_params(r'{"a":"\ud83d\ude00"}'),
    "escaped-nul": with_params(r'{"a":"\u0000"}'),
    "blanks": b" \t\r\n" + PING.encode() + b"\n",
    "moderate-nesting": with_params('{"a":' + "[" * 100 + "]" * 100 + "}"),
    "large-integer": with_params('{"a":' + "9" * 400 + "}"),
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
async def test_what_is_not_strict_json_is_a_parse_error(body: bytes, server: Server) -> None:
    answer = await server.post(body)
    assert answer.status == 400
    check_error(answer, -32700, None)
    assert await server.created() == 0


@pytest.mark.parametrize("body", READABLE.values(), ids=READABLE)
async def test_what_is_strict_json_is_read(body: bytes, server: Server) -> None:
    answer = await server.post(body)
    assert answer.message == {"jsonrpc": "2.0", "id": 7, "result": {}}


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("utf-8-bom", "byte order mark"),
        ("utf-16-bom", "byte order mark"),
        ("overlong", "UTF-8"),
        ("lone-surrogate", "surrogate"),
        ("lone-surrogate-id", "surrogate"),
        ("duplicate-nested", "twice"),
        ("nested-arrays", "deep"),
        ("huge-integer", "nteger"),
    ],
)
async def test_the_explanation_names_the_fault(name: str, word: str, server: Server) -> None:
    data = (await server.post(UNREADABLE[name])).message["error"]["data"]
    assert word in data["problem"]


async def test_a_duplicate_member_is_named(server: Server) -> None:
    data = (await server.post(with_params('{"once":"a:b","again":1,"again":2}'))).message["error"]["data"]
    assert data["seen"] == "again"


@pytest.mark.parametrize(
    "request_id",
    [0, -1, 2**53 + 1, 2**63, 2**64 + 1, -(2**80), 10**300 + 7, "", "a", "7", "é😀", "x" * 5000, "\x00"],
    ids=lambda v: str(v)[:24],
)
async def test_an_id_is_echoed_exactly(request_id: Any, server: Server) -> None:
    for method in ("ping", "nope"):
        answer = (await server.post(rpc(method, request_id=request_id))).message
        assert answer["id"] == request_id
        assert type(answer["id"]) is type(request_id)


@pytest.mark.parametrize(
    "text", ["é😀\u2028", "\x00\x1f", '"\\/', "a" * 100_000, "", "\ufeff"], ids=lambda v: ascii(v)[:20]
)
async def test_a_text_comes_back_exactly(text: str, server: Server) -> None:
    result = (await server.post(tool_call("echo", {"message": text}), mcp_protocol_version="2025-11-25")).message[
        "result"
    ]
    assert result["structuredContent"]["message"] == text


@pytest.mark.parametrize("depth", range(940, 1000, 4))
async def test_nesting_around_the_limit_is_either_served_or_refused(depth: int, server: Server) -> None:
    nested = "[" * depth + "]" * depth
    body = encoded(tool_call("echo", {"message": "nested"})).replace(b'"nested"', nested.encode())
    answer = await server.post(body, mcp_protocol_version="2025-11-25")
    assert (answer.status, "error" in answer.message) in {(200, False), (400, True)}
