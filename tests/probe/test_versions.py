"""Which revisions and eras a server speaks, and what it says to those that it does not."""

from typing import Any

import pytest
from broken_versions import (
    Agreeing,
    ByHeader,
    Conservative,
    Contradicting,
    HeaderNeeded,
    HeaderStatus,
    LegacyAnswering,
    LegacyErrors,
    LegacyOnly,
    LegacyPretending,
    Minting,
    ModernOnly,
    Neither,
    Newest,
    Old,
    Refusing,
    Shapeless,
    Strict,
    Tired,
    Toolless,
    Trusting,
    Unsupporting,
    Versionless,
)
from own_servers import own_server
from probe_runs import finding_on, report_on

from in_loop import Serve
from model_server import LEGACY, ModelServer

HANDSHAKE = ("version-negotiation", "version-unknown", "version-header")
MODERN = ("modern-session", "modern-unsupported-version", "modern-header-mismatch")


async def test_every_revision_that_is_granted_is_named(serve: Serve) -> None:
    finding = await finding_on(await serve(ModelServer()), "version-negotiation")
    assert finding.outcome == "passed"
    assert finding.facts["granted"] == list(LEGACY)
    assert finding.answer == "granted: 2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05"


async def test_a_counter_offer_is_as_good_as_a_grant(serve: Serve) -> None:
    finding = await finding_on(await serve(Newest()), "version-negotiation")
    assert (finding.outcome, finding.answer) == ("passed", "granted: 2025-11-25")
    assert "2024-11-05: answered with 2025-11-25." in finding.details


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (Refusing, "2024-11-05 is refused with an error where another revision must be offered"),
        (Contradicting, "for 2024-11-05 it offers 2025-03-26, which it does not grant when asked for it"),
        (Versionless, "2025-06-18 is answered without a protocolVersion"),
    ],
)
async def test_an_error_or_an_offer_that_does_not_hold_is_convicted(
    serve: Serve, broken: type[ModelServer], told: str
) -> None:
    finding = await finding_on(await serve(broken()), "version-negotiation")
    assert finding.outcome == "failed"
    assert finding.answer.startswith(told)
    assert finding.fix


async def test_a_server_that_has_no_time_is_not_accused(serve: Serve) -> None:
    url = await serve(Tired())
    report = await report_on(url, "version-negotiation", "version-unknown")
    assert [line.finding.outcome for line in report.lines] == ["untested", "untested"]
    assert all("429" in line.finding.answer for line in report.lines)


async def test_an_unknown_revision_is_answered_with_a_known_one(serve: Serve) -> None:
    finding = await finding_on(await serve(ModelServer()), "version-unknown")
    assert (finding.outcome, finding.answer, finding.details) == ("passed", "it offers 2025-11-25", ())


async def test_an_offer_that_is_not_the_newest_is_remarked_upon(serve: Serve) -> None:
    finding = await finding_on(await serve(Conservative()), "version-unknown")
    assert finding.outcome == "passed"
    assert finding.details == ("It should offer the newest that it supports, 2025-11-25.",)


@pytest.mark.parametrize(
    ("broken", "told"), [(Refusing, "no other revision is offered: 200, -32602"), (Agreeing, "it grants 2099-01-01")]
)
async def test_an_error_or_a_grant_for_an_unknown_revision_is_convicted(
    serve: Serve, broken: type[ModelServer], told: str
) -> None:
    finding = await finding_on(await serve(broken()), "version-unknown")
    assert finding.outcome == "failed"
    assert finding.answer.startswith(told)


async def test_a_nonsensical_version_header_is_refused_with_400(serve: Serve) -> None:
    finding = await finding_on(await serve(ModelServer()), "version-header")
    assert finding.outcome == "passed"
    assert finding.facts == {"nonsense": 400, "absent": 200, "2024-11-05": 200}


@pytest.mark.parametrize(("status", "told"), [(200, "NO, it is served"), (404, "NO, another status"), (500, "NO, ")])
async def test_a_nonsensical_version_header_must_not_be_answered_otherwise(
    serve: Serve, status: int, told: str
) -> None:
    finding = await finding_on(await serve(HeaderStatus(status)), "version-header")
    assert (finding.outcome, finding.facts["nonsense"]) == ("failed", status)
    assert finding.answer.startswith(told)


async def test_a_refusal_for_lack_of_time_is_no_verdict_about_the_header(serve: Serve) -> None:
    assert (await finding_on(await serve(HeaderStatus(503)), "version-header")).outcome == "untested"


async def test_a_server_that_insists_on_the_header_is_told_so(serve: Serve) -> None:
    finding = await finding_on(await serve(HeaderNeeded()), "version-header")
    assert finding.outcome == "passed"
    assert "absent: answered 400, -32600 Version header missing." in finding.details


async def test_revisions_without_the_header_are_not_judged_by_it(serve: Serve) -> None:
    finding = await finding_on(await serve(Old()), "version-header")
    assert finding.outcome == "untested"
    assert "2025-03-26" in finding.answer


async def test_without_a_handshake_there_is_nothing_to_negotiate(serve: Serve) -> None:
    report = await report_on(await serve(ModernOnly()), *HANDSHAKE)
    assert {(line.finding.outcome, line.finding.answer) for line in report.lines} == {
        ("untested", "the server speaks the modern era alone, which has no handshake")
    }


@pytest.mark.parametrize(
    ("server", "era", "told"),
    [
        (ModelServer, "dual", "served as well"),
        (ModernOnly, "modern", "older clients, which begin with initialize, cannot connect"),
        (LegacyOnly, "legacy", "fall back to initialize"),
        (LegacyAnswering, "legacy", "take the server for a modern one"),
        (LegacyPretending, "legacy", "-32022 for a modern server"),
        (Neither, "neither", "No client"),
    ],
)
async def test_the_era_is_named_with_what_clients_make_of_it(
    serve: Serve, server: type[ModelServer], era: str, told: str
) -> None:
    finding = await finding_on(await serve(server()), "era")
    assert (finding.outcome, finding.answer) == ("noted", era)
    assert told in finding.consequence


@pytest.mark.parametrize(
    ("server", "outcome", "told"),
    [
        (ModelServer, "passed", "YES"),
        (ModernOnly, "passed", "YES"),
        (Toolless, "passed", "YES, as far as there are methods"),
        (LegacyOnly, "passed", "refused by a legacy server: 400"),
        (LegacyAnswering, "noted", "NO: a legacy server that answers modern requests as if they were its own"),
        (LegacyErrors, "noted", "a legacy server that answers 200"),
        (Neither, "untested", "initialize was answered 400"),
    ],
)
async def test_the_shape_of_modern_answers_is_told(
    serve: Serve, server: type[ModelServer], outcome: str, told: str
) -> None:
    finding = await finding_on(await serve(server()), "modern-shape")
    assert finding.outcome == outcome
    assert finding.answer.startswith(told)


@pytest.mark.parametrize("method", ["tools/list", "server/discover"])
async def test_a_modern_server_whose_results_have_no_type_is_convicted(serve: Serve, method: str) -> None:
    finding = await finding_on(await serve(Shapeless(method)), "modern-shape")
    assert (finding.outcome, finding.facts) == ("failed", {"method": method})
    assert "resultType" in finding.fix


async def test_a_server_that_does_everything_right_passes_the_modern_checks(serve: Serve) -> None:
    report = await report_on(await serve(ModelServer()), *MODERN)
    assert [line.finding.outcome for line in report.lines] == ["passed"] * 3


async def test_rules_of_the_modern_era_bind_nobody_else(serve: Serve) -> None:
    report = await report_on(await serve(LegacyOnly()), *MODERN)
    assert {line.finding.outcome for line in report.lines} == {"untested"}
    assert all("does not speak the modern era" in line.finding.answer for line in report.lines)


@pytest.mark.parametrize(
    ("broken", "told"),
    [(Minting, "NO: an answer carries a session id"), (Strict, "NO: a request with a session id is answered 404")],
)
async def test_session_ids_in_the_modern_era_are_convicted(serve: Serve, broken: type[ModelServer], told: str) -> None:
    finding = await finding_on(await serve(broken()), "modern-session")
    assert finding.outcome == "failed"
    assert finding.answer.startswith(told)


@pytest.mark.parametrize(
    ("status", "code", "data", "told"),
    [
        (200, 0, None, "NO: 2099-01-01 is served"),
        (400, -32602, None, "NO: 400, -32602"),
        (200, -32022, {"supported": ["2026-07-28"]}, "NO: the error is right, but the status is 200"),
        (400, -32022, None, "NO: data.supported names no revisions"),
        (400, -32022, {"supported": []}, "NO: data.supported names no revisions"),
        (400, -32022, {"supported": "2026-07-28"}, "NO: data.supported names no revisions"),
    ],
)
async def test_a_refusal_that_leads_clients_nowhere_is_convicted(
    serve: Serve, status: int, code: int, data: Any, told: str
) -> None:
    finding = await finding_on(await serve(Unsupporting(status, code, data)), "modern-unsupported-version")
    assert finding.outcome == "failed"
    assert finding.answer.startswith(told)


@pytest.mark.parametrize(
    ("broken", "told", "consequence"),
    [
        (Trusting("mcp-method"), "NO, Mcp-Method: 200", "gateway"),
        (Trusting("mcp-protocol-version"), "NO, MCP-Protocol-Version: 200", "gateway"),
        (ByHeader(), "NO, MCP-Protocol-Version: 400, -32600", "do not recognise"),
    ],
)
async def test_headers_that_are_not_compared_with_the_body_are_convicted(
    serve: Serve, broken: ModelServer, told: str, consequence: str
) -> None:
    finding = await finding_on(await serve(broken), "modern-header-mismatch")
    assert finding.outcome == "failed"
    assert finding.answer.startswith(told)
    assert consequence in finding.consequence


@pytest.mark.parametrize("variant", ["stateful", "stateless"])
async def test_our_own_servers_pass_everything(serve: Serve, variant: str) -> None:
    report = await report_on(await serve(own_server(variant)), *HANDSHAKE, *MODERN, "modern-shape", "era")
    found = {line.id: line.finding for line in report.lines}
    assert found.pop("era").answer == "dual"
    assert {finding.outcome for finding in found.values()} == {"passed"}
    assert found["version-negotiation"].facts["granted"] == list(LEGACY)


async def test_our_server_without_the_modern_era_is_a_legacy_one_that_refuses(serve: Serve) -> None:
    url = await serve(own_server("stateful", MCP_PROTOCOL_VERSIONS_SUPPORTED="2025-11-25", MCP_SESSION_REQUIRED="true"))
    report = await report_on(url, "era", "modern-shape", "version-negotiation")
    answers = {line.id: (line.finding.outcome, line.finding.answer) for line in report.lines}
    assert answers["era"] == ("noted", "legacy")
    assert answers["modern-shape"][0] == "passed"
    assert answers["version-negotiation"] == ("passed", "granted: 2025-11-25")
