"""Clients that carry messages in other ways than by POST, in other encodings than UTF-8, or from odd origins."""

import json
from urllib.parse import quote

import pytest
from scripted import Client
from synthetic import exchange, findings

from asgi_bridge import Request
from harness import STREAM_HEADERS, Server, header_list, rpc

PING = rpc("ping")


async def opened(server: Server, revision: str = "2025-11-25") -> Client:
    client = Client(server)
    await client.initialize(revision)
    return client


async def queried(client: Client, query: str, method: str = "GET", **headers: str) -> None:
    own = {"mcp-session-id": client.session or "", "mcp-protocol-version": client.version or "", **headers}
    fields = header_list(STREAM_HEADERS, own)
    stream = client.server.open(Request(method=method, path=f"/b/{client.name}/mcp?{query}", headers=fields))
    await stream.head()
    await stream.leave()


@pytest.mark.parametrize("query", [f"message={quote(json.dumps(PING))}", quote(json.dumps(PING))])
async def test_a_message_in_a_query_is_convicted(stateful: Server, query: str) -> None:
    client = await opened(stateful)
    await queried(client, query)
    [finding] = await client.findings("messages-via-post")
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", "2025-11-25")
    assert finding.evidence == (4,)


async def test_other_queries_are_nobodys_business(stateful: Server) -> None:
    client = await opened(stateful)
    await queried(client, 'a=1&filter={"a":1}&b=[[')
    assert (await client.report()).findings == ()


async def test_a_body_in_json_that_nobody_reads_is_suspected(stateful: Server) -> None:
    client = await opened(stateful)
    headers: dict[str, str | None] = {"content-type": "application/json", "content-length": "40"}
    await client.send("PUT", PING, headers)
    [finding] = await client.findings("messages-via-post")
    assert (finding.certainty, finding.evidence) == ("heuristic", (3,))
    assert finding.says[0].startswith("Suspicion: ")


@pytest.mark.parametrize("changes", [{"content-length": "0"}, {"content-length": "2"}, {"content-length": "many"}])
async def test_an_empty_or_tiny_body_holds_no_message(stateful: Server, changes: dict[str, str | None]) -> None:
    client = await opened(stateful)
    await client.send("DELETE", b"", {"content-type": "application/json", **changes})
    assert await client.findings("messages-via-post") == []


def test_a_message_in_the_body_of_another_method_is_convicted() -> None:
    [finding] = findings("messages-via-post", exchange([PING], method="PATCH", status=405))
    assert (finding.certainty, finding.evidence) == ("certain", (1,))
    assert findings("messages-via-post", exchange({"a": 1}, method="PATCH", status=405)) == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"message":"\xe4"}}}',
        b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"\xc3":1}}',
        b"\xef\xbb\xbf" + json.dumps(PING).encode(),
        json.dumps(PING).encode("utf-16"),
        json.dumps(PING).encode("utf-16-le"),
        json.dumps(PING).encode("utf-32-be"),
    ],
)
async def test_a_body_that_is_not_plain_utf8_is_convicted_of_that_alone(stateful: Server, body: bytes) -> None:
    client = await opened(stateful)
    await client.post(body)
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.certainty) == ("body-utf8", "must", "certain")
    assert (finding.revision, finding.evidence) == ("2025-11-25", (3,))


@pytest.mark.parametrize(
    "message", ["é", "\ufffd", "😀", "?token=\ufffd&a=b", "\ufeff", "\ufffd eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0"]
)
async def test_utf8_of_all_kinds_is_fine_whatever_the_record_masks(stateful: Server, message: str) -> None:
    client = await opened(stateful)
    call = rpc("tools/call", {"name": "echo", "arguments": {"message": message}}, client.next_id())
    await client.post(json.dumps(call, ensure_ascii=False).encode())
    assert (await client.report()).findings == ()


async def test_a_character_that_the_record_cuts_in_half_was_whole(stateful: Server) -> None:
    client = await opened(stateful)
    call = rpc("tools/call", {"name": "echo", "arguments": {"message": "ä" * 9000}}, client.next_id())
    body = json.dumps(call, ensure_ascii=False).encode()
    for pad in (b"", b" "):
        await client.post(pad + body + b"}")
    assert await client.findings("body-utf8") == []


async def test_a_replacement_character_in_a_broken_body_came_from_the_client(stateful: Server) -> None:
    client = await opened(stateful)
    await client.post('{"a": "\ufffd"'.encode())
    assert await client.findings("body-utf8") == []


@pytest.mark.parametrize(
    ("charset", "certainty"), [("iso-8859-1", "likely"), ('"Windows-1252"', "likely"), ("utf-16", "certain")]
)
async def test_a_declared_charset_other_than_utf8_is_convicted(stateful: Server, charset: str, certainty: str) -> None:
    client = await opened(stateful)
    await client.request("ping", content_type=f"application/json; charset={charset}")
    [finding] = await client.findings("body-utf8")
    assert (finding.certainty, finding.evidence) == (certainty, (3,))


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", '"utf-8"', "us-ascii"])
async def test_names_of_utf8_are_no_other_charset(stateful: Server, charset: str) -> None:
    client = await opened(stateful)
    await client.request("ping", content_type=f"application/json;charset={charset}")
    assert await client.findings("body-utf8") == []


@pytest.mark.parametrize(
    "origin", ["null", "https://a.example/", "https://a.example/x", "a.example", "https://a https://b", "", "https://"]
)
async def test_an_odd_origin_is_noted(stateful: Server, origin: str) -> None:
    client = await opened(stateful)
    await client.request("ping", origin=origin)
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.evidence) == ("origin-wellformed", "note", (3,))


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost",
        "http://localhost:6274",
        "https://[::1]:8443",
        "vscode-webview://0abc",
        "https://xn--a.example",
    ],
)
async def test_a_serialized_origin_is_fine(stateful: Server, origin: str) -> None:
    client = await opened(stateful)
    await client.request("ping", origin=origin)
    assert (await client.report()).findings == ()
