"""A record to take away: HAR, JSON, Markdown; and the client report as JSON, Markdown and JUnit."""

import json
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
from dashboards import Onlooker
from har_schema import HAR
from markdown_it import MarkdownIt

from harness import Server, call, introduction, rpc
from mcp_echo_core.client_report.rules import RULES

HOSTILE = (
    "<script>alert(1)</script> [x](javascript:alert(2)) | `a` ![i](http://evil.example/i.png) \u202e\x1b[31m]]> &amp;"
)


async def with_hostile_client(onlooker: Onlooker, server: Server) -> str:
    """A session whose client is called something that would do harm in a document."""
    params = {**introduction(), "clientInfo": {"name": HOSTILE, "version": "\x00"}}
    answer = await server.post(rpc("initialize", params))
    session = answer.header("mcp-session-id")
    assert session is not None
    # Refused for half of a surrogate pair, which the record keeps as it came.
    again = rpc("initialize", {**introduction(), "clientInfo": {"name": "\ud800", "version": "1"}}, "\ud801")
    assert (await server.post(again, session)).status == 400
    await server.post(rpc(HOSTILE, {"name": HOSTILE}), session, accept=HOSTILE.encode().decode("latin-1"))
    return session


def links_and_code(document: str) -> Any:
    """The HTML of a Markdown document, by a reader that would let everything through."""
    return MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").render(document)


async def test_the_archive_has_the_structure_of_har(onlooker: Onlooker, stateful: Server, session: str) -> None:
    await stateful.post(b"{", session)
    stream = stateful.stream(session)
    await stream.event()
    await stream.leave()
    hostile = await with_hostile_client(onlooker, stateful)
    for subject in (session, hostile, "empty-bin"):
        answer = await onlooker.get(f"/dashboard/{subject}/export.har")
        archive = json.loads(answer.body)
        jsonschema.validate(archive, HAR)
        count = len((await onlooker.record(subject))["exchanges"])
        assert len(archive["log"]["entries"]) == count


async def test_the_archive_holds_bodies_and_streams_as_text(onlooker: Onlooker, stateful: Server, session: str) -> None:
    stream = stateful.stream(session)
    while (event := await stream.event()) is not None and event.event != "message":
        pass
    await stream.leave()
    entries = (await onlooker.json(f"/dashboard/{session}/export.har"))["log"]["entries"]
    echo, listening = entries[2], entries[3]
    assert "first words" in echo["request"]["postData"]["text"]
    assert echo["request"]["url"] == "http://localhost/mcp"
    assert (listening["response"]["content"]["mimeType"], listening["request"]["method"]) == (
        "text/event-stream", "GET",
    )  # fmt: skip
    assert "event: message" in listening["response"]["content"]["text"]


async def test_json_is_the_overview_and_every_exchange_in_full(onlooker: Onlooker, session: str) -> None:
    exported = await onlooker.json(f"/dashboard/{session}/export.json")
    record = await onlooker.record(session)
    details = exported.pop("details")
    assert exported == record
    assert details == [await onlooker.json(f"/dashboard/{session}/exchanges/{number}") for number in (1, 2, 3)]


async def test_exports_are_saved_under_a_name_that_tells_no_id(onlooker: Onlooker, session: str) -> None:
    for ending in ("har", "json", "md"):
        answer = await onlooker.get(f"/dashboard/{session}/export.{ending}")
        assert answer.header("content-disposition") == f'attachment; filename="mcp-echo-session.{ending}"'


async def test_the_document_tells_who_what_and_what_for(onlooker: Onlooker, stateful: Server, session: str) -> None:
    await stateful.post(rpc("ping"), session, accept="application/json")
    document = (await onlooker.get(f"/dashboard/{session}/export.md")).body.decode()
    assert f"# Session `{session}`" in document
    assert "- Client: tester 1.0" in document
    assert "accept-both-types" in document
    assert "| 3 | " in document
    assert "`POST tools/call echo`" in document


async def test_nothing_a_client_sends_acts_in_a_document(onlooker: Onlooker, stateful: Server) -> None:
    session = await with_hostile_client(onlooker, stateful)
    for path in ("report.md", "export.md"):
        document = (await onlooker.get(f"/dashboard/{session}/{path}")).body.decode()
        html = links_and_code(document)
        for tag in ("<script", "<img", "<a "):
            assert tag not in html, (path, tag)
        assert "\x1b" not in document
        assert "\u202e" not in document


async def test_the_report_is_there_as_json(onlooker: Onlooker, stateful: Server, session: str) -> None:
    await stateful.post(rpc("ping"), session, accept="application/json")
    report = await onlooker.json(f"/dashboard/{session}/report.json")
    assert report == {**(await onlooker.record(session))["report"], "gateway": []}
    assert report["clients"] == [{"name": "tester", "version": "1.0", "revision": "2025-11-25"}]


async def test_a_broken_rule_fails_in_junit_with_its_level(onlooker: Onlooker, stateful: Server, session: str) -> None:
    await stateful.post(rpc("ping"), session, accept="application/json", mcp_protocol_version="2025-11-25")
    await stateful.post(rpc("ping"), session, accept="*/*", mcp_protocol_version="2025-11-25")
    answer = await onlooker.get(f"/dashboard/{session}/report.junit")
    assert (answer.header("content-type") or "").startswith("application/xml")
    suite = ET.fromstring(answer.body).find("testsuite")
    assert suite is not None
    cases = {case.get("name"): case for case in suite.findall("testcase")}
    applied = [rule.id for rule in RULES if "2025-11-25" in rule.revisions]
    assert list(cases) == applied
    failure = cases["accept-both-types"].find("failure")
    assert failure is not None
    assert failure.get("type") == "must"
    assert "Exchanges: 4" in (failure.text or "")
    told = cases["accept-wildcard-only"].find("system-out")
    assert told is not None
    assert cases["accept-wildcard-only"].find("failure") is None
    assert suite.get("failures") == str(sum(case.find("failure") is not None for case in cases.values()))
    assert suite.get("tests") == str(len(cases))


async def test_an_empty_record_has_an_empty_report(onlooker: Onlooker) -> None:
    suite = ET.fromstring((await onlooker.get("/dashboard/unused/report.junit")).body).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("0", "0")


async def test_nothing_a_client_sends_breaks_the_xml(onlooker: Onlooker, stateful: Server) -> None:
    session = await with_hostile_client(onlooker, stateful)
    await call(stateful, "echo", {"message": "]]>\x00\x0b"}, session)
    suite = ET.fromstring((await onlooker.get(f"/dashboard/{session}/report.junit")).body).find("testsuite")
    assert suite is not None
    assert suite.find(".//script") is None


async def test_what_no_encoder_takes_is_shown_all_the_same(onlooker: Onlooker, stateful: Server) -> None:
    session = await with_hostile_client(onlooker, stateful)
    record = await onlooker.record(session)
    assert record["session"]["client"]["name"].startswith("<script>")
    assert record["exchanges"][1]["client"]["name"] == "\\ud800"
    assert "\ud800" in [client["name"] for client in record["report"]["clients"]]
    assert (await onlooker.get(f"/dashboard/{session}/exchanges/2")).status == 200
    told = await onlooker.watch(session, "?after=0")
    assert [(await told.exchange_told())["sequence"] for _ in range(3)] == [1, 2, 3]
    assert await told.next("state")
    await told.exchange.leave()
