"""The whole check, against servers that stream and servers that break it on purpose."""

import asyncio

import pytest
from broken_ways import (
    AlwaysCompressing,
    Babbling,
    Batching,
    Complaining,
    Compressing,
    Cutting,
    Endless,
    Failing,
    Holding,
    HoldingWhenCompressing,
    Impatient,
    JsonMode,
    Legacy,
    Losing,
    Mute,
    Refusing,
    Resetting,
    Slow,
    Unlistenable,
)
from stream_runs import STEPS, checked, kinds
from ticking_server import TickingServer, listening

from mcp_echo_core.stream_check.ask import Wanted
from mcp_echo_core.stream_check.check import Options, check
from mcp_echo_core.stream_check.report import as_json, as_text
from mcp_echo_core.stream_check.talk import NoTool

SLOW = Wanted(tool="slow", words=("tenant=a",), steps=None, interval=0.0, seconds=5.0)


async def test_a_server_that_streams_is_clean() -> None:
    report = await checked(TickingServer())
    assert kinds(report) == ["streaming", "streaming"]
    assert (report.era, report.revision, report.remarks) == ("modern", "2026-07-28", ())
    assert report.gzip == "none: the stream is not compressed for a client that accepts gzip"
    assert report.exit_code == 0


async def test_a_clock_that_is_wrong_does_not_matter_and_is_told() -> None:
    server = TickingServer()
    server.skew = 3600.0
    report = await checked(server)
    assert kinds(report) == ["streaming", "streaming"]
    offset = report.variants[0].offset
    assert offset is not None
    assert -3600.0 <= offset < -3595.0


@pytest.mark.parametrize(
    ("server", "kind", "told"),
    [
        (Holding(), "held to the end", "5 ticks arrived together with the end"),
        (Losing(), "lost", "4 of 5 ticks arrived"),
        (Cutting(), "cut off", "when 3 of 5 ticks had arrived"),
        (Impatient(), "cut off", "a gateway answered 504"),
        (JsonMode(), "not a stream", "the whole answer came as application/json"),
        (Complaining(), "not a stream", "and says: Accept is missing"),
    ],
)
async def test_a_stream_that_is_broken_is_named_and_found(server: TickingServer, kind: str, told: str) -> None:
    report = await checked(server)
    assert kinds(report) == [kind, kind]
    assert told in report.variants[0].verdict.answer
    assert report.exit_code == 1


async def test_groups_are_named_with_their_sizes() -> None:
    report = await checked(Batching(), Wanted.ticks(10, 0.06, 5.0))
    assert kinds(report) == ["batched", "batched"]
    assert report.variants[0].verdict.groups == (5, 5)


@pytest.mark.parametrize("server", [Endless(), Mute()])
async def test_what_does_not_come_in_time_is_unfinished(server: TickingServer) -> None:
    report = await checked(server, Wanted.ticks(3, 0.02, 0.3))
    assert kinds(report) == ["unfinished", "unfinished"]
    assert report.exit_code == 1


async def test_a_refusal_is_told_and_is_no_finding() -> None:
    report = await checked(Refusing())
    assert kinds(report) == ["refused", "refused"]
    assert "-32602 Unknown argument" in report.variants[0].verdict.answer
    assert report.exit_code == 2


@pytest.mark.parametrize(
    ("server", "found", "effect", "code"),
    [
        (Compressing(), ["streaming"] * 2, "the stream is compressed (gzip), and every event still arrives in time", 0),
        (
            HoldingWhenCompressing(), ["streaming", "held to the end"],
            "the compression (gzip) holds the events back: without it they stream", 1,
        ),
        (AlwaysCompressing(), ["streaming"] * 2, "compressed (gzip) even for a client that asks for identity", 0),
    ],
)  # fmt: skip
async def test_the_effect_of_gzip_is_told(server: TickingServer, found: list[str], effect: str, code: int) -> None:
    report = await checked(server)
    assert (kinds(report), report.gzip, report.exit_code) == (found, effect, code)


async def test_of_another_tool_the_gaps_are_judged() -> None:
    report = await checked(Slow(), SLOW)
    assert kinds(report) == ["streaming", "streaming"]
    assert "4 events arrived one by one" in report.variants[0].verdict.answer


async def test_of_another_tool_together_is_no_proof() -> None:
    server = Slow()
    server.together = True
    report = await checked(server, SLOW)
    assert kinds(report) == ["undecided", "undecided"]
    assert "held on the way, or sent so" in report.variants[0].verdict.answer
    assert report.exit_code == 2


async def test_arguments_that_headers_repeat_are_sent_as_headers() -> None:
    server = Slow()
    schema = {"type": "object", "properties": {"tenant": {"type": "string", "x-mcp-header": "Tenant"}}}
    server.tools = ({"name": "slow", "inputSchema": schema},)
    await checked(server, SLOW)
    assert server.requests[-1][1]["mcp-param-tenant"] == "a"


async def test_a_server_without_our_echo_cannot_be_measured() -> None:
    server = TickingServer()
    server.tools = ({"name": "echo", "inputSchema": {"type": "object"}},)
    with pytest.raises(NoTool, match="takes no progressSteps"):
        await checked(server)
    server.tools = ({"name": "other", "inputSchema": {"type": "object"}},)
    with pytest.raises(NoTool, match="does not name echo, only other"):
        await checked(server)


async def test_the_session_is_ended_even_if_nothing_can_be_measured() -> None:
    server = Legacy()
    server.tools = ({"name": "other", "inputSchema": {"type": "object"}},)
    with pytest.raises(NoTool):
        await checked(server, era="legacy")
    assert server.ended


async def test_a_gateway_that_gives_up_before_the_first_event_cuts_too() -> None:
    server = Unlistenable()
    server.status = 504
    report = await checked(server, idle=1.0)
    assert (report.idle.kind, report.exit_code) == ("cut when idle", 1)


async def test_the_report_for_programs_has_everything() -> None:
    report = await checked(Holding())
    facts = as_json(report)
    assert facts["exitCode"] == 1
    first = facts["variants"][0]
    assert first["verdict"]["kind"] == "held to the end"
    assert len(first["series"]["ticks"]) == len(first["verdict"]["lags"]) == STEPS
    assert [exchange["number"] for exchange in facts["exchanges"]] == [1, 2, 3, 4]


async def test_the_report_for_people_begins_with_the_verdict_and_draws_the_ticks() -> None:
    lines = as_text(await checked(Holding())).splitlines()
    assert lines[0].startswith("held to the end: 5 ticks arrived together with the end")
    assert lines[0].endswith("[identity]")
    first = next(line for line in lines if line.startswith("     1    0.000"))
    assert "o···" in first
    assert first.endswith("●")
    assert any(line.startswith("  - nginx: proxy_buffering off;") for line in lines)
    assert sum(line.startswith("Accept-Encoding") for line in lines) == 1


async def test_a_variant_that_differs_is_drawn_too() -> None:
    lines = as_text(await checked(HoldingWhenCompressing())).splitlines()
    assert [line for line in lines if line.startswith("Accept-Encoding")] == [
        "Accept-Encoding: identity", "Accept-Encoding: gzip",
    ]  # fmt: skip
    assert any(line.startswith("  Content-Encoding: gzip") for line in lines)


async def test_a_hundred_ticks_are_not_all_drawn() -> None:
    text = as_text(await checked(TickingServer(), Wanted.ticks(60, 0.01, 5.0)))
    assert "… and 20 more" in text
    assert "    40 " in text
    assert "    41 " not in text


async def test_only_progress_of_the_call_counts_as_ticks() -> None:
    report = await checked(Babbling())
    assert kinds(report) == ["streaming", "streaming"]
    assert len(report.variants[0].series.ticks) == STEPS


@pytest.mark.parametrize(
    ("server", "told"), [(Failing(), "echo failed: Invalid arguments"), (Resetting(), "Server disconnected")]
)
async def test_a_call_that_fails_measures_nothing(server: TickingServer, told: str) -> None:
    report = await checked(server)
    assert kinds(report) == ["refused", "refused"]
    assert told in report.variants[0].verdict.answer
    assert report.gzip == "cannot be told without a stream to compare"
    assert report.exit_code == 2


async def test_credentials_are_in_no_report() -> None:
    secret = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJlc2lnbmF0dXJl"
    server = Complaining()
    async with listening(server) as url, asyncio.timeout(20):
        headers = (("Authorization", f"Bearer {secret}"),)
        report = await check(Options(url=url, headers=headers, wanted=Wanted.ticks(3, 0.01, 5.0)))
    assert server.requests[-1][1]["authorization"] == f"Bearer {secret}"
    assert secret not in repr(report)
