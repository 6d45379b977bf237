"""docs CORS: what a browser is told, and that nobody else is told anything."""

from collections.abc import Callable

import pytest

from asgi_bridge import Answer, Request
from harness import POST_HEADERS, Server, encoded, header_list, initialize, introduction, rpc

PAGE = "http://localhost:6274"
ALLOW = "access-control-allow-origin"
CREDENTIALS = "access-control-allow-credentials"
REMOTE = ("203.0.113.9", 40000)


async def preflight(server: Server, origin: str | None = PAGE, **asked: str) -> Answer:
    """A CORS preflight."""
    names = {f"access-control-request-{name}": value for name, value in asked.items()}
    headers = header_list({"host": "localhost"}, {"origin": origin, "access-control-request-method": "POST", **names})
    return await server.send(Request("OPTIONS", headers=headers, client=REMOTE))


def cors_headers(answer: Answer) -> list[str]:
    """The names of all CORS headers of an answer."""
    return [name.decode() for name, _ in answer.headers if name.startswith(b"access-control-")]


def listed(answer: Answer, name: str) -> set[str]:
    """The members of a list header, in lower case."""
    return {part.strip().lower() for part in (answer.header(name) or "").split(",")}


async def test_the_stateful_server_lets_every_page_read_its_answers_without_credentials(stateful: Server) -> None:
    answer = await stateful.post(rpc("initialize", introduction()), origin=PAGE)
    assert answer.header(ALLOW) == "*"
    assert answer.header(CREDENTIALS) is None
    assert {"mcp-session-id", "mcp-protocol-version", "www-authenticate"} <= listed(
        answer, "access-control-expose-headers"
    )


async def test_the_stateless_server_leaves_cors_to_the_gateway(make_app: Callable[..., Server]) -> None:
    server = make_app("stateless")
    assert cors_headers(await server.post(rpc("ping"), origin=PAGE)) == []
    assert cors_headers(await preflight(server)) == []


@pytest.mark.parametrize("message", [rpc("ping"), rpc("nope"), b"{"], ids=["result", "error", "refusal"])
async def test_a_request_from_no_page_gets_no_cors_headers(
    message: object, variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, MCP_CORS_ORIGINS="*")
    assert cors_headers(await server.post(message)) == []


async def test_a_shell_that_greps_for_the_session_finds_one_line(stateful: Server) -> None:
    answer = await stateful.post(rpc("initialize", introduction()))
    lines = [f"{name.decode()}: {value.decode()}".lower() for name, value in answer.headers]
    found = [line for line in lines if "mcp-session-id" in line]
    assert found == [f"mcp-session-id: {answer.header('mcp-session-id')}"]


@pytest.mark.parametrize("message", [rpc("ping"), rpc("nope"), b"{"], ids=["result", "error", "refusal"])
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_results_and_refusals_are_readable_for_a_page(
    message: object, accept: str, variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, MCP_CORS_ORIGINS="*")
    answer = await server.post(message, origin=PAGE, accept=accept)
    assert (answer.header(ALLOW), answer.header(CREDENTIALS)) == ("*", None)


async def test_a_stream_is_readable_for_a_page(stateful: Server) -> None:
    stream = stateful.stream(await initialize(stateful), origin=PAGE)
    assert (await stream.head()).header(ALLOW) == "*"
    await stream.leave()


async def test_only_listed_pages_may_read_when_pages_are_listed(variant: str, make_app: Callable[..., Server]) -> None:
    server = make_app(variant, MCP_CORS_ORIGINS=f"https://app.example,{PAGE}")
    allowed = await server.post(rpc("ping"), origin=PAGE)
    assert allowed.header(ALLOW) == PAGE
    assert "origin" in listed(allowed, "vary")
    other = await server.post(rpc("ping"), origin="http://localhost:1")
    assert cors_headers(other) == []
    assert "origin" in listed(other, "vary")
    assert cors_headers(await server.post(rpc("ping"))) == []


@pytest.mark.parametrize("origins", ["*", f"*,{PAGE}", f"{PAGE},*"])
async def test_any_page_never_comes_with_credentials(
    origins: str, variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, MCP_CORS_ORIGINS=origins)
    for answer in (await server.post(rpc("ping"), origin=PAGE), await preflight(server)):
        assert not (answer.header(ALLOW) == "*" and answer.header(CREDENTIALS))


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
async def test_a_preflight_allows_what_an_mcp_client_sends(
    path: str, variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, MCP_CORS_ORIGINS="*")
    headers = header_list({"host": "localhost"}, {"origin": PAGE, "access-control-request-method": "POST"})
    answer = await server.send(Request("OPTIONS", path, headers))
    assert answer.status == 204
    assert answer.body == b""
    assert {"get", "post", "delete", "options"} == listed(answer, "access-control-allow-methods")
    assert {
        "content-type", "accept", "authorization", "mcp-session-id", "mcp-protocol-version", "last-event-id",
        "mcp-method", "mcp-name",
    } <= listed(answer, "access-control-allow-headers")  # fmt: skip
    assert int(answer.header("access-control-max-age") or 0) > 0


async def test_a_preflight_echoes_the_headers_it_asks_for(variant: str, make_app: Callable[..., Server]) -> None:
    server = make_app(variant, MCP_CORS_ORIGINS="*")
    answer = await preflight(server, headers="content-type, mcp-param-city, Mcp-Param-Count,x-own")
    allowed = listed(answer, "access-control-allow-headers")
    assert {"content-type", "mcp-param-city", "mcp-param-count", "x-own"} <= allowed
    assert (answer.header("access-control-allow-headers") or "").lower().count("content-type") == 1
    assert "mcp-param-city" not in listed(await preflight(server), "access-control-allow-headers")


async def test_a_preflight_from_a_page_that_is_not_listed_allows_nothing(
    variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, MCP_CORS_ORIGINS="https://app.example")
    answer = await preflight(server, "https://evil.example")
    assert answer.header(ALLOW) is None
    assert "origin" in listed(answer, "vary")


async def test_options_without_origin_lists_the_methods(server: Server) -> None:
    answer = await preflight(server, None)
    expected = {"get", "post", "delete", "options"} if server.variant == "stateful" else {"post", "options"}
    assert listed(answer, "allow") == expected


async def test_the_answer_to_a_cross_origin_post_is_cacheable_per_origin(
    variant: str, make_app: Callable[..., Server]
) -> None:
    server = make_app(variant, MCP_CORS_ORIGINS=PAGE, ECHO_ENABLE_COMPRESSION="true")
    headers = header_list(POST_HEADERS, {"origin": PAGE, "accept-encoding": "gzip"})
    answer = await server.send(Request(headers=headers, body=encoded(rpc("tools/list"))))
    varies = {part.strip().lower() for value in answer.values("vary") for part in value.split(",")}
    assert varies == {"origin", "accept-encoding"}


async def test_a_page_can_read_why_its_stream_was_refused(stateful: Server) -> None:
    answer = await stateful.stream(None, origin=PAGE).answer()
    assert (answer.status, answer.header(ALLOW)) == (400, "*")
