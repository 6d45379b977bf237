"""How findings count, what a report speaks of, and what is left out of it."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest
from questioned import INITIALIZE, initialized
from scripted import Client
from synthetic import exchange, record, report

from harness import FakeClock, Server, rpc
from mcp_echo_core.client_report import renderings
from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.judging import judge
from mcp_echo_core.client_report.report import ClientReport

LEFT = rpc("tools/call", {"name": "work"}, 2)
SUSPICIOUS = (
    exchange(INITIALIZE, answer=initialized(), session="a"),
    exchange(rpc("notifications/initialized"), at=0.5, session="a", status=202),
    exchange(LEFT, at=1, seconds=4, status=499, session="a"),
    exchange(rpc("ping", None, 3), at=60, session="a"),
)
JSON = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


def conforming(count: int) -> list[Any]:
    """Pings of a client of which nothing else is known."""
    return [exchange(rpc("ping", None, place + 1), at=place, headers=JSON, session="a") for place in range(count)]


def suspicions(told: ClientReport) -> list[str]:
    return [finding.rule for finding in told.findings if finding.weight == "suspicion"]


def test_a_suspicion_is_neither_counted_nor_told_as_a_broken_rule() -> None:
    told = report(*SUSPICIOUS)
    assert suspicions(told) == ["abandon-sends-cancelled"]
    assert (told.suspicions, told.should) == (
        1,
        len({each.rule for each in told.findings if each.weight == "should"}),
    )
    text = renderings.markdown(told, ())
    assert "## What may be wrong, and may not" in text
    assert "1 suspicion" in renderings.verdict(told)


def test_a_suspicion_is_no_failure_in_continuous_integration() -> None:
    judgement = judge(record(*SUSPICIOUS))
    suite = ET.fromstring(renderings.junit(judgement.report, judgement.revisions)).find("testsuite")
    assert suite is not None
    case = suite.find("testcase[@name='abandon-sends-cancelled']")
    assert case is not None
    assert case.find("failure") is None
    assert "Suspicion: " in case.findtext("system-out", "")
    failed = {each.get("name") for each in suite.iter("testcase") if each.find("failure") is not None}
    assert "abandon-sends-cancelled" not in failed
    assert suite.get("failures") == str(len(failed))


def test_what_is_certain_and_what_is_suspected_of_one_rule_are_two_findings() -> None:
    fields = {**JSON, "mcp-protocol-version": "2025-11-25"}
    keys = ("com.mcp.tools/x", "io.modelcontextprotocol/unheard-of")
    pings = [
        exchange(rpc("ping", {"_meta": {key: 1}}, place), at=place, headers=fields) for place, key in enumerate(keys)
    ]
    told = report(*pings)
    certain, suspected = [each for each in told.findings if each.rule == "meta-reserved-prefix"]
    assert (certain.weight, certain.level, certain.evidence, certain.count) == ("must", "must", (1,), 1)
    assert (suspected.weight, suspected.level, suspected.evidence, suspected.count) == ("suspicion", "must", (2,), 1)
    assert suspected.says[0].startswith("Suspicion: ")
    assert (told.must, told.suspicions) == (1, 1)


@pytest.mark.parametrize(
    ("count", "dropped", "scope"),
    [
        (0, 0, ""),
        (1, 0, "in 1 exchange"),
        (3, 0, "in 3 exchanges"),
        (3, 2047, "in the last 3 of 2,050 exchanges"),
    ],
)
def test_a_report_says_what_it_speaks_of(count: int, dropped: int, scope: str) -> None:
    told = report(*conforming(count), dropped=dropped)
    assert (told.scope, told.exchanges, told.dropped, told.complete) == (scope, count, dropped, not dropped)
    assert renderings.verdict(told).endswith(scope or "nothing to judge")
    if dropped:
        assert f"Exchanges judged: {count} of 2,050" in renderings.markdown(told, ())
        assert f"client report {scope}" in renderings.junit(told, ())


def test_what_was_not_taken_in_between_leaves_no_last_ones() -> None:
    kept = record(*conforming(3))
    assert report(*conforming(3)).scope == "in 3 exchanges"
    told = judge(type(kept)(subject="b:made", began=0.0, dropped=7, ended=None, entries=kept.entries)).report
    assert told.scope == "in 3 of 10 exchanges"


async def test_what_is_replayed_by_hand_is_counted_and_not_judged(stateful: Server, clock: FakeClock) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.call("echo", message="x")
    before = await client.report()
    clock.jump(5)
    again = rpc("tools/call", {"name": "echo", "arguments": {"message": "x"}}, client.ids)
    await client.post(again, mcp_echo_replay="1", accept="*/*", accept_encoding=None)
    after = await client.report()
    assert before.findings == after.findings == ()
    assert (after.exchanges, after.replayed, after.dropped) == (before.exchanges, 1, 0)
    assert "Replayed by hand, and not judged: 1" in renderings.markdown(after, ())
    await client.post(again)
    assert "request-id-unique-in-session" in [finding.rule for finding in (await client.report()).findings]


def test_a_replay_settles_no_session() -> None:
    made = exchange(INITIALIZE, answer=initialized(), session="a", headers={"Mcp-Echo-Replay": "1"})
    conversation = Conversation(record(made, *conforming(1)))
    assert conversation.sessions["a"].initialize is None
    assert [heard.sequence for heard in conversation.heard] == [2]
