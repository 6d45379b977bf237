"""The diff against our servers without a gateway, and through gateways that do one thing wrong each."""

import itertools
import json

import pytest
from faulty_gateways import Fields, Gateway, adding, replacing, report_on, report_through, told, without
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from harness import Server
from in_loop import served
from mcp_echo_core.commands.connection import Connection
from mcp_echo_core.commands.diff import diff
from mcp_echo_core.gateway_diff.report import as_json, as_text


async def test_without_a_gateway_both_servers_are_clean_even_where_no_spelling_is_told(variant: str) -> None:
    report = await report_on(Server(variant).app)
    assert (report.exit_code, report.verdict) == (0, "clean: the request arrived as it was sent")
    assert report.lines == []
    spellings = [field.name for asked in report.seen.whole for field in asked.arrived or []]
    assert len(report.seen.whole) == 2
    assert set(spellings) == {None}


async def test_a_session_that_was_begun_is_ended() -> None:
    server = Server("stateful")
    await report_on(server.app)
    assert await server.created() == 1
    assert await server.alive() == 0


async def test_the_users_own_token_is_followed_instead_of_the_canary_and_is_never_shown() -> None:
    token = "real-token-of-a-user-0123456789"
    clean = await report_through("stateless", ("Authorization", f"Bearer {token}"))
    assert clean.exit_code == 0
    report = await report_through(
        "stateless", ("Authorization", f"Bearer {token}"), request=replacing(authorization="Bearer other-0123456789012")
    )
    assert told(report.damage) == [("changed", "Authorization")]
    for shown in (as_text(report), json.dumps(as_json(report))):
        assert token not in shown
        assert "canary" not in shown


async def test_a_header_of_the_users_own_that_is_lost_is_told() -> None:
    report = await report_through("stateful", ("X-Tenant", "blue"), request=without("x-tenant"))
    assert told(report.damage) == [("removed", "X-Tenant")]
    assert report.exit_code == 1


@pytest.mark.parametrize("header", ["Mcp-Method", "Mcp-Name", "MCP-Protocol-Version"])
async def test_a_routing_header_that_is_taken_out_is_named_and_the_rest_is_still_looked_at(header: str) -> None:
    report = await report_through(request=without(header.lower(), "x-mcp-echo-03"))
    assert told(report.damage) == [("removed", header), ("removed", "X-Mcp-Echo-03")]
    assert report.seen.modern is not None
    assert report.seen.modern.code == -32020


async def test_a_routing_header_that_is_changed_is_named() -> None:
    report = await report_through(request=replacing(mcp_method="tools/list"))
    assert told(report.damage) == [("changed", "Mcp-Method")]


async def test_lines_of_one_name_may_be_joined_but_not_turned_round() -> None:
    def joining(fields: Fields) -> Fields:
        values = [value for name, value in fields if name == b"x-mcp-echo-twice"]
        return [*without("x-mcp-echo-twice")(fields), *([(b"x-mcp-echo-twice", b", ".join(values))] if values else [])]

    report = await report_through(request=joining)
    assert report.exit_code == 0
    assert ("joined", "X-Mcp-Echo-Twice") in told(report.notes)
    turned = await report_through(request=lambda fields: fields[::-1])
    assert told(turned.damage) == [("reordered", "X-Mcp-Echo-Twice")]
    assert ("reordered", "(order of the fields)") in told(turned.notes)


async def test_what_a_gateway_adds_for_the_server_is_a_note() -> None:
    report = await report_through(request=adding("via", "1.1 gate"), answer=adding("via", "1.1 gate"))
    assert report.exit_code == 0
    assert report.verdict == "clean: everything that matters arrived as it was sent; 7 notes"
    assert told(report.notes)[:2] == [("added", "via"), ("added", "Via")]
    assert ("passed on", "X-Forwarded-User") in told(report.notes)


async def test_a_gateway_that_appends_the_address_passes_no_claim_on() -> None:
    def appending(fields: Fields) -> Fields:
        return [(name, value + b", 192.0.2.1" if name == b"x-forwarded-for" else value) for name, value in fields]

    report = await report_through(request=appending)
    assert report.exit_code == 0
    assert ("appended", "X-Forwarded-For") in told(report.notes)
    assert ("passed on", "X-Forwarded-For") not in told(report.notes)


async def test_an_answer_that_belongs_to_another_request_is_found_out() -> None:
    report = await report_through(request=replacing(x_mcp_echo_run="ffffffffffffffff"))
    assert ("changed", "X-Mcp-Echo-Run") in told(report.damage)
    assert "caches" in as_text(report)


async def test_a_session_id_that_is_taken_out_of_answers_is_told() -> None:
    report = await report_through(answer=without("mcp-session-id"))
    assert told(report.damage) == [("removed", "Mcp-Session-Id")]
    assert report.damage[0].direction == "answer"
    assert report.unseen == ["Mcp-Session-Id on the way to the server: there was no session"]
    assert (await report_through("stateless", answer=without("mcp-session-id"))).exit_code == 0


async def test_what_is_wrong_with_answers_is_told() -> None:
    doubled = await report_through(answer=adding("access-control-allow-origin", "*"))
    assert told(doubled.damage) == [("repeated", "Access-Control-Allow-Origin")]
    page = await report_through("stateless", answer=replacing(content_type="text/html"))
    assert ("changed", "Content-Type") in told(page.damage)
    kept = await report_through("stateless", answer=without("cache-control"))
    assert told(kept.damage) == [("removed", "Cache-Control")]
    assert kept.damage[0].direction == "answer"


async def test_an_engine_that_names_itself_is_no_gateway() -> None:
    assert (await report_through(answer=adding("server", "uvicorn"))).lines == []
    assert ("added", "Server") in told((await report_through(answer=adding("server", "nginx"))).notes)


async def test_answers_of_two_instances_are_a_note() -> None:
    names = itertools.cycle(["one", "two"])

    def taking_turns(fields: Fields) -> Fields:
        return replacing(mcp_echo_instance=next(names))(fields)

    report = await report_through("stateless", answer=taking_turns)
    assert ("changed", "Mcp-Echo-Instance") in told(report.notes)
    assert report.exit_code == 0


async def test_several_fields_that_a_gateway_refuses_are_found_and_nothing_else_is_blamed() -> None:
    def refusal(fields: dict[bytes, bytes]) -> int | None:
        if len(fields.get(b"x-mcp-echo-large", b"")) > 4096:
            return 431
        return 403 if b"mcp-param-blanks" in fields else None

    report = await report_through("stateless", refusal=refusal)
    assert sorted(told(report.damage)) == [("refused", "Mcp-Param-Blanks"), ("refused", "X-Mcp-Echo-Large")]
    assert {line.arrived for line in report.damage} == {("431 from gate",), ("403 from gate",)}


async def test_a_gateway_that_checks_tokens_itself_is_understood() -> None:
    report = await report_through("stateless", refusal=lambda fields: 401 if b"authorization" in fields else None)
    assert report.exit_code == 0
    assert ("refused", "Authorization") in told(report.notes)
    assert "give --bearer" in as_text(report)


async def test_a_gateway_that_lets_no_page_ask_is_a_note() -> None:
    report = await report_through("stateless", refusal=lambda fields: 403 if b"origin" in fields else None)
    assert ("refused", "Origin") in told(report.notes)
    assert report.exit_code == 0


async def test_what_the_server_refuses_as_it_arrived_is_told_in_its_own_words() -> None:
    report = await report_through(request=replacing(accept="text/html"))
    assert (report.exit_code, told(report.damage)) == (1, [("refused", "a request of 2026-07-28")])
    assert "text/html" in report.damage[0].meaning


async def test_a_server_that_serves_no_modern_revision_is_looked_at_in_the_older_era() -> None:
    report = await report_on(Server("stateful", MCP_PROTOCOL_VERSIONS_SUPPORTED="2025-11-25").app)
    assert report.exit_code == 0
    assert told(report.lines) == [("refused", "a request of 2026-07-28")]
    assert len(report.seen.whole) == 1


async def test_a_gateway_that_lets_only_the_modern_era_through_leaves_sessions_unseen() -> None:
    report = await report_through("stateful", refusal=lambda fields: None if b"mcp-method" in fields else 403)
    assert (report.exit_code, report.lines) == (0, [])
    assert report.unseen == ["sessions and the older era: initialize was answered 403, text/plain"]


@pytest.mark.parametrize(
    ("app", "words"),
    [
        (PlainTextResponse("x", 502, {"server": "gate"}), "gate answered 502: it got no usable answer"),
        (PlainTextResponse("x", 401), "something on the way answered 401: it wants credentials: give --bearer"),
        (PlainTextResponse("x", 403), "answered 403"),
        (PlainTextResponse("x", 404), "it has nothing at this path"),
        (PlainTextResponse("x", 413), "the body is too large for it"),
        (PlainTextResponse("hello"), "no answer of the protocol"),
        (
            JSONResponse({"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no"}}),
            "needs one of our servers",
        ),
    ],
)
async def test_where_nothing_can_be_seen_it_says_why_and_exits_with_2(app: ASGIApp, words: str) -> None:
    async def with_lifespan(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await app(scope, receive, send)

    report = await report_on(with_lifespan)
    assert report.exit_code == 2
    assert report.verdict.startswith("could not run: ")
    assert words in report.verdict


async def test_a_gateway_that_fails_meanwhile_is_an_obstacle_and_no_field_is_blamed() -> None:
    numbers = itertools.count(1)
    report = await report_through("stateless", refusal=lambda _: 503 if next(numbers) > 3 else None)
    assert (report.exit_code, report.lines) == (2, [])
    assert "gate answered 503: it has no server behind it that is ready" in report.verdict


async def test_a_gateway_that_answers_now_this_way_now_that_is_an_obstacle_and_no_field_is_blamed() -> None:
    numbers = itertools.count(1)
    report = await report_through("stateless", refusal=lambda _: 503 if next(numbers) not in (1, 2, 3, 5) else None)
    assert (report.exit_code, report.lines) == (2, [])
    assert "now this way, now that" in report.verdict


async def test_a_gateway_that_refuses_what_it_should_answer_itself_is_told() -> None:
    report = await report_through("stateless", refusal=lambda fields: 417 if b"expect" in fields else None)
    assert told(report.damage) == [("refused", "Expect")]
    assert len(report.seen.whole) == 2


async def test_a_gateway_in_front_of_a_gateway_adds_up() -> None:
    inner = Gateway(Server("stateful").app, request=without("cookie"))
    report = await report_on(Gateway(inner, request=without("baggage")))
    assert told(report.damage) == [("removed", "baggage"), ("removed", "Cookie")]


async def test_credentials_that_are_refused_are_not_asked_for_again() -> None:
    report = await report_on(PlainTextResponse("who?", 401), ("Authorization", "Bearer a-token-0123456789"))
    assert "answered 401: it does not accept the credentials that were given" in report.verdict


async def test_a_host_that_the_server_does_not_serve_is_told_with_what_to_allow() -> None:
    report = await report_through(request=replacing(host="wrong.example"))
    assert report.exit_code == 1
    (line,) = report.damage
    assert "Host is not one this server answers to (it saw wrong.example), although it was sent right" in line.meaning
    assert "Add the host to MCP_ALLOWED_HOSTS" in line.fix
    assert "proxy_set_header Host" in line.fix


async def test_a_host_that_something_else_does_not_serve_is_told_by_its_name() -> None:
    report = await report_on(PlainTextResponse("no", 421))
    assert report.exit_code == 2
    assert "answered 421: it does not serve the host that the request names" in report.verdict


async def test_an_answer_that_never_ends_is_told_as_that() -> None:
    async def dripping(scope: Scope, receive: Receive, send: Send) -> None:
        head = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass

    async with served(dripping) as url:
        report = await diff(Connection(url, (), 0.3, verify=True))
    assert report.exit_code == 2
    assert report.verdict == (
        "could not run: something on the way answered 200, application/json, but the answer was not complete within "
        "0.3 s"
    )
