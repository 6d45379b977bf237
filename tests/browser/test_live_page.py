"""What one sees while a client talks."""

import base64
import json
import re

import pytest
from playwright.sync_api import expect
from talking import Opened, Talk, new_bin, rows

from live import Live

pytestmark = pytest.mark.peers

QUIET = """() => { const probe = document.createElement("p"); probe.style.color = "var(--quiet)";
document.body.append(probe); const colour = getComputedStyle(probe).color; probe.remove(); return colour; }"""
"""The colour of what is of no weight."""

SOON = 1000
"""Milliseconds within which a page shows what has happened."""


def test_a_page_shows_a_call_within_a_second(server: Live, opened: Opened) -> None:
    talk = Talk(server)
    page = opened(server, f"/dashboard/{talk.open_session()}")
    talk.call("echo", message="hello")
    expect(rows(page, name="tools/call echo")).to_be_visible(timeout=SOON)
    expect(page.locator("svg .row").last).to_contain_text("tools/call echo", timeout=SOON)


def test_an_empty_bin_tells_how_to_point_a_client_at_it_and_turns_into_the_record(server: Live, opened: Opened) -> None:
    endpoint, dashboard = new_bin(server)
    page = opened(server, dashboard)
    expect(page.locator(".endpoint code")).to_have_text(f"http://127.0.0.1:{server.port}{endpoint}")
    Talk(server, endpoint).open_session("newcomer", "3.1")
    expect(rows(page)).to_have_count(2, timeout=SOON)
    expect(page.locator(".who")).to_contain_text("newcomer 3.1")
    expect(page.locator(".endpoint")).to_have_count(0)


def test_who_talks_is_told_first_and_the_time_to_expiry_counts_down(server: Live, opened: Opened) -> None:
    page = opened(server, f"/dashboard/{Talk(server).open_session('named', '7.7')}")
    who = page.locator(".who")
    expect(who).to_contain_text("named 7.7")
    expect(who).to_contain_text("legacy")
    expect(who).to_contain_text("2025-06-18")
    expiry = who.locator("div", has_text="expires").locator("dd")
    before = expiry.inner_text()
    assert re.fullmatch(r"in \d+ .*", before)
    expect(expiry).not_to_have_text(before)


def test_the_verdict_changes_when_a_rule_is_broken_and_is_announced(server: Live, opened: Opened) -> None:
    talk = Talk(server)
    page = opened(server, f"/dashboard/{talk.open_session()}")
    verdict = page.locator(".verdict")
    expect(verdict).to_have_attribute("aria-live", "polite")
    expect(verdict).to_contain_text("no rule broken in 2 exchanges")
    talk.send({"jsonrpc": "2.0", "id": None, "method": "tools/list"})
    expect(verdict).to_contain_text("MUST")
    finding = page.locator(".finding.must").first
    finding.get_by_role("button", name="Exchange 3").click()
    expect(page.get_by_role("heading", name=re.compile("^#3 "))).to_be_focused()


def test_a_note_breaks_no_rule_and_is_grey(server: Live, opened: Opened) -> None:
    talk = Talk(server, accept="*/*")
    page = opened(server, f"/dashboard/{talk.open_session()}")
    expect(page.locator(".verdict.clean")).to_contain_text("no rule broken in 2 exchanges")
    expect(page.locator(".verdict")).to_contain_text("1 note")
    expect(rows(page).first.locator(".badge.note")).to_be_visible()
    expect(page.locator("svg .row circle.note").first).to_have_css("fill", page.evaluate(QUIET))


def test_a_suspicion_is_amber_and_no_rule_is_broken(server: Live, opened: Opened) -> None:
    talk = Talk(server)
    page = opened(server, f"/dashboard/{talk.open_session()}")
    for _ in range(12):
        talk.request("ping")
    expect(page.locator(".verdict.suspicion strong")).to_have_text("no rule broken, 1 suspicion")
    expect(page.locator(".finding.suspicion")).to_contain_text("ping-rate")
    expect(page.get_by_role("heading", name=re.compile("^Suspicions"))).to_be_visible()
    expect(rows(page).locator(".badge.suspicion").first).to_be_visible()


def test_a_stream_is_open_while_it_lasts_and_then_shows_its_pieces(server: Live, opened: Opened) -> None:
    talk = Talk(server)
    page = opened(server, f"/dashboard/{talk.open_session()}")
    with talk.listening():
        expect(rows(page, name="stream, open")).to_be_visible(timeout=SOON)
    talk.stream(3, 0.05)
    row = page.locator("svg .row", has_text="tools/call echo")
    expect(row).to_contain_text("response", timeout=SOON)
    assert len(row.locator(".piece").all()) >= 4


def test_a_fall_back_to_the_handshake_is_told_with_its_time(server: Live, opened: Opened) -> None:
    endpoint, dashboard = new_bin(server)
    page = opened(server, dashboard)
    talk = Talk(server, endpoint)
    talk.request("server/discover", {})
    talk.open_session()
    expect(page.locator("svg .row.refused")).to_contain_text("server/discover")
    expect(page.locator("svg .row", has_text="initialize").first).to_contain_text("after discover")


def test_the_hops_of_a_gateway_are_lanes(server: Live, opened: Opened) -> None:
    endpoint, dashboard = new_bin(server)
    page = opened(server, dashboard)
    Talk(server, endpoint, **{"X-Forwarded-For": "203.0.113.7", "Via": "1.1 traefik, 1.1 nginx"}).open_session()
    expect(page.locator("svg.heads text")).to_have_text(
        ["seconds", re.compile("client"), re.compile("traefik"), re.compile("nginx"), "server"]
    )


def test_the_filters_narrow_the_list(server: Live, opened: Opened) -> None:
    talk = Talk(server)
    page = opened(server, f"/dashboard/{talk.open_session()}")
    talk.request("no/such/method")
    talk.call("echo", message="x")
    options = rows(page)
    expect(options).to_have_count(4)
    page.get_by_label("refused", exact=True).check()
    expect(options).to_have_count(1)
    expect(options).to_contain_text("no/such/method")
    page.get_by_label("refused", exact=True).uncheck()
    page.get_by_label("Text in an exchange").fill("echo")
    expect(options).to_have_count(1)
    page.get_by_label("Text in an exchange").fill("")
    page.get_by_label("Method", exact=True).select_option("initialize")
    expect(options).to_have_count(1)


def test_a_shared_link_shows_the_record_without_a_share_button_until_it_is_revoked(
    server: Live, opened: Opened
) -> None:
    session = Talk(server).open_session("shared-client")
    page = opened(server, f"/dashboard/{session}")
    page.get_by_role("button", name="Share").click()
    link = page.get_by_label("Link to share").input_value()
    viewer = opened(server, link.removeprefix(f"http://127.0.0.1:{server.port}"))
    expect(viewer.locator(".who")).to_contain_text("shared-client")
    expect(viewer.get_by_role("button", name="Share")).to_have_count(0)
    assert session not in viewer.content()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("button", name="Share")).to_be_visible()
    assert server.get(link.removeprefix(f"http://127.0.0.1:{server.port}")).status == 404


def test_a_token_is_shown_decoded_with_its_dates_and_never_whole(server: Live, opened: Opened) -> None:
    endpoint, dashboard = new_bin(server)
    page = opened(server, dashboard)
    parts = ({"alg": "RS256"}, {"sub": "alice", "iat": 1_700_000_000, "exp": 1_700_003_600})
    signed = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    Talk(server, endpoint, Authorization=f"Bearer {signed}.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg").open_session()
    rows(page, name="initialize").first.click()
    credential = page.locator(".credential")
    expect(credential.get_by_label("Token claims, not verified")).to_contain_text("alice")
    expect(credential).to_contain_text("2023-11-14 23:13:20Z")
    expect(credential.locator(".timeline.over")).to_be_visible()
    credential.get_by_role("button", name="Exchange 2").click()
    expect(page.get_by_role("heading", name="#2 notifications/initialized")).to_be_visible()
    assert "c2lnbmF0dXJl" not in page.content()


def test_not_more_than_five_hundred_exchanges_are_on_the_page(server: Live, opened: Opened) -> None:
    talk = Talk(server)
    page = opened(server, f"/dashboard/{talk.open_session()}")
    for _ in range(520):
        talk.request("ping")
    expect(page.locator("[role=option]").last).to_contain_text("522")
    expect(page.locator("[role=option]")).to_have_count(500)
    expect(page.locator("svg .row").last).to_contain_text("ping")
    assert page.locator("svg .row").count() < 100
    expect(page.locator(".verdict")).to_contain_text("in 522 exchanges")
    expect(page.locator(".exchanges .title")).to_contain_text("the last 500 of 522 kept")
    expect(page.locator(".counters .title")).to_contain_text("of the last 500 of 522 kept")
    expect(page.locator(".sequence .title")).to_contain_text("22 earlier exchanges not shown")
