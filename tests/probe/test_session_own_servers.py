"""The session checks on this project's two servers, with every kind of store that needs nothing installed."""

from pathlib import Path

import pytest
from own_servers import own_server
from probe_runs import report_on

from in_loop import Serve
from mcp_echo_core.probe.checks import CHECKS
from mcp_echo_core.probe.runner import Report

SESSION_CHECKS = [check.id for check in CHECKS if check.id.startswith("session-") or check.id == "client-persistence"]

SUMMARY = ("session-minted", "session-unknown", "session-across-calls", "client-persistence")
"""The four questions of a session analysis."""


async def judged(serve: Serve, variant: str, **variables: str) -> Report:
    return await report_on(await serve(own_server(variant, **variables)), *SESSION_CHECKS)


def answers(report: Report, *ids: str) -> list[str]:
    lines = [report.line(check_id) for check_id in ids]
    return [line.finding.answer for line in lines if line is not None]


def failures(report: Report) -> list[str]:
    return [line.id for line in report.lines if line.finding.outcome == "failed"]


@pytest.mark.parametrize("store", ["memory://", "sqlite"])
async def test_a_store_of_sessions_validates(serve: Serve, tmp_path: Path, store: str) -> None:
    url = store if "://" in store else f"sqlite://{tmp_path}/sessions.db"
    report = await judged(serve, "stateful", MCP_SESSION_STORE=url)
    assert answers(report, *SUMMARY) == ["YES", "YES", "YES", "YES"]
    assert answers(report, "session-store", "session-state", "session-fixation") == ["validating store", "YES", "NO"]
    assert answers(report, "session-absent", "session-minted-elsewhere") == ["it is served", "YES (ping, tools/list)"]
    assert failures(report) == []
    assert report.seconds < 3


async def test_the_store_that_keeps_nothing_is_recognised(serve: Serve) -> None:
    report = await judged(serve, "stateful", MCP_SESSION_STORE="noop://")
    assert answers(report, *SUMMARY) == ["YES", "NO (NoOpSessionStore)", "YES", "YES"]
    verdict = "NoOpSessionStore: accepts any id and validates nothing"
    assert answers(report, "session-store") == [verdict]
    assert answers(report, "session-state") == ["NO, the id is accepted but nothing is kept under it"]
    assert failures(report) == ["session-ended"]


async def test_the_server_without_sessions_is_recognised(serve: Serve) -> None:
    report = await judged(serve, "stateless")
    assert answers(report, "session-minted", "session-store") == ["NO (sessionless)", "sessionless"]
    assert failures(report) == []


async def test_ids_that_are_demanded_are_told(serve: Serve) -> None:
    report = await judged(serve, "stateful", MCP_SESSION_REQUIRED="true")
    assert answers(report, "session-absent", "session-minted-elsewhere") == ["400", "NO, only initialize"]
    assert failures(report) == []


async def test_sessions_that_expire_get_404(serve: Serve) -> None:
    url = await serve(own_server("stateful", MCP_SESSION_TIMEOUT="0.2"))
    report = await report_on(url, "session-expired", idle=0.3)
    assert answers(report, "session-expired") == ["404 after 0.3 s"]
