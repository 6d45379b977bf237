"""printHeader."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbench import Bench, has_lines, shared_bench

from mcp_echo_core.http import WRITTEN_NAMES

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLUFiQzEyMw"
SESSION = "550e8400-e29b-41d4-a716-446655440000"


async def test_the_stateful_print_header_prints_its_sample(stateful_bench: Bench) -> None:
    headers = [
        ("Host", "mcp-echo.example.com"),
        ("Authorization", f"Bearer {JWT}"),
        ("User-Agent", "MCP-Client/1.0"),
        ("X-User-Id", "12345"),
        ("Mcp-Session-Id", SESSION),
        ("X-User-Name", "johndoe"),
        ("X-Request-Id", "abc"),
        ("X-Forwarded-For", "192.0.2.1"),
    ]
    printed = await stateful_bench.use("printHeader", headers=headers)
    assert (
        printed.text
        == """📋 HTTP Headers Analysis

🔐 Authentication Headers:
  Authorization: Bearer eyJhbG...bC123w
  X-User-Id: 12345
  X-User-Name: johndoe

🌐 Standard Headers:
  Host: mcp-echo.example.com
  User-Agent: MCP-Client/1.0

🔄 MCP Headers:
  Mcp-Session-Id: 550e8400...

📦 Custom Headers:
  X-Request-Id: abc
  X-Forwarded-For: 192.0.2.1

📊 Header Statistics:
  Total headers: 8
  Auth headers: 3
  Custom headers: 2""".replace("bC123w", JWT[-6:])
    )


async def test_the_stateless_print_header_prints_its_sample(stateless_bench: Bench) -> None:
    headers = [
        ("authorization", f"Bearer {JWT}"),
        ("x-user-id", "12345"),
        ("x-user-name", "johndoe"),
        ("x-auth-token", "token_abc123"),
        ("host", "mcp-echo.example.com"),
        ("user-agent", "MCP-Client/1.0"),
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-session-id", SESSION),
        ("mcp-protocol-version", "2025-06-18"),
        ("x-forwarded-for", "192.168.1.100"),
        ("x-forwarded-proto", "https"),
        ("x-real-ip", "192.168.1.100"),
        ("x-request-id", "req_xyz789"),
        ("x-correlation-id", "corr_123"),
    ]
    printed = await stateless_bench.use("printHeader", headers=headers)
    assert (
        printed.text
        == f"""📋 HTTP Headers Analysis (15 total headers)

🔐 Authentication Headers:
  authorization: Bearer eyJhbG...{JWT[-6:]}
  x-user-id: 12345
  x-user-name: johndoe
  x-auth-token: ******* (hidden)

🌐 Standard HTTP Headers:
  host: mcp-echo.example.com
  user-agent: MCP-Client/1.0
  content-type: application/json
  accept: application/json, text/event-stream

🔧 MCP Protocol Headers:
  mcp-session-id: {SESSION}
  mcp-protocol-version: 2025-06-18

🚀 Traefik Headers:
  x-forwarded-for: 192.168.1.100
  x-forwarded-proto: https
  x-real-ip: 192.168.1.100

📦 Custom Headers:
  x-request-id: req_xyz789
  x-correlation-id: corr_123"""
    )


async def test_structured_content_keeps_order_and_duplicates(bench: Bench) -> None:
    headers = [("x-b", "1"), ("accept", "a"), ("x-b", "2"), ("x-forwarded-proto", "https"), ("accept", "b")]
    printed = await bench.use("printHeader", headers=headers)
    assert printed.data["headers"] == [
        {"name": "x-b", "value": "1", "category": "custom", "spelling": None, "length": 1},
        {"name": "accept", "value": "a", "category": "standard", "spelling": None, "length": 1},
        {"name": "x-b", "value": "2", "category": "custom", "spelling": None, "length": 1},
        {"name": "x-forwarded-proto", "value": "https", "category": "forwarded", "spelling": None, "length": 5},
        {"name": "accept", "value": "b", "category": "standard", "spelling": None, "length": 1},
    ]


RAW = [(b"x-b", b"1"), (b"accept", b"a"), (b"x-b", b"2")]


@pytest.mark.parametrize(
    ("written", "spellings"),
    [
        ([b"X-B", b"ACCept", b"x-b"], ["X-B", "ACCept", "x-b"]),
        ([b"X-B", b"ACCept"], [None] * 3),
        ([b"X-B", b"x-b", b"ACCept"], [None] * 3),
        ([], [None] * 3),
    ],
)
async def test_names_are_shown_as_the_engine_says_they_were_written_if_that_fits(
    bench: Bench, written: list[bytes], spellings: list[str | None]
) -> None:
    http = bench.raw_request(RAW)
    http.scope[WRITTEN_NAMES] = written
    printed = await bench.use("printHeader", http=http)
    assert [field["spelling"] for field in printed.data["headers"]] == spellings


async def test_the_length_is_that_of_the_value_as_it_arrived(stateful_bench: Bench) -> None:
    values = {
        "x-long": "a" * 8000,
        "x-latin": "café",
        "x-tab": "a\tb",
        "authorization": f"Bearer {JWT}",
        "mcp-session-id": SESSION,
        "x-empty": "",
    }
    printed = await stateful_bench.use("printHeader", headers=values)
    assert {field["name"]: field["length"] for field in printed.data["headers"]} == {
        name: len(value) for name, value in values.items()
    }


@pytest.mark.parametrize("category", ["auth", "standard", "mcp", "custom"])
async def test_a_category_prints_its_own_fields_and_keeps_the_structured_list_whole(
    stateful_bench: Bench, category: str
) -> None:
    by_category = {"auth": "x-user-id", "standard": "accept", "mcp": "mcp-name", "custom": "x-custom"}
    headers = dict.fromkeys(by_category.values(), "value")
    printed = await stateful_bench.use("printHeader", {"category": category}, headers=headers)
    for name, header in by_category.items():
        assert (f"{header.title()}: value" in printed.text) == (name == category)
    assert len(printed.data["headers"]) == 4
    assert printed.data["category"] == category
    has_lines(printed.text, "  Total headers: 4")


async def test_a_category_without_fields_says_so(stateful_bench: Bench) -> None:
    printed = await stateful_bench.use("printHeader", {"category": "mcp"})
    has_lines(printed.text, "🔄 MCP Headers:\n  (none)")


def test_an_unknown_category_is_refused_with_the_known_ones(stateful_bench: Bench) -> None:
    faults = stateful_bench.tool("printHeader").faults({"category": "secret"})
    assert faults == ["'category' is the string \"secret\": expected one of auth, custom, mcp, standard"]


async def test_nothing_is_smuggled_into_the_output(bench: Bench) -> None:
    printed = await bench.use("printHeader", headers={"x-evil": "a\r\n✅: \x1b[31m\x85b".encode().decode("latin-1")})
    assert "\x1b" not in printed.text
    assert "\\r\\n" in printed.text
    assert len(printed.data["headers"]) == 1


async def test_a_huge_value_is_cut(bench: Bench) -> None:
    printed = await bench.use("printHeader", headers={"x-huge": "a" * 60_000})
    assert len(printed.text) < 3000
    assert "… (60000 characters)" in printed.text


SECRET = "Zx8Qm1Vt5Kp9Lr3Ns7Wd2Yb6"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", f"Bearer {SECRET}"),
        ("authorization", SECRET),
        ("authorization", f"Basic {SECRET}"),
        ("proxy-authorization", f"Bearer {SECRET}"),
        ("cookie", f"theme=dark; sid={SECRET}"),
        ("x-api-key", SECRET),
        ("x-auth-token", SECRET),
        ("x-auth-request-access-token", SECRET),
        ("x-amz-security-token", SECRET),
        ("x-original-authorization", f"Bearer {SECRET}"),
        ("referer", f"https://user:{SECRET}@example.com/"),
        ("referer", f"https://example.com/?access_token={SECRET}&x=1"),
        ("x-forwarded-uri", f"/cb?state=1&code={SECRET}"),
        ("x-original-url", f"https://a.example/r?next=https%3A%2F%2Fb%3A{SECRET}%40c.example%2F"),
        ("x-anything", f"Bearer {SECRET}"),
    ],
)
async def test_no_credential_is_shown_whole(bench: Bench, name: str, value: str) -> None:
    printed = await bench.use("printHeader", headers={name: value})
    assert SECRET not in printed.text
    assert SECRET not in msgspec.json.encode(printed.data).decode()
    assert SECRET[6:-6] not in printed.text


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.binary(max_size=300)), max_size=10))
async def test_any_header_bytes_give_one_safe_line_each(raw: list[tuple[bytes, bytes]]) -> None:
    for variant in ("stateful", "stateless"):
        bench = shared_bench(variant)
        printed = await bench.use("printHeader", http=bench.raw_request(raw))
        assert len(printed.data["headers"]) == len(raw)
        assert all(line.isprintable() for line in printed.text.replace("\u200d", "").split("\n"))
        assert printed.text.count("\n  ") == len(raw) + (3 if variant == "stateful" else 0)
