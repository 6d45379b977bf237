"""Clients whose headers do not repeat the body, or repeat it in a way of their own."""

import base64
from typing import Any

import pytest
from scripted import META, MODERN, Client
from synthetic import exchange, findings

from harness import Server, note, rpc
from mcp_echo_core.recording.events import Head

ENVELOPE = {f"{META}protocolVersion": MODERN, f"{META}clientCapabilities": {}}


def wrapped(text: str) -> str:
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="


async def reading(server: Server, uri: str, header: str | None) -> Client:
    client = Client(server)
    await client.modern("resources/read", {"uri": uri}, mcp_name=header)
    return client


@pytest.mark.parametrize("header", [None, "tools/call", "Tools/List", "tools/list x", "tools_list", ""])
async def test_a_method_that_is_not_repeated_is_convicted(stateful: Server, header: str | None) -> None:
    client = Client(stateful)
    await client.modern("tools/list", mcp_method=header)
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.certainty) == ("modern-mcp-method-header", "must", "certain")
    assert (finding.revision, finding.evidence) == (MODERN, (1,))


async def test_a_method_that_came_twice_is_convicted() -> None:
    fields = (("mcp-protocol-version", MODERN), ("mcp-method", "tools/list"), ("mcp-method", "tools/list"))
    [finding] = findings("modern-mcp-method-header", exchange(rpc("tools/list"), head=Head(fields)))
    assert finding.evidence == (1,)


@pytest.mark.parametrize("header", ["tools/list", " tools/list\t"])
async def test_a_method_that_is_repeated_is_fine(stateful: Server, header: str) -> None:
    client = Client(stateful)
    await client.modern("tools/list", mcp_method=header)
    assert (await client.report()).findings == ()


async def test_of_a_notification_the_method_may_be_missing_but_not_another_one(stateful: Server) -> None:
    client = Client(stateful)
    await client.post(note("notifications/x"), mcp_protocol_version=MODERN)
    assert await client.findings("modern-mcp-method-header") == []
    await client.post(note("notifications/x"), mcp_protocol_version=MODERN, mcp_method="notifications/y")
    [finding] = await client.findings("modern-mcp-method-header")
    assert (finding.level, finding.evidence) == ("must", (2,))


@pytest.mark.parametrize("header", [None, "Echo", "other", wrapped("other"), ""])
async def test_a_name_that_is_not_repeated_is_convicted(stateful: Server, header: str | None) -> None:
    client = Client(stateful)
    await client.modern("tools/call", {"name": "echo", "arguments": {"message": "a"}}, mcp_name=header)
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.certainty) == ("modern-mcp-name-header", "must", "certain")
    assert (finding.revision, finding.evidence) == (MODERN, (1,))


async def test_a_name_that_came_twice_is_convicted() -> None:
    message = rpc("prompts/get", {"name": "a", "_meta": ENVELOPE})
    fields = (("mcp-protocol-version", MODERN), ("mcp-name", "a"), ("mcp-name", "a"))
    [finding] = findings("modern-mcp-name-header", exchange(message, head=Head(fields)))
    assert "2 times" in finding.says[0]


@pytest.mark.parametrize("header", ["=?x?q?echo?=", "=?base64?!", "=?b?!!!!?=", "%%", "=?utf-8?b?*?="])
async def test_a_name_in_an_encoding_that_gives_something_else_is_another_name(stateful: Server, header: str) -> None:
    client = Client(stateful)
    await client.modern("tools/call", {"name": "echo", "arguments": {"message": "a"}}, mcp_name=header)
    assert [finding.rule for finding in (await client.report()).findings] == ["modern-mcp-name-header"]


async def test_tools_prompts_and_resources_that_are_named_as_defined_are_fine(make_app: Any) -> None:
    client = Client(make_app("stateful", MCP_ECHO_TOOLSETS="conformance"))
    for listing, method, key in (("prompts", "prompts/get", "name"), ("resources", "resources/read", "uri")):
        for listed in (await client.modern(f"{listing}/list")).message["result"][listing]:
            await client.modern(method, {key: listed[key]})
    assert (await client.report()).findings == ()


@pytest.mark.parametrize("params", [{}, {"name": 7}, {"name": None}])
async def test_a_call_that_names_nothing_has_nothing_to_repeat(stateful: Server, params: dict[str, Any]) -> None:
    client = Client(stateful)
    await client.modern("tools/call", params, mcp_name=None)
    assert await client.findings("modern-mcp-name-header") == []


async def test_other_methods_may_have_a_name(stateful: Server) -> None:
    client = Client(stateful)
    await client.modern("tools/list", mcp_name="anything")
    assert (await client.report()).findings == ()


async def test_a_batch_has_no_headers_of_its_own(stateful: Server) -> None:
    client = Client(stateful)
    await client.post([client.modern_message("tools/list")], mcp_protocol_version=MODERN)
    for rule in ("modern-mcp-method-header", "modern-version-header-present"):
        assert await client.findings(rule) == []


@pytest.mark.parametrize(
    ("uri", "header", "kind"),
    [
        ("file:///ä", "file:///ä", "characters"),
        ("file:///ä", "file:///ä".encode().decode("latin-1"), "characters"),
        ("file:///ä", "file:///%C3%A4", "percent"),
        ("file:///a b", "file:///a+b", None),
        ("file:///ä b", "file%3A///%C3%A4+b", "percent"),
        ("file:///ä", "=?utf-8?b?ZmlsZTovLy/DpA==?=", "e-mail"),
        ("file:///ä", "=?utf-8?q?file=3A///=C3=A4?=", "e-mail"),
        (" file:///a", "file:///a", "blank"),
    ],
)
async def test_a_value_that_is_encoded_otherwise_is_convicted(
    stateful: Server, uri: str, header: str, kind: str | None
) -> None:
    client = await reading(stateful, uri, header)
    cases = await client.findings("modern-header-value-encoding")
    if kind is None:
        assert cases == []
        assert len(await client.findings("modern-mcp-name-header")) == 1
        return
    [finding] = cases
    assert (finding.level, finding.certainty, finding.revision, finding.evidence) == ("must", "certain", MODERN, (1,))
    assert kind in finding.says[0]
    assert await client.findings("modern-mcp-name-header") == []


@pytest.mark.parametrize(
    ("uri", "header"),
    [
        ("file:///a%20b", "file:///a%20b"),
        ("file:///a,b;c=d", "file:///a,b;c=d"),
        ("file:///ä", wrapped("file:///ä")),
        (" file:///a", wrapped(" file:///a")),
        ("=?base64?x?=", wrapped("=?base64?x?=")),
        ("=?base64?x", "=?base64?x"),
        ("file:///?token=abcdefghijklmnopqrstuvwxyz", wrapped("file:///?token=*******")),
        ("file:///?token=abcdefghijklmnopqrstuvwxyz", "file:///?token=something-else"),  # nobody can tell
    ],
)
async def test_a_value_that_is_written_as_defined_is_fine(stateful: Server, uri: str, header: str) -> None:
    client = await reading(stateful, uri, header)
    assert (await client.report()).findings == ()


@pytest.mark.parametrize(
    ("uri", "header", "kind"),
    [
        ("file:///ä", wrapped("file:///ä").replace("base64", "BASE64"), "markers"),
        ("file:///ä", wrapped("file:///ä").replace("base64", "B"), "markers"),
        ("file:///ä", wrapped("file:///ä").removesuffix("?="), "end"),
        ("file:///ä", wrapped("file:///ä").replace("=?=", "?="), "padding"),
        ("file:///a?b>>ÿÿ", "=?base64?" + base64.urlsafe_b64encode("ÿÿÿ?".encode()).decode() + "?=", "URLs"),
        ("file:///ä", "=?base64?***?=", "not base64"),
        ("file:///ä", "=?base64?" + base64.b64encode(b"\xe4").decode() + "?=", "UTF-8"),
        ("=?base64?YQ==?=", "=?base64?YQ==?=", "bare"),
    ],
)
async def test_a_sentinel_that_is_not_exact_is_convicted(stateful: Server, uri: str, header: str, kind: str) -> None:
    client = await reading(stateful, uri, header)
    [finding] = await client.findings("modern-sentinel-correct")
    assert (finding.level, finding.certainty, finding.revision, finding.evidence) == ("must", "certain", MODERN, (1,))
    assert kind in finding.says[0]
    assert await client.findings("modern-mcp-name-header") == []


async def test_wrapping_what_needs_it_not_is_noted(stateful: Server) -> None:
    client = Client(stateful)
    await client.modern("tools/call", {"name": "echo", "arguments": {"message": "a"}}, mcp_name=wrapped("echo"))
    [finding] = (await client.report()).findings
    assert (finding.rule, finding.level, finding.evidence) == ("modern-sentinel-correct", "note", (1,))
