"""corsAnalysis."""

import pytest
from workbench import Bench, has_lines

APP = "https://app.example.com"
PREFLIGHT = {
    "origin": APP,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization, content-type, mcp-param-x",
}


async def test_the_stateful_cors_analysis_prints_the_labels_of_its_sample_and_the_truth(stateful_bench: Bench) -> None:
    shown = await stateful_bench.use("corsAnalysis", headers={"origin": APP})
    assert (
        shown.text
        == """🌐 CORS Analysis

Allowed Origins: *
Allowed Methods: GET, POST, DELETE, OPTIONS
Allowed Headers: Content-Type, Accept, Authorization, Mcp-Session-Id, Mcp-Protocol-Version, Last-Event-ID, Mcp-Method, \
Mcp-Name
Exposed Headers: Mcp-Session-Id, Mcp-Protocol-Version, WWW-Authenticate, Mcp-Echo-Instance, Server-Timing
Max Age: 86400
Credentials: false

Status: ✅ Permissive CORS configuration

📥 Evidence:
- Origin: https://app.example.com
- Last Preflight: none seen from this origin

💡 Recommendations:
- No preflight from this origin has arrived here: if the browser sent one, a gateway answered it
- Use specific origins (MCP_CORS_ORIGINS), not wildcards, outside of tests
- This server sets CORS headers: a gateway in front must not add them a second time"""
    )


async def test_the_stateless_cors_analysis_prints_its_sample_when_the_origin_is_allowed() -> None:
    bench = Bench("stateless", MCP_CORS_ORIGINS=APP)
    shown = await bench.use("corsAnalysis", headers=PREFLIGHT)
    assert (
        shown.text
        == """🌐 CORS Analysis

📥 Request Headers:
  Origin: https://app.example.com
  Access-Control-Request-Method: POST
  Access-Control-Request-Headers: authorization, content-type, mcp-param-x

📤 Response Headers (Expected):
  Access-Control-Allow-Origin: https://app.example.com
  Access-Control-Allow-Methods: GET, POST, DELETE, OPTIONS
  Access-Control-Allow-Headers: Content-Type, Accept, Authorization, Mcp-Session-Id, Mcp-Protocol-Version, \
Last-Event-ID, Mcp-Method, Mcp-Name, mcp-param-x
  Access-Control-Allow-Credentials: true
  Access-Control-Max-Age: 86400

🔍 CORS Status:
  ✅ Origin allowed
  ✅ Method allowed
  ✅ Headers allowed
  ✅ Credentials allowed

💡 Recommendations:
  - This server sets CORS headers: a gateway in front must not add them a second time"""
    )


async def test_with_cors_off_the_stateless_server_leaves_it_to_the_gateway(stateless_bench: Bench) -> None:
    shown = await stateless_bench.use("corsAnalysis", headers=PREFLIGHT)
    has_lines(
        shown.text,
        """  Access-Control-Allow-Origin: not sent
  Access-Control-Max-Age: not sent
  ❌ Origin not allowed
  ❌ Method not allowed
  ❌ Headers not allowed
  ❌ Credentials not allowed
💡 Recommendations:
  - CORS headers should be set by Traefik
  - This service should not set CORS headers
  - Use specific origins, not wildcards""",
    )
    assert shown.data["answers"] == {}


async def test_what_was_not_asked_is_not_judged(stateless_bench: Bench) -> None:
    shown = await stateless_bench.use("corsAnalysis")
    has_lines(shown.text, "  Origin: not provided\n  ⚠️ Origin not asked for\n  ⚠️ Method not asked for")
    assert shown.data["originAllowed"] is None


async def test_the_last_preflight_of_the_origin_is_evidence(stateful_bench: Bench) -> None:
    stateful_bench.runtime.preflights.record(stateful_bench.request(PREFLIGHT), stateful_bench.clock.wall)
    stateful_bench.clock.jump(45)
    shown = await stateful_bench.use("corsAnalysis", headers={"origin": APP})
    has_lines(shown.text, "- Last Preflight: 45s ago, for POST with authorization, content-type, mcp-param-x")
    assert (shown.data["methodAllowed"], shown.data["headersAllowed"]) == (True, True)
    assert shown.data["lastPreflight"]["secondsAgo"] == 45
    assert "mcp-param-x" in shown.data["answers"]["Access-Control-Allow-Headers"]
    other = await stateful_bench.use("corsAnalysis", headers={"origin": "https://other.example"})
    assert other.data["lastPreflight"] is None


@pytest.mark.parametrize("origin", ["https://evil.example", APP.upper()])
async def test_an_origin_that_is_not_allowed_is_told_how_to_get_in(origin: str) -> None:
    bench = Bench("stateful", MCP_CORS_ORIGINS=APP)
    shown = await bench.use("corsAnalysis", headers={"origin": origin})
    has_lines(
        shown.text,
        f"""Allowed Origins: {APP}
Exposed Headers: none
Credentials: false
Status: ❌ Restrictive CORS configuration, this origin is not allowed
- Add {origin} to MCP_CORS_ORIGINS to let its pages read answers""",
    )


async def test_an_allowed_origin_of_a_restrictive_policy_may_use_credentials() -> None:
    shown = await Bench("stateful", MCP_CORS_ORIGINS=APP).use("corsAnalysis", headers={"origin": APP})
    has_lines(shown.text, "Credentials: true\nStatus: ✅ Restrictive CORS configuration")


async def test_credentials_are_never_combined_with_any_origin(bench: Bench) -> None:
    open_bench = Bench(bench.runtime.variant.name, MCP_CORS_ORIGINS="*")
    shown = await open_bench.use("corsAnalysis", headers={**PREFLIGHT, "cookie": "a=b"})
    assert shown.data["answers"]["Access-Control-Allow-Origin"] == "*"
    assert shown.data["credentialsAllowed"] is False
    assert any("Cookies arrived" in advice for advice in shown.data["recommendations"])


async def test_a_missing_origin_is_a_finding(stateful_bench: Bench) -> None:
    shown = await stateful_bench.use("corsAnalysis")
    assert shown.data["recommendations"][0].startswith("No Origin arrived")


async def test_cors_off_in_the_stateful_server_is_told() -> None:
    off = await Bench("stateful", MCP_CORS_ORIGINS="none").use("corsAnalysis", headers={"origin": APP})
    has_lines(off.text, "Allowed Origins: none\nAllowed Methods: none\nMax Age: not sent\nStatus: ⚠️ CORS is off here")
    has_lines(off.text, "- CORS headers should be set by Traefik")


async def test_header_bytes_beyond_ascii_do_no_harm(bench: Bench) -> None:
    headers = [("origin", "https://\xff\x00"), ("access-control-request-headers", "x-\xe9")]
    shown = await bench.use("corsAnalysis", headers=headers)
    assert "\x00" not in shown.text
