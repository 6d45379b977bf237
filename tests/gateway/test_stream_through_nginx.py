"""``mcp-echo stream`` in front of our servers, with nothing and with a real nginx in between."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from harness import VARIANT_NAMES
from live import Live, serving
from mcp_echo_core.client.peer import Choice
from mcp_echo_core.stream_check.ask import Wanted
from mcp_echo_core.stream_check.check import Options, Report, check
from mcp_echo_core.stream_check.heads import coding
from mcp_echo_core.stream_check.report import as_text
from nginx_process import proxy

pytestmark = pytest.mark.peers

KEEP_ALIVE = 10
"""Seconds between the keep-alives of the servers: longer than any stream here is left alone."""

INTERVAL = 0.05
"""Seconds between two ticks."""

TRIES = 5
"""So often a check is made anew that says that its own process did not run, as happens on a busy machine."""

HTTP_1_1 = ("proxy_http_version 1.1;", 'proxy_set_header Connection "";')
GZIP = ("gzip on;", "gzip_types text/event-stream;")
DEAF = "proxy_ignore_headers X-Accel-Buffering;"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Live]]:
    """Both servers, on their own."""
    with ExitStack() as stack:
        folder, facts = tmp_path_factory.mktemp("servers"), {"MCP_SSE_KEEPALIVE_INTERVAL": str(KEEP_ALIVE)}
        yield {name: stack.enter_context(serving(name, folder, **facts)) for name in VARIANT_NAMES}


@pytest.fixture
def stateful(servers: dict[str, Live]) -> Live:
    """The stateful one."""
    return servers["stateful"]


def through(folder: Path, live: Live, *gateways: Sequence[str], steps: int = 10, **options: Any) -> Report:
    """What the check finds through gateways with these directives, the innermost first."""
    with ExitStack() as stack:
        port = live.port
        for number, directives in enumerate(gateways):
            inside = folder / f"nginx-{number}"
            inside.mkdir()
            port = stack.enter_context(proxy(inside, port, *directives))
        return found_at(port, steps, **options)


def found_at(port: int, steps: int = 10, **options: Any) -> Report:
    url, wanted = f"http://127.0.0.1:{port}/mcp", Wanted.ticks(steps, INTERVAL, 10.0)
    for _ in range(TRIES):
        report = asyncio.run(check(Options(url=url, headers=(), wanted=wanted, **options)))
        if not any("this process itself did not run" in variant.verdict.answer for variant in report.variants):
            break
    return report


def kinds(report: Report) -> list[str]:
    return [variant.verdict.kind for variant in report.variants]


def codings(report: Report) -> list[str | None]:
    return [coding(variant.head) for variant in report.variants]


@pytest.mark.parametrize("era", ["modern", "legacy"])
@pytest.mark.parametrize("variant", VARIANT_NAMES)
def test_with_no_gateway_both_servers_are_clean_in_both_eras(
    servers: dict[str, Live], variant: str, era: Choice
) -> None:
    report = found_at(servers[variant].port, era=era)
    assert (kinds(report), codings(report)) == (["streaming"] * 2, [None] * 2)
    assert (report.era, report.exit_code) == (era, 0)


@pytest.mark.parametrize(
    "directives",
    [(), HTTP_1_1, ("proxy_buffering off;",), (DEAF,), (DEAF, *HTTP_1_1)],
    ids=["as it is", "HTTP/1.1", "buffering off", "X-Accel-Buffering ignored", "ignored, HTTP/1.1"],
)
def test_one_nginx_streams_what_arrives_in_chunks_whatever_it_may_buffer(
    tmp_path: Path, stateful: Live, directives: Sequence[str]
) -> None:
    report = through(tmp_path, stateful, directives)
    assert (kinds(report), report.exit_code) == (["streaming"] * 2, 0)
    assert "X-Accel-Buffering: -  (was sent as 'no' and has been taken off" in as_text(report)


def test_a_second_nginx_as_it_is_holds_everything_to_the_end(tmp_path: Path, stateful: Live) -> None:
    report = through(tmp_path, stateful, (), ())
    assert (kinds(report), report.exit_code) == (["held to the end"] * 2, 1)
    assert "each further one needs the setting" in as_text(report)


def test_a_second_nginx_with_small_buffers_passes_groups_on(tmp_path: Path, stateful: Live) -> None:
    small = ("proxy_buffer_size 1k;", "proxy_buffers 8 1k;", "proxy_busy_buffers_size 2k;")
    report = through(tmp_path, stateful, (), small, steps=12)
    assert (kinds(report), report.exit_code) == (["batched"] * 2, 1)
    assert max(report.variants[0].verdict.groups) > 2


@pytest.mark.parametrize("directives", [("proxy_buffering off;",), HTTP_1_1], ids=["buffering off", "HTTP/1.1"])
def test_a_second_nginx_with_either_fix_streams(tmp_path: Path, stateful: Live, directives: Sequence[str]) -> None:
    report = through(tmp_path, stateful, (), directives)
    assert (kinds(report), report.exit_code) == (["streaming"] * 2, 0)


def test_gzip_that_may_not_buffer_compresses_and_streams(tmp_path: Path, stateful: Live) -> None:
    report = through(tmp_path, stateful, GZIP)
    assert (kinds(report), codings(report)) == (["streaming"] * 2, [None, "gzip"])
    assert report.gzip == "the stream is compressed (gzip), and every event still arrives in time"
    assert report.exit_code == 0


def test_gzip_that_may_buffer_holds_to_the_end_what_streams_without_it(tmp_path: Path, stateful: Live) -> None:
    report = through(tmp_path, stateful, (*GZIP, DEAF))
    assert (kinds(report), codings(report)) == (["streaming", "held to the end"], [None, "gzip"])
    assert report.gzip == "the compression (gzip) holds the events back: without it they stream"
    assert report.exit_code == 1


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_a_read_timeout_cuts_an_idle_stream(tmp_path: Path, stateful: Live, era: Choice) -> None:
    report = through(tmp_path, stateful, ("proxy_read_timeout 1s;",), era=era, idle=2.5)
    assert (kinds(report), report.idle.kind, report.exit_code) == (["streaming"] * 2, "cut when idle", 1)
    assert report.idle.watch is not None
    assert report.idle.watch.closed is not None
    assert 0.9 < report.idle.watch.closed < 2.5
    assert "MCP_SSE_KEEPALIVE_INTERVAL" in as_text(report)


def test_keep_alives_that_are_frequent_enough_save_an_idle_stream(tmp_path: Path) -> None:
    with serving("stateful", tmp_path, MCP_SSE_KEEPALIVE_INTERVAL="0.3") as live:
        report = through(tmp_path, live, ("proxy_read_timeout 1s;",), idle=1.5)
    assert (report.idle.kind, report.exit_code) == ("alive", 0)


def test_without_a_gateway_an_idle_stream_lives(stateful: Live) -> None:
    report = found_at(stateful.port, steps=3, idle=1.0)
    assert (report.idle.kind, report.exit_code) == ("alive", 0)


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_an_accept_that_is_replaced_makes_it_no_stream(tmp_path: Path, stateful: Live, era: Choice) -> None:
    report = through(tmp_path, stateful, ("proxy_set_header Accept application/json;",), era=era)
    assert (kinds(report), report.exit_code) == (["not a stream"] * 2, 1)
    assert "the request's Accept does not allow text/event-stream" in report.variants[0].verdict.answer
    assert report.gzip == "cannot be told without a stream to compare"


def test_a_response_that_takes_too_long_is_cut_off(tmp_path: Path, stateful: Live) -> None:
    with ExitStack() as stack:
        port = stack.enter_context(proxy(tmp_path, stateful.port, "proxy_read_timeout 1s;"))
        wanted = Wanted.ticks(3, 1.5, 5.0)
        url = f"http://127.0.0.1:{port}/mcp"
        report = asyncio.run(check(Options(url=url, headers=(), wanted=wanted)))
    assert (kinds(report), report.exit_code) == (["cut off"] * 2, 1)
    assert "when 1 of 3 ticks had arrived" in report.variants[0].verdict.answer
