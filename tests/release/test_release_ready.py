"""The version stands in one place; what repeats it is generated or compared, and a tag publishes only what agrees."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Appended, so that no module of the tests is hidden by a script of the same name.
sys.path.append(str(ROOT / "scripts"))

from mcp_echo_core import __version__  # noqa: E402
from release import project, ready  # noqa: E402

HOME = "https://github.com/somebody/mcp-echo"
CHANGELOG = "# Changelog\n\n## 1.10.0 (2026-02-01)\n\n- New.\n\n## 1.9.0 (2025-12-31)\n\n- Old.\n"

REPEATS = {
    "CHANGELOG.md",  # compared below
    "docs/clients.md",  # measurements say with which version they were made
    "docs/peers.md",
    "docs/performance.md",
    "server.json",  # written by scripts/generate_docs.py, which tests/docs compares
    "src/mcp_echo_core/__init__.py",
}
FENCED = re.compile(rb"^```.*?^```$", re.DOTALL | re.MULTILINE)
"""What commands print, in documents; tests/docs compares it."""

FOLDERS = ("src", "docs", "deploy", "examples", "scripts", ".github", ".ci")


def problems(text: str, version: str = "1.10.0") -> str:
    return "\n".join(ready.changelog(text, version))


def refusals(tag: str = "v1.10.0", text: str = CHANGELOG, repository: str = HOME) -> list[str]:
    return ready.release(text, "1.10.0", tag, repository)


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY", "Somebody/MCP-Echo")


def test_the_changelog_fits_the_version() -> None:
    assert ready.changelog((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), __version__) == []


def test_the_release_scripts_read_the_version_that_is_imported() -> None:
    assert project.version() == __version__


def test_no_other_file_repeats_the_version() -> None:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix not in (".pyc", ".png")]
    mark = re.compile(rf"(?<![\w.]){re.escape(__version__)}(?![\w.]*\d)".encode())
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (*files, *ROOT.glob("*.*"), ROOT / "Dockerfile")
        if path.is_file() and path.name != "uv.lock" and mark.search(FENCED.sub(b"", path.read_bytes()))
    }
    assert found <= REPEATS, "take the version from mcp_echo_core, or compare it in a test and name the file here"


def test_the_lock_leaves_our_version_to_the_source() -> None:
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    entry = lock.partition(f'name = "{project.NAME}"\n')[2].partition("\n\n")[0]
    assert entry.startswith('source = { editable = "." }')


def test_a_changelog_with_dates_newest_first_is_right() -> None:
    assert problems(CHANGELOG) == ""
    assert problems(CHANGELOG.replace("2026-02-01", "unreleased")) == ""


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (CHANGELOG.replace("1.10.0", "1.11.0"), "begins with 1.11.0, but __version__ is 1.10.0"),
        (CHANGELOG.replace("2026-02-01", "soon"), "'## 1.10.0 (soon)' is no heading"),
        (CHANGELOG.replace(" (2026-02-01)", ""), "'## 1.10.0' is no heading"),
        (CHANGELOG.replace("2026-02-01", "2026-02-31"), "'## 1.10.0 (2026-02-31)' is no heading"),
        (CHANGELOG.replace("2025-12-31", "unreleased"), "'## 1.9.0 (unreleased)' is no heading"),
        (CHANGELOG.replace("1.9.0", "1.10.0"), "does not stand above an older version"),
        (CHANGELOG.replace("1.9.0", "1.11.0"), "does not stand above an older version"),
        ("# Changelog\n", "begins with nothing"),
    ],
)
def test_what_is_wrong_with_a_changelog_is_told(broken: str, told: str) -> None:
    assert told in problems(broken)


def test_a_tag_that_agrees_with_everything_may_publish() -> None:
    assert refusals() == []


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        (refusals("v1.9.0"), "the tag has to be v1.10.0"),
        (refusals("1.10.0"), "the tag has to be v1.10.0"),
        (refusals(text=CHANGELOG.replace("2026-02-01", "unreleased")), "1.10.0 has no date"),
        (refusals(text=CHANGELOG.replace("- New.\n", "")), "nothing is told of 1.10.0"),
        (refusals(repository="https://github.com/OWNER/mcp-echo"), "write the real one"),
    ],
)
def test_a_tag_that_does_not_is_refused_with_the_reason(refused: list[str], told: str) -> None:
    assert [line for line in refused if told in line] == refused[:1]
    assert len(refused) == 1


def test_a_tag_does_not_publish_from_another_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY", "another/mcp-echo")
    assert refusals() == [f"pyproject.toml: Repository is {HOME}, but this is another/mcp-echo"]


def test_the_readme_proves_to_the_registry_that_package_and_entry_have_one_owner() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "mcp-name" in line] == [project.marker()]
