"""The page by keyboard, to a screen reader, on a small screen."""

import itertools

import pytest
from playwright.sync_api import Page, expect
from talking import Opened, Talk, new_bin, rows

from live import Live

pytestmark = pytest.mark.peers

MOST_TABS = 40

NAMELESS = """() => [...document.querySelectorAll("a, button, input, select, summary, [role=listbox], [tabindex='0']")]
  .filter((one) => !(one.ariaLabel || one.innerText?.trim() || one.textContent.trim() || one.labels?.length))
  .map((one) => one.outerHTML)"""

FAINT = """() => {
  const channel = (part) => (part /= 255) <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (one) => {
    for (; one; one = one.parentElement) {
      const found = parts(getComputedStyle(one).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = new Set();
  while (texts.nextNode()) {
    const one = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !one.checkVisibility()) continue;
    const style = getComputedStyle(one);
    const [a, b] = [light(parts(one.ownerSVGElement ? style.fill : style.color)), light(ground(one))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.add(`${one.className?.baseVal ?? one.className}: ${contrast.toFixed(2)}`);
  }
  return [...faint];
}"""


@pytest.fixture
def talked(server: Live, opened: Opened, request: pytest.FixtureRequest) -> Page:
    """A page that has something of everything."""
    width, theme = getattr(request, "param", (1280, "light"))
    endpoint, dashboard = new_bin(server)
    talk = Talk(server, endpoint, **{"X-Forwarded-For": "203.0.113.7", "Via": "1.1 traefik"})
    talk.open_session("a-client-with-quite-a-long-name-" * 4)
    talk.send({"jsonrpc": "2.0", "id": None, "method": "tools/list"})
    talk.call("bearerDecode")
    talk.stream(2, 0.01)
    talk.request("a-method-with-a-name-that-nobody-would-choose/" * 4)
    page = opened(server, dashboard, width, theme)
    expect(rows(page)).to_have_count(6)
    rows(page, name="bearerDecode").click()
    expect(page.locator(".headers")).to_have_count(2)
    return page


everywhere = pytest.mark.parametrize(
    "talked", [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")], indirect=True
)


def test_an_exchange_is_opened_and_left_by_keyboard_alone(server: Live, opened: Opened) -> None:
    talk = Talk(server)
    page = opened(server, f"/dashboard/{talk.open_session()}")
    talk.call("echo", message="x")
    expect(rows(page)).to_have_count(3)
    listed = page.get_by_role("listbox")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if listed.evaluate("one => one === document.activeElement"):
            break
    expect(listed).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    active = page.locator("[role=option].active")
    expect(active).to_contain_text("notifications/initialized")
    assert listed.get_attribute("aria-activedescendant") == active.get_attribute("id")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="#2 notifications/initialized")).to_be_focused()
    expect(active).to_have_attribute("aria-selected", "true")
    listed.focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("heading", name="#1 initialize")).to_be_visible()
    expect(listed).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".detail")).to_have_count(0)
    expect(listed).to_be_focused()
    page.keyboard.press("Home")
    expect(active).to_contain_text("initialize")


@everywhere
def test_nothing_is_wider_than_the_screen(talked: Page) -> None:
    assert talked.evaluate("document.documentElement.scrollWidth <= innerWidth")


@everywhere
def test_text_stands_out_from_its_ground(talked: Page) -> None:
    assert talked.evaluate(FAINT) == []


def test_every_control_has_a_name(talked: Page) -> None:
    assert talked.evaluate(NAMELESS) == []


def test_ids_are_unique_and_headings_do_not_skip_a_level(talked: Page) -> None:
    ids = talked.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    levels = talked.evaluate("[...document.querySelectorAll('h1, h2, h3')].map((one) => +one.tagName[1])")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_there_are_landmarks(talked: Page) -> None:
    for landmark in ("banner", "main", "navigation", "search"):
        expect(talked.get_by_role(landmark)).to_have_count(1)


def test_nothing_moves_for_those_who_do_not_want_it(talked: Page) -> None:
    talked.emulate_media(reduced_motion="reduce")
    assert talked.evaluate("document.getAnimations().length") == 0
