"""Redirects on the way, told and followed by hand."""

import pytest
from faulty_gateways import report_on, told
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from harness import Server


class Redirecting:
    """Leads away from ``/mcp``."""

    def __init__(self, app: ASGIApp, status: int, location: str) -> None:
        self.app = app
        self.status = status
        self.location = location

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.app
        if scope["type"] == "http" and scope["path"] == "/mcp":
            app = RedirectResponse(self.location, self.status)
        await app(scope, receive, send)


@pytest.mark.parametrize(
    ("status", "word"), [(301, "as GET"), (302, "as GET"), (303, "as GET"), (307, "many"), (308, "many")]
)
async def test_a_redirect_is_told_and_followed_by_hand_with_the_body(status: int, word: str) -> None:
    report = await report_on(Redirecting(Server("stateful").app, status, "/mcp/"))
    assert told(report.damage) == [("redirected", "POST")]
    assert word in report.damage[0].meaning
    assert len(report.seen.whole) == 2
    assert report.seen.url.endswith("/mcp/")


async def test_a_redirect_to_itself_is_told_as_that() -> None:
    report = await report_on(Redirecting(Server("stateful").app, 308, "/mcp"))
    assert report.exit_code == 1
    assert "It leads to itself, so nobody arrives" in report.damage[0].fix


async def test_a_redirect_to_another_host_is_told_and_not_followed() -> None:
    report = await report_on(Redirecting(Server("stateful").app, 307, "http://elsewhere.example/mcp"))
    assert (report.exit_code, told(report.damage)) == (1, [("redirected", "POST")])
    assert "the rest could not be looked at" in report.verdict
    assert len(report.exchanges) == 1
