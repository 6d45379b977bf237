"""2026-07-28 basic/transports/streamable-http, Server Validation and Value Encoding: headers say what the body says."""

from typing import Any

import pytest
from modern_requests import MODERN, ask, call_of, mirrored, modern, refused, request_of, sentinel

from asgi_bridge import Request
from harness import POST_HEADERS, Server, encoded, header_list

LIST, ECHO = modern("tools/list"), call_of("echo", {"message": "hi"})
GET_PROMPT, READ = (
    modern("prompts/get", {"name": "diagnose-connection"}),
    modern("resources/read", {"uri": "echo://server/health"}),
)
MISMATCH = (400, -32020)

BAD = [
    ("no version", LIST, {"mcp_protocol_version": None}, "MCP-Protocol-Version"),
    ("no method", LIST, {"mcp_method": None}, "Mcp-Method"),
    ("empty method", LIST, {"mcp_method": ""}, "Mcp-Method"),
    ("other method", LIST, {"mcp_method": "tools/call"}, "Mcp-Method"),
    ("method in another case", LIST, {"mcp_method": "TOOLS/LIST"}, "Mcp-Method"),
    ("method as sentinel", LIST, {"mcp_method": sentinel("tools/list")}, "Mcp-Method"),
    ("version as sentinel", LIST, {"mcp_protocol_version": sentinel(MODERN)}, "MCP-Protocol-Version"),
    ("two versions in one", LIST, {"mcp_protocol_version": f"{MODERN}, {MODERN}"}, "MCP-Protocol-Version"),
    ("no name", ECHO, {"mcp_name": None}, "Mcp-Name"),
    ("empty name", ECHO, {"mcp_name": ""}, "Mcp-Name"),
    ("other name", ECHO, {"mcp_name": "printHeader"}, "Mcp-Name"),
    ("name in another case", ECHO, {"mcp_name": "ECHO"}, "Mcp-Name"),
    ("name as bare base64", ECHO, {"mcp_name": "ZWNobw=="}, "Mcp-Name"),
    ("another name as sentinel", ECHO, {"mcp_name": sentinel("printHeader")}, "Mcp-Name"),
    ("no name of a prompt", GET_PROMPT, {"mcp_name": None}, "Mcp-Name"),
    ("other name of a prompt", GET_PROMPT, {"mcp_name": "x"}, "Mcp-Name"),
    ("no uri", READ, {"mcp_name": None}, "Mcp-Name"),
    ("other uri", READ, {"mcp_name": "echo://server/configuration"}, "Mcp-Name"),
    ("uri in another case", READ, {"mcp_name": "ECHO://server/health"}, "Mcp-Name"),
]


@pytest.mark.parametrize(("message", "headers", "named"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
async def test_a_header_that_does_not_say_what_the_body_says_is_refused(
    message: Any, headers: dict[str, str | None], named: str, server: Server
) -> None:
    answer = await ask(server, message, **headers)
    assert answer.status == 400
    error = answer.message["error"]
    assert (error["code"], answer.message["id"], error["data"]["header"]) == (-32020, 1, named)
    assert named in error["data"]["fix"]


BROKEN_SENTINELS = [
    ("bad padding", "=?base64?ZWNobw?="),
    ("too much padding", "=?base64?ZWNobw===?="),
    ("foreign character", "=?base64?ZWN*obw==?="),
    ("white space inside", "=?base64?ZWNo bw==?="),
    ("no ASCII inside", "=?base64?é?="),
    ("url alphabet", "=?base64?-_-_?="),
    ("bad UTF-8", "=?base64?/////w==?="),
    ("half of a surrogate pair", "=?base64?7aCA?="),
    ("no suffix", "=?base64?ZWNobw=="),
    ("no prefix", "ZWNobw==?="),
    ("upper case", "=?BASE64?ZWNobw==?="),
    ("overlapping", "=?base64?="),
    ("nothing inside", "=?base64??="),
    ("something before", "x=?base64?ZWNobw==?="),
    ("something behind", "=?base64?ZWNobw==?=x"),
    ("sentinel in a sentinel", sentinel(sentinel("echo"))),
]


@pytest.mark.parametrize("value", [row[1] for row in BROKEN_SENTINELS], ids=[row[0] for row in BROKEN_SENTINELS])
@pytest.mark.parametrize("name", ["echo", "é", ""])
async def test_a_sentinel_that_does_not_decode_to_the_name_is_refused(value: str, name: str, server: Server) -> None:
    if (value, name) == ("=?base64??=", ""):
        return  # decodes to just that
    assert await refused(server, call_of(name), mcp_name=value) == MISMATCH


@pytest.mark.parametrize("control", ["\x01", "\x7f", "\x1b[0m"])
async def test_a_control_character_in_a_header_is_refused_even_if_the_body_has_it(control: str, server: Server) -> None:
    assert await refused(server, call_of(f"a{control}b"), mcp_name=f"a{control}b") == MISMATCH


@pytest.mark.parametrize("name", ["é", "日本語", "😀"])
async def test_a_name_beyond_ascii_is_carried_by_a_sentinel_only(name: str, server: Server) -> None:
    assert await refused(server, call_of(name), mcp_name=sentinel(name)) == (400, -32602)
    raw = name.encode().decode("latin-1")
    assert await refused(server, call_of(name), mcp_name=raw) == MISMATCH


LITERALS = ["=?base64?literal?=", "=?base64?ZWNobw==?="]


@pytest.mark.parametrize("name", [" padded ", "\ttab\t", "line1\nline2", *LITERALS, ""])
async def test_a_name_that_needs_a_sentinel_arrives_by_it(name: str, server: Server) -> None:
    status, code = await refused(server, call_of(name), mcp_name=sentinel(name))
    assert (status, code) == (400, -32602), "the header is right, only the tool does not exist"


@pytest.mark.parametrize("name", LITERALS)
async def test_a_name_that_looks_like_a_sentinel_is_one_when_it_comes_as_it_is(name: str, server: Server) -> None:
    assert await refused(server, call_of(name), mcp_name=name) == MISMATCH


@pytest.mark.parametrize("name", ["=?BASE64?literal?=", "=?base64?literal", "literal?=", "a,b", "=?", "?="])
async def test_a_name_that_only_resembles_a_sentinel_is_taken_as_it_is(name: str, server: Server) -> None:
    assert await refused(server, call_of(name), mcp_name=name) == (400, -32602)


@pytest.mark.parametrize("value", ["echo", " echo", "echo \t", "\techo ", sentinel("echo"), f" {sentinel('echo')} "])
async def test_white_space_around_a_value_does_not_belong_to_it(value: str, server: Server) -> None:
    assert (await ask(server, ECHO, mcp_name=value)).status == 200


@pytest.mark.parametrize("space", [" ", "\t", " \t "])
async def test_white_space_around_method_and_version_does_not_belong_to_them(space: str, server: Server) -> None:
    headers = {"mcp_method": f"{space}tools/list{space}", "mcp_protocol_version": f"{space}{MODERN}{space}"}
    assert (await ask(server, LIST, **headers)).status == 200


@pytest.mark.parametrize("name", ["mcp-protocol-version", "mcp-method", "mcp-name"])
@pytest.mark.parametrize("same", [True, False])
async def test_a_routing_header_that_comes_twice_is_refused(name: str, same: bool, server: Server) -> None:
    value = (mirrored(ECHO)[name.replace("-", "_")] if same else "other") or ""
    answer = await server.send(request_of(ECHO, [(name.encode(), value.encode())]))
    assert (answer.status, answer.message["error"]["code"], answer.message["id"]) == (400, -32020, 1)


async def test_a_name_header_that_comes_twice_is_refused_even_where_none_is_needed(server: Server) -> None:
    answer = await server.send(request_of(LIST, [(b"mcp-name", b"a"), (b"mcp-name", b"b")]))
    assert (answer.status, answer.message["error"]["code"]) == (400, -32020)


async def test_other_headers_may_come_twice(server: Server) -> None:
    answer = await server.send(request_of(LIST, [(b"x-twice", b"a"), (b"x-twice", b"b"), (b"mcp-param-x", b"1")]))
    assert answer.status == 200


async def test_header_names_have_no_case(server: Server) -> None:
    fields = [(name.upper(), value) for name, value in header_list(POST_HEADERS, mirrored(ECHO))]
    assert (await server.send(Request(headers=fields, body=encoded(ECHO)))).status == 200


@pytest.mark.parametrize("message", [LIST, modern("server/discover"), modern("completion/complete"), modern("nope")])
async def test_a_name_header_that_no_body_field_answers_to_is_ignored(message: Any, server: Server) -> None:
    expected = await ask(server, message)
    answer = await ask(server, message, mcp_name="whatever")
    assert (answer.status, answer.body) == (expected.status, expected.body)


@pytest.mark.parametrize("message", [modern("tools/call"), modern("prompts/get"), modern("resources/read")])
@pytest.mark.parametrize("name", [None, "x"])
async def test_a_missing_body_field_is_told_as_such_whatever_the_header(
    message: Any, name: str | None, server: Server
) -> None:
    assert await refused(server, message, mcp_name=name) == (400, -32602)


async def test_other_revisions_ignore_the_routing_headers(server: Server) -> None:
    legacy = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    answer = await server.post(legacy, mcp_method="nope", mcp_name="=?base64?!?=", mcp_param_region="x")
    assert "tools" in answer.message["result"]
