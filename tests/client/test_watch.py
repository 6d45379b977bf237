"""``mcp-echo watch``: the feed of a dashboard in a terminal."""

import asyncio
import json

import pytest
from client_runs import Ran, ran
from feeds import Feeds, exchange, finding, report, told

from asgi_bridge import Request, bounded
from harness import POST_HEADERS, Server, encoded, header_list, initialize, rpc, tool_call
from in_loop import Serve


def site(url: str) -> str:
    return url.removesuffix("/mcp")


async def watched(serve: Serve, feeds: Feeds, *words: str) -> Ran:
    return await ran("watch", "b", "--server", site(await serve(feeds.app)), *words)


async def test_it_shows_who_is_talking_what_was_said_and_the_verdict(serve: Serve, stateful: Server) -> None:
    url = await serve(stateful.app)
    session = await initialize(stateful)
    await stateful.post(tool_call("echo", {"message": "hi"}, 2), session, mcp_protocol_version="2025-11-25")
    done = await ran("watch", f"{site(url)}/dashboard/{session}", "--for", "0.1")
    lines = done.out.splitlines()
    assert lines[0].startswith(f"session {session} on mcp-echo-streamablehttp-server-stateful")
    assert lines[1].startswith("client ")
    assert "200 POST initialize" in lines[2]
    assert "202 POST notifications/initialized" in lines[3]
    assert "200 POST tools/call echo" in lines[4]
    assert f" ms  {str(session)[:8]}" in lines[4]
    assert lines[-1].startswith("verdict: ")
    assert done.err.startswith("Watched until the time was over")


async def test_it_ends_at_the_first_finding_of_the_level_that_was_asked_for(serve: Serve, stateful: Server) -> None:
    url = await serve(stateful.app)
    watch = asyncio.create_task(ran("watch", f"{site(url)}/b/ci/mcp", "--exit-on", "must", "--for", "5"))
    live = asyncio.create_task(_break_rules(stateful, watch))
    done = await bounded(watch, "the end of the watch")
    await live
    assert done.code == 1
    assert "MUST   initialize-params-complete (2025-11-25): " in done.out
    assert "Watched until the first finding that counts" in done.err


async def _break_rules(server: Server, watch: "asyncio.Task[Ran]") -> None:
    while not watch.done():
        body = encoded(rpc("initialize", {"protocolVersion": "2025-11-25"}))
        await server.send(Request(path="/b/ci/mcp", headers=header_list(POST_HEADERS, {}), body=body))
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("level", "words", "code"),
    [
        ("must", (), 1),
        ("should", (), 1),
        ("suspicion", (), 0),
        ("suspicion", ("--exit-on", "should"), 0),
        ("note", (), 0),
        ("should", ("--exit-on", "must"), 0),
        ("should", ("--exit-on", "should"), 1),
        ("must", ("--exit-on", "should"), 1),
    ],
)
async def test_the_exit_code_tells_whether_something_was_found_that_counts(
    serve: Serve, level: str, words: tuple[str, ...], code: int
) -> None:
    state = told("state", {"session": None, "report": report(finding(level=level)), "gateway": [], "dropped": 0})
    done = await watched(serve, Feeds([state, told("gone", {})]), *words)
    assert done.code == code
    assert f"{level.upper():6} a-rule (2025-11-25): A title" in done.out


async def test_an_exchange_is_a_line_with_the_rules_that_it_breaks(serve: Serve) -> None:
    feeds = Feeds(
        [
            told("exchange", exchange(1, code=-32602, status=400), 1),
            told("exchange", exchange(2, tool_error=True, rules=["a-rule", "another"]), 2),
            told("exchange", exchange(3, http="GET", kind="GET", name=None, session=None), 3),
        ]
    )
    lines = (await watched(serve, feeds)).out.splitlines()
    assert lines[3].endswith(
        "   1  400 POST tools/call echo                 legacy 2025-11-25     12.3 ms  0123abcd  error -32602"
    )
    assert lines[4].endswith("0123abcd  tool error  ✗ a-rule another")
    assert lines[5].endswith("   3  200 GET                                  legacy 2025-11-25     12.3 ms  -")


async def test_a_stream_is_told_when_it_opens_and_when_it_ends(serve: Serve) -> None:
    pieces = [{"after": 0.1, "what": "priming"}, {"after": 0.2, "what": "response"}]
    feeds = Feeds(
        [
            told("exchange", exchange(1, key="i-7", stream=True, open=True, seconds=None), 1),
            told("exchange", exchange(2, key="i-7", stream=True, ended_by="client", pieces=pieces), 2),
            told("exchange", exchange(3, stream=True, ended_by="server", pieces=pieces[:1]), 3),
        ]
    )
    lines = (await watched(serve, feeds)).out.splitlines()
    assert lines[3].endswith("open  0123abcd  stream opens")
    assert lines[4].endswith("12.3 ms  0123abcd  stream ended by client, 2 pieces")
    assert lines[5].endswith("0123abcd  stream, 1 piece")


async def test_findings_are_told_once_and_the_verdict_when_it_changes(serve: Serve) -> None:
    first, second = finding(), finding("b-rule", "note", says=["one", "two", "three", "four"])
    observed = {"id": "buffering", "title": "t", "says": "Streams are held back.", "evidence": [1]}
    ended = {"alive": False, "ended": {"at": 1.0, "reason": "delete"}}
    dropped = "in the last 2 of 1,002 exchanges"
    states = [
        {"session": {"alive": True, "ended": None}, "report": report(first), "gateway": []},
        {"session": {"alive": True, "ended": None}, "report": report(first), "gateway": []},
        {"session": ended, "report": report(first, second, scope=dropped), "gateway": [observed]},
        {"session": ended, "report": report(first, second, scope=dropped), "gateway": [observed]},
    ]
    done = await watched(serve, Feeds([told("state", each) for each in states]))
    lines = done.out.splitlines()[2:]
    assert lines == [
        "verdict: no rule broken in 3 exchanges",
        "MUST   a-rule (2025-11-25): A title",
        "       It was seen.",
        "       exchanges 1. Fix: Do it.",
        "verdict: 1 MUST in 3 exchanges",
        "NOTE   b-rule (2025-11-25): A title",
        "       one",
        "       two",
        "       three",
        "       exchanges 1. Fix: Do it.",
        "gateway buffering: Streams are held back.",
        "verdict: 1 MUST, 1 note in the last 2 of 1,002 exchanges",
        "the session has ended (delete)",
    ]


async def test_after_a_break_it_goes_on_where_it_was_and_says_so(serve: Serve) -> None:
    feeds = Feeds([told("exchange", exchange(7), 7)], 503, [told("exchange", exchange(8), 8)])
    done = await watched(serve, feeds)
    assert feeds.asked == ["0", "7", "7", "8"]
    assert done.err.count("The feed broke off: the server ended the feed. Trying again") == 2
    assert "Connected again; what came after exchange 7 follows." in done.err
    assert "The record is gone" in done.err
    assert [line[10:13].strip() for line in done.out.splitlines()[3:]] == ["7", "8"]
    assert done.code == 0


async def test_a_record_that_has_begun_anew_is_followed_from_its_beginning(serve: Serve) -> None:
    feeds = Feeds([told("exchange", exchange(7), 7)], [told("exchange", exchange(1), 1)], [])
    await watched(serve, feeds)
    assert feeds.asked == ["0", "7", "1", "1"]


async def test_a_record_that_has_begun_anew_is_recognised_although_it_has_grown_as_long(serve: Serve) -> None:
    feeds = Feeds([told("exchange", exchange(1), 1)], [told("exchange", exchange(1, key="j-1"), 1)])
    feeds.kept = [exchange(1, key="j-1"), exchange(2, key="j-2")]
    first = await watched(serve, feeds)
    assert feeds.asked == ["2", "0", "1"]
    assert first.out.count("tools/call echo") == 4


async def test_a_feed_that_is_too_slow_asks_for_what_it_missed(serve: Serve) -> None:
    feeds = Feeds(
        [told("exchange", exchange(3), 3), told("too-slow", {"fix": "…"})], [told("exchange", exchange(4), 4)]
    )
    done = await watched(serve, feeds)
    assert feeds.asked == ["0", "3", "4"]
    assert "Too slow" in done.err
    assert done.err.count("broke off") == 1


async def test_as_json_there_is_one_object_per_line(serve: Serve) -> None:
    state = {"session": {"alive": True, "ended": None, "expires": 1}, "report": report(), "gateway": []}
    again = {**state, "session": {"alive": True, "ended": None, "expires": 2}}
    feeds = Feeds([told("exchange", exchange(1, name="\x1bü"), 1), told("state", state), told("state", again)])
    done = await watched(serve, feeds, "--json")
    assert done.out.isascii()
    events = [json.loads(line) for line in done.out.splitlines()]
    assert [each["event"] for each in events] == ["record", "exchange", "state", "lost", "gone", "end"]
    assert events[1]["data"]["name"] == "\x1bü"
    assert events[-1]["data"] == {"reason": "gone", "verdict": "no rule broken in 3 exchanges", "code": 0}
    assert done.err == ""


async def test_nothing_that_a_client_says_acts_on_the_terminal(serve: Serve) -> None:
    evil = "\x1b[2J\x9b\u202e\r\nx"
    bad = finding(evil, title=evil, says=[evil], fix=evil)
    record = {"exchanges": [exchange(1, kind=evil, name=evil, session=evil, rules=[evil])]}
    clients = [{"name": evil, "version": evil, "revision": evil}]
    done = await watched(serve, Feeds([], report=report(bad, clients=clients), **record))
    shown = done.out + done.err
    assert "\\x1b[2J\\x9b\\u202e\\r\\nx" in shown
    assert not [character for character in shown if character in "\x1b\x9b\u202e\r"]


@pytest.mark.parametrize(
    "data",
    [
        b"not json",
        b"[1]",
        b'{"sequence": "x", "pieces": 7, "rules": {}, "seconds": "soon", "at": 1e300, "status": null}',
        b"[" * 100_000,
    ],
)
async def test_what_makes_no_sense_is_shown_as_far_as_it_does(serve: Serve, data: bytes) -> None:
    done = await watched(serve, Feeds([b"event: exchange\ndata: " + data + b"\n\n", told("gone", {})]))
    assert done.code == 0


async def test_many_exchanges_of_the_past_are_counted(serve: Serve) -> None:
    done = await watched(serve, Feeds([told("gone", {})], exchanges=[exchange(number) for number in range(1, 31)]))
    assert "… 10 earlier exchanges" in done.out
    assert "  11  200" in done.out
