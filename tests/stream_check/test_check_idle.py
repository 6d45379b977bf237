"""A stream that is left alone for a while."""

import re

from broken_ways import HoldingIdle, Legacy, Silencing, Unlistenable
from stream_runs import checked
from ticking_server import TickingServer

from mcp_echo_core.stream_check.report import as_text


async def test_an_idle_stream_that_lives_is_told_with_its_keep_alives() -> None:
    report = await checked(Legacy(), idle=0.5)
    assert (report.idle.kind, report.exit_code) == ("alive", 0)
    assert report.idle.watch is not None
    assert 0.09 < report.idle.watch.survived < 0.4
    assert "the longest silence it survived" in report.idle.answer


async def test_an_idle_stream_that_is_cut_is_found_with_the_setting_that_helps() -> None:
    report = await checked(Silencing(), idle=3.0)
    assert (report.idle.kind, report.exit_code) == ("cut when idle", 1)
    # Cut after 0.2 s, of which the way of the first bytes is no part.
    assert re.match(r"cut after 0\.(1[0-9]|[2-9])", report.idle.answer), report.idle.answer
    assert "MCP_SSE_KEEPALIVE_INTERVAL" in as_text(report)


async def test_an_idle_stream_of_which_nothing_arrives_is_held_back() -> None:
    report = await checked(HoldingIdle(), idle=0.3, timeout=0.3)
    assert (report.idle.kind, report.exit_code) == ("held back", 1)


async def test_a_server_without_such_a_stream_is_not_tested_and_not_blamed() -> None:
    report = await checked(Unlistenable(), idle=1.0)
    assert (report.idle.kind, report.exit_code) == ("not tested", 0)
    assert "subscriptions/listen was answered 404" in report.idle.answer


async def test_without_idle_that_is_said() -> None:
    report = await checked(TickingServer())
    assert "not tested: --idle SECONDS" in as_text(report)
