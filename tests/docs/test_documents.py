"""What the documents claim exists: generated pages, commands, links, the version, code that parses."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from live import environment, finished
from mcp_echo_core import __version__
from mcp_echo_core.commands.connection import BEARER_VARIABLE
from mcp_echo_core.commands.probe import OTHER_BEARER_VARIABLE
from mcp_echo_core.settings import TABLE
from mcp_echo_core.variants import VARIANTS

ROOT = Path(__file__).resolve().parents[2]
GUIDES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
PAGES = [*GUIDES, *sorted((ROOT / "docs").rglob("*.md"))]
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HOME = re.compile(r"/(?:home|root|work|Users|tmp)/")


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    return FENCED.sub("", read(page))


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_the_generated_pages_are_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "generate_docs.py"), "--check"],
        env=environment({}), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_configuration_page_has_every_variable_and_flag() -> None:
    page = read(ROOT / "docs" / "configuration.md")
    for setting in TABLE:
        assert f"`{setting.flag}`" in page
        for variable in setting.variables:
            assert f"`{variable}`" in page


def test_the_tools_page_has_every_tool_of_both_servers() -> None:
    stateful, _, stateless = read(ROOT / "docs" / "tools.md").partition("## MCP Echo (stateless)")
    for variant, part in (("stateful", stateful), ("stateless", stateless)):
        assert re.findall(r"^### (\w+)$", part, re.MULTILINE) == [tool.name for tool in VARIANTS[variant].tools]


def test_help_names_every_flag_and_variable() -> None:
    done = finished(
        [sys.executable, "-c", "from mcp_echo_core.cli import main; main(['serve', '--help'])"], COLUMNS="200"
    )
    assert done.returncode == 0
    words = set(re.findall(r"[\w-]+", done.stdout))
    for setting in TABLE:
        assert setting.flag in words
        assert set(setting.variables) <= words


@pytest.mark.parametrize("variant", VARIANTS)
def test_help_of_a_package_names_the_variables_that_it_reads_and_no_others(variant: str) -> None:
    done = finished([sys.executable, "-m", f"mcp_echo_streamablehttp_server_{variant}", "--help"], COLUMNS="200")
    words = set(re.findall(r"[\w-]+", done.stdout))
    for setting in TABLE:
        own = set(setting.variables_for(variant))
        assert own <= words
        named = {
            name for name in set(setting.variables) - own if f"[{name}" in done.stdout or f", {name}]" in done.stdout
        }
        assert not named


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_script_that_is_named_exists_and_can_be_run(page: Path) -> None:
    for name in set(re.findall(r"(?<![\w/.-])scripts/[\w.-]+\w", read(page))):
        script = ROOT / name
        assert script.is_file(), name
        assert script.suffix == ".py" or os.access(script, os.X_OK), name


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", prose(target), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}, link


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_file_of_the_source_that_is_named_exists(page: Path) -> None:
    core = ROOT / "src" / "mcp_echo_core"
    for name in set(re.findall(r"`([\w/]+\.py)`", prose(page))):
        assert any((folder / name).is_file() for folder in (ROOT, core, ROOT / "tests")), name


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_code_block_in_json_or_python_parses(page: Path) -> None:
    for language, code in FENCED.findall(read(page)):
        if language == "json":
            json.loads(code)
        elif language == "python":
            ast.parse(code)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_code_block_says_in_which_language_it_is(page: Path) -> None:
    assert all(language for language, _ in FENCED.findall(read(page)))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_no_page_names_a_folder_of_some_machine(page: Path) -> None:
    assert not HOME.findall(read(page))


def test_every_variable_that_a_page_names_is_one_that_is_read() -> None:
    settings = {variable for setting in TABLE for variable in setting.variables}
    known = settings | {"MCP_ECHO_UPDATE_EXAMPLES", BEARER_VARIABLE, OTHER_BEARER_VARIABLE}
    for page in PAGES:
        named = set(re.findall(r"`((?:MCP|ECHO|LOG|WORKER)_[A-Z_]+)\b", prose(page)))
        assert named <= known, f"{page.name}: {named - known}"


def test_the_newest_entry_of_the_changelog_is_the_version() -> None:
    newest = re.search(
        r"^## (\S+)(?: \((?:unreleased|\d{4}-\d{2}-\d{2})\))?$", read(ROOT / "CHANGELOG.md"), re.MULTILINE
    )
    assert newest is not None
    assert newest[1] == __version__


def test_the_readme_leads_to_every_other_page_but_those_of_a_list_that_it_leads_to() -> None:
    links = set(LINK.findall(prose(ROOT / "README.md")))
    listed = {f"docs/how-to/{link}" for link in LINK.findall(prose(ROOT / "docs" / "how-to" / "index.md"))}
    others = {page_id(page) for page in PAGES[1:]} - {"docs/index.md"}  # the site's own beginning
    assert others - listed <= links
