"""Clients that accept or declare the wrong types, and some that only look like it."""

import pytest
from scripted import Client

from harness import Server, rpc


async def accepting(server: Server, value: str | None) -> Client:
    client = Client(server)
    await client.initialize()
    await client.post(rpc("ping", None, client.next_id()), accept=value)
    return client


@pytest.mark.parametrize("value", [None, "", "application/json", "text/event-stream", "application/*", "text/html"])
async def test_a_post_that_does_not_accept_both_types_is_convicted(stateful: Server, value: str | None) -> None:
    client = await accepting(stateful, value)
    [finding] = await client.findings("accept-both-types")
    streamed = value == "text/event-stream"  # its opening has a number, too
    assert (finding.level, finding.revision, finding.evidence) == ("must", "2025-11-25", (3 + streamed,))


@pytest.mark.parametrize(
    ("value", "number"), [("application/json, text/event-stream;q=0", 3), ("*/*, application/json;q=0.0", 4)]
)
async def test_a_type_that_is_refused_by_its_weight_is_not_accepted(stateful: Server, value: str, number: int) -> None:
    [finding] = await (await accepting(stateful, value)).findings("accept-both-types")
    assert finding.evidence == (number,)


@pytest.mark.parametrize(
    "value",
    [
        "text/event-stream,application/json",
        "Application/JSON;q=0.9 , TEXT/event-stream; q=0.1, */*;q=0",
        "application/json; charset=utf-8, text/event-stream, text/html",
    ],
)
async def test_both_types_are_found_in_any_order_and_spelling(stateful: Server, value: str) -> None:
    assert (await (await accepting(stateful, value)).report()).findings == ()


@pytest.mark.parametrize("value", ["*/*", "application/*, text/*", "application/json, */*;q=0.1"])
async def test_a_wildcard_is_noted_and_no_violation(stateful: Server, value: str) -> None:
    client = await accepting(stateful, value)
    report = await client.report()
    [finding] = report.findings
    assert (finding.rule, finding.level, finding.evidence) == ("accept-wildcard-only", "note", (3,))
    assert (report.must, report.should, report.notes) == (0, 0, 1)


async def test_a_modern_post_is_judged_by_its_own_revision(stateful: Server) -> None:
    client = Client(stateful)
    await client.modern("tools/list", accept="application/json")
    [finding] = await client.findings("accept-both-types")
    assert (finding.revision, finding.evidence) == ("2026-07-28", (1,))


async def test_the_oldest_revision_does_not_know_these_types(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize("2024-11-05")
    await client.request("ping", accept="application/json")
    assert await client.findings("accept-both-types") == []


@pytest.mark.parametrize("value", [None, "application/json", "text/html, text/event-stream;q=0"])
async def test_a_get_of_a_session_that_does_not_accept_streams_is_convicted(
    stateful: Server, value: str | None
) -> None:
    client = Client(stateful)
    await client.initialize()
    stream = client.open("GET", headers={"accept": value})
    if value is None:
        await stream.head()
        await stream.leave()
    else:
        assert (await stream.answer()).status == 406
    [finding] = await client.findings("get-accept-event-stream")
    assert (finding.level, finding.revision, finding.evidence[-1]) == ("must", "2025-11-25", 3 + (value is None))


async def test_a_browser_that_looks_in_is_not_judged(stateful: Server) -> None:
    client = Client(stateful)
    await client.send("GET", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    await client.send("GET", headers={"accept": "text/html"})
    assert (await client.report()).findings == ()


async def test_a_get_may_accept_anything(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    stream = client.open("GET", headers={"accept": "*/*"})
    await stream.head()
    await stream.leave()
    assert (await client.report()).findings == ()


@pytest.mark.parametrize("value", [None, "", "text/plain", "application/json-rpc", "application/x-ndjson"])
async def test_a_post_that_is_not_declared_as_json_is_convicted(stateful: Server, value: str | None) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.request("ping", content_type=value)
    [finding] = await client.findings("content-type-json")
    assert (finding.level, finding.revision, finding.evidence) == ("should", "2025-11-25", (3,))


@pytest.mark.parametrize("value", ["application/json; charset=utf-8", "Application/JSON", 'application/json;p="a,b"'])
async def test_parameters_and_case_of_a_content_type_do_not_matter(stateful: Server, value: str) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.request("ping", content_type=value)
    assert (await client.report()).findings == ()


async def test_a_post_without_anything_in_it_needs_no_content_type(stateful: Server) -> None:
    client = Client(stateful)
    await client.send("POST", headers={"content-type": None, "content-length": "0"})
    assert await client.findings("content-type-json") == []
