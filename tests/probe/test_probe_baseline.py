"""Baselines: what is known to fail does not fail the run, and does not stay known for ever."""

from collections.abc import Callable
from pathlib import Path

import pytest
from command_runs import ran
from sample_checks import MIXED, OPENING

from in_loop import Serve
from model_server import ModelServer

Accept = Callable[[bytes | None], str]
Use = Callable[..., None]


@pytest.fixture(autouse=True)
def mixed(use: Use) -> None:
    use(*MIXED)


@pytest.fixture
def accept(tmp_path: Path) -> Accept:
    """Writes a baseline; its file's name."""

    def write(content: bytes | None) -> str:
        file = tmp_path / "known.txt"
        if content is not None:
            file.write_bytes(content)
        return str(file)

    return write


async def test_a_run_whose_failures_are_all_known_is_clean(serve: Serve, accept: Accept) -> None:
    known = accept(b"# accepted in March\n\nbroken-must   # the gateway's fault\nbroken-should\n")
    done = await ran(await serve(ModelServer()), "--baseline", known)
    assert done.code == 0
    assert "nothing broken; 2 known to be broken, 4 passed, 2 noted, 1 could not be tested\n" in done.out
    assert "Accepted: the gateway's fault\n" in done.out


async def test_a_failure_that_is_not_known_still_counts(serve: Serve, accept: Accept) -> None:
    known = accept(b"broken-should\n")
    done = await ran(await serve(ModelServer()), "--baseline", known)
    assert done.code == 1
    assert "1 must broken; 1 known to be broken," in done.out


async def test_a_known_failure_that_does_not_fail_any_more_is_a_finding(serve: Serve, accept: Accept) -> None:
    known = accept(b"broken-must\nbroken-should\nsession-store\nremarkable\n")
    done = await ran(await serve(ModelServer()), "--baseline", known)
    assert done.code == 1
    for check_id in ("session-store", "remarkable"):
        assert f"The baseline names {check_id}, which does not fail: remove it.\n" in done.out


async def test_what_was_not_asked_or_could_not_be_tested_is_not_stale(serve: Serve, accept: Accept) -> None:
    known = accept(b"unclear\nbroken-must\n")
    done = await ran(await serve(ModelServer()), "--baseline", known, "--only", "unclear,session-minted")
    assert done.code == 0
    assert "baseline" not in done.out


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"no-such-check\n", "line 1: there is no check 'no-such-check'; write one id a line"),
        (b"\xff\xfe", "cannot be read: it is not UTF-8"),
        (None, "cannot be read: No such file or directory"),
    ],
)
async def test_a_baseline_that_cannot_be_used_gives_2_and_one_line(
    serve: Serve, accept: Accept, content: bytes | None, told: str
) -> None:
    known = accept(content)
    done = await ran(await serve(ModelServer()), "--baseline", known)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"mcp-echo probe: --baseline {known!r} ")
    assert told in done.err
    assert len(done.err.splitlines()) == 1


async def test_without_failures_and_baseline_the_run_is_clean(serve: Serve, use: Use) -> None:
    use(*OPENING)
    assert (await ran(await serve(ModelServer()))).code == 0
