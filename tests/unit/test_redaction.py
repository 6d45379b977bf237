"""What is shown of credentials, and how long it takes to find them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_echo_core import redaction

SECRET = "Zx8Qm1Vt5Kp9Lr3Ns7Wd2Yb6"
CUT = "Zx8Qm1...Wd2Yb6"
HIDDEN = "******* (hidden)"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (f"Bearer {SECRET}", f"Bearer {CUT}"),
        (f"bearer   {SECRET}", f"bearer {CUT}"),
        ("Bearer short", f"Bearer {HIDDEN}"),
        ("Bearer", "Bearer"),
        ("Basic", "Basic"),
        (f"Basic {SECRET}", f"Basic {HIDDEN}"),
        (f'Digest username="u", response="{SECRET}"', f"Digest {HIDDEN}"),
        (SECRET, CUT),
        (SECRET[:19], HIDDEN),
        (SECRET[:20], "Zx8Qm1...9Lr3Ns"[:9] + SECRET[14:20]),
        ("my password", HIDDEN),
        ("", ""),
    ],
)
def test_credentials_are_cut_or_hidden(value: str, shown: str) -> None:
    assert redaction.credentials(value) == shown


def test_cookies_keep_their_names() -> None:
    assert redaction.cookies(f"theme=dark; sid={SECRET};; {SECRET}") == f"theme={HIDDEN}; sid={CUT}; {HIDDEN}"


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Proxy-Authorization",
        "X-Api-Key",
        "apikey",
        "X-Auth-Token",
        "X-Amz-Security-Token",
        "DB_PASSWORD",
        "DB_PWD",
        "JWT_SECRET",
        "SENTRY_DSN",
        "X-CSRF-Token",
        "X-XSRF",
        "Cf-Access-Jwt-Assertion",
        "STRIPE_KEY",
        "PGPASS_PASS",
        "Set-Cookie",
        "X-Session-Id",
        "SSH_AUTH_SOCK",
        "X-Auth-Request-Access-Token",
        "passphrase",
        "sid",
        "X-Hub-Signature",
    ],
)
def test_names_of_secrets_are_recognised(name: str) -> None:
    assert redaction.looks_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "X-User-Id",
        "X-Auth-Request-User",
        "X-Auth-Request-Preferred-Username",
        "X-Auth-Request-Groups",
        "AUTHOR",
        "MCP_SESSION_TIMEOUT",
        "Idempotency-Key",
        "COMPASS",
        "PWD",
        "X-Authenticated-User",
        "MCP_SESSION_STORE",
        "Keep-Alive",
        "Sec-Fetch-Site",
        "X-Request-Id",
        "Monkey",
        "progressToken",
        "Mcp-Param-Progress-Token",
    ],
)
def test_other_names_are_left_alone(name: str) -> None:
    assert not redaction.looks_secret(name)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("https://example.com/a?b=c", "https://example.com/a?b=c"),
        (f"https://user:{SECRET}@example.com/", "https://*******@example.com/"),
        (f"https://{SECRET}@example.com/", "https://*******@example.com/"),
        (f"redis://u:a/b?c#{SECRET}@host:1/0", "redis://*******@host:1/0"),
        (f"a://u:{SECRET}@h, b://v:{SECRET}@i", "a://*******@h, b://*******@i"),
        ("https://medium.example/@user/post", "https://medium.example/@user/post"),
        (f"/cb?code={SECRET}&state=1#access_token={SECRET}", "/cb?code=*******&state=1#access_token=*******"),
        (f"token={SECRET}&a=b", "token=*******&a=b"),
        (f"/x?api%5Fkey={SECRET}", "/x?api%5Fkey=*******"),
        (f"/x?next=%2Fy%3Ftoken%3D{SECRET}", "/x?next=*******"),
        ("/x?next=%2Fy%3Fa%3Db", "/x?next=%2Fy%3Fa%3Db"),
        (f"/x?next=%25252Fy%25253Ftoken%25253D{SECRET}", "/x?next=*******"),
        ("/x?q=%2525252525252541", "/x?q=*******"),
        ("/x?q=100%25", "/x?q=100%25"),
        (f"Bearer {SECRET}", f"Bearer {HIDDEN}"),
        ("Bearer abcde1", f"Bearer {HIDDEN}"),
        ("a bearer token, or Bearer <token>", "a bearer token, or Bearer <token>"),
        ("openid basic profile1", "openid basic profile1"),
        ("jwt eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln!", "jwt eyJhbG...c2ln!"[:-5] + "0.c2ln!"),
        (f"my password: hunter2, or password:{SECRET}", f"my password: {HIDDEN}, or password:{HIDDEN}"),
        ("Password = hunter2", f"Password = {HIDDEN}"),
        (f"curl -H 'X-Api-Key: {SECRET}' https://x", f"curl -H 'X-Api-Key: {HIDDEN}' https://x"),
        (f"Subject: Authorization: Basic {SECRET}{SECRET * 20} x", f"Subject: Authorization: Basic {HIDDEN} x"),
        (f"Authorization: Basic {SECRET}", f"Authorization: Basic {HIDDEN}"),
        ("the secret: correct-horse-battery-staple", f"the secret: {HIDDEN}"),
        ("API key: sk-1234, secret key: abc1234", f"API key: {HIDDEN}, secret key: {HIDDEN}"),
        (f"mcp-echo call --token {SECRET} --password hunter2", f"mcp-echo call --token {HIDDEN} --password {HIDDEN}"),
        ("/mcp?session=abc&a=b", "/mcp?session=*******&a=b"),
        ("password: required", "password: required"),
        ("Max token: 100000", "Max token: 100000"),
        ("token: string, key: value1", "token: string, key: value1"),
        ("urn:token:abc1234", "urn:token:abc1234"),
        ("Mcp-Session-Id: 5f0c1d0e-1234-4000", "Mcp-Session-Id: 5f0c1d0e-1234-4000"),
        ("Session: 5f0c1d0e-1234-4000", "Session: 5f0c1d0e-1234-4000"),
        ("progressToken: abc1234", "progressToken: abc1234"),
        ("token: https://x1.example/", "token: https://x1.example/"),
        ("user:pass", "user:pass"),
        ("a=b=c", "a=b=c"),
    ],
)
def test_texts_lose_the_credentials_in_them(value: str, shown: str) -> None:
    assert redaction.text(value) == shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Cookie", f"sid={SECRET}", f"sid={CUT}"),
        ("X-Api-Key", SECRET, CUT),
        ("Mcp-Session-Id", SECRET, SECRET),
        ("Referer", f"https://u:{SECRET}@h/", "https://*******@h/"),
        ("Accept", "*/*", "*/*"),
        ("Host", f"u:{SECRET}@h:1", "*******@h:1"),
        ("X-Forwarded-Host", f"{SECRET}@h", "*******@h"),
        ("Host", "h:1", "h:1"),
    ],
)
def test_header_values_are_shown_by_the_name_of_their_field(name: str, value: str, shown: str) -> None:
    assert redaction.header(name, value) == shown


def test_variables_are_hidden_by_their_name() -> None:
    assert redaction.variable("API_KEY", SECRET) == HIDDEN
    assert redaction.variable("STORE", f"redis://:{SECRET}@h") == "redis://*******@h"


@pytest.mark.parametrize(
    "unit",
    [
        "://",
        "://a:",
        "@",
        "eyJ",
        "eyJ.",
        "eyJa.b.",
        "?a=",
        "a=%3D",
        "%25",
        "?x=%25",
        "bearer ",
        "Bearer 1",
        ";",
        "a:b@",
        " ",
        "&token=",
        "sid=;",
        "-auth",
        "auth",
        "password: a1",
        "--token a ",
        "api key:",
    ],
)
def test_hostile_values_take_no_time(unit: str) -> None:
    value = unit * (65_536 // len(unit))
    before = time.perf_counter()
    redaction.text(value)
    redaction.cookies(value)
    redaction.looks_secret(value)
    assert time.perf_counter() - before < 1.0


@given(st.text())
def test_any_text_can_be_redacted(value: str) -> None:
    assert isinstance(redaction.header("referer", value), str)
    assert isinstance(redaction.header("cookie", value), str)
    assert isinstance(redaction.header("authorization", value), str)


def test_what_a_challenge_says_is_no_credential() -> None:
    challenge = 'WWW-Authenticate: Bearer resource_metadata="http://127.0.0.1:9/.well-known/oauth-protected-resource"'
    assert redaction.text(f"it was answered 401; {challenge}.") == f"it was answered 401; {challenge}."
