"""The commands in the documents are files, they run, and their output is what the documents show.

``MCP_ECHO_UPDATE_EXAMPLES=1`` writes the output into the documents instead of comparing it.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from live import START, Live, environment, serving
from shown_output import masked, update, updating

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLES = sorted(file for file in (ROOT / "examples").iterdir() if file.suffix in (".sh", ".py"))
SHOWN = re.compile(r"<!-- (examples/\S+) -->\n```(?:sh|python)\n(.*?)```\n\n```\w+\n(.*?)```", re.DOTALL)


def shown() -> dict[str, tuple[Path, str, str]]:
    """Page, command and output of every example, by the example's name."""
    blocks = {}
    for page in PAGES:
        for name, command, output in SHOWN.findall(page.read_text(encoding="utf-8")):
            assert name not in blocks, f"{name} is shown twice"
            blocks[name] = (page, command, output)
    return blocks


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving("stateful", tmp_path_factory.mktemp("examples")) as running:
        yield running


def run(example: Path, server: Live, folder: Path) -> str:
    """What an example prints when it talks to this server instead of the one on port 3000."""
    script = folder / example.name
    script.write_text(example.read_text(encoding="utf-8").replace(":3000", f":{server.port}"), encoding="utf-8")
    interpreter = "bash" if example.suffix == ".sh" else "python3"
    done = subprocess.run(
        [interpreter, script], env=environment({}), capture_output=True, text=True, timeout=START, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.replace(f":{server.port}", ":3000").replace("\r", "")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_prints_what_the_document_shows(example: Path, server: Live, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        if os.environ.get("MCP_ECHO_REQUIRE_PEERS") == "1":
            pytest.fail("the examples need curl")
        pytest.skip("the examples need curl")
    page, _, output = shown()[f"examples/{example.name}"]
    printed = run(example, server, tmp_path)
    if updating():
        update(page, output, printed)
        return
    assert masked(printed) == masked(output), f"{page.name} shows something else; it printed:\n{printed}"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_is_shown_as_it_is(example: Path) -> None:
    _, command, _ = shown()[f"examples/{example.name}"]
    assert command == example.read_text(encoding="utf-8")


def test_every_example_that_is_shown_exists() -> None:
    assert {f"examples/{example.name}" for example in EXAMPLES} == set(shown())
