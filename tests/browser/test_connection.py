"""What the page does when its server goes away."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from talking import Opened, Talk, new_bin, rows

from live import BIN, START, Live, free_port, running

pytestmark = pytest.mark.peers

COMMAND = [str(BIN / "mcp-echo"), "serve", "--variant", "stateful"]

BACK = START * 1000
"""Milliseconds until a page has found its restarted server."""


def test_a_page_says_that_it_reconnects_and_goes_on_after_a_restart(tmp_path: Path, opened: Opened) -> None:
    port = free_port()
    settings = {"MCP_SESSION_STORE": f"sqlite:///{tmp_path}/sessions.db"}
    with running(COMMAND, tmp_path, port, **settings) as first:
        endpoint, dashboard = new_bin(first)
        page = opened(first, dashboard)
        first_talk = Talk(first, endpoint)
        first_talk.open_session()
        expect(rows(page)).to_have_count(2)
    expect(page.get_by_text("reconnecting…", exact=True)).to_be_visible()
    with running(COMMAND, tmp_path, port, **settings) as second:
        expect(page.get_by_text("live", exact=True)).to_be_visible(timeout=BACK)
        Talk(second, endpoint).open_session("after the restart")
        expect(page.locator(".who")).to_contain_text("after the restart")


def test_a_page_says_when_its_record_is_gone(tmp_path: Path, opened: Opened) -> None:
    port = free_port()
    with running(COMMAND, tmp_path, port) as first:
        page = opened(first, f"/dashboard/{Talk(first).open_session()}")
    expect(page.get_by_text("reconnecting…", exact=True)).to_be_visible()
    with running(COMMAND, tmp_path, port):
        expect(page.get_by_text("gone", exact=True)).to_be_visible(timeout=BACK)
        expect(rows(page)).to_have_count(2)


def test_a_page_that_was_dropped_for_being_slow_says_so_and_can_be_reloaded(server: Live, opened: Opened) -> None:
    page = opened(server, f"/dashboard/{Talk(server).open_session()}")
    body = "event: too-slow\ndata: {}\n\n"
    page.route("**/events", lambda route: route.fulfill(content_type="text/event-stream", body=body))
    page.reload()
    expect(page.get_by_text("too slow: reload", exact=True)).to_be_visible()
    page.unroute("**/events")
    page.get_by_role("button", name="Reload").click()
    expect(page.get_by_text("live", exact=True)).to_be_visible()


def test_a_gateway_that_answers_502_for_a_while_is_only_waited_for(server: Live, opened: Opened) -> None:
    page = opened(server, f"/dashboard/{Talk(server).open_session()}")
    page.route("**/events", lambda route: route.fulfill(status=502))
    page.reload()
    expect(page.get_by_text("reconnecting…", exact=True)).to_be_visible()
    expect(rows(page)).to_have_count(2)
    page.unroute("**/events")
    expect(page.get_by_text("live", exact=True)).to_be_visible(timeout=BACK)
