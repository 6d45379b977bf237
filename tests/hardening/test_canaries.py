"""Credentials in every place where one can stand; none is in what the server says, logs, records or exports."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from kept_log import KeptLog

from asgi_bridge import Request
from harness import POST_HEADERS, Server, encoded, header_list, initialize, rpc, tool_call
from mcp_echo_core.app import create_app
from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.settings import Settings
from mcp_echo_core.variants import VARIANTS

SECRET = "c4n4ryZx8Qm1Vt5Kp9Lr3Ns7Wd2Yb6c4n4ry"
"""Planted everywhere; of a credential the first and the last six characters may be shown."""

INNER = SECRET[6:-6]
BASIC = base64.b64encode(f"user:{SECRET}".encode()).decode()
ENCODED = base64.b64encode(f"user:{SECRET}".encode()).decode()[8:-8]

FIELDS = {
    "bearer": ("authorization", f"Bearer {SECRET}"),
    "basic": ("authorization", f"Basic {BASIC}"),
    "digest": ("authorization", f'Digest username="u", response="{SECRET}"'),
    "no-scheme": ("authorization", SECRET),
    "unknown-scheme": ("authorization", f"Secretly {SECRET}"),
    "proxy": ("proxy-authorization", f"Bearer {SECRET}"),
    "cookie": ("cookie", f"sid={SECRET}; theme=dark; {SECRET}"),
    "api-key": ("x-api-key", SECRET),
    "vendor": ("x-amz-security-token", SECRET),
    "parameter": ("mcp-param-token", SECRET),
    "referer": ("referer", f"https://user:{SECRET}@h/a?access_token={SECRET}#id_token={SECRET}"),
    "uri": ("x-original-uri", f"/mcp?session={SECRET}&token={SECRET}"),
    "host": ("x-forwarded-host", f"user:{SECRET}@h"),
    "name": ("mcp-name", f"https://user:{SECRET}@h/"),
    "request-id": ("x-request-id", f"token={SECRET}"),
    "agent": ("user-agent", f"client --token {SECRET} (password: {SECRET})"),
    "event": ("last-event-id", f"Bearer {SECRET}"),
}
TEXTS = {
    "bearer": f"Bearer {SECRET}",
    "prose": f"my password: {SECRET}",
    "header": f"curl -H 'X-Api-Key: {SECRET}'",
    "basic": f"Authorization: Basic {BASIC}",
    "option": f"tool --api-key {SECRET}",
    "assignment": f"export API_TOKEN={SECRET}",
    "userinfo": f"redis://user:{SECRET}@h/0",
    "query": f"see /x?session={SECRET}&a=b",
    "encoded": f"/x?next=%2Fy%3Ftoken%3D{SECRET}",
    "json": json.dumps({"password": SECRET, "inner": json.dumps({"api_key": SECRET})}),
    "key": f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
}
MEMBERS = ("password", "api_key", "accessToken", "Authorization", "clientSecret", "cookie")
ENVIRONMENT = {
    "API_KEY": SECRET,
    "DB_PASSWORD": SECRET,
    "DATABASE_URL": f"postgres://user:{SECRET}@h/d",
    "TZ": f"https://user:{SECRET}@h",
    "MCP_ECHO_STATE_SECRET": SECRET,
    "MCP_ECHO_SECRET": SECRET,
    "ECHO_TOKEN": SECRET,
}
PAGES = (
    "", "/record.json", "/report.json", "/report.md", "/report.junit", "/export.har", "/export.json", "/export.md",
)  # fmt: skip


def held(told: str) -> str | None:
    """What of a credential a text holds, with what stands around it."""
    for part in (INNER, ENCODED):
        if part in told:
            return told[max(0, told.index(part) - 200) :][:400]
    return None


async def pages(server: Server, subject: str) -> list[str]:
    """Everything that the dashboard shows of a record, and what its viewers are told."""
    headers = header_list({"host": "localhost"}, {})
    shared = await server.send(Request("POST", f"/dashboard/{subject}/share", headers))
    told = [shared.body.decode()]
    for place in (subject, f"view/{shared.message['key']}"):
        numbers = [f"/exchanges/{number}" for number in range(1, 8)]
        for path in (*PAGES, *numbers):
            answer = await server.send(Request("GET", f"/dashboard/{place}{path}", headers))
            assert answer.status in {200, 404}, answer
            told.append(answer.body.decode())
    return told


async def everything_after(server: Server, request: Request, session: str | None, log: KeptLog) -> list[str]:
    """What is said, logged, shown and counted after a request; not its answer."""
    told = [(await server.send(Request("GET", path, header_list({"host": "localhost"}, {})))).body.decode()
            for path in ("/metrics", "/health", "/readyz")]  # fmt: skip
    if session is not None:
        told += await pages(server, session)
    return [*told, *log.lines]


@pytest.mark.parametrize(("name", "value"), FIELDS.values(), ids=FIELDS)
async def test_a_credential_in_a_header_is_shown_nowhere(name: str, value: str, server: Server, log: KeptLog) -> None:
    session = await initialize(server)
    tools = ["printHeader", "authContext", "bearerDecode", "requestTiming", "corsAnalysis", "environmentDump", "echo"]
    said = []
    for tool in tools:
        fields = [*header_list(POST_HEADERS, {"mcp-session-id": session}), (name.encode(), value.encode())]
        body = encoded(tool_call(tool, {"message": "x"} if tool == "echo" else {}))
        request = Request("POST", f"/mcp?token={SECRET}&session={SECRET}", fields, body)
        answer = await server.send(request)
        said += [answer.body.decode(), str(answer.headers)]
    await server.send(Request("POST", request.path, request.headers, b"{"))
    assert log.lines
    said += await everything_after(server, request, session, log)
    for told in said:
        assert held(told) is None, held(told)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_a_credential_in_a_text_is_echoed_to_its_sender_only(text: str, server: Server, log: KeptLog) -> None:
    session = await initialize(server)
    for message in (
        tool_call("echo", {"message": text}),
        tool_call("whoIStheGOAT", {"subject": text}),
        tool_call(text, {}),
        rpc(text),
        rpc("resources/read", {"uri": text}),
        rpc("initialize", {"protocolVersion": text, "capabilities": {}, "clientInfo": {"name": text, "version": text}}),
    ):
        request = server.posting(message, session)
        await server.send(request)
    for told in await everything_after(server, request, session, log):
        assert held(told) is None, held(told)


@pytest.mark.parametrize("member", MEMBERS)
async def test_a_credential_in_a_member_is_shown_nowhere(member: str, server: Server, log: KeptLog) -> None:
    session = await initialize(server)
    values: list[Any] = [SECRET, [SECRET], {"value": SECRET}]
    said = []
    for value in values:
        message = tool_call("echo", {"message": "x", member: value})
        request = server.posting(message, session)
        said.append((await server.send(request)).body.decode())
        cut = encoded(message)[:-4]
        said.append((await server.post(cut, session)).body.decode())
    for told in [*said, *await everything_after(server, request, session, log)]:
        assert held(told) is None, held(told)


async def test_a_client_whose_name_holds_a_credential_is_shown_without_it(stateful: Server, log: KeptLog) -> None:
    for text in TEXTS.values():
        client = {"name": text, "version": text}
        opened = await stateful.post(
            rpc("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client})
        )
        session = opened.header("mcp-session-id")
        for told in await everything_after(stateful, stateful.posting(rpc("ping")), session, log):
            assert held(told) is None, held(told)


async def test_the_server_s_own_secrets_are_shown_by_no_tool_page_or_refusal(
    variant: str, make_app: Callable[..., Server], log: KeptLog
) -> None:
    server = make_app(variant, **ENVIRONMENT, MCP_ECHO_DASHBOARD_TOKEN=SECRET)
    session = await initialize(server)
    names = ("environmentDump", "healthProbe", "requestTiming", "printHeader", "sessionInfo")
    uris = ("echo://server/configuration", "echo://server/health")
    messages = [tool_call(name, {}) for name in names] + [rpc("resources/read", {"uri": uri}) for uri in uris]
    said = [(await server.post(message, session)).body.decode() for message in messages]
    headers = header_list({"host": "localhost", "cookie": "mcp-echo-dashboard=wrong"}, {})
    for path in (
        "/health",
        "/metrics",
        "/readyz",
        "/nothing",
        f"/dashboard/{session}",
        f"/dashboard/{session}?token=x",
    ):
        answer = await server.send(Request("GET", path, headers))
        said += [answer.body.decode(), str(answer.headers)]
    for told in [*said, *log.lines]:
        assert held(told) is None, held(told)


@pytest.mark.parametrize(
    "variable", ["MCP_SESSION_STORE", "MCP_ECHO_PORT", "FORWARDED_ALLOW_IPS", "MCP_ALLOWED_ORIGINS"]
)
def test_a_setting_that_cannot_be_used_is_quoted_without_its_credential(variable: str) -> None:
    environ = {variable: f"nope://user:{SECRET}@h/x y"}
    with pytest.raises(ConfigurationError) as caught:
        create_app(VARIANTS["stateful"], Settings.from_env(environ, "stateful"))
    assert held(str(caught.value)) is None
