"""authContext."""

import jwt
import msgspec
import pytest
from workbench import Bench, has_lines

from mcp_echo_core.stores.records import ClientInfo

SESSION = "550e8400-e29b-41d4-a716-446655440000"
OPAQUE = "eyJhbG" + "o" * 835 + "AbC123"
CLIENT = ClientInfo("test-client", "1.0")


async def test_the_stateful_auth_context_prints_its_sample(stateful_bench: Bench) -> None:
    await stateful_bench.open_session(SESSION)
    headers = {
        "authorization": f"Bearer {OPAQUE}",
        "x-user-id": "12345",
        "x-user-name": "johndoe",
        "x-github-user": "johndoe",
        "x-request-id": "req_abc123",
    }
    shown = await stateful_bench.use("authContext", headers=headers)
    assert (
        shown.text
        == f"""🔐 Authentication Context

👤 User Information:
- User ID: 12345
- Username: johndoe
- GitHub User: johndoe

🎫 Token Details:
- Token Type: Bearer
- Token Length: 847 characters
- Token Preview: eyJhbG...AbC123

🔑 Derived Information:
- Authentication: ✅ Authenticated
- Session: {SESSION}
- Request ID: req_abc123"""
    )


def signed(**claims: object) -> str:
    """A token that somebody signed."""
    return jwt.encode(claims, "k" * 32, algorithm="HS256")


async def test_the_stateless_auth_context_prints_its_sample(stateless_bench: Bench) -> None:
    token = signed(iss="https://auth.example.com", aud="https://api.example.com")
    headers = {
        "authorization": f"Bearer {token}",
        "x-user-id": "12345",
        "x-user-name": "johndoe",
        "x-user-email": "john@example.com",
        "x-user-roles": "user, developer",
        "mcp-session-id": SESSION,
        "origin": "https://app.example.com",
        "x-forwarded-for": "192.168.1.100",
        "user-agent": "MCP-Client/1.0",
    }
    shown = await stateless_bench.use("authContext", headers=headers, client=CLIENT)
    assert (
        shown.text
        == f"""🔐 Authentication Context Analysis

👤 User Information:
  User ID: 12345
  Username: johndoe
  Email: john@example.com
  Roles: ["user", "developer"]

🎫 Token Analysis:
  Type: Bearer
  Length: {len(token)} characters
  Algorithm: HS256 (from header)
  Issuer: https://auth.example.com
  Audience: https://api.example.com
  Signature: not verified

🔑 Session Information:
  Session ID: {SESSION}
  Client: test-client v1.0
  Protocol: 2025-06-18

🌐 Request Context:
  Origin: https://app.example.com
  IP Address: 192.168.1.100
  User Agent: MCP-Client/1.0

✅ Authentication Status: AUTHENTICATED"""
    )


async def test_without_any_authentication_the_stateful_server_says_so(stateful_bench: Bench) -> None:
    shown = await stateful_bench.use("authContext")
    has_lines(shown.text, "- User ID: not provided\n- Token Type: not provided\n- Authentication: ❌ Not authenticated")
    has_lines(shown.text, "- Session: not available\n- Request ID: req_1")
    assert shown.data["status"] == "not authenticated"


async def test_without_any_authentication_the_stateless_server_says_so(stateless_bench: Bench) -> None:
    shown = await stateless_bench.use("authContext", http=stateless_bench.request(peer=None))
    has_lines(shown.text, "  Roles: not provided\n  Type: not provided\n  Session ID: not provided")
    has_lines(shown.text, "  IP Address: not available\n  User Agent: not provided")
    assert "  Client: not available (" in shown.text
    assert shown.text.endswith("❌ Authentication Status: NOT AUTHENTICATED")


async def test_what_only_the_token_says_is_marked(bench: Bench) -> None:
    token = signed(sub="u1", preferred_username="ada", email="a@example.com", groups=["x", "y"], login="ada-gh")
    shown = await bench.use("authContext", headers={"authorization": f"Bearer {token}"})
    assert "User ID: u1 (from token)" in shown.text
    assert shown.data["user"]["roles"] == {"value": '["x", "y"]', "source": "groups", "claimed": True}
    assert shown.data["user"]["githubUser"]["value"] == "ada-gh"


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("x-auth-request-user", "userId"),
        ("x-forwarded-user", "userId"),
        ("x-auth-request-preferred-username", "username"),
        ("remote-user", "username"),
        ("x-auth-request-email", "email"),
        ("x-forwarded-groups", "roles"),
    ],
)
async def test_header_fields_of_the_common_gateways_are_known(bench: Bench, header: str, field: str) -> None:
    shown = await bench.use("authContext", headers={header: "somebody"})
    assert "somebody" in shown.data["user"][field]["value"]
    assert shown.data["user"][field]["source"] == header
    if field != "roles":
        assert shown.data["status"] == "authenticated"


async def test_roles_that_come_as_json_stay_json(stateless_bench: Bench) -> None:
    shown = await stateless_bench.use("authContext", headers={"x-user-roles": '["a","b"]'})
    has_lines(shown.text, '  Roles: ["a","b"]')


async def test_an_expired_token_is_no_authentication(bench: Bench) -> None:
    token = signed(exp=int(bench.clock.wall) - 1)
    shown = await bench.use("authContext", headers={"authorization": f"Bearer {token}", "x-user-id": "1"})
    assert shown.data["status"] == "token expired"
    assert "⚠️" in shown.text


@pytest.mark.parametrize(
    ("authorization", "kind", "length", "fault"),
    [
        ("Bearer short", "Bearer", 5, "opaque"),
        ("Bearer a.b.c", "Bearer", 5, "base64url"),
        ("Bearer", "Bearer", 0, "no credential after Bearer"),
        ("Basic dXNlcjpwYXNzd29yZDEyMzQ1Njc4OTA=", "Basic", 32, "Basic credentials are no JWT"),
        ("correct horse battery staple", "unknown", 28, "opaque"),
        ("", "unknown", 0, "empty"),
    ],
)
async def test_a_credential_that_is_no_jwt_is_explained_and_never_shown(
    bench: Bench, authorization: str, kind: str, length: int, fault: str
) -> None:
    shown = await bench.use("authContext", headers={"authorization": authorization})
    token = shown.data["token"]
    assert (token["type"], token["length"]) == (kind, length)
    assert fault in token["fault"]
    secret = authorization.partition(" ")[2]
    assert not secret or secret not in shown.text + msgspec.json.encode(shown.data).decode()
    assert shown.data["status"] == ("authenticated" if length else "not authenticated")


async def test_the_client_of_the_session_is_told(stateful_bench: Bench) -> None:
    await stateful_bench.open_session(client=CLIENT)
    assert (await stateful_bench.use("authContext")).data["client"] == "test-client v1.0"


async def test_forwarded_addresses_are_believed_only_from_trusted_proxies(stateless_bench: Bench) -> None:
    headers = {"x-forwarded-for": "192.0.2.9"}
    request = stateless_bench.request(headers, peer="198.51.100.1")
    shown = await stateless_bench.use("authContext", http=request)
    has_lines(shown.text, "  IP Address: 198.51.100.1")


async def test_strange_claims_do_no_harm(bench: Bench) -> None:
    token = jwt.encode({"aud": ["a", 7], "sub": "x\r\ny", "name": {"a": 1}}, "k" * 32, headers={"alg": "HS256"})
    shown = await bench.use("authContext", headers={"authorization": f"Bearer {token}"})
    assert shown.data["token"]["audience"] == '["a", 7]'
    assert "x\\r\\ny" in shown.text
