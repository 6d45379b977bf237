"""A client that keeps the rules of its revision has no findings."""

import conforming
import pytest
from conforming import MakeApp
from scripted import Client

from harness import REVISIONS, FakeClock, Server, rpc
from mcp_echo_core.toolsets.conformance import running


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_conforming_client_of_a_revision_with_a_handshake_has_no_findings(
    stateful: Server, revision: str
) -> None:
    report = await (await conforming.brief(stateful, revision)).report()
    assert report.exchanges == 6
    assert report.findings == ()


async def test_a_client_that_listens_and_fetches_what_a_cut_kept_back_has_no_findings(
    make_app: MakeApp, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PAUSE", 0.0)
    client = await conforming.listening(make_app, clock)
    assert (await client.report()).findings == ()


async def test_a_client_that_gives_up_and_says_so_has_no_findings(make_app: MakeApp, clock: FakeClock) -> None:
    assert (await (await conforming.leaving(make_app, clock)).report()).findings == ()


async def test_a_conforming_client_of_the_revision_without_a_handshake_has_no_findings(stateful: Server) -> None:
    report = await (await conforming.modern(stateful)).report()
    assert report.exchanges == 4
    assert report.findings == ()


@pytest.mark.parametrize("revision", ["2025-06-18", "2025-11-25"])
async def test_a_client_that_uses_everything_and_answers_questions_has_no_findings(
    make_app: MakeApp, clock: FakeClock, revision: str
) -> None:
    client = await conforming.questioned(make_app, clock, revision)
    assert (await client.report()).findings == ()


async def test_a_modern_client_that_listens_and_answers_questions_breaks_nothing(
    make_app: MakeApp, clock: FakeClock
) -> None:
    report = await (await conforming.modern_questioned(make_app, clock)).report()
    assert [finding.rule for finding in report.findings if finding.level != "note"] == []
    assert {finding.rule for finding in report.findings} <= {"deprecated-features"}  # roots, sampling, log levels


async def test_a_rule_that_is_broken_is_found(stateful: Server) -> None:
    client = Client(stateful)
    await client.initialize()
    await client.post(rpc("ping", None, client.next_id()), content_type="text/plain")
    [finding] = await client.findings("content-type-json")
    assert (finding.level, finding.evidence, finding.revision) == ("should", (3,), "2025-11-25")
