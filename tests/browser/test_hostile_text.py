"""Whatever a stranger sends is text on the page."""

import pytest
from playwright.sync_api import expect
from talking import Opened, Talk, new_bin, rows

from live import Live

pytestmark = pytest.mark.peers

ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def test_markup_in_headers_names_and_messages_is_shown_and_runs_nothing(server: Live, opened: Opened) -> None:
    endpoint, dashboard = new_bin(server)
    page = opened(server, dashboard)
    talk = Talk(server, endpoint, **{"X-Attack": ATTACK, "Via": f"1.1 {ATTACK}", "User-Agent": ATTACK})
    talk.open_session(ATTACK, ATTACK)
    talk.call("echo", message=ATTACK)
    talk.call(ATTACK)
    talk.request(ATTACK)
    expect(rows(page)).to_have_count(5)
    expect(page.locator(".who")).to_contain_text("<img src=x onerror=alert(1)>")
    rows(page, name="tools/call echo").click()
    expect(page.locator(".headers").first).to_contain_text(ATTACK)
    expect(page.get_by_label("Request body", exact=True)).to_contain_text(ATTACK)
    expect(page.get_by_label("Answer body", exact=True)).to_contain_text(ATTACK)
    page.get_by_role("button", name="Answer body: Raw").click()
    expect(page.get_by_label("Answer body", exact=True)).to_contain_text(ATTACK)
    assert page.locator("img, body script, iframe, object, embed, [onerror]").count() == 0


def test_a_body_that_is_not_json_is_shown_as_it_was_sent(server: Live, opened: Opened) -> None:
    endpoint, dashboard = new_bin(server)
    page = opened(server, dashboard)
    server.send("POST", endpoint, b'{"a": <b>bold</b>', {"content-type": "application/json"})
    rows(page).click()
    expect(page.get_by_label("Request body", exact=True)).to_have_text('{"a": <b>bold</b>')


def test_numbers_and_duplicate_members_are_shown_as_they_were_sent(server: Live, opened: Opened) -> None:
    endpoint, dashboard = new_bin(server)
    page = opened(server, dashboard)
    body = b'{"jsonrpc":"2.0","id":12345678901234567890,"method":"ping","x":1.0,"x":[],"y":{"z":"a,b:{}"}}'
    server.send("POST", endpoint, body, {"content-type": "application/json"})
    rows(page).click()
    shown = page.get_by_label("Request body", exact=True)
    expect(shown).to_contain_text("12345678901234567890")
    assert shown.inner_text().replace(": ", ":").replace("\n", "").replace("  ", "") == body.decode()
