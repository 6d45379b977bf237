"""A real Chromium on pages of a real server; whatever violates the content security policy fails the test."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from talking import Opened

from live import WAIT, Live, serving

CHROMIUM = shutil.which("chromium")

COLLECT = """window.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's browser; its driver keeps an event loop, which must not outlive the module."""
    if CHROMIUM is None and os.environ.get("MCP_ECHO_REQUIRE_PEERS") == "1":
        pytest.fail("there is no chromium: apt-get install chromium")
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    # Chromium's own sandbox does not start for root, nor in most containers.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A stateful server."""
    with serving("stateful", tmp_path_factory.mktemp("server")) as live:
        yield live


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Opened]:
    """Opens pages, and looks afterwards whether they ran into errors or their policy."""
    pages: list[Page] = []
    problems: list[str] = []

    def open_page(live: Live, path: str, width: int = 1280, theme: str = "light") -> Page:
        page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
        pages.append(page)
        page.set_default_timeout(WAIT * 1000)
        page.add_init_script(COLLECT)
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("dialog", lambda dialog: problems.append(f"dialog: {dialog.message}"))
        page.on("console", lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None)
        assert page.goto(f"http://127.0.0.1:{live.port}{path}").status == 200  # type: ignore[union-attr]
        page.get_by_text("live", exact=True).wait_for()
        return page

    yield open_page
    for page in pages:
        problems += page.evaluate("violations")
        page.close()
    assert problems == []
