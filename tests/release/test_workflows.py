"""The workflows: pinned, bounded, with no right too many, and running what the project has."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))

from release import project  # noqa: E402

FOLDER = ROOT / ".github" / "workflows"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.yml"))}
WORKFLOWS: dict[str, dict[str, Any]] = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
JOBS = [(workflow, name) for workflow, document in WORKFLOWS.items() for name in document["jobs"]]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OURS = re.compile(r"(?:^|\s)((?:scripts|\.ci)/[\w-]+)")


def job(workflow: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = WORKFLOWS[workflow]["jobs"][name]
    return found


def rights(workflow: str, name: str) -> set[str]:
    return {f"{scope}: {level}" for scope, level in job(workflow, name)["permissions"].items()}


@pytest.mark.parametrize("name", TEXTS)
def test_every_action_is_pinned_by_its_hash_and_says_which_version_that_is(name: str) -> None:
    used = re.findall(r"uses: (\S+)(.*)", TEXTS[name])
    assert used
    for action, comment in used:
        if not action.startswith("./"):
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action)
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment)


def test_one_action_has_one_version() -> None:
    pins = set(re.findall(r"uses: (\S+@\S+)", "".join(TEXTS.values())))
    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_gives_no_rights_and_does_not_run_twice_at_once(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] == {}
    assert WORKFLOWS[name]["concurrency"]["group"]


@pytest.mark.parametrize(("workflow", "name"), JOBS)
def test_a_job_says_its_rights_and_ends(workflow: str, name: str) -> None:
    assert "permissions" in job(workflow, name)
    assert "uses" in job(workflow, name) or 0 < job(workflow, name)["timeout-minutes"] <= 45


def test_only_what_publishes_may_write_or_has_an_identity() -> None:
    trusted = {name for workflow, name in JOBS if rights(workflow, name) - {"contents: read"}}
    assert trusted == {"provenance", "distribution", "aliases", "image", "registry", "release"}


@pytest.mark.parametrize(("workflow", "name"), JOBS)
def test_a_checkout_leaves_no_token_behind(workflow: str, name: str) -> None:
    for step in job(workflow, name).get("steps", ()):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": False}


@pytest.mark.parametrize(("workflow", "name"), JOBS)
def test_the_scripts_that_a_job_runs_exist(workflow: str, name: str) -> None:
    for step in job(workflow, name).get("steps", ()):
        for script in OURS.findall(step.get("run", "")):
            assert (ROOT / script).is_file(), script


def test_every_python_that_the_project_promises_is_tested() -> None:
    tested = set(job("test", "tests")["strategy"]["matrix"]["python"])
    tested.update(re.findall(r"^python:(3\.\d+)-", job("test", "whole")["container"]["image"]))
    promised = {found[1] for line in PROJECT["classifiers"] if (found := re.search(r":: (3\.\d+)$", line))}
    assert promised <= tested
    assert PROJECT["requires-python"].removeprefix(">=") in tested
    forgiven = set(re.findall(r"'(3\.\d+)'", job("test", "tests")["continue-on-error"]))
    assert not forgiven & promised


def test_the_required_status_waits_for_every_other_job() -> None:
    assert set(job("test", "required")["needs"]) == set(WORKFLOWS["test"]["jobs"]) - {"required"}


def waits_for(name: str) -> set[str]:
    """The jobs of publish that must have succeeded before another one begins."""
    needs = job("publish", name).get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*(waits_for(other) for other in direct))


def test_nothing_is_published_before_the_tag_was_judged_and_all_tests_have_passed() -> None:
    judges = {"ready", "test", "long"}
    assert "--tag" in str(job("publish", "ready")["steps"])
    for name in ("test", "long"):
        assert job("publish", name)["uses"] == f"./.github/workflows/{name}.yml"
        assert "if" not in job("publish", name)
    for name in WORKFLOWS["publish"]["jobs"]:
        assert name in judges or judges <= waits_for(name)


def test_nothing_is_public_before_somebody_has_approved_the_distributions() -> None:
    assert job("publish", "distribution")["environment"] == "pypi"
    for name in ("aliases", "image", "registry", "release"):
        assert "distribution" in waits_for(name)
    assert "image" in waits_for("registry")
    assert job("publish", "aliases")["environment"] == "pypi-aliases"


def test_other_peoples_names_are_published_only_where_the_variable_says_so(tmp_path: Path) -> None:
    assert job("publish", "aliases")["if"] == "vars.PUBLISH_ALIASES == 'true'"
    step = job("publish", "release")["steps"][-1]
    assert step["env"]["ALIASES"] == "${{ vars.PUBLISH_ALIASES }}"
    (line,) = [line for line in step["run"].splitlines() if "ALIASES" in line]
    files = {f"{name.replace('-', '_')}-1.0.0-py3-none-any.whl" for name in (project.NAME, *project.ALIASES)}
    for said, left in (("true", 3), ("false", 1), ("", 1)):
        dist = tmp_path / "dist"
        dist.mkdir(exist_ok=True)
        for file in files:
            (dist / file).touch()
        subprocess.run(["bash", "-ec", line], cwd=tmp_path, env={"ALIASES": said, "PATH": os.defpath}, check=True)
        assert len(list(dist.iterdir())) == left
    assert not any("stateful" in file.name or "stateless" in file.name for file in dist.iterdir())


def test_growth_is_judged_and_a_fixed_number_of_inputs_is_tried_each_week_and_for_each_release() -> None:
    assert WORKFLOWS["long"][True]["schedule"]  # YAML reads "on" as true
    (soak,), (fuzz,) = (re.findall(rf"run: scripts/{name} (.*)", TEXTS["long"]) for name in ("soak", "fuzz"))
    assert soak == "--minutes 10"
    assert re.fullmatch(r"--inputs \d+ --seconds \d+", fuzz)
