"""What ``scripts/fuzz`` says of a campaign."""

from typing import Any

import pytest
from campaign import shares, verdict

FINE: dict[str, Any] = {"inputs": 1000, "findings": {}, "crashes": 0, "hangs": 0}


def test_a_campaign_is_good_when_every_input_ran_and_nothing_was_found() -> None:
    assert verdict(FINE, [0, 0], 1000) == []


@pytest.mark.parametrize(
    ("figures", "codes", "told"),
    [
        ({"inputs": 999}, [0, 0], "only 999 of 1,000 inputs ran; allow more --seconds or ask for fewer --inputs"),
        ({"findings": {"a": "b"}}, [0, 0], "1 findings"),
        ({"crashes": 2}, [0, 0], "2 crashes"),
        ({"hangs": 1}, [0, 0], "1 hangs"),
        ({}, [0, -9], "processes ended with [0, -9]"),
    ],
)
def test_anything_else_is_told_as_what_it_is(figures: dict[str, Any], codes: list[int | None], told: str) -> None:
    assert verdict({**FINE, **figures}, codes, 1000) == [told]


@pytest.mark.parametrize("jobs", [0, 1, 2, 7])
def test_all_processes_together_make_as_many_inputs_as_are_asked_for(jobs: int) -> None:
    made = shares(100_003, jobs)
    assert len(made) == jobs + 1
    assert sum(made) == 100_003
