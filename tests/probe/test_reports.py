"""The formats: each tells the same, by the exit code and in its own form."""

import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from broken_sessions import NoOp, RefusesEverybody
from command_runs import ran
from sample_checks import MIXED, OPENING, crashing, good, sample, unclear

from in_loop import Serve
from mcp_echo_core.probe.check import Finding
from mcp_echo_core.probe.checks import CHECKS
from mcp_echo_core.probe.reports import DOCUMENTS, deductions, summary
from mcp_echo_core.probe.runner import Line, Report
from model_server import ModelServer

FORMATS = ("text", "json", "markdown", "junit", "html")
EXPECTED_OPENING = """\
1. Server generates new session ID: ✅ YES
2. Server rejects invalid session ID: ⚠️ NO (NoOpSessionStore)
3. Server accepts session across calls: ✅ YES
4. Client persists sessions: ✅ YES
"""


async def test_the_text_opens_with_the_four_lines(serve: Serve, use: Any) -> None:
    use(*OPENING)
    done = await ran(await serve(ModelServer()))
    assert done.out.startswith(EXPECTED_OPENING + "\nnothing broken; 3 passed, 1 noted, 0 could not be tested\n")


async def test_a_server_that_accepts_any_id_gets_the_four_lines_by_the_real_checks(serve: Serve) -> None:
    done = await ran(await serve(NoOp()), "--only", ",".join(check_id for _, check_id in summary.OPENING))
    assert done.out.startswith(EXPECTED_OPENING)
    assert done.code == 0


@pytest.mark.parametrize(
    ("outcome", "answer", "level", "sign"),
    [
        ("passed", "NO (405)", "must", "✅"),
        ("noted", "YES, though late", "must", "✅"),
        ("noted", "NO (sessionless)", "note", "⚠️"),
        ("noted", "nothing to persist", "note", "➖"),
        ("failed", "YES", "should", "⚠️"),
        ("failed", "YES", "must", "❌"),
        ("untested", "YES", "must", "➖"),
    ],
)
def test_a_sign_stands_for_outcome_level_and_answer(outcome: Any, answer: str, level: Any, sign: str) -> None:
    finding = Finding(outcome=outcome, answer=answer)
    assert summary.mark(Line(id="any", question="?", level=level, spec=(), finding=finding)) == sign


async def test_the_text_tells_who_answered_and_everything_that_did_not_pass(serve: Serve, use: Any) -> None:
    use(*MIXED)
    done = await ran(await serve(ModelServer()))
    assert "\n1 must, 1 should broken; 4 passed, 2 noted, 1 could not be tested\n" in done.out
    assert "Answered by: model 1\n" in done.out
    assert "Speaks: with a handshake (settled on 2025-11-25) and 2026-07-28, without a handshake\n" in done.out
    assert re.search(r"^unknown +GET +400 +wrong status: 404 is due$", done.out, re.MULTILINE)
    assert re.search(r"^broken-should +should +FAILED +NO$", done.out, re.MULTILINE)
    assert "  Clients: Clients give up.\n  Fix: Answer 404.\n  Rule: spec, section 1\n" in done.out
    assert "\n  > POST http://127.0.0.1:" in done.out
    assert "\n  < HTTP 200\n" in done.out
    assert "(note) passed" not in done.out
    assert max(map(len, done.out.splitlines())) <= 2000
    table = done.out.partition("\nChecks\n")[2].partition("\nFindings\n")[0]
    assert max(map(len, table.splitlines())) <= 80


async def test_verbose_tells_of_what_passed_too(serve: Serve, use: Any) -> None:
    use(*OPENING)
    url = await serve(ModelServer())
    assert "client-persistence (must) passed\n" not in (await ran(url)).out
    told = (await ran(url, "--verbose")).out
    assert "client-persistence (must) passed\n" in told
    assert told.count("  < HTTP 200\n") == 4


async def test_json_is_the_report_with_its_field_names(serve: Serve, use: Any) -> None:
    use(*MIXED)
    url = await serve(ModelServer())
    report = json.loads((await ran(url, "--format", "json", "--bearer", "some-token")).out)
    assert tuple(report) == Report.__struct_fields__
    assert report["url"] == url
    assert report["server"] == {"name": "model", "version": "1"}
    assert (report["version"], report["eras"]) == ("2025-11-25", ["legacy", "modern"])
    assert report["command"] == f"mcp-echo probe {url} --bearer ..."
    outcomes = {line["id"]: line["finding"]["outcome"] for line in report["lines"]}
    assert outcomes["broken-must"] == "failed"
    numbers = [exchange["number"] for exchange in report["exchanges"]]
    assert all(number in numbers for line in report["lines"] for number in line["finding"]["evidence"])


async def test_junit_has_a_case_for_every_check(serve: Serve, use: Any) -> None:
    use(*MIXED)
    suite = ET.fromstring((await ran(await serve(ModelServer()), "--format", "junit")).out)[0]
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert list(cases) == [check.id for check in MIXED]
    assert [case.get("type") for case in suite.iter("failure")] == ["must", "should"]
    assert cases["unclear"].find("skipped") is not None
    assert cases["remarkable"].find("system-out") is not None
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "9", "failures": "2", "errors": "0", "skipped": "1"}


async def test_junit_is_red_wherever_the_exit_code_is(serve: Serve, use: Any, tmp_path: Any) -> None:
    use(sample("crashing", crashing), sample("fine", good))
    suite = ET.fromstring((await ran(await serve(ModelServer()), "--format", "junit")).out)[0]
    assert [case.get("name") for case in suite if case.find("error") is not None] == ["crashing"]
    use(sample("fine", good))
    (tmp_path / "known").write_text("fine")
    words = ("--format", "junit", "--baseline", str(tmp_path / "known"))
    suite = ET.fromstring((await ran(await serve(ModelServer()), *words)).out)[0]
    assert [failure.get("type") for failure in suite.iter("failure")] == ["stale"]


async def test_junit_is_red_when_nobody_speaks_mcp(serve: Serve, use: Any) -> None:
    use(sample("unclear", unclear))
    done = await ran(await serve(RefusesEverybody()), "--format", "junit")
    suite = ET.fromstring(done.out)[0]
    assert done.code == 2
    assert [case.get("name") for case in suite if case.find("error") is not None] == ["speaks-mcp"]
    assert (suite.get("tests"), suite.get("errors"), suite.get("skipped")) == ("2", "1", "1")


async def test_the_document_says_what_is_wrong_beside_the_findings(serve: Serve, use: Any) -> None:
    use(sample("unclear", unclear))
    told = (await ran(await serve(RefusesEverybody()), "--format", "markdown")).out
    assert "- **No MCP server answers at this URL: initialize was answered 401" in told
    assert "- Speaks: neither era\n" in told


async def test_known_failures_are_skipped_with_their_reason(serve: Serve, use: Any, tmp_path: Any) -> None:
    use(*MIXED)
    (tmp_path / "known").write_text("broken-must # until May")
    words = ("--format", "junit", "--baseline", str(tmp_path / "known"))
    suite = ET.fromstring((await ran(await serve(ModelServer()), *words)).out)[0]
    assert "known failure: until May" in [skipped.get("message") for skipped in suite.iter("skipped")]
    assert suite.get("skipped") == "2"


async def test_the_document_has_the_parts_of_an_analysis(serve: Serve, use: Any) -> None:
    use(*MIXED)
    url = await serve(ModelServer())
    told = (await ran(url, "--format", "markdown", "--header", "X-Api-Key: secret", "--header", "X-Tenant: acme")).out
    assert re.findall("^## (.+)$", told, re.MULTILINE) == [
        "Overview", "Questions", "Results", "Findings in detail", "Architecture, as far as it shows from outside",
        "Implications", "How to reproduce", "Conclusions",
    ]  # fmt: skip
    assert f"\nmcp-echo probe {url} --header 'X-Api-Key: ...' --header 'X-Tenant: ...'\n" in told
    assert "| session store | What of session-store? | it validates |\n" in told
    assert "| Server rejects invalid session ID | ⚠️ NO (NoOpSessionStore) |\n" in told
    assert "- `broken-must` (must): Answer 404.\n" in told
    assert "- `unclear` remains open: no credentials of another caller\n" in told


def test_every_check_that_a_report_relies_on_exists() -> None:
    relied_on = {check_id for _, check_id in (*summary.OPENING, *deductions.ARCHITECTURE)} | set(deductions.SECURITY)
    assert relied_on <= {check.id for check in CHECKS}


def test_every_format_beside_text_has_a_writer() -> None:
    assert set(DOCUMENTS) == set(FORMATS) - {"text"}
