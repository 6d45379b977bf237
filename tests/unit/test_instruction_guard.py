"""The judge of scripts/instructions: what is beyond the tolerance is named, and what cannot be compared is said."""

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

FIGURES = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "instructions_figures.py")))
HERE = "CPython 3.11 x86_64"
VERSIONS = {"python": "3.11.7", "msgspec": "0.21.0"}
COMMITTED = {HERE: {"versions": VERSIONS, "counts": {"reference": 40_000, "stateless": 100_000, "stateful": 200_000}}}


def compared(build: str = HERE, versions: dict[str, str] = VERSIONS, **counts: float) -> Any:
    run = FIGURES.Run(build, versions, {"reference": 40_000, "stateless": 100_000, "stateful": 200_000, **counts})
    return FIGURES.compare(COMMITTED, run)


def test_figures_within_the_tolerance_are_silent() -> None:
    result = compared(stateless=101_900, stateful=196_100)
    assert (result.problems, result.reservation) == ((), None)


def test_a_figure_beyond_the_tolerance_is_named_with_both_figures_and_the_way_to_accept_it() -> None:
    (problem,) = compared(stateful=205_000).problems
    for part in ("stateful: 205,000", "committed are 200,000", "+2.5%", "scripts/instructions --save"):
        assert part in problem


def test_an_improvement_beyond_the_tolerance_has_to_be_kept() -> None:
    (problem,) = compared(stateless=90_000).problems
    assert problem.startswith("stateless: 90,000")
    assert "-10.0%; better" in problem


def test_a_subject_without_a_committed_figure_is_a_problem() -> None:
    (problem,) = compared(stateless_modern=150_000).problems
    assert "no committed figure" in problem


def test_versions_that_changed_are_told_with_a_problem_and_only_then() -> None:
    newer = {**VERSIONS, "msgspec": "0.22.0"}
    assert compared(versions=newer).problems == ()
    assert "msgspec 0.21.0 → 0.22.0" in compared(versions=newer, stateful=210_000).problems[-1]


def test_figures_of_another_python_or_machine_are_not_compared_and_that_is_said() -> None:
    result = compared("CPython 3.13 aarch64", stateful=300_000)
    assert result.problems == ()
    assert result.reservation.startswith("NOT COMPARED")
    assert f"figures of {HERE}, none of CPython 3.13 aarch64" in result.reservation


def test_another_build_of_the_same_python_is_compared_by_what_fixed_work_takes_in_it() -> None:
    result = compared(reference=30_000, stateless=75_000, stateful=170_000)
    (problem,) = result.problems
    assert "stateful: 170,000" in problem
    assert "committed are 150,000: +13.3%" in problem
    assert result.reservation.startswith("COMPARED ROUGHLY")
    assert "fixed work takes -25.0% instructions" in result.reservation


def test_an_improvement_is_no_problem_where_another_build_may_be_its_reason() -> None:
    assert compared(reference=30_000, stateless=60_000, stateful=150_000).problems == ()


def test_saving_keeps_the_figures_of_other_builds() -> None:
    run = FIGURES.Run("CPython 3.13 aarch64", VERSIONS, {"reference": 1.4, "stateless": 2.6})
    assert FIGURES.updated(COMMITTED, run) == {
        **COMMITTED,
        "CPython 3.13 aarch64": {"versions": VERSIONS, "counts": {"reference": 1, "stateless": 3}},
    }
