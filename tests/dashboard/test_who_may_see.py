"""Who reaches what: strangers, tokens, pages of other origins; and what every answer says to browsers."""

import re
from collections.abc import Callable

import pytest
from dashboards import DATA, Onlooker, Socket, in_bin

from asgi_bridge import Answer, Request
from harness import POST_HEADERS, Server, call, encoded, header_list, initialize, rpc

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
TOKEN = "canary-dashboard-token-0123456789"
UNKNOWN = "7b0c9f0e-0000-4000-8000-1234567890ab"
CANARY = "canary-credential-0123456789-abcdefghij"


def assert_private(answer: Answer) -> None:
    """What every answer of the dashboard says to browsers."""
    assert answer.header("referrer-policy") == "no-referrer"
    assert answer.header("content-security-policy") == POLICY
    assert answer.header("x-content-type-options") == "nosniff"
    assert (answer.header("cache-control") or "").startswith("no-store")
    assert answer.header("access-control-allow-origin") is None


def routes_of(subject: str | None) -> list[str]:
    return [f"/dashboard/{subject}", *(f"/dashboard/{subject}/{name}" for name in DATA)]


async def test_every_route_answers_and_says_little_to_browsers(onlooker: Onlooker, session: str) -> None:
    key = await onlooker.share(session)
    for path in (*routes_of(session), *routes_of(f"view/{key}")):
        answer = await onlooker.get(path)
        assert answer.status == 200, path
        assert_private(answer)


@pytest.mark.parametrize(
    "path",
    ["", "/", "/x/nope", "/static/nope.js", "/view", "/view/short", "/a/b/c/d", f"/{UNKNOWN}", f"/{UNKNOWN}/events",
     "/-x", "/a%20b", "/%2e%2e", f"/{'x' * 65}", f"/{'x' * 60_000}", "/static", "/view/record.json", "/é"],
)  # fmt: skip
async def test_what_is_not_there_is_404_and_says_little_too(onlooker: Onlooker, path: str) -> None:
    answer = await onlooker.get(f"/dashboard{path}")
    assert answer.status == 404
    if path not in {"", "/"}:
        assert_private(answer)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST", "OPTIONS"])
async def test_other_methods_are_refused_and_say_little_too(onlooker: Onlooker, session: str, method: str) -> None:
    for path in routes_of(session):
        answer = await onlooker.send(method, path)
        assert answer.status == 405
        assert_private(answer)


async def test_an_id_that_never_existed_and_one_that_is_gone_look_the_same(
    onlooker: Onlooker, stateful: Server, session: str
) -> None:
    await stateful.delete(session)
    journal = stateful.app.runtime.journal
    assert journal is not None

    async def nobody(_: str) -> bool:
        return False

    await journal.sweep(stateful.clock.wall + 10_000, 1.0, nobody)
    for ours, other in zip(routes_of(session), routes_of(UNKNOWN), strict=True):
        gone, never = await onlooker.get(ours), await onlooker.get(other)
        assert (gone.status, gone.body, gone.headers) == (404, never.body, never.headers)


async def test_one_session_s_id_reaches_nothing_of_another(onlooker: Onlooker, stateful: Server, session: str) -> None:
    other = await initialize(stateful)
    assert other is not None
    await call(stateful, "echo", {"message": "words-of-another"}, other)
    key = await onlooker.share(other)
    for path in routes_of(session):
        answer = await onlooker.send("GET", path) if not path.endswith("events") else await onlooker.get(path)
        assert b"words-of-another" not in answer.body
        assert other.encode() not in answer.body
        assert other[:8].encode() not in answer.body
    feed = await onlooker.watch(session)
    await call(stateful, "echo", {"message": "words-of-another"}, other)
    await call(stateful, "echo", {"message": "mine"}, session)
    assert (await feed.exchange_told())["session"] == session[:8]
    await feed.exchange.leave()
    assert (await onlooker.send("DELETE", f"/dashboard/{session}/share/{key}")).status == 404
    assert (await onlooker.get(f"/dashboard/view/{key}")).status == 200


async def test_nothing_lists_what_there_is(onlooker: Onlooker, stateful: Server, session: str) -> None:
    await in_bin(stateful, "secret-bin", rpc("ping"))
    paths = ["/dashboard", "/dashboard/", "/dashboard/static/", "/dashboard/view/", "/b", "/b/", "/health", "/metrics"]
    for path in paths:
        answer = await onlooker.get(path)
        assert session.encode() not in answer.body
        assert b"secret-bin" not in answer.body


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "cookie", "proxy-authorization"])
async def test_no_route_shows_a_credential(onlooker: Onlooker, stateful: Server, session: str, header: str) -> None:
    value = {"authorization": f"Bearer {CANARY}", "cookie": f"sid={CANARY}"}.get(header, CANARY)
    message = {"message": f"Bearer {CANARY}", "password": CANARY, "url": f"https://u:{CANARY}@h/?token={CANARY}"}
    headers = header_list(POST_HEADERS, {"mcp-session-id": session, header: value})
    body = encoded(rpc("tools/call", {"name": "echo", "arguments": message}))
    await stateful.send(Request(path=f"/mcp?token={CANARY}", headers=headers, body=body))
    key = await onlooker.share(session)
    for subject in (session, f"view/{key}"):
        for path in (*routes_of(subject), f"/dashboard/{subject}/exchanges/4"):
            assert CANARY.encode() not in (await onlooker.get(path)).body, path
        feed = await onlooker.watch(subject, "?after=0")
        for _ in range(5):
            event = await feed.next("exchange", "state")
            assert event is not None
            assert CANARY not in (event.data or "")
        await feed.exchange.leave()


async def test_turned_off_there_is_nothing(make_app: Callable[..., Server]) -> None:
    server = make_app("stateful", MCP_ECHO_DASHBOARD="off", MCP_ALLOWED_ORIGINS="")
    onlooker, session = Onlooker(server), await initialize(server)
    for path in (*routes_of(session), "/dashboard/static/index.html"):
        assert (await onlooker.get(path)).status == 404
    assert (await onlooker.send("POST", "/b")).status == 404
    assert (await in_bin(server, "still-there", rpc("ping"))).status == 200


@pytest.mark.parametrize(("variant", "bytes_kept"), [("stateless", "1000000"), ("stateful", "0")])
async def test_where_nothing_is_recorded_there_is_no_dashboard(
    make_app: Callable[..., Server], variant: str, bytes_kept: str
) -> None:
    onlooker = Onlooker(make_app(variant, MCP_JOURNAL_MAX_BYTES=bytes_kept))
    assert (await onlooker.get("/dashboard/x")).status == 404
    assert (await onlooker.send("POST", "/b")).status == 404


@pytest.fixture
def asking(make_app: Callable[..., Server]) -> Onlooker:
    """A server whose dashboard asks for a token."""
    return Onlooker(make_app("stateful", MCP_ECHO_DASHBOARD_TOKEN=TOKEN))


async def test_without_the_token_nothing_is_shown_or_told(asking: Onlooker) -> None:
    session = await initialize(asking.server)
    for subject in (session, UNKNOWN):
        for path in routes_of(subject):
            for wrong in ({}, {"authorization": "Bearer wrong"}, {"cookie": "mcp-echo-dashboard=wrong"}):
                answer = await asking.get(path, **wrong)
                assert (answer.status, answer.header("www-authenticate") is None) == (401, False)
                assert_private(answer)
    assert (await asking.send("POST", f"/dashboard/{session}/share")).status == 401
    assert (await asking.send("DELETE", f"/dashboard/{session}/share/{'x' * 32}")).status == 401
    assert (await asking.send("POST", "/b")).status == 401
    assert await Socket(asking.server, f"/dashboard/{session}/ws").status() == 401


async def test_the_token_is_taken_as_bearer(asking: Onlooker) -> None:
    session = await initialize(asking.server)
    for path in routes_of(session):
        assert (await asking.get(path, authorization=f"Bearer {TOKEN}")).status == 200
    socket = Socket(asking.server, f"/dashboard/{session}/ws", authorization=f"bearer {TOKEN}")
    assert await socket.status() == 101
    await socket.leave()


async def test_the_token_in_the_address_becomes_a_cookie(asking: Onlooker) -> None:
    session = await initialize(asking.server)
    answer = await asking.get(f"/dashboard/{session}?token={TOKEN}&tab=a%26b")
    assert (answer.status, answer.header("location")) == (303, f"./{session}?tab=a%26b")
    cookie = answer.header("set-cookie") or ""
    assert TOKEN not in cookie
    assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
    assert (await asking.get(f"/dashboard/{session}", cookie=cookie.partition(";")[0])).status == 200


@pytest.mark.parametrize("path", ["//evil.example/x", "/x%0d%0aset-cookie:a=b", "/https:%2f%2fevil.example"])
async def test_the_redirect_stays_here(asking: Onlooker, path: str) -> None:
    answer = await asking.get(f"/dashboard{path}?token={TOKEN}")
    assert re.fullmatch(r"\./[^/\r\n:]*", answer.header("location") or "./")


async def test_a_person_without_the_token_gets_a_form(asking: Onlooker) -> None:
    page = await asking.get("/dashboard/some-bin")
    assert (page.status, page.header("content-type")) == (401, "text/html; charset=utf-8")
    assert b'<input name="token" type="password"' in page.body


async def test_those_it_is_shared_with_need_no_token(asking: Onlooker) -> None:
    session = await initialize(asking.server)
    key = await Onlooker(asking.server, authorization=f"Bearer {TOKEN}").share(session)
    for path in (*routes_of(f"view/{key}"), "/dashboard/static/index.html"):
        assert (await asking.get(path)).status == 200


@pytest.mark.parametrize("path", ["/dashboard/{}", "/dashboard/{}/record.json", "/dashboard/static/index.html"])
async def test_a_foreign_host_is_refused_at_loopback(onlooker: Onlooker, session: str, path: str) -> None:
    answer = await onlooker.get(path.format(session), host="rebound.example")
    assert answer.status == 421
    assert_private(answer)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9", "https://localhost:9", "x"])
async def test_pages_of_other_origins_change_nothing(onlooker: Onlooker, session: str, origin: str) -> None:
    key = await onlooker.share(session)
    for method, path in (
        ("POST", "/b"), ("POST", f"/dashboard/{session}/share"), ("DELETE", f"/dashboard/{session}/share/{key}"),
    ):  # fmt: skip
        answer = await onlooker.send(method, path, origin=origin)
        assert answer.status == 403
        assert_private(answer)
    assert await Socket(onlooker.server, f"/dashboard/{session}/ws", origin=origin).status() == 403
    assert await Socket(onlooker.server, f"/dashboard/view/{key}/ws", origin=origin).status() == 403


async def test_pages_of_this_origin_may(onlooker: Onlooker, session: str) -> None:
    assert (await onlooker.send("POST", "/b", origin="http://localhost")).status == 201
    assert (await onlooker.send("POST", "/b", origin="http://localhost:3000", host="localhost:3000")).status == 201
    socket = Socket(onlooker.server, f"/dashboard/{session}/ws", origin="http://localhost")
    assert await socket.status() == 101
    await socket.leave()


@pytest.mark.parametrize(("allowed", "status"), [("https://app.example", 201), ("*", 403)])
async def test_origins_that_are_listed_may_but_a_star_opens_no_records(
    make_app: Callable[..., Server], allowed: str, status: int
) -> None:
    onlooker = Onlooker(make_app("stateful", MCP_ALLOWED_ORIGINS=allowed))
    assert (await onlooker.send("POST", "/b", origin="https://app.example")).status == status


async def test_behind_a_gateway_that_changes_host_a_browser_s_word_counts(make_app: Callable[..., Server]) -> None:
    onlooker = Onlooker(make_app("stateful", MCP_ALLOWED_HOSTS="inner"), host="inner")
    request = onlooker.request("/b", "POST", origin="https://outer.example", sec_fetch_site="same-origin")
    request.client = ("192.0.2.1", 5)
    assert (await onlooker.server.send(request)).status == 201


async def test_a_websocket_to_what_is_not_there_is_refused_with_404(onlooker: Onlooker, session: str) -> None:
    for path in (f"/dashboard/{UNKNOWN}/ws", "/dashboard/view/xxxxxxxxxxxxxxxxxxxx/ws", f"/dashboard/{session}/nope"):
        assert await Socket(onlooker.server, path).status() == 404
    assert await Socket(onlooker.server, f"/dashboard/{session}/ws", host="rebound.example").status() == 421


async def test_a_bin_whose_name_looks_like_a_session_s_id_is_shown_once_it_is_used(onlooker: Onlooker) -> None:
    assert (await onlooker.get(f"/dashboard/{UNKNOWN}")).status == 404
    await in_bin(onlooker.server, UNKNOWN, rpc("ping"))
    assert (await onlooker.record(UNKNOWN))["subject"]["kind"] == "bin"


async def test_the_page_s_files_are_asked_for_again_and_not_sent_again(onlooker: Onlooker) -> None:
    answer = await onlooker.get("/dashboard/static/app.js")
    assert (answer.status, answer.header("content-type")) == (200, "text/javascript; charset=utf-8")
    assert answer.header("cache-control") == "no-cache"
    again = await onlooker.get("/dashboard/static/app.js", if_none_match=answer.header("etag"))
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("name", ["../routes.py", "..%2froutes.py", "", "vendor", "app.js/", "app.js%00", ".hidden"])
async def test_nothing_but_the_page_s_files_is_served(onlooker: Onlooker, name: str) -> None:
    path = f"/dashboard/static/{name}".replace("%2f", "/").replace("%00", "\0")
    assert (await onlooker.get(path)).status == 404
