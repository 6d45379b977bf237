"""The judge of scripts/conformance convicts: unexpected faults, expectations that no longer hold, unknown names."""

import json
import stat
from pathlib import Path

import pytest
from conformance_baseline import FIXTURES, MEMORY, Run, disagreements, expected_in, incomplete, read_baseline
from conformance_suite import NO_VERDICT, REVISIONS, Verdict, judge, run_suite

COMMITTED = Path(__file__).with_name("baseline.yaml")
NOTHING = {FIXTURES: {}, MEMORY: {}}


def verdict(scenario: str, *faults: str, reason: str = "") -> Verdict:
    return Verdict(scenario, 1, len(faults), 0, reason, frozenset(faults))


def run(*verdicts: Verdict, server: str = "stateful", toolset: str = "on", revision: str = "2026-07-28") -> Run:
    return Run(server, toolset, revision, verdicts)


def written(folder: Path, text: str) -> Path:
    file = folder / "baseline.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_server_that_passes_everything_has_no_problems() -> None:
    assert disagreements(NOTHING, [run(verdict("ping"))]) == []


def test_a_check_that_fails_without_being_expected_is_a_problem() -> None:
    problems = disagreements(NOTHING, [run(verdict("ping", "a", "b"))])
    assert problems == [f"stateful, toolset on, 2026-07-28: ping: {check} does not pass" for check in "ab"]


def test_an_expectation_that_no_longer_holds_is_a_problem() -> None:
    baseline = {FIXTURES: {"image": frozenset({"a", "b"})}, MEMORY: {}}
    assert disagreements(baseline, [run(verdict("image", "a", "b"), toolset="off")]) == []
    problems = disagreements(baseline, [run(verdict("image", "a"), toolset="off")])
    assert problems == ["stateful, toolset off, 2026-07-28: image: b passes, but the baseline has it"]


def test_an_expectation_about_what_never_runs_is_a_problem() -> None:
    baseline = {FIXTURES: {"image": frozenset({"a"})}, MEMORY: {}}
    problems = disagreements(baseline, [run(verdict("ping"), toolset="off"), run(verdict("image"))])
    assert problems == ["the baseline has image, which never ran where it applies"]


def test_missing_fixtures_excuse_nothing_when_the_toolset_is_on() -> None:
    baseline = {FIXTURES: {"image": frozenset({"a"})}, MEMORY: {}}
    runs = [run(verdict("image", "a"), toolset="off"), run(verdict("image", "a"))]
    assert disagreements(baseline, runs) == ["stateful, toolset on, 2026-07-28: image: a does not pass"]


@pytest.mark.parametrize(
    ("server", "revision", "excused"),
    [
        ("stateless", "2025-11-25", True),
        ("stateless", "2026-07-28", False),
        ("stateful", "2025-11-25", False),
    ],
)
def test_a_lack_of_memory_excuses_one_server_in_one_revision(server: str, revision: str, excused: bool) -> None:
    baseline = {FIXTURES: {}, MEMORY: {"asks": frozenset({"a"})}}
    assert bool(expected_in(baseline, run(server=server, revision=revision))) is excused


def test_where_both_reasons_hold_the_lack_of_memory_decides() -> None:
    baseline = {FIXTURES: {"polls": frozenset({"a"})}, MEMORY: {"polls": frozenset({"b"})}}
    both = run(verdict("polls", "b"), server="stateless", toolset="off", revision="2025-11-25")
    assert disagreements(baseline, [both]) == []


def test_extensions_are_not_judged() -> None:
    assert disagreements(NOTHING, [run(verdict("tasks", "a", reason="extension"))]) == []
    assert disagreements(NOTHING, [run(verdict("schemas", "a", reason="pending"))]) != []


def test_a_run_in_which_a_required_scenario_is_missing_is_a_problem() -> None:
    extension = verdict("tasks", reason="extension")
    whole = [verdict(f"s{number}") for number in range(REVISIONS["2026-07-28"])]
    assert incomplete([run(*whole, extension)]) == []
    assert incomplete([run(*whole[1:], extension)]) == ["stateful, 2026-07-28: 36 of 37 required scenarios ran"]


@pytest.mark.parametrize(
    ("statuses", "faults", "word"),
    [
        ({"a": "SUCCESS", "b": "INFO"}, set(), "passed"),
        ({"a": "SUCCESS", "b": "FAILURE", "c": "WARNING"}, {"b", "c"}, "failed"),
        ({"a": "SUCCESS", "b": "WARNING"}, {"b"}, "warned"),
        ({"a": "INFO", "b": "SKIPPED"}, {NO_VERDICT}, "unproven"),
        ({"wire-schema-valid": "SUCCESS"}, {NO_VERDICT}, "unproven"),
        ({}, {NO_VERDICT}, "unproven"),
    ],
)
def test_a_scenario_passes_when_something_was_proven_and_nothing_complained(
    statuses: dict[str, str], faults: set[str], word: str
) -> None:
    found = judge("x", [{"id": name, "status": status} for name, status in statuses.items()], {"x": "pending"})
    assert (found.faults, found.word, found.reason) == (faults, word, "pending")


@pytest.mark.parametrize("text", ["fixtures:\n  a: b\n", "  a: [b]\n", "other:\n", "fixtures:\n  a: [b]\n  a: [c]\n"])
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"line [1-3]"):
        read_baseline(written(tmp_path, text))


def test_a_suite_that_does_not_finish_is_no_success(tmp_path: Path) -> None:
    suite = tmp_path / "suite"
    suite.write_text("#!/bin/sh\necho 'cannot connect'\nexit 1\n")
    suite.chmod(suite.stat().st_mode | stat.S_IXUSR)
    results = tmp_path / "results"
    results.mkdir()
    with pytest.raises(RuntimeError, match="cannot connect"):
        run_suite([str(suite)], "http://127.0.0.1:1/mcp", "2026-07-28", results)


def test_what_the_suite_writes_is_read(tmp_path: Path) -> None:
    suite = tmp_path / "suite"
    suite.write_text("#!/bin/sh\nprintf 'Total: 1 passed\\n\\nNot scored:\\n  ✓ some-thing (pending)\\n'\n")
    suite.chmod(suite.stat().st_mode | stat.S_IXUSR)
    folder = tmp_path / "results" / "server-some-thing-2026-01-02T03-04-05-006Z"
    folder.mkdir(parents=True)
    (folder / "checks.json").write_text(json.dumps([{"id": "a", "status": "SUCCESS"}]))
    found = run_suite([str(suite)], "http://127.0.0.1:1/mcp", "2026-07-28", folder.parent)
    assert found == [Verdict("some-thing", 1, 0, 0, "pending", frozenset())]


def test_a_scenario_that_broke_off_is_unproven(tmp_path: Path) -> None:
    suite = tmp_path / "suite"
    suite.write_text("#!/bin/sh\necho 'Total: 0 passed'\n")
    suite.chmod(suite.stat().st_mode | stat.S_IXUSR)
    folder = tmp_path / "results"
    (folder / "server-some-thing-2026-01-02T03-04-05-006Z").mkdir(parents=True)
    (found,) = run_suite([str(suite)], "http://127.0.0.1:1/mcp", "2026-07-28", folder)
    assert (found.word, found.faults) == ("unproven", {NO_VERDICT})


def test_the_committed_baseline_excuses_only_missing_fixtures_and_missing_memory() -> None:
    baseline = read_baseline(COMMITTED)
    assert set(baseline) == {FIXTURES, MEMORY}
    assert expected_in(baseline, run()) == {}
    assert expected_in(baseline, run(revision="2025-11-25")) == {}
    assert expected_in(baseline, run(server="stateless")) == {}
