"""What the page says first where nothing was read, or where nothing is wrong."""

import json

import pytest
from playwright.sync_api import expect
from talking import Opened, Talk, new_bin, rows

from live import MESSAGE_HEADERS, Live

pytestmark = pytest.mark.peers

DISCOVER = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "server/discover"}).encode()


def test_a_conversation_of_which_nothing_was_read_is_not_green_and_says_why(server: Live, opened: Opened) -> None:
    endpoint, dashboard = new_bin(server)
    page = opened(server, dashboard)
    for _ in range(2):
        server.send("POST", endpoint, DISCOVER, {**MESSAGE_HEADERS, "host": "e", "mcp-method": "server/discover"})
    verdict = page.locator(".verdict")
    expect(verdict).to_contain_text("every request was refused: 421, Host 'e' is not allowed")
    expect(verdict).to_have_class("verdict unheard")
    expect(page.locator(".gateway")).to_contain_text("Host")
    rows(page).first.click()
    expect(page.locator(".detail")).to_contain_text("not read: refused by its head (421)")
    expect(page.locator(".detail")).to_contain_text(f"{len(DISCOVER)} B announced")


def test_a_mere_note_is_not_red(server: Live, opened: Opened) -> None:
    endpoint, dashboard = new_bin(server)
    page = opened(server, dashboard)
    talk = Talk(server, endpoint)
    talk.open_session()
    expect(page.locator("svg .row")).to_have_count(2)
    found = page.evaluate("""async () => {
      const { judged } = await import(document.querySelector("script[type=module]").src.replace("app.js", "feed.js"));
      const note = { rule: "x", level: "note", evidence: [1, 2] };
      const suspicion = { rule: "y", level: "must", weight: "suspicion", evidence: [2] };
      const exchanges = [{ key: "a", sequence: 1 }, { key: "b", sequence: 2 }];
      return judged(exchanges, { findings: [note, suspicion] }).map((each) => each.level);
    }""")
    assert found == ["note", "suspicion"]
    page.evaluate("""() => {
      const circle = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
      circle.setAttribute('class', 'broken note');
      document.querySelector('svg .row').append(circle);
    }""")
    note = page.evaluate("getComputedStyle(document.querySelector('circle.note')).fill")
    quiet = page.evaluate("getComputedStyle(document.querySelector('.quiet')).color")
    assert note == quiet


def test_a_link_that_was_taken_back_says_so(server: Live, opened: Opened) -> None:
    session = Talk(server).open_session("shared-client")
    made = json.loads(server.send("POST", f"/dashboard/{session}/share").body)
    viewer = opened(server, made["url"])
    server.send("DELETE", f"/dashboard/{session}/share/{made['key']}")
    expect(viewer.locator(".trouble")).to_contain_text("it was taken back")


def test_the_page_of_a_session_that_has_ended_does_not_say_live(server: Live, opened: Opened) -> None:
    session = Talk(server).open_session()
    page = opened(server, f"/dashboard/{session}")
    server.send("DELETE", "/mcp", headers={"mcp-session-id": session})
    expect(page.locator(".connection")).to_have_text("session ended")
