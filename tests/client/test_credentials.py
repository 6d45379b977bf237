"""What the user has given for a server is sent as it was given, and printed by no command in any format."""

import base64
import json
from typing import Any

import pytest
from client_runs import ran
from odd_servers import ECHO, LegacyOnly
from starlette.requests import Request
from starlette.responses import Response

from in_loop import Serve
from mcp_echo_core.client.evidence import shown_body, shown_headers
from mcp_echo_core.client.incoming import Outgoing
from mcp_echo_core.client.secrecy import Secrecy
from mcp_echo_core.client.wire import Wire
from mcp_echo_core.commands.connection import usable_url
from model_server import failure, success

CANARY = "CANARY+zQ7mK2vX9pLr/wT4nB8hJ"
PIECES = [CANARY[begin : begin + 9] for begin in range(len(CANARY) - 8)]

GIVEN = {
    "bearer": ["--bearer", CANARY],
    "key": ["--header", f"X-Api-Key: {CANARY}"],
    "custom": ["--header", f"X-Custom: {CANARY}"],
    "cookie": ["--header", f"Cookie: sid={CANARY}"],
    "password": [],
    "query": [],
}
PLACES = ("result", "error", "page", "challenge", "redirect", "list", "event", "version")


class Reflecting(LegacyOnly):
    """Repeats all that it was sent in one place, behind so much else that a report may have to cut it."""

    def __init__(self, place: str, padding: int) -> None:
        super().__init__()
        self.place = place
        self.padding = "." * padding
        self.authorizations: set[str] = set()

    def told(self, request: Request) -> str:
        authorization = request.headers.get("authorization", "")
        self.authorizations.add(authorization)
        basic = authorization.removeprefix("Basic ") if authorization.startswith("Basic ") else ""
        decoded = base64.b64decode(basic).decode()
        names = ("x-api-key", "x-custom", "cookie", "authorization")
        sent = [*(request.headers.get(name, "") for name in names), decoded, request.url.query]
        return self.padding + " ".join(each for each in sent if each)

    async def post(self, request: Request) -> Response:
        told, message = self.told(request), json.loads(await request.body())
        method, head = message["method"], {"x-seen": told}
        pages = {
            "page": Response(told, 200, head, media_type="text/html"),
            "challenge": Response(told, 401, {"www-authenticate": f'Bearer realm="{told}"'}),
            "redirect": Response("", 307, {"location": f"https://elsewhere.example/{told}"}),
        }
        if self.place in pages:
            return pages[self.place]
        if self.place == "version" and method == "initialize":
            return success(message, {"protocolVersion": told})
        if method == "tools/list" and self.place == "list":
            return success(message, {"tools": [{**ECHO, "name": told, "description": told}]})
        if method == "tools/call":
            return self.called(message, told)
        response = await super().post(request)
        response.headers.update(head)
        return response

    def called(self, message: dict[str, Any], told: str) -> Response:
        result = {"content": [{"type": "text", "text": told}], "structuredContent": {told: told}}
        if self.place == "error":
            return failure(400, -32000, told, message["id"], {"problem": told, "seen": {told: told}})
        if self.place == "event":
            body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "error": {"code": 1, "message": told}})
            return Response(f"data: {body}\n\n", media_type="text/event-stream")
        return success(message, {**result, "isError": self.place == "result"})


def url_for(url: str, kind: str) -> str:
    if kind == "password":
        return url.replace("http://", f"http://somebody:{CANARY.replace('/', '%2F')}@")
    return f"{url}?token={CANARY.replace('+', '%2B')}&page=2" if kind == "query" else url


@pytest.mark.parametrize(
    ("kind", "padding"), [*((kind, 65) for kind in GIVEN), *(("custom", padding) for padding in (0, 190, 285, 1990))]
)
async def test_no_command_prints_what_was_given_wherever_the_server_repeats_it(
    serve: Serve, kind: str, padding: int
) -> None:
    for place in PLACES:
        url = url_for(await serve(Reflecting(place, padding)), kind)
        commands = (
            ["call", url, "echo", "message=hi", "--verbose"], ["call", url, "echo", "message=hi", "--json"],
            ["tools", url, "--verbose"], ["diff", url], ["diff", url, "--json"],
            ["stream", url, "--tool", "echo"], ["stream", url, "--tool", "echo", "--json"],
            ["session", "list", "--json"], ["session", "show", url], ["session", "forget", url],
        )  # fmt: skip
        for words in commands:
            given = [] if words[0] == "session" and words[1] != "forget" else GIVEN[kind]
            done = await ran(*words, "--timeout", "5", *given) if given else await ran(*words)
            printed = done.out + done.err
            assert printed, words
            assert [piece for piece in PIECES if piece in printed] == [], (place, words)


async def test_userinfo_is_sent_as_basic_and_the_evidence_shows_what_was_sent(serve: Serve) -> None:
    server = Reflecting("result", 0)
    done = await ran("tools", (await serve(server)).replace("http://", "http://us%65r:p%40ss%3Aword@"), "--verbose")
    assert server.authorizations == {f"Basic {base64.b64encode(b'user:p@ss:word').decode()}"}
    assert "> Authorization: Basic ******* (hidden)" in done.err
    assert "@" not in done.err


async def test_a_user_name_alone_is_sent_with_an_empty_password(serve: Serve) -> None:
    server = Reflecting("result", 0)
    await ran("tools", (await serve(server)).replace("http://", "http://user@"))
    assert server.authorizations == {f"Basic {base64.b64encode(b'user:').decode()}"}


@pytest.mark.parametrize("command", [["call", "echo"], ["tools"], ["diff"], ["stream"], ["probe"]])
@pytest.mark.parametrize(
    ("given", "named"),
    [(["--bearer", CANARY], "--bearer"), (["--header", f"authorization: {CANARY}"], "--header Authorization")],
)
async def test_userinfo_and_another_authorization_exclude_each_other(
    command: list[str], given: list[str], named: str
) -> None:
    done = await ran(command[0], url_for("http://127.0.0.1:1/mcp", "password"), *command[1:], *given)
    assert done.code == 2
    assert f"userinfo in the URL and {named} exclude each other: a request has one Authorization" in done.err
    assert len(done.err.splitlines()) == 1
    assert "CANARY" not in done.err


async def test_the_token_of_the_environment_gives_way_to_userinfo(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_ECHO_BEARER", CANARY)
    server = Reflecting("result", 0)
    await ran("tools", (await serve(server)).replace("http://", "http://user:word@"))
    assert server.authorizations == {f"Basic {base64.b64encode(b'user:word').decode()}"}


def test_a_url_with_userinfo_is_usable() -> None:
    assert usable_url("https://user:word@a.example/mcp") == "https://user:word@a.example/mcp"


@pytest.mark.parametrize("room", range(1, 29))
async def test_what_is_quoted_is_masked_before_it_is_cut(serve: Serve, room: int) -> None:
    secrecy = Secrecy("", [("X-Custom", CANARY)])
    assert not [piece for piece in PIECES if piece in shown_body(("." * (2000 - room) + CANARY).encode(), secrecy)]
    ((_, value),) = shown_headers([("X-Seen", "." * (300 - room) + CANARY)], secrecy)
    assert not [piece for piece in PIECES if piece in value]
    async with Wire(5.0, secrecy=secrecy) as wire:
        answer = await wire.send(
            Outgoing(purpose="", method="POST", url=await serve(Reflecting("error", 80 - room)),
                     headers=[("X-Custom", CANARY)], body=b'{"id": 1, "method": "tools/call"}')
        )  # fmt: skip
    assert answer.code == -32000
    assert not [piece for piece in PIECES if piece in answer.told()]


async def test_nothing_is_added_to_a_request_whose_url_has_userinfo(serve: Serve) -> None:
    server = Reflecting("page", 0)
    async with Wire(5.0) as wire:
        url = (await serve(server)).replace("http://", "http://user:word@")
        await wire.send(Outgoing(purpose="", method="POST", url=url, body=b'{"method": "ping"}'))
    assert server.authorizations == {""}
