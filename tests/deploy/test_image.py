"""The image: its build performed in a folder, and its command run there as somebody who may write nothing."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from deployed import ROOT
from dockerfile_steps import OF_THE_BASE_IMAGE, Step, build, common_interpreter, stages, variables

from harness import tool_call
from live import running
from mcp_echo_core.commands.healthcheck import PROBE_SECONDS

BUILD, FINAL = stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))
USER = "1000"


class Image(NamedTuple):
    """What an image would hold, under a folder."""

    root: Path
    left_out: list[Step]
    variables: dict[str, str]

    def files(self) -> set[Path]:
        return set((self.root / "opt").rglob("*"))


def final(instruction: str) -> Step:
    """The one step of this kind that makes the image."""
    (step,) = [step for step in FINAL if step.instruction == instruction]
    return step


def health_command() -> list[str]:
    _, _, command = final("HEALTHCHECK").rest.partition("CMD ")
    return Step("CMD", command).words


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    interpreter = common_interpreter()
    if interpreter is None or shutil.which("setpriv") is None:
        if os.environ.get("MCP_ECHO_REQUIRE_PEERS") == "1":
            pytest.fail("no Python that every user may run, or no setpriv (util-linux)")
        pytest.skip("no Python that every user may run, or no setpriv (util-linux)")
    with tempfile.TemporaryDirectory(prefix="mcp-echo-image-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        left = build(BUILD, root, interpreter)
        shutil.rmtree(root / "build")  # the image has what COPY takes from this stage, and nothing else of it
        binaries = root / "opt" / "mcp-echo" / "bin"
        subprocess.run(["chmod", "-R", "a-w", str(root / "opt")], check=True)
        yield Image(root, left, {**variables(FINAL), "PATH": f"{binaries}:/usr/bin:/bin"})
        subprocess.run(["chmod", "-R", "u+w", str(root / "opt")], check=True)


def unprivileged(words: list[str]) -> list[str]:
    """A command as the image's user without any capability, if this user may become that one."""
    if os.geteuid():
        return words
    return [
        "setpriv",
        f"--reuid={USER}",
        f"--regid={USER}",
        "--clear-groups",
        "--bounding-set=-all",
        "--no-new-privs",
        *words,
    ]


@pytest.mark.parametrize("variant", ["stateful", "stateless"])
def test_it_serves_as_nobody_in_particular_and_writes_nothing(image: Image, tmp_path: Path, variant: str) -> None:
    command = [variant if word == "stateful" else word for word in final("CMD").words]
    before = image.files()
    settings = {**image.variables, "MCP_ECHO_HOST": "127.0.0.1", "HOME": "/nonexistent"}
    with running(unprivileged(command), tmp_path, **settings) as server:
        answer = server.post(tool_call("echo", {"message": "from the image"})).json
        assert "from the image" in answer["result"]["content"][0]["text"]
        asked = subprocess.run(
            unprivileged(health_command()),
            env={**settings, "MCP_ECHO_PORT": str(server.port)},
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        assert (asked.returncode, asked.stdout) == (0, "ready\n"), asked.stderr
        assert server.stop() == 0
    assert image.files() == before


def test_it_has_the_libraries_of_its_extras_and_none_of_the_tests(image: Image) -> None:
    installed = {path.name for path in image.root.glob("opt/mcp-echo/lib/python3.*/site-packages/*") if path.is_dir()}
    assert {"redis", "hiredis", "opentelemetry", "mcp_echo_core"} <= installed
    assert not {"pytest", "hypothesis", "mypy", "mangum"} & installed


def test_what_was_left_to_a_container_is_only_its_user(image: Image) -> None:
    runs = [step.rest for step in (*image.left_out, *FINAL) if step.instruction == "RUN"]
    assert len(runs) == len(OF_THE_BASE_IMAGE)
    for run, beginning in zip(runs, OF_THE_BASE_IMAGE, strict=True):
        assert run.startswith(beginning)


def test_it_names_a_user_that_is_not_root_and_the_signal_that_drains() -> None:
    assert final("USER").rest == f"{USER}:{USER}"
    assert f"--uid {USER}" in final("RUN").rest
    assert final("STOPSIGNAL").rest == "SIGTERM"
    assert final("EXPOSE").rest == "3000"


def test_its_health_check_is_allowed_longer_than_the_command_waits() -> None:
    timeout = re.search(r"--timeout=(\d+)s", final("HEALTHCHECK").rest)
    assert timeout is not None
    assert int(timeout[1]) > PROBE_SECONDS


def test_the_build_is_given_what_it_copies_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    copied = {word for step in BUILD if step.instruction == "COPY" for word in step.words[:-1]}
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == copied
