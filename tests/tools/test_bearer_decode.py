"""bearerDecode, and the tokens it cannot read."""

import base64
import contextlib
import json
from typing import Any

import jwt
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbench import Bench, has_lines, shared_bench

from mcp_echo_core import tokens
from mcp_echo_core.errors import ToolFailure

NOW_2024_12 = 1_735_000_000.0  # 2024-12-24 00:26:40 UTC


def part(value: object) -> str:
    """One part of a token: JSON, or bytes as they are."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(payload: object, header: object = None, signature: str = "c2lnbmF0dXJl") -> str:
    """A token with a signature that means nothing."""
    return f"{part(header or {'alg': 'RS256', 'typ': 'JWT'})}.{part(payload)}.{signature}"


SAMPLE = {"sub": "user123", "name": "John Doe", "iat": 1516239022, "exp": 1516242622}


async def test_the_stateful_bearer_decode_prints_its_sample(stateful_bench: Bench) -> None:
    stateful_bench.clock.wall = NOW_2024_12
    decoded = await stateful_bench.use("bearerDecode", {"token": token(SAMPLE)})
    assert (
        decoded.text
        == """🔍 JWT Token Analysis

Header:
{
  "alg": "RS256",
  "typ": "JWT"
}

Payload:
{
  "sub": "user123",
  "name": "John Doe",
  "iat": 1516239022,
  "exp": 1516242622
}

⏱️ Token Status:
- Issued: 2018-01-18 01:30:22 UTC
- Expires: 2018-01-18 02:30:22 UTC
- Status: EXPIRED
- Age: 6 years, 11 months
- Expired: 6 years, 11 months ago
- Signature: not verified"""
    )


async def test_the_stateless_bearer_decode_prints_its_sample(stateless_bench: Bench) -> None:
    stateless_bench.clock.wall = NOW_2024_12
    payload = {"sub": "1234567890", "name": "John Doe", "admin": True, "iat": 1516239022}
    decoded = await stateless_bench.use("bearerDecode", headers={"authorization": f"Bearer {token(payload)}"})
    assert (
        decoded.text
        == """🔍 JWT Token Analysis (Unverified)

📄 Header:
{
  "alg": "RS256",
  "typ": "JWT"
}

📦 Payload:
{
  "sub": "1234567890",
  "name": "John Doe",
  "admin": true,
  "iat": 1516239022
}

⏱️ Token Timeline:
  Issued At: 2018-01-18 01:30:22 UTC (1516239022)
  Age: 6 years, 11 months

⚠️ Security Notice:
  This analysis does NOT verify the token signature.
  Token may be forged or tampered with.
  Use only for debugging purposes."""
    )


async def test_a_token_made_by_pyjwt_is_read_from_header_and_argument_alike(bench: Bench) -> None:
    signed = jwt.encode({"sub": "1", "aud": "x"}, "k" * 32, algorithm="HS256")
    from_header = await bench.use("bearerDecode", headers={"authorization": f"bearer  {signed}"})
    from_argument = await bench.use("bearerDecode", {"token": f" Bearer {signed}\n"})
    assert from_header.data["payload"] == from_argument.data["payload"] == {"sub": "1", "aud": "x"}
    assert from_header.data["verified"] is False
    assert (from_header.data["source"], from_argument.data["source"]) == ("Authorization header", "token argument")


@pytest.mark.parametrize(
    ("claims", "status", "line"),
    [
        ({"exp": 330}, "VALID", "Time Left: 5 minutes, 30 seconds"),
        ({"exp": 0}, "EXPIRED", "Expired: 0 seconds ago"),
        ({"exp": -86400 * 3}, "EXPIRED", "Expired: 3 days ago"),
        ({"nbf": 3600, "exp": 7200}, "NOT YET VALID", "Valid In: 1 hour"),
        ({"nbf": 0, "exp": 1.5}, "VALID", "Time Left: 1 second"),
        ({"iat": 60}, "NO EXPIRY", "Age: issued in the future"),
        ({}, "NO EXPIRY", "Payload:"),
    ],
)
async def test_dates_are_related_to_now(bench: Bench, claims: dict[str, Any], status: str, line: str) -> None:
    payload = {name: bench.clock.wall + seconds for name, seconds in claims.items()}
    decoded = await bench.use("bearerDecode", {"token": token(payload)})
    assert decoded.data["status"] == status
    assert line in decoded.text


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ('"1516239022"', "not a number but a string"),
        ("true", "not a number but a boolean"),
        ("null", "not a number but null"),
        ("[]", "not a number but an array"),
        ("{}", "not a number but an object"),
        ("1516239022000", "milliseconds, where seconds are expected?"),
        ("1e400", "not a number but a string"),
        ("NaN", "not a number but a string"),
        ("-1e18", "out of range"),
        ("-" + "9" * 400, "out of range"),
    ],
)
async def test_a_date_that_is_none_is_explained(bench: Bench, claim: str, raw: str, fault: str) -> None:
    payload = f'{{"{claim}": {raw}}}'.encode()
    decoded = await bench.use("bearerDecode", {"token": token(payload)})
    assert fault in decoded.text
    assert decoded.data["status"] == ("NO EXPIRY" if claim == "iat" else "UNKNOWN")


async def test_weird_values_are_made_presentable(bench: Bench) -> None:
    deep: object = "bottom"
    for _ in range(40):
        deep = {"deeper": deep}
    raw = b'{"nan": NaN, "inf": -Infinity, "lone": "\\ud800", "\\udfff": 1, "big": ' + b"9" * 100
    raw += b', "esc": "\\u001b[31m\\u202e", "long": "' + b"x" * 5000 + b'", "deep": ' + json.dumps(deep).encode() + b"}"
    decoded = await bench.use("bearerDecode", {"token": token(raw)})
    payload = decoded.data["payload"]
    assert (payload["nan"], payload["inf"], payload["lone"], payload["\\udfff"]) == ("nan", "-inf", "\\ud800", 1)
    assert payload["big"] == int("9" * 100)
    assert payload["long"].endswith("… (5000 characters)")
    assert "nested more deeply" in decoded.text
    assert not {"\x1b", "\u202e"} & set(decoded.text)


async def test_neither_the_token_nor_a_token_inside_it_is_printed(bench: Bench) -> None:
    inner = token({"inner": 1}, signature="aW5uZXJzaWduYXR1cmU")
    outer = token({"act": {"token": inner}}, signature="b3V0ZXJzaWduYXR1cmU")
    decoded = await bench.use("bearerDecode", {"token": outer})
    everything = decoded.text + msgspec.json.encode(decoded.data).decode()
    assert "b3V0ZXJzaWduYXR1cmU" not in everything
    assert "aW5uZXJzaWduYXR1cmU" not in everything


GOOD = part({"alg": "RS256"})
TOO_LONG = b'{"n": ' + b"9" * 5000 + b"}"


@pytest.mark.parametrize(
    ("value", "explanation"),
    [
        ("", "The token is empty"),
        ("Bearer", "The token is empty"),
        ("Bearer   ", "The token is empty"),
        ("gho_opaque", "The token is opaque"),
        ("a.b", "3 parts .* this one has 2"),
        ("a.b.c.d", "this one has 4"),
        ("a.b.c.d.e.f", "this one has 6"),
        (
            f"{part({'alg': 'RSA-OAEP', 'enc': 'A256GCM'})}.a.b.c.d",
            r"encrypted \(JWE, 5 parts\).*alg=RSA-OAEP, enc=A256GCM",
        ),
        (f"{part({'x': 1})}.a.b.c.d", "names no algorithm"),
        ("!.a.b.c.d", r"encrypted.*header \(part 1 of 3\) is not base64url"),
        (f".{GOOD}.c2ln", r"The header \(part 1 of 3\) is empty"),
        (f"{GOOD}..c2ln", r"The payload \(part 2 of 3\) is empty"),
        (f"{GOOD}=.{GOOD}.c2ln", r"header \(part 1 of 3\) is not base64url.*padding"),
        (f"{GOOD}.ab+c.c2ln", r"payload \(part 2 of 3\) is not base64url.*character 3 is '\+'"),
        (f"{GOOD}.{GOOD}.c2 ln", r"signature \(part 3 of 3\) is not base64url.*character 3 is a space"),
        (f"{GOOD}.{GOOD}.c2l\x1bn", r"character 4 is '\\x1b'"),
        (f"{GOOD}.abcde.c2ln", r"payload \(part 2 of 3\) is not base64url: 5 characters"),
        (f"{part(bytes([123, 255]))}.{GOOD}.c2ln", r"header \(part 1 of 3\) is not UTF-8: byte 1"),
        (f"{GOOD}.{part(b'not json')}.c2ln", r"payload \(part 2 of 3\) is not JSON"),
        (f"{GOOD}.{part([1])}.c2ln", r"payload \(part 2 of 3\) is not a JSON object but an array"),
        (f"{part('text')}.{GOOD}.c2ln", r"header \(part 1 of 3\) is not a JSON object but a string"),
        (f"{part(None)}.{GOOD}.c2ln", r"header .* is not a JSON object but null"),
        (f"{GOOD}.{part(b'[' * 100_000)}.c2ln", r"payload \(part 2 of 3\) is JSON that is nested too deeply"),
        (f"{GOOD}.{part(TOO_LONG)}.c2ln", r"payload .* number that is too long"),
        (f"{part({'alg': 'RS256', 'kid': 7})}.{GOOD}.c2ln", "PyJWT does not accept the token: Key ID"),
    ],
)
async def test_a_malformed_token_is_explained(bench: Bench, value: str, explanation: str) -> None:
    with pytest.raises(ToolFailure, match=explanation):
        await bench.use("bearerDecode", {"token": value})


@pytest.mark.parametrize(
    ("headers", "explanation"),
    [
        ([], "pass one as the argument 'token', or send the header Authorization"),
        ([("authorization", "Basic dXNlcjpwdw==")], "scheme 'Basic'"),
        ([("authorization", "Bearer a.b.c"), ("authorization", "Bearer d.e.f")], "2 Authorization headers"),
        ([("authorization", "")], "The token .Authorization header. cannot be decoded. The token is empty"),
    ],
)
async def test_a_missing_token_says_how_to_give_one(
    bench: Bench, headers: list[tuple[str, str]], explanation: str
) -> None:
    with pytest.raises(ToolFailure, match=explanation) as failure:
        await bench.use("bearerDecode", headers=headers)
    assert "dXNlcjpwdw" not in str(failure.value)


async def test_the_stateless_timeline_says_when_there_are_no_dates(stateless_bench: Bench) -> None:
    decoded = await stateless_bench.use("bearerDecode", {"token": token({"sub": "1"})})
    has_lines(decoded.text, "⏱️ Token Timeline:\n  No dates in this token")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.text(max_size=80)
    | st.lists(st.text(alphabet="eyJhbGci-_=.+", max_size=20), max_size=6).map(".".join)
    | st.binary(max_size=60).map(lambda raw: f"{GOOD}.{part(raw)}.c2ln")
)
async def test_any_text_is_decoded_or_explained(value: str) -> None:
    with contextlib.suppress(tokens.TokenFault):
        tokens.decode(value)
        return
    with pytest.raises(ToolFailure, match=r"\A[^\n]+\Z"):
        await shared_bench("stateful").use("bearerDecode", {"token": value})


@given(
    st.dictionaries(st.sampled_from(["exp", "iat", "nbf", "aud", "x"]), JSON),
    st.sampled_from(["stateful", "stateless"]),
)
async def test_any_claims_are_shown(claims: dict[str, Any], variant: str) -> None:
    bench = shared_bench(variant)
    decoded = await bench.use("bearerDecode", {"token": token(claims)})
    assert set(decoded.data["payload"]) == set(claims)
