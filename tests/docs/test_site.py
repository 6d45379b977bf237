"""The documentation as a site: every page has its place, and whatever it loads is its own."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
CONFIGURATION = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`[^`\n]*`")


def places(entries: list[Any]) -> list[str]:
    """The pages of a part of the navigation."""
    found = []
    for entry in entries:
        values = entry.values() if isinstance(entry, dict) else [entry]
        for value in values:
            found += [value] if isinstance(value, str) else places(value)
    return found


def test_every_page_has_one_place_in_the_navigation() -> None:
    assert sorted(places(CONFIGURATION["nav"])) == sorted(str(page.relative_to(DOCS)) for page in PAGES)


def test_the_site_loads_nothing_from_other_hosts() -> None:
    assert CONFIGURATION["theme"]["font"] is False
    assert "offline" in CONFIGURATION["plugins"]
    (polyfill,) = CONFIGURATION["extra"]["polyfills"]
    assert (DOCS / polyfill).is_file()
    assert not {"extra_css", "extra_javascript", "repo_url"} & CONFIGURATION.keys()


def test_links_of_the_site_stay_inside_it() -> None:
    for page in PAGES:
        text = FENCED.sub("", page.read_text(encoding="utf-8"))
        for link in re.findall(r"\]\(([^)\s#]+)", text):
            if "://" not in link:
                assert (page.parent / link).resolve().is_relative_to(DOCS), f"{page.name}: {link}"


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_other_hosts_are_whole_and_secure(page: Path) -> None:
    text = CODE.sub("", FENCED.sub("", page.read_text(encoding="utf-8")))
    for link in re.findall(r"\]\((\w+:[^)\s]+)\)|<(\w+://[^>\s]+)>", text):
        url = urlsplit("".join(link))
        assert url.scheme == "https", url.geturl()
        assert url.hostname is not None
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", url.hostname), url.geturl()
        assert url.port is None
        assert url.username is None
