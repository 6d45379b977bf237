"""Requests that are refused for their heads: the page, the report and the pipeline say so, and why."""

from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from dashboards import Onlooker, in_bin

from asgi_bridge import Request
from harness import POST_HEADERS, Server, encoded, header_list, rpc

MODERN = {"mcp-protocol-version": "2026-07-28", "mcp-method": "server/discover"}
BODY = encoded(rpc("server/discover", {}))


async def refused(server: Server, name: str, **headers: str | None) -> None:
    """A request as nginx passes it on by default."""
    fields = header_list(POST_HEADERS, {"host": "e", "content-length": str(len(BODY)), **MODERN, **headers})
    answer = await server.send(Request(path=f"/b/{name}/mcp", headers=fields, body=BODY, scope={"http_version": "1.0"}))
    assert answer.status in {403, 406, 415, 421}


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "every request was refused: 421, Host 'e' is not allowed"),
        ({"host": "localhost", "origin": "https://evil.example"}, "403, Origin 'https://evil.example' is not allowed"),
        ({"host": "localhost", "accept": "text/html"}, "every request was refused: 406, "),
        ({"host": "localhost", "content-type": "text/plain"}, "every request was refused: 415, "),
    ],
)
async def test_where_nothing_was_read_the_report_says_why_and_no_pipeline_is_green(
    onlooker: Onlooker, stateful: Server, headers: dict[str, str], reason: str
) -> None:
    for _ in range(2):
        await refused(stateful, "refused-1", **headers)
    report = (await onlooker.record("refused-1"))["report"]
    assert reason in report["refused"]
    assert reason in (await onlooker.get("/dashboard/refused-1/report.md")).body.decode()
    suite = fromstring((await onlooker.get("/dashboard/refused-1/report.junit")).body)[0]
    broken = [finding["rule"] for finding in report["findings"]]
    assert (suite.get("tests"), suite.get("errors")) == (str(1 + len(broken)), "1")
    assert [case.get("name") for case in suite.findall("testcase")] == ["requests-are-read", *broken]


async def test_one_request_that_was_read_is_judged(onlooker: Onlooker, stateful: Server) -> None:
    await refused(stateful, "mixed-1")
    await in_bin(stateful, "mixed-1", rpc("ping"))
    assert (await onlooker.record("mixed-1"))["report"]["refused"] == ""
    suite = fromstring((await onlooker.get("/dashboard/mixed-1/report.junit")).body)[0]
    revisions = {case.get("name") for case in suite.findall("testcase")}
    assert "requests-are-read" not in revisions
    assert not any(str(name).startswith("modern-") for name in revisions)


async def test_a_gateway_that_puts_its_own_name_for_the_host_is_seen(onlooker: Onlooker, stateful: Server) -> None:
    await refused(stateful, "refused-2")
    seen = {each["id"]: each["says"] for each in (await onlooker.record("refused-2"))["gateway"]}
    assert '"e"' in seen["gw-host-missing-or-changed"]


async def test_an_exchange_whose_body_was_not_read_says_so(onlooker: Onlooker, stateful: Server) -> None:
    await refused(stateful, "refused-3")
    detail: dict[str, Any] = await onlooker.json("/dashboard/refused-3/exchanges/1")
    assert (detail["kind"], detail["request_bytes"], detail["declared"]) == ("server/discover", 0, len(BODY))
    assert detail["unread"] == "refused by its head (421)"
    for snippet in (detail["curl"], detail["httpx"]):
        assert "# The body was not read" in snippet


async def test_a_body_that_is_only_too_long_is_no_unread_one_and_still_has_its_name(
    onlooker: Onlooker, stateful: Server
) -> None:
    message = {"name": "echo", "arguments": {"message": "x" * 20_000}}
    await in_bin(stateful, "long-1", rpc("tools/call", message, 7))
    [told] = (await onlooker.record("long-1"))["exchanges"]
    assert (told["kind"], told["name"], told["id"], told["unread"]) == ("tools/call", "echo", 7, "")
