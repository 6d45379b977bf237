"""The small auth service: who passes, what the gateway learns of them, and where a client is sent for a token."""

import hashlib
import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from deployed import DEPLOY

TOKEN = "a-token-of-jane"
DIGEST = hashlib.sha256(TOKEN.encode()).hexdigest()
JANE = {"user": "jane", "email": "jane@example.com", "groups": ["admins", "staff"]}
FORWARDED = {"x-forwarded-proto": "https", "x-forwarded-host": "mcp.example.com", "x-forwarded-uri": "/mcp?x=1"}


def program() -> Any:
    specification = importlib.util.spec_from_file_location("forward_auth", DEPLOY / "auth" / "forward_auth.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def service(tmp_path: Path) -> Any:
    file = tmp_path / "tokens.json"
    file.write_text(json.dumps({DIGEST: JANE}))
    return program().create_app({"AUTH_TOKENS_FILE": str(file), "AUTH_SERVERS": "https://login.example.com"})


async def get(service: Any, path: str, headers: Mapping[str, str] = FORWARDED, **more: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service), base_url="http://auth:9000") as client:
        return await client.get(path, headers={**headers, **more})


async def test_a_known_token_names_its_user(service: Any) -> None:
    answer = await get(service, "/verify", authorization=f"Bearer {TOKEN}")
    assert answer.status_code == 200
    told = {name: value for name, value in answer.headers.items() if name.startswith("x-")}
    assert told == {
        "x-auth-request-user": "jane",
        "x-auth-request-email": "jane@example.com",
        "x-auth-request-groups": "admins,staff",
    }


async def test_without_a_token_the_challenge_says_where_to_get_one(service: Any) -> None:
    answer = await get(service, "/verify")
    assert answer.status_code == 401
    metadata = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
    assert answer.headers["www-authenticate"] == f'Bearer resource_metadata="{metadata}"'
    described = (await get(service, httpx.URL(metadata).path)).json()
    assert described["resource"] == "https://mcp.example.com/mcp"
    assert described["authorization_servers"] == ["https://login.example.com"]


@pytest.mark.parametrize("sent", ["Bearer wrong", f"Basic {TOKEN}", f"Bearer {DIGEST}", "Bearer  "])
async def test_any_other_credential_is_refused(service: Any, sent: str) -> None:
    answer = await get(service, "/verify", authorization=sent)
    assert answer.status_code == 401
    assert "x-auth-request-user" not in answer.headers


@pytest.mark.parametrize("host", ['evil", error="x', "a b", "a/b", "user@host", "host:port"])
async def test_a_host_that_is_none_gets_into_no_challenge(service: Any, host: str) -> None:
    answer = await get(service, "/verify", {**FORWARDED, "x-forwarded-host": host})
    assert answer.headers["www-authenticate"].startswith('Bearer resource_metadata="https://localhost/')


async def test_a_path_with_quotes_gets_into_no_challenge(service: Any) -> None:
    answer = await get(service, "/verify", {**FORWARDED, "x-forwarded-uri": '/mcp"x'})
    assert answer.headers["www-authenticate"].count('"') == 2


async def test_it_is_ready_in_the_way_that_the_health_check_asks(service: Any) -> None:
    assert (await get(service, "/readyz")).json() == {"status": "ready"}


def test_a_file_with_tokens_instead_of_digests_is_refused_without_showing_them(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(json.dumps({TOKEN: JANE}))
    with pytest.raises(ValueError, match="SHA-256") as refusal:
        program().create_app({"AUTH_TOKENS_FILE": str(file)})
    assert TOKEN not in str(refusal.value)


@pytest.mark.parametrize(
    ("user", "why"),
    [
        ({"user": "Žofie"}, "ASCII"),
        ({"user": "jane\r\nX-Admin: yes"}, "ASCII"),
        ({"user": "jane", "groups": ["staff", "Gäste"]}, "ASCII"),
        ({"user": ""}, "ASCII"),
        ({"user": "jane", "groups": "staff"}, "no user"),
        ({"email": "jane@example.com"}, "no user"),
        ("jane", "no user"),
    ],
)
def test_a_user_that_no_header_field_can_name_is_refused_at_the_start(user: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        program().users_of(json.dumps({DIGEST: user}))


def test_a_file_that_is_no_object_is_refused() -> None:
    with pytest.raises(ValueError, match="has to map"):
        program().users_of(json.dumps([DIGEST]))
