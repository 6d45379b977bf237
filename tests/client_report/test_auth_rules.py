"""Clients that send tokens where they do not belong, or do not understand why they were refused."""

import base64
import json
from typing import Any

import pytest
from scripted import MODERN, Client
from synthetic import exchange, findings

from asgi_bridge import Request
from harness import POST_HEADERS, Server, encoded, header_list, rpc
from mcp_echo_core.recording.events import Credential, Head

META = {"io.modelcontextprotocol/protocolVersion": MODERN}
PRM = "/.well-known/oauth-protected-resource"
CHALLENGE = f'Bearer resource_metadata="https://mcp.example.com{PRM}/made/mcp", scope="a"'


def token(**claims: Any) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + ".c2lnbmF0dXJl"


def posted(  # noqa: PLR0917 - facts of one exchange
    at: float = 0,
    status: int = 200,
    bearer: str | None = "1",
    challenge: str | None = None,
    body: Any = None,
    scheme: str = "Bearer",
    **changes: Any,
) -> Any:
    """A modern request, its token and what refused it."""
    credentials = () if bearer is None else (Credential("authorization", scheme, bearer),)
    authorization = () if bearer is None else (("authorization", f"{scheme} ***".strip()),)
    fields = (("host", "mcp.example.com"), ("mcp-protocol-version", MODERN), *authorization)
    answered = () if challenge is None else (("www-authenticate", challenge),)
    facts = {"head": Head(fields, None, credentials), "answer_fields": answered, "status": status, **changes}
    return exchange(body or rpc("tools/list", {"_meta": META}), at=at, **facts)


def fetched(path: str, at: float, host: str = "mcp.example.com") -> Any:
    return exchange(method="GET", path=path, at=at, headers={"host": host}, answer={})


async def with_query(server: Server, query: str) -> Client:
    client = Client(server)
    headers = header_list(POST_HEADERS, {})
    path, body = f"/b/{client.name}/mcp?{query}", encoded(rpc("ping"))
    await server.send(Request(path=path, headers=headers, body=body))
    return client


@pytest.mark.parametrize(
    ("query", "certainty"),
    [
        ("access_token=abc", "certain"),
        ("a=1&Token=abc", "likely"),
        ("bearer=abc", "likely"),
        (f"q={token()}", "likely"),
    ],
)
async def test_a_token_in_the_url_is_convicted(stateful: Server, query: str, certainty: str) -> None:
    client = await with_query(stateful, query)
    [finding] = await client.findings("bearer-header-not-query")
    assert (finding.level, finding.certainty, finding.revision) == ("must", certainty, "2025-03-26")
    assert finding.evidence == (1,)
    assert "abc" not in finding.says[0]


@pytest.mark.parametrize("query", ["", "a=b&c=d", "cursor=eyJ", "tokens=3"])
async def test_other_queries_are_fine(stateful: Server, query: str) -> None:
    assert await (await with_query(stateful, query)).findings("bearer-header-not-query") == []


def test_a_token_without_a_scheme_is_convicted_where_tokens_are_demanded() -> None:
    bare = posted(1, scheme="")
    [finding] = findings("bearer-header-not-query", posted(0, 401, None, CHALLENGE), bare)
    assert (finding.level, finding.evidence) == ("must", (2,))
    assert findings("bearer-header-not-query", bare) == []
    assert findings("bearer-header-not-query", posted(0, 401, None, CHALLENGE), posted(1)) == []


def test_a_request_without_the_token_of_the_others_is_convicted() -> None:
    events = [posted(0, 401, None, CHALLENGE), posted(1), posted(2), posted(3, 401, None, CHALLENGE)]
    [finding] = findings("auth-on-every-request", *events)
    assert (finding.level, finding.certainty, finding.revision) == ("must", "likely", MODERN)
    assert (finding.count, finding.evidence) == (1, (2, 4))


def test_first_contact_other_clients_and_servers_without_authorization_are_fine() -> None:
    stranger = posted(3, 401, None, CHALLENGE, connection="192.0.2.7:1")
    refused = posted(1, 401, "1", CHALLENGE)
    for events in (
        [posted(0, 401, None, CHALLENGE), posted(1)],
        [posted(0), posted(1, bearer=None)],
        [posted(0, 401, None, CHALLENGE), posted(1), stranger],
        [posted(0, 401, None, CHALLENGE), refused, posted(2, 401, None, CHALLENGE)],
    ):
        assert findings("auth-on-every-request", *events) == []


@pytest.mark.parametrize("bearer", [None, "1"])
def test_repeating_what_was_refused_is_suspected(bearer: str | None) -> None:
    events = [posted(at, 401, bearer, CHALLENGE) for at in (0, 5, 10, 15)]
    [finding] = findings("auth-401-handled", *events)
    assert (finding.level, finding.certainty, finding.revision) == ("must", "heuristic", MODERN)
    assert (finding.count, finding.evidence) == (1, (1, 2, 3, 4))


def test_two_more_tries_other_tokens_and_a_look_at_the_metadata_are_fine() -> None:
    few = [posted(at, 401, "1", CHALLENGE) for at in (0, 5, 10)]
    slow = [posted(at, 401, "1", CHALLENGE) for at in (0, 30, 61, 92)]
    other = [posted(at, 401, str(at), CHALLENGE) for at in (0, 5, 10, 15)]
    looked = [*(posted(at, 401, "1", CHALLENGE) for at in (0, 5, 10, 15)), fetched(PRM, 2)]
    foreign = [posted(at, 401, "1", "Basic realm=a") for at in (0, 5, 10, 15)]
    together = [posted(at, 401, "1", CHALLENGE, seconds=20.0) for at in (0, 5, 10, 15)]
    for events in (few, slow, other, looked, foreign, together):
        assert findings("auth-401-handled", *events) == []


@pytest.mark.parametrize(
    ("challenge", "path", "expected"),
    [
        (CHALLENGE, PRM, f"{PRM}/made/mcp"),
        ("Bearer", PRM, f"{PRM}/b/made/mcp"),
        ("Bearer", f"{PRM}/", f"{PRM}/b/made/mcp"),
    ],
)
def test_metadata_that_is_looked_up_out_of_order_is_convicted(challenge: str, path: str, expected: str) -> None:
    events = [posted(0, 401, None, challenge), fetched(path, 1), fetched(expected, 2)]
    [finding] = findings("prm-wellknown-order", *events)
    assert (finding.level, finding.certainty, finding.revision) == ("must", "certain", MODERN)
    assert finding.evidence == (1, 2)
    assert expected in finding.says[0]


@pytest.mark.parametrize(
    ("challenge", "path", "host"),
    [
        (CHALLENGE, f"{PRM}/made/mcp", "mcp.example.com"),
        (CHALLENGE, PRM, "elsewhere.example.com"),
        ('Bearer resource_metadata="https://[x"', PRM, "mcp.example.com"),
        ("Bearer", f"{PRM}/b/made/mcp", "mcp.example.com"),
        ("Basic", PRM, "mcp.example.com"),
    ],
)
def test_metadata_that_is_looked_up_in_order_is_fine(challenge: str, path: str, host: str) -> None:
    events = [posted(0, 401, None, challenge), fetched(path, 1, host), fetched(PRM, 2)]
    assert findings("prm-wellknown-order", *events) == []


def test_without_a_fetch_or_behind_a_proxy_the_order_is_not_known() -> None:
    assert findings("prm-wellknown-order", posted(0, 401, None, CHALLENGE)) == []
    head = Head((("mcp-protocol-version", MODERN), ("via", "1.1 gateway")))
    refused = posted(0, 401, None, CHALLENGE, head=head)
    assert findings("prm-wellknown-order", refused, fetched(PRM, 1)) == []


SCOPE = 'Bearer error="insufficient_scope", scope="write"'


def calling(at: float, bearer: str, name: str = "a", challenge: str = SCOPE) -> Any:
    return posted(at, 403, bearer, challenge, rpc("tools/call", {"name": name, "_meta": META}))


def test_trying_often_what_the_scope_forbids_is_suspected() -> None:
    [finding] = findings("stepup-retry-limit", *(calling(at, str(at)) for at in (0, 60, 120, 180)))
    assert (finding.level, finding.certainty, finding.revision) == ("should", "heuristic", MODERN)
    assert (finding.count, finding.evidence) == (1, (1, 2, 3, 4))


def test_trying_again_at_once_with_the_same_token_is_suspected() -> None:
    [finding] = findings("stepup-retry-limit", calling(0, "1"), calling(1, "1"))
    assert finding.evidence == (1, 2)
    assert "same token" in finding.says[0]


def test_a_few_tries_with_new_tokens_and_other_operations_are_fine() -> None:
    few = [calling(at, str(at)) for at in (0, 60, 120)]
    slow = [calling(at, str(at)) for at in (0, 300, 601, 902)]
    other = [calling(at, "1", name=str(at)) for at in (0, 1, 2, 3)]
    fresh = [calling(0, "1"), calling(1, "2")]
    plain = [calling(at, "1", challenge="Bearer") for at in (0, 1, 2, 3)]
    for events in (few, slow, other, fresh, plain):
        assert findings("stepup-retry-limit", *events) == []


async def sending(server: Server, bearer: str, **headers: str | None) -> Client:
    client = Client(server)
    await client.modern("tools/list", **{"host": "mcp.example.com", "authorization": f"Bearer {bearer}", **headers})
    return client


OTHER = "https://other.example.com/mcp"


@pytest.fixture
def public(make_app: Any) -> Server:
    return make_app("stateful", MCP_ALLOWED_HOSTS="*")


@pytest.mark.parametrize("audience", [OTHER, [OTHER, "https://third.example.com"]])
async def test_a_token_for_another_server_is_convicted(public: Server, audience: Any) -> None:
    client = await sending(public, token(aud=audience), x_forwarded_host="mcp.example.com")
    [finding] = await client.findings("token-for-this-server")
    assert (finding.level, finding.certainty, finding.revision) == ("must", "likely", MODERN)
    assert finding.evidence == (1,)
    assert "other.example.com" in finding.says[0]


async def test_where_no_proxy_tells_the_public_name_it_is_a_suspicion(public: Server) -> None:
    [finding] = await (await sending(public, token(aud=OTHER))).findings("token-for-this-server")
    assert finding.certainty == "heuristic"


@pytest.mark.parametrize(
    ("claims", "headers"),
    [
        ({"aud": "https://MCP.example.com/b/client/mcp"}, {}),
        ({"aud": "https://mcp.example.com:8443/"}, {}),
        ({"aud": [OTHER, "https://mcp.example.com"]}, {}),
        ({"aud": OTHER}, {"x_forwarded_host": "other.example.com"}),
        ({"aud": OTHER}, {"forwarded": 'for=192.0.2.1;host="other.example.com:443"'}),
        ({"aud": OTHER}, {"host": "backend:8000"}),
        ({"aud": OTHER}, {"host": "10.0.0.7"}),
        ({"aud": OTHER}, {"host": "localhost"}),
        ({"aud": "client-id"}, {}),
        ({"aud": ["https://[x", "y"]}, {}),
        ({"aud": 7}, {}),
        ({"sub": "me"}, {}),
    ],
)
async def test_tokens_that_may_be_for_this_server_are_fine(public: Server, claims: Any, headers: Any) -> None:
    client = await sending(public, token(**claims), **headers)
    assert await client.findings("token-for-this-server") == []


async def test_opaque_tokens_are_not_judged(public: Server) -> None:
    client = await sending(public, "opaque-token-of-some-length")
    assert (await client.report()).findings == ()
